// The walk from syntax tree to checked program, shared by the files of this folder; `check` of lang/Check.h is what
// others call. Every method reports its own errors and then returns a node of error type, which stays silent wherever it
// is used. Functions are checked callees first, each once, then the script.
#pragma once

#include "lang/Ast.h"
#include "lang/Check.h"
#include "lang/sema/Bounds.h"
#include "lang/sema/Scope.h"
#include "lang/sema/SizeSolver.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace ricci::lang {

enum class Adaptable { No, Integer, Floating };

// Sizes that a type names for the first time.
struct SizesDeclared {
  std::vector<Symbol> symbols;
};

class Checker {
public:
  Checker(SourceManager &sources, const CheckOptions &options, DiagnosticEngine &diagnostics);
  std::unique_ptr<CheckedProgram> run(const SourceFile *file);

private:
  // ---- nodes, errors (Checker.cpp)
  template <class T> T *make(ExprKind kind, Type type, Span span) {
    T *node = program->make(T{});
    node->Expr::kind = kind; // ReduceExpr has a kind of its own
    node->type = std::move(type);
    node->span = span;
    return node;
  }
  template <class T> T *makeStmt(StmtKind kind, Span span) {
    T *node = program->make(T{});
    node->kind = kind;
    node->span = span;
    return node;
  }
  Diagnostic &error(Code code, Span span, std::string message) { return diagnostics.error(code, span, std::move(message)); }
  const Expr *errorExpr(Span);
  // The name nearest to a wrong one; none once there are many errors: nobody reads them, and all names are compared.
  bool manyErrors() const { return diagnostics.errorCount() > 100; }
  std::optional<std::string> suggest(const std::string &name, const std::vector<std::string> &candidates) const;
  const Expr *unsupported(Span, const std::string &what);
  std::string source(Span) const; // on one line, shortened
  const Expr *literal(Scalar, std::variant<double, int64_t, bool>, Span);
  const Expr *read(const lang::Variable *, Span);
  const Expr *tupleOf(const std::vector<const Expr *> &);
  void keepValue(const ast::Stmt &, std::vector<const Expr *> &values);
  // A variable that the program does not name.
  lang::Variable *hidden(Type, Span);
  const Expr *blockOf(std::vector<const Stmt *>, const Expr *value, Span);

  // What must come before the expression being checked: values of sizes, equalities that only the run can decide.
  class Hoist {
  public:
    explicit Hoist(Checker &checker) : checker(checker), outer(checker.hoist) { checker.hoist = this; }
    ~Hoist() { checker.hoist = outer; }
    Hoist(const Hoist &) = delete;
    const Expr *wrap(const Expr *);

    std::vector<const Stmt *> lets;
    std::vector<SizeCheck> checks;

  private:
    Checker &checker;
    Hoist *outer;
  };

  // ---- files and what is declared in them (Modules.cpp)
  // A file with all that it imports, imported ones first in `moduleOrder`.
  ModuleInfo &loadModule(const SourceFile *);
  ModuleInfo *imported(const ModuleInfo &importing, const ast::Import &);
  void nameImport(ModuleInfo &importing, const ast::Import &, ModuleInfo &target);
  ModuleInfo *moduleNamed(const std::vector<ast::Ident> &path);
  // A function's or struct's name in the module that it would be declared in.
  struct Declared {
    ModuleInfo *module;
    ast::Ident name;
  };
  // `f`, `nn.f`, `std.nn.f`; nothing for any other expression, nor for fields of what is visible here.
  std::optional<Declared> declaredName(const ast::Expr &);
  FnInfo *findFunction(const Declared &);
  StructInfo *findStruct(const Declared &);
  void reportNotInModule(const Declared &);
  // A function of this name here hides a builtin.
  bool isDeclaredHere(const std::string &name) { return module->functions.count(name) > 0; }

  // ---- names (Names.cpp)
  void pushScope() { scopes.emplace_back(); }
  void popScope() { scopes.pop_back(); }
  Binding *lookup(const std::string &name);
  void declare(const ast::Ident &, Binding);
  lang::Variable *declareVariable(const ast::Ident &, Type, const Expr *value, bool assignable = false);
  void reportUnknownName(const std::string &name, Span);
  std::vector<std::string> visibleNames() const;
  const Expr *checkName(const ast::NameExpr &, const Type *expected);
  VariableInfo &infoOf(const lang::Variable *variable) { return variables[variable]; }
  // Whether the symbol stands for a variable declared, or an index bound, after so many nodes had been made.
  bool isBornSince(const Symbol &symbol, size_t nodes) {
    auto found = births.find(symbol->id);
    return found != births.end() && found->second >= nodes;
  }

