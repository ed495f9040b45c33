// The walk over the checked program. Its state is the environment: what variables, symbols and indices stand for, and
// under which condition the program gets here at all. Calls are inlined in the environment of their place, so a function
// written for one example is batched by the indices around its call. Methods are grouped by file.
#pragma once

#include "compiler/Frontend/Frontend.h"
#include "compiler/Frontend/Tensors.h"

#include "lang/Source.h"
#include "lang/sema/Checked.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/SaveAndRestore.h"

#include <variant>

namespace ricci::frontend {

// Codes of the run-time errors that compiled code reports.
namespace code {
inline constexpr llvm::StringLiteral subscript = "R0001";
inline constexpr llvm::StringLiteral division = "R0002";
inline constexpr llvm::StringLiteral sizes = "R0003";
inline constexpr llvm::StringLiteral empty = "R0004";
inline constexpr llvm::StringLiteral assertion = "R0005";
} // namespace code

unsigned leafCount(const lang::Type &);
// The arrays of a type, depth first.
void collectArrays(const lang::Type &, llvm::SmallVectorImpl<const lang::Type *> &);
llvm::SmallVector<const lang::Type *> arraysOf(const lang::Type &);
// Whether a Dim is at least 0 for all sizes.
bool isNonNegative(const lang::Dim &);
// Position of a field's first leaf.
unsigned leafOffset(const lang::Type &aggregate, unsigned field);

class Emitter {
public:
  Emitter(mlir::MLIRContext &, const lang::SourceManager &, const EmitOptions &);

  // Null when an error was reported.
  mlir::OwningOpRef<mlir::ModuleOp> program(const lang::CheckedProgram &);
  mlir::OwningOpRef<mlir::ModuleOp> function(const lang::CheckedFn &);

private:
  // What a symbol of a size stands for: a size; the values of an i64 scalar; an index of the context.
  using Binding = std::variant<Size, Leaf, IndexId>;

  // --- Frontend.cpp
  mlir::RankedTensorType parameterType(const lang::Type &array);
  void bindParameters(llvm::ArrayRef<const lang::Variable *>, mlir::ValueRange arguments);
  mlir::OwningOpRef<mlir::ModuleOp> entry(llvm::StringRef name, llvm::ArrayRef<const lang::Variable *> parameters,
                                          mlir::Location, llvm::function_ref<Leaves()> body);

  // --- Emitter.cpp: dispatch, names, sizes
  Leaves emit(const lang::Expr &);
  Leaf emitArray(const lang::Expr &expr) { return emit(expr).front(); }
  Leaves dispatch(const lang::Expr &);
  Leaves variable(const lang::Variable &);
  void bind(const lang::Variable &, Leaves);
  Leaf literal(const lang::LiteralExpr &);
  Leaf indexNumber(const lang::Index &);
  mlir::Location locate(lang::Span) const;
  mlir::Type element(lang::Scalar);
  // Index values substituted by a scatter reach every value through here.
  Leaf substituted(Leaf);
  Leaf atCoordinate(const Leaf &, IndexId, Size offset, const Leaf *number = nullptr);

  // Value of a Dim. As a size it must not depend on an index; as an extent it is at least 0.
  Size size(const lang::Dim &);
  Size extent(const lang::Dim &);
  Sizes extents(const lang::Type &array);
  Leaf number(const lang::Dim &);
  Leaf symbolNumber(const lang::Symbol &);
  // A Dim as a form over indices and i64 scalars.
  AxisForm linear(const lang::Dim &);
  bool dependsOnIndex(const lang::Dim &);

  // --- Arithmetic.cpp
  Leaves elementwise(const lang::ElementwiseExpr &);
  Leaf elementwiseLeaf(const lang::ElementwiseExpr &, llvm::ArrayRef<Leaf>);
  Leaf integerPower(const Leaf &base, const Leaf &exponent);

