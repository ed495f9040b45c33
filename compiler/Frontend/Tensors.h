// Operations over leaves: the layer between the walk over the checked program and the dialect.
//
// A scalar expression in the scope of indices is a tensor with one leading dimension for every index it depends on (its
// context, in the order in which the indices came into scope), then its own axes. Everything here keeps that form:
// operands are aligned by the union of their contexts, scalars are broadcast to the others' own axes.
#pragma once

#include "dialects/Ricci.h"

#include "mlir/IR/Builders.h"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace ricci::frontend {

// A size, offset or coefficient: a constant or an `index` value.
class Size {
public:
  Size(int64_t constant = 0) : fixed(constant) {}
  Size(mlir::Value value) : dynamic(value) {}

  bool isStatic() const { return !dynamic; }
  bool is(int64_t constant) const { return isStatic() && fixed == constant; }
  int64_t constant() const { return fixed; }
  mlir::Value value() const { return dynamic; }
  // As a dimension of a tensor type.
  int64_t dimension() const { return isStatic() ? fixed : mlir::ShapedType::kDynamic; }
  bool operator==(const Size &other) const { return dynamic == other.dynamic && (dynamic || fixed == other.fixed); }

private:
  int64_t fixed = 0;
  mlir::Value dynamic;
};

using IndexId = unsigned;
using Context = llvm::SmallVector<IndexId, 4>; // ascending
using Sizes = llvm::SmallVector<Size, 4>;

// One array of a value. Structs and tuples are lists of leaves, depth first.
struct Leaf {
  mlir::Value tensor;
  Context context;
  Sizes own;

  mlir::Type element() const { return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getElementType(); }
  bool dependsOn(IndexId id) const { return llvm::is_contained(context, id); }
};
using Leaves = llvm::SmallVector<Leaf, 1>;

Context unite(llvm::ArrayRef<IndexId>, llvm::ArrayRef<IndexId>);
Context unite(llvm::ArrayRef<Leaf>);

// A dimension by name: an index of the context, or an own axis.
using Label = unsigned;
inline Label ownLabel(unsigned axis) { return 0x80000000u + axis; }

// One axis of an array as seen from the index space of a gather, scatter or update: its subscript is
// constant + Σ coefficient · index + Σ coefficient · number + step · coordinate along own axis `own`.
struct AxisForm {
  Size constant = 0;
  llvm::SmallVector<std::pair<IndexId, Size>, 2> indices;
  std::vector<std::pair<Leaf, Size>> numbers; // i64 scalars
  std::optional<unsigned> own;
  Size step = 1;
  AccessMode mode = AccessMode::exact;
};

// Thrown after an error was reported; never leaves this library.
struct Failure {};

class Tensors {
public:
  explicit Tensors(mlir::OpBuilder &builder) : builder(builder), location(builder.getUnknownLoc()), known(1) {}

  mlir::OpBuilder &builder;
  mlir::Location location;

  // Reports an error here and gives up.
  [[noreturn]] void fail(const llvm::Twine &message);

  // Indices. `lower` is the value at coordinate 0.
  IndexId newIndex(Size extent, Size lower);
  // One for each axis, so that what follows is written for one element.
  llvm::SmallVector<IndexId> indicesFor(llvm::ArrayRef<Size> own);
  const Size &extent(IndexId id) const { return indices[id].extent; }
  const Size &lower(IndexId id) const { return indices[id].lower; }
  // lower, lower + 1, … as an i64 leaf.
  Leaf indexValue(IndexId);

  // Arithmetic of sizes; constants fold, and the same computation gives the same value, so that sizes which must be
  // equal are the same `Size`. Sizes that are not may still have to be equal where the program gets: arrays are then
  // resized, and a check says whether they were. A division by zero gives 0.
  Size add(Size, Size);
  Size sub(Size, Size);
  Size mul(Size, Size);
  Size floorDivide(Size, Size);
  Size remainder(Size, Size);
  Size minimum(Size, Size);
  Size maximum(Size, Size);
  mlir::Value materialize(Size);
  Leaf number(Size); // i64 scalar
  Size size(const Leaf &scalar);
  // The constant that a leaf is everywhere, if it is one and that is known.
  std::optional<int64_t> constantInteger(const Leaf &);

  // Types and shapes.
  mlir::RankedTensorType type(mlir::Type element, llvm::ArrayRef<Size>);
  llvm::SmallVector<mlir::Value> dynamicSizes(llvm::ArrayRef<Size>);
  Sizes sizesOf(llvm::ArrayRef<IndexId> context, llvm::ArrayRef<Size> own = {});
  Sizes sizesOf(const Leaf &leaf) { return sizesOf(leaf.context, leaf.own); }
  Size product(llvm::ArrayRef<Size>);

  // New leaves.
  Leaf fill(double value, mlir::Type element, llvm::ArrayRef<Size> own = {});
  Leaf fillInteger(int64_t value, mlir::Type element, llvm::ArrayRef<Size> own = {});
  Leaf boolean(bool value) { return fillInteger(value, builder.getI1Type()); }
  Leaf iota(Size extent);
  // 1 where the own axes `0 … rank` equal the axes `rank … 2·rank`.
  mlir::Value identity(mlir::Type element, llvm::ArrayRef<Label> labels, llvm::ArrayRef<Size> sizes);