  // ---- sizes (Sizes.cpp)
  std::optional<Dim> dimOf(const Expr *);
  const Expr *sizeExpr(const Dim &, Scalar, Span);
  // The value of an integer expression as a Dim, through a hidden variable if need be.
  std::optional<Dim> requireDim(const Expr *, Span);
  std::optional<Dim> checkDim(const ast::Expr &);
  bool mentionsOpenIndex(const Dim &);
  bool mentionsOpenIndex(const Expr &);
  // `ifUnknown`: the answer for variables that vary with some index.
  bool mentionsAny(const Expr &, const std::vector<const Index *> &, bool ifUnknown);
  // Reports a size that is not the same for all values of the indices around.
  bool requireFixed(const Type &, Span);
  Prover prover() const;
  // For what is surely wrong: conditions may contradict each other, and then prove anything.
  Prover refuter() const { return guardDepth > 0 ? Prover(ranges) : prover(); }
  // False if the two can never be equal, which the caller reports; an equality for the run goes to the hoist.
  bool equate(const Dim &, const Dim &, Span, const std::string &what);
  void requireNonNegative(const Dim &, Span);

  // ---- types and declarations (Types.cpp, Declarations.cpp)
  Type resolveType(const ast::TypeExpr &);
  Type resolveNamed(const ast::NamedType &);
  Type instantiate(StructInfo &, const ast::NamedType &);
  // In terms of its sizes, with these types for its type parameters.
  Type structType(StructInfo &, const Scope &types);
  // A type where an expression may stand: `f64[N]`, a type parameter `T`, `T[N]`; nothing for what is none.
  std::optional<Type> typeWritten(const ast::Expr &);
  std::optional<Scalar> scalarNamed(const std::string &);
  void declareSizeNames(const ast::Expr &);
  void declareModule(ModuleInfo &);
  void resolveStruct(StructInfo &);
  void checkSignature(FnInfo &);
  void orderFunctions(ModuleInfo &);
  void checkBody(FnInfo &);
  // With the parameters in scope: the body, and the result's type.
  void checkFnBody(FnInfo &, CheckedFn &);
  bool fieldPathType(const ast::Path &, const lang::Variable *, std::vector<unsigned> &path, Type &type);

  // ---- expressions (Expr.cpp, Arithmetic.cpp)
  const Expr *check(const ast::Expr &, const Type *expected = nullptr);
  const Expr *dispatch(const ast::Expr &, const Type *expected);
  Adaptable adaptability(const ast::Expr &);
  const Expr *checkInteger(const ast::Expr &);
  // Where floating numbers are needed integer literals become such.
  const Expr *checkFloating(const ast::Expr &, const Type *expected = nullptr);
  const Expr *checkCondition(const ast::Expr &, const char *where);
  const Expr *checkConstant(const ast::Expr &, const Type *expected);
  const Expr *checkTuple(const ast::TupleExpr &, const Type *expected);
  const Expr *checkArray(const ast::ArrayExpr &, const Type *expected);
  // Values of equal type along a new axis; structs field by field, along a new first one.
  const Expr *sideBySide(const std::vector<const Expr *> &, Span, size_t axis = 0);
  const Expr *checkUnary(const ast::UnaryExpr &, const Type *expected);
  const Expr *checkBinary(const ast::BinaryExpr &, const Type *expected);
  const Expr *checkLogical(const ast::BinaryExpr &);
  const Expr *checkPower(const ast::BinaryExpr &, const Type *expected);
  const Expr *checkIf(const ast::IfExpr &, const Type *expected);
  const Expr *checkField(const ast::FieldExpr &);
  const Expr *checkWithFields(const ast::WithFieldsExpr &);
  // Both sides, the one that adapts after the other.
  std::pair<const Expr *, const Expr *> checkPair(const ast::Expr &, const ast::Expr &, const Type *expected);
  // A function of the dialect lifted over its operands; `result`: element of the result if not the operands'.
  const Expr *lift(const std::string &name, std::vector<const Expr *> operands, Span, std::optional<Scalar> result = {});
  bool requireKind(const Expr *, bool (*holds)(Scalar), Span, const std::string &what);
  // Reports and returns an error node unless the value has the type; equal up to what only the run can decide.
  const Expr *conform(const Expr *, const Type &wanted, const std::string &what);
  bool sameType(const Type &wanted, const Type &given, Span, const std::string &what);
  std::vector<Dim> factsOf(const Expr &condition, bool holds);