  // --- Access.cpp
  struct Place; // where an access points: forms, own sizes, checks done
  Place place(const Leaf &base, const lang::Type &array, llvm::ArrayRef<lang::Subscript>);
  static Place placeInField(Place, const Leaf &field);
  Leaves access(const lang::AccessExpr &);
  std::optional<Leaf> relabelled(const lang::AccessExpr &, const Leaf &base);
  Leaves with(const lang::WithExpr &);
  Leaves field(const lang::FieldExpr &);
  bool provenOnBox(const lang::Dim &subscript, const lang::Dim &size);
  bool provenEverywhere(const lang::Subscript &, const AxisForm &);
  void checkSlice(const lang::Subscript &, Size size);
  void checkSubscript(const Leaf &value, Size size, lang::Span, unsigned axis);

  // --- Build.cpp, Reduce.cpp, Scatter.cpp
  // Brings an index into scope; `inside`: whether a ragged range holds, for the caller to guard with.
  IndexId enter(const lang::Index &, std::optional<Leaf> &inside);
  Leaves build(const lang::BuildExpr &);
  Leaves reduce(const lang::ReduceExpr &);
  Leaves reduceUnder(const lang::ReduceExpr &, llvm::ArrayRef<IndexId>, std::optional<Leaf> guard);
  Leaves guarded(const lang::Expr &, const std::optional<Leaf> &guard);
  Leaf reduceLeaf(lang::Reduction, Leaf body, const std::optional<Leaf> &guard, llvm::ArrayRef<IndexId>);
  Leaf meanOf(const Leaf &body, const std::optional<Leaf> &guard, llvm::ArrayRef<IndexId>);
  Leaf logsumexpOf(Leaf body, const std::optional<Leaf> &guard, llvm::ArrayRef<IndexId>);
  Leaves positionsOf(lang::Reduction, const Leaf &body, const std::optional<Leaf> &guard, llvm::ArrayRef<IndexId>);
  void checkNotEmpty(llvm::StringRef what, const std::optional<Leaf> &guard, llvm::ArrayRef<IndexId>);
  Leaves scatter(const lang::ReduceExpr &, llvm::ArrayRef<IndexId>, std::optional<Leaf> guard);
  // Reductions over the first `axes` own axes.
  Leaf reduceOwn(ReduceKind, const Leaf &, unsigned axes);
  Leaf sumOwn(const Leaf &, unsigned axes);

  // --- Control.cpp
  Leaves conditional(const lang::IfExpr &);
  Leaves call(const lang::CallExpr &);
  Leaves loop(const lang::ForExpr &);
  struct LoopBody;
  LoopBody loopBody(const lang::ForExpr &, llvm::ArrayRef<Leaves> inits);
  Leaves finishLoop(const lang::ForExpr &, Size lower, Size upper, llvm::ArrayRef<Leaves> inits,
                    llvm::ArrayRef<Sizes> stackSizes, LoopBody &);
  // --- While.cpp
  struct WhileBody;
  Leaf whileCondition(const lang::ForExpr &, const std::optional<Leaf> &runs);
  WhileBody whileBody(const lang::ForExpr &, const Leaf &first, llvm::ArrayRef<Leaves> inits);
  void whileLoop(const lang::ForExpr &);
  void finishWhile(const lang::ForExpr &, mlir::Value limit, const Leaf &first, llvm::ArrayRef<Leaves> inits, WhileBody &);

  Leaves block(const lang::BlockExpr &);
  void statement(const lang::Stmt &);
  void assign(const lang::Variable &, Leaves);
  void checkSizes(llvm::ArrayRef<lang::SizeCheck>);

  // --- Custom.cpp
  Leaves custom(const lang::CheckedFn &);
  Leaves checkpoint(const lang::Expr &);

  // --- Diff.cpp
  using Body = llvm::function_ref<Leaves()>;
  struct Closure;
  struct Derived {
    Leaves values, derivatives;
  };
  Leaves diff(const lang::DiffExpr &);
  Leaves jacobian(const lang::DiffExpr &);
  Leaves hessian(const lang::DiffExpr &);
  Leaves primalsOf(const lang::DiffExpr &);
  // The body with the variables bound to block arguments of the primals' types.
  Closure close(const lang::DiffExpr &, llvm::ArrayRef<Leaf> primals, Body);
  // Values of the body and their tangents; values and the primals' cotangents. Without seeds, ones. `results`: sizes of
  // the body's values, as they are outside.
  Derived pushforward(const lang::DiffExpr &, llvm::ArrayRef<Leaf> primals, llvm::ArrayRef<Leaf> tangents,
                      llvm::ArrayRef<Sizes> results, Body);
  Derived pullback(const lang::DiffExpr &, llvm::ArrayRef<Leaf> primals, std::optional<Leaves> seeds,
                   llvm::ArrayRef<Sizes> results, Body);