  // The one primitive of layout: dimensions named `from` to dimensions named `to`. A name twice in `from` takes the
  // diagonal, one only in `to` broadcasts; none may be dropped. Nothing is emitted where nothing changes.
  mlir::Value rearrange(mlir::Value, llvm::ArrayRef<Label> from, llvm::ArrayRef<Label> to, llvm::ArrayRef<Size> sizes);
  struct Operand {
    mlir::Value tensor;
    llvm::SmallVector<Label> labels;
  };
  mlir::Value einsum(llvm::ArrayRef<Operand>, llvm::ArrayRef<Label> to, llvm::ArrayRef<Size> sizes, mlir::Type element);

  // A tensor whose dimensions have these names (own axes by ownLabel) as a leaf: sorted, diagonals taken.
  Leaf label(mlir::Value, llvm::ArrayRef<Label>, llvm::ArrayRef<Size> own);
  Leaf broadcast(const Leaf &, llvm::ArrayRef<IndexId> context, llvm::ArrayRef<Size> own);
  Leaf broadcast(const Leaf &leaf, llvm::ArrayRef<IndexId> context) { return broadcast(leaf, context, leaf.own); }
  // Cuts off or pads with zeros; for sizes that are equal wherever the value counts.
  Leaf resize(const Leaf &, llvm::ArrayRef<Size> own);
  Leaf reshape(const Leaf &, llvm::ArrayRef<Size> own);
  // The first own axes as indices, and indices as the first or last own axes.
  Leaf ownToIndices(const Leaf &, llvm::ArrayRef<IndexId> ids);
  Leaf indicesToOwn(const Leaf &, llvm::ArrayRef<IndexId> ids, bool first);

  // Scalar functions, lifted.
  Leaf apply(llvm::StringRef name, llvm::ArrayRef<Leaf>);
  Leaf add(const Leaf &x, const Leaf &y) { return apply("add", {x, y}); }
  Leaf sub(const Leaf &x, const Leaf &y) { return apply("sub", {x, y}); }
  Leaf mul(const Leaf &x, const Leaf &y) { return apply("mul", {x, y}); }
  Leaf div(const Leaf &x, const Leaf &y) { return apply("div", {x, y}); }
  Leaf compare(ComparePredicate, const Leaf &, const Leaf &);
  Leaf select(const Leaf &condition, const Leaf &yes, const Leaf &no);
  Leaf convert(const Leaf &, mlir::Type element);
  Leaf conjunction(const Leaf &, const Leaf &);
  Leaf negation(const Leaf &);
  Leaf isFinite(const Leaf &);
  Leaf stopGradient(const Leaf &);
  // -inf or the least integer; inf or the greatest.
  Leaf extreme(bool largest, mlir::Type element);

  // Reductions over indices of the context. An index that the leaf does not depend on is broadcast first.
  Leaf sum(const Leaf &, llvm::ArrayRef<IndexId>);
  Leaf reduce(ReduceKind, const Leaf &, llvm::ArrayRef<IndexId>, const Leaf *mask = nullptr);

  // Whether a form stays inside an axis, where sizes known at compile time decide it.
  std::optional<bool> stays(const AxisForm &, Size axis);
  // source[forms], one form for each own axis of the source; `own`: sizes of the own axes that the forms use.
  Leaf gather(const Leaf &source, llvm::ArrayRef<AxisForm> forms, llvm::ArrayRef<Size> own);
  // result[forms] += value over `summed` and the value's own axes, from zeros; one form for each index of `into` (in
  // that order), then one for each own axis of the value. The result depends on `into` in place of `summed`.
  Leaf scatter(const Leaf &value, llvm::ArrayRef<AxisForm> forms, llvm::ArrayRef<IndexId> into,
               llvm::ArrayRef<IndexId> summed);
  // base with [forms] = value; one form for each own axis of the base.
  Leaf update(const Leaf &base, const Leaf &value, llvm::ArrayRef<AxisForm> forms);

  // Values computed inside a region are not visible outside.
  class RegionScope {
  public:
    explicit RegionScope(Tensors &tensors) : tensors(tensors), guard(tensors.builder) { tensors.known.emplace_back(); }
    ~RegionScope() { tensors.known.pop_back(); }

  private:
    Tensors &tensors;
    mlir::OpBuilder::InsertionGuard guard;
  };

private:
  // What was computed from what: an operation's name and two sizes.
  using Computation = std::tuple<llvm::StringRef, void *, int64_t, void *, int64_t>;
  mlir::Value once(llvm::StringRef name, Size, Size, llvm::function_ref<mlir::Value()> compute);
  std::vector<std::map<Computation, mlir::Value>> known;

  struct IndexInfo {
    Size extent, lower;
  };
  struct Addressing {
    mlir::AffineMap map;
    llvm::SmallVector<mlir::Value> symbols;
    mlir::ArrayAttr symbolAxes;
    mlir::DenseI32ArrayAttr modes;
  };
  // Subscripts of an array whose leading dimensions are the indices `identity`, then `forms`.
  Addressing address(llvm::ArrayRef<AxisForm> leading, llvm::ArrayRef<AxisForm> forms,
                     llvm::ArrayRef<IndexId> context, unsigned ownRank);
  std::string equation(llvm::ArrayRef<Operand>, llvm::ArrayRef<Label> to);
  Sizes ownSizes(llvm::ArrayRef<Leaf>);

  llvm::SmallVector<IndexInfo> indices;
};

// Contexts that forms bring in.
Context contextOf(llvm::ArrayRef<AxisForm>);

} // namespace ricci::frontend