  // ---- accesses (Access.cpp)
  const Expr *checkSubscript(const ast::SubscriptExpr &);
  const Expr *checkWithElements(const ast::WithElementsExpr &);
  // The subscripts of `base`; the result's type.
  std::optional<Type> checkSubscripts(const Expr *base, const std::vector<ast::Subscript> &, std::vector<Subscript> &, Span);
  bool checkElement(const ast::Subscript &, Subscript &, const Expr *base, unsigned axis);
  bool checkGroup(const ast::Subscript &, Subscript &, const Expr *base, unsigned axis);
  bool checkSlice(const ast::Subscript &, Subscript &, const Expr *base, unsigned axis);

  // ---- indices (Indices.cpp)
  IndexState *declareIndex(const ast::IndexName &, bool left, const std::optional<std::pair<Dim, Dim>> &range);
  std::optional<std::pair<Dim, Dim>> checkRange(const ast::Range &);
  void openBinder() { binders.emplace_back(); }
  // Solves the ranges of the innermost binder's indices and closes it; false if one has none.
  // `quiet`: the body has errors, so a missing range is no news.
  bool closeBinder(bool quiet);
  void recordAccess(Subscript *, const Dim &form, const Expr *base, unsigned axis);
  void finishRange(IndexState &);
  void boxRagged(Index &);
  void reportRange(const IndexState &, const RangeResult &);
  bool compareGroups();
  void flushAccesses();

  // ---- builds and reductions (Reduce.cpp)
  const Expr *checkBuild(const ast::Pattern &, const ast::Expr &value);
  const Expr *checkReduce(const ast::ReduceExpr &, const Type *expected);
  const Expr *checkWholeReduce(const ast::ReduceExpr &, const Type *expected);
  const Expr *reduceAll(Reduction, const Expr *array, Span, Span opSpan);
  std::optional<Type> reducedType(Reduction, const Type &body, size_t indexCount, Span);
  void takeScatterTerms(ReduceExpr &);

  // ---- calls (Call.cpp, Builtins*.cpp)
  const Expr *checkCall(const ast::CallExpr &, const Type *expected);
  // Where the callee is wrong its arguments may have faults of their own.
  void checkLoosely(const ast::CallExpr &);
  const Expr *checkUserCall(FnInfo &, const ast::CallExpr &);
  const Expr *finishCall(FnInfo &, CallExpr *, Hoist &);
  const Expr *checkStructCall(StructInfo &, const ast::CallExpr &);
  // Finds a struct's type parameters from what its fields are given; checks those that tell.
  std::optional<Type> typeOfStructCall(StructInfo &, const ast::CallExpr &, const std::vector<const ast::Expr *> &written,
                                       std::vector<const Expr *> &fields);
  bool matchArguments(const ast::CallExpr &, const std::vector<std::string> &names, std::vector<const ast::Expr *> &out,
                      const std::string &what);
  // Adds an equation for each size of the formal type; reports and returns false if the types differ in kind.
  bool unify(const Type &formal, const Type &actual, Span, const std::string &what, SizeSolver &);
  // Compares what the solver could not use, and reports sizes that nothing tells.
  bool settle(SizeSolver &, Span, const std::string &of);
  const Expr *checkConversion(Scalar, const ast::CallExpr &);
  const Expr *checkBuiltin(const std::string &name, const ast::CallExpr &, const Type *expected);
  const Expr *checkElementwiseCall(const std::string &name, const ast::CallExpr &, const Type *expected);
  const Expr *checkFilled(const std::string &name, const ast::CallExpr &, const Type *expected);
  // What `full` fills an array of this type with; what it fills all that is like a value with, which is converted.
  const Expr *filling(const ast::Expr &, const Type &);
  const Expr *fillingLike(const ast::Expr &, const Type &);
  const Expr *checkRandom(const std::string &name, const ast::CallExpr &);
  const Expr *checkLinear(const std::string &name, const ast::CallExpr &);
  const Expr *checkStructural(const std::string &name, const ast::CallExpr &, const Type *expected);
  const Expr *checkJoined(const std::string &name, const ast::CallExpr &, const Type *expected);
  const Expr *checkAlongAxis(const std::string &name, const ast::CallExpr &, const Type *expected);
  const Expr *checkTopK(const ast::CallExpr &, const Type *expected);
  // The positional arguments of a call, and `axis` if it is given.
  bool splitAxis(const ast::CallExpr &, const std::string &name, std::vector<const ast::Expr *> &arguments,
                 const ast::Expr *&axis);
  std::optional<size_t> checkAxis(const ast::Expr &, const std::string &name, size_t rank);
  bool requireArray(const Expr *, const std::string &name);
  bool requireLine(const Expr *, const std::string &name, bool numbers); // an array with an axis to go along
  const Expr *checkEinsum(const ast::CallExpr &);
  const Expr *einsum(const std::string &equation, std::vector<const Expr *> operands, Span, const std::string &what);
  const Expr *matmul(const Expr *, const Expr *, Span);
  const Expr *transpose(const Expr *, Span);
  std::optional<Type> typeArgument(const ast::CallExpr &, size_t position, const std::string &name);
  bool argumentCount(const ast::CallExpr &, size_t least, size_t most, const std::string &name);