  // --- Builtins.cpp, Structure.cpp, Random.cpp
  Leaves builtin(const lang::BuiltinExpr &);
  Leaf einsum(const lang::BuiltinExpr &);
  Leaf concat(const lang::BuiltinExpr &);
  std::optional<Leaf> arrayLiteral(const lang::BuiltinExpr &);
  Leaf softmax(const Leaf &, bool logarithm);
  Leaf norm(llvm::ArrayRef<Leaf>);
  Leaf dot(llvm::ArrayRef<Leaf>, llvm::ArrayRef<Leaf>);
  Leaf flipped(const Leaf &, unsigned axis);
  Leaf order(const Leaf &, unsigned axis, Size count, bool descending);
  Leaf pick(const Leaf &, unsigned axis, const Leaf &places, AccessMode);
  Leaf sorted(const Leaf &, unsigned axis);
  Leaves largest(const Leaf &, Size count);
  Leaf cumulative(const Leaf &, unsigned axis, bool products);
  Leaf counters(llvm::ArrayRef<Size>);
  Leaf bits(const Leaf &key, const Leaf &counter);
  Leaf uniform(const Leaf &key, mlir::Type, llvm::ArrayRef<Size>);
  Leaf normal(const Leaf &key, mlir::Type, llvm::ArrayRef<Size>);
  Leaf foldIn(const Leaf &key, const Leaf &number);
  Leaves splitKey(const Leaf &key, const lang::Type &);

  // --- Effects.cpp
  void check(const Leaf &condition, llvm::StringRef code, const llvm::Twine &message);
  void assertion(const lang::AssertStmt &);
  void effect(const lang::EffectStmt &);
  // Evaluates under a further condition.
  template <class T> T under(const Leaf &condition, llvm::function_ref<T()> body);

  // --- Watch.cpp
  // The value, which `what` made of the sources; `pointwise`: own axes correspond.
  Leaf watched(llvm::StringRef what, Leaf value, llvm::ArrayRef<Leaf> sources, bool pointwise);
  llvm::SmallVector<llvm::StringRef> axisNames(const Leaf &);

  const lang::SourceManager &sources;
  const bool watches; // whether the program is to stop at NaN and infinity
  const bool widen;   // whether f32 becomes f64
  mlir::OpBuilder builder;
  Tensors tensors;

  llvm::DenseMap<const lang::Variable *, Leaves> values;
  llvm::DenseMap<unsigned, Binding> symbols; // by Symbol's id
  // Bounds of index symbols, by id, that mention no other index; and which indices run over less than that.
  llvm::DenseMap<unsigned, std::pair<lang::Dim, lang::Dim>> boxes;
  llvm::DenseSet<IndexId> raggedIndices;
  llvm::DenseMap<IndexId, llvm::StringRef> indexNames; // of those that the source names
  std::optional<Leaf> reach;                 // absent: the program always gets here
  llvm::SmallVector<std::pair<IndexId, Leaf>> substitutions;
  // Assignments since the innermost conditional began, with the value before.
  using Assignments = llvm::SmallVector<std::pair<const lang::Variable *, Leaves>>;
  Assignments *assigned = nullptr;
  unsigned callDepth = 0;
  uint64_t emitted = 0;
};

template <class T> T Emitter::under(const Leaf &condition, llvm::function_ref<T()> body) {
  std::optional<Leaf> outer = reach;
  reach = outer ? tensors.conjunction(*outer, condition) : condition;
  struct Restore {
    std::optional<Leaf> &slot, &saved;
    ~Restore() { slot = saved; }
  } restore{reach, outer};
  return body();
}

} // namespace ricci::frontend