  // ---- functions as values (Functions.cpp)
  // While it lives other names are visible: those of a function that is expanded, of a lambda where it was written.
  class Frame {
  public:
    Frame(Checker &, std::vector<Scope> &visible, ModuleInfo *, FnInfo *);
    ~Frame();
    Frame(const Frame &) = delete;

  private:
    Checker &checker;
    std::vector<Scope> &visible;
    std::tuple<ModuleInfo *, FnInfo *, Hoist *, SizesDeclared *, unsigned, unsigned, bool, bool, bool> outer;
  };
  // Counts; false where there are too many, which is reported.
  bool enterExpansion(Span);
  bool isFunctionValue(const ast::Expr &);
  // Null after an error.
  const Function *functionValue(const ast::Expr &);
  const Function *capture(const ast::LambdaExpr &);
  const Expr *checkLambda(const ast::LambdaExpr &);
  const Expr *checkFunctionCall(const Function &, const ast::CallExpr &, const Type *expected);
  // Either a value or a function.
  struct Argument {
    const Expr *value = nullptr;
    const Function *function = nullptr;
  };
  const Expr *applied(const Function &, const std::vector<Argument> &, Span, const Type *expected);
  const Expr *tried(const Function &, const std::vector<Type> &, Span);
  const Expr *expandLambda(const Function &, const std::vector<Argument> &, Span, const Type *expected);

  // ---- attributes (Rules.cpp)
  void readAttributes(FnInfo &);
  void readTest(FnInfo &, const ast::Attribute &);
  void linkRule(FnInfo &rule, const ast::Attribute &, bool reverse);
  void attachRule(FnInfo &, CheckedFn &, bool reverse);
  void attachRules(FnInfo &info, CheckedFn &fn) {
    attachRule(info, fn, true);
    attachRule(info, fn, false);
  }

  // ---- generic functions (Generics.cpp)
  TypeParameters typeParameters(const std::vector<ast::TypeParam> &, const std::vector<const ast::TypeExpr *> &uses);
  static void bindType(Scope &, const ast::Ident &, Type);
  static bool infer(const ast::TypeExpr &written, const Type &actual, const TypeParameters &, Scope &types);
  static bool isReady(const ast::TypeExpr &, const TypeParameters &, const Scope &types);
  bool fitsBound(const ast::TypeParam &, const Type &, Span);
  struct GenericCall;
  const Expr *checkGenericCall(FnInfo &, const ast::CallExpr &);
  // What a function is expanded for, by parameter: its type and argument, or the function given.
  struct Expansion {
    std::vector<Scope> scopes; // types and sizes
    std::vector<Type> types = {};
    std::vector<const Expr *> arguments = {}; // null: no call is there
    std::vector<const Function *> functions = {};
  };
  CheckedFn *expand(FnInfo &, Expansion &, Span);
  void checkGeneric(FnInfo &);
  static Type standIn(const ast::TypeParam &, ParameterKind, int attempt);

  // ---- derivatives (Diff.cpp)
  const Expr *checkDiff(const ast::DiffExpr &);

  // ---- statements (Stmt.cpp, Control.cpp, Effects.cpp)
  const Expr *checkBlock(const ast::Block &, const Type *expected, Span, bool isLoop = false, const Expr **yield = nullptr);
  void checkStmt(const ast::Stmt &, std::vector<const Stmt *> &out);
  void checkLet(const ast::LetStmt &, std::vector<const Stmt *> &out);
  void bindPattern(const ast::Pattern &, const Expr *value, std::vector<const Stmt *> &out);
  const lang::Variable *bindName(const ast::Ident &, const Expr *value, std::vector<const Stmt *> &out, bool assignable);
  void checkVar(const ast::VarStmt &, std::vector<const Stmt *> &out);
  void checkAssign(const ast::AssignStmt &, std::vector<const Stmt *> &out);
  void checkAssert(const ast::AssertStmt &, std::vector<const Stmt *> &out);
  const Expr *checkFor(const ast::ForExpr &);
  void checkWhile(const ast::WhileStmt &, std::vector<const Stmt *> &out);
  bool isEffect(const ast::Expr &);
  void checkEffect(const ast::CallExpr &, std::vector<const Stmt *> &out);
  void checkPrint(const ast::CallExpr &, std::vector<const Stmt *> &out);
  bool checkSpec(const std::string &spec, const Type &, Span);

  // ---- inputs (Inputs.cpp)
  void checkParam(const ast::ParamStmt &, std::vector<const Stmt *> &out);
  bool isLoad(const ast::Expr &);
  void checkLoad(const ast::LetStmt &, std::vector<const Stmt *> &out);
  // The type of an input; sizes that headers show become constants. `header` answers for each leaf by its name.
  Type resolveInputType(const ast::TypeExpr &, const std::string &name,
                        const std::function<const InputHeader *(const std::string &leaf)> &header);
  bool fitHeaders(const Type &, const std::string &name, Span, SizeSolver &,
                  const std::function<const InputHeader *(const std::string &leaf)> &header);
  const InputHeader *givenHeader(const std::string &name) const;
  void declareFreeNames(const ast::Expr &);
  std::set<std::string> paramNames;
  std::map<std::string, std::pair<Span, std::string>> sizeOrigins; // of the script's sizes: where the value is from

  // ---- keys (Keys.cpp)
  void useKey(const lang::Variable *, const std::string &element, bool variesByIndex, Span);
  void renewKey(const lang::Variable *);
  using KeyUses = std::map<std::pair<const lang::Variable *, std::string>, Span>;
  void checkKeysOfLoop(const KeyUses &before, const std::string *counter);

  SourceManager &sources;
  const CheckOptions &options;
  DiagnosticEngine &diagnostics;
  std::unique_ptr<CheckedProgram> program;

  std::deque<ModuleInfo> modules;
  std::map<FileId, ModuleInfo *> moduleOf;
  std::vector<ModuleInfo *> openModules; // being loaded, each imported by the one before
  std::vector<ModuleInfo *> moduleOrder; // imported ones first

  std::deque<Function> functionValues;
  unsigned expansionDepth = 0, expansions = 0;

  // State of the function or script being checked.
  ModuleInfo *module = nullptr;
  std::vector<Scope> scopes;
  std::unordered_map<const lang::Variable *, VariableInfo> variables;
  std::unordered_map<unsigned, size_t> births; // of symbols that are values: nodes made before
  std::vector<std::unique_ptr<IndexState>> indexStates;
  std::unordered_map<unsigned, IndexState *> indexBySymbol;
  std::vector<std::vector<IndexState *>> binders; // open ones, innermost last
  std::deque<GroupUse> groups;
  SymbolRanges ranges;
  std::vector<Index *> boxLater; // of the open binders
  std::set<unsigned> varying; // scalar symbols that depend on an index
  std::map<unsigned, Span> sizeSpans; // where a size was first named
  std::vector<Dim> facts;     // ≥ 0 where the current expression is evaluated
  struct PendingAccess {
    Subscript *subscript;
    Dim form, size;
    std::string array;
    unsigned axis;
    bool guarded;
    std::vector<Dim> facts;
    std::vector<const Index *> around;
  };
  std::vector<PendingAccess> pending;
  Hoist *hoist = nullptr;
  SizesDeclared *sizesDeclared = nullptr; // null: a type names only sizes that are known
  bool borrowingKey = false; // the next name may be a key that is not consumed
  bool inSubscript = false;
  bool solvingGroups = false; // a binder is closing
  bool evaluatingExpression = false; // -e: unknown names are missing inputs
  unsigned guardDepth = 0, loopDepth = 0, diffDepth = 0;
  unsigned diffScope = 0; // scopes outside the innermost derivative form
  FnInfo *currentFn = nullptr;
  std::vector<std::vector<const lang::Variable *> *> carried; // of the open loops
  KeyUses keyUses;
};

} // namespace ricci::lang
