// The syntax tree of a file, as the parser builds it: plain structs, owned by their parents, each with a kind to
// switch over and the span of source it came from. Covers the whole grammar; nothing is resolved or checked yet.
//
// No tree is higher than `kMaxDepth`, so code that walks trees may recurse.
#pragma once

#include "lang/Source.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ricci::lang::ast {

inline constexpr unsigned kMaxDepth = 256;

// Common to everything in the tree. `height` counts the levels of nodes from here down to the deepest leaf.
struct Node {
  Span span;
  uint16_t height = 1;
};

// A name where it is declared or mentioned.
struct Ident {
  std::string text;
  Span span;
};

struct Expr;
struct Stmt;
struct TypeExpr;
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;
using TypePtr = std::unique_ptr<TypeExpr>;

enum class ExprKind : uint8_t {
  Int, Float, Bool, Constant, String, Name, Type, Tuple, Array, Unary, Binary, If, For, Lambda, Reduce, Diff, Call,
  Subscript, Field, WithFields, WithElements,
};

struct Expr : Node {
  const ExprKind kind;
  virtual ~Expr() = default;

protected:
  explicit Expr(ExprKind kind) : kind(kind) {}
};

enum class StmtKind : uint8_t { Let, Var, Assign, Yield, Assert, While, Expr, Param };

struct Stmt : Node {
  const StmtKind kind;
  virtual ~Stmt() = default;

protected:
  explicit Stmt(StmtKind kind) : kind(kind) {}
};

enum class TypeKind : uint8_t { Named, Tuple, Function };

struct TypeExpr : Node {
  const TypeKind kind;
  virtual ~TypeExpr() = default;

protected:
  explicit TypeExpr(TypeKind kind) : kind(kind) {}
};

// `{ … }`. Its value is its last statement's, if that is an `ExprStmt`.
struct Block : Node {
  std::vector<StmtPtr> stmts;
};

// `a..b`
struct Range : Node {
  ExprPtr lo;
  ExprPtr hi;
};

// `std.nn`, `p.w1`, `t.0`
struct Path {
  Span span;
  std::vector<Ident> parts; // never empty; a tuple position is its digits
};

// ------------------------------------------------------------------ types

// What stands between `<` and `>` in a type: exactly one of the two is set. A lone name is an expression, since only
// its declaration tells whether it is a type or a dimension.
struct TypeArg {
  TypePtr type;
  ExprPtr expr;
};

// `f64`, `f32[N,D]`, `Mlp<D,H,C>`, `Block<D>[L]`, `nn.Dense<D,H>`
struct NamedType : TypeExpr {
  static constexpr TypeKind kKind = TypeKind::Named;
  NamedType() : TypeExpr(kKind) {}
  std::vector<Ident> module; // `nn`, or `std.nn`; empty for a type of this file
  Ident name;
  std::vector<TypeArg> args;
  std::vector<ExprPtr> dims;
};

// `(f64[D], f64)`; empty for the type of nothing.
struct TupleType : TypeExpr {
  static constexpr TypeKind kKind = TypeKind::Tuple;
  TupleType() : TypeExpr(kKind) {}
  std::vector<TypePtr> elems;
};

// `fn(P) -> f64`
struct FunctionType : TypeExpr {
  static constexpr TypeKind kKind = TypeKind::Function;
  FunctionType() : TypeExpr(kKind) {}
  std::vector<TypePtr> params;
  TypePtr result;
};

// ------------------------------------------------------------------ index binders and patterns

// `i` or `i in a..b`
struct IndexName {
  Ident name;
  std::optional<Range> range;
};

// One entry between the brackets of a left side or of a reduction: `i`, `:`, or `(h, e)`.
struct IndexBinder {
  enum class Kind : uint8_t { Name, All, Group };
  Kind kind = Kind::Name;
  Span span;
  std::vector<IndexName> names; // one for Name, none for All, at least two for Group
};

struct Pattern : Node {
  enum class Kind : uint8_t { Name, Tuple, Indexed };
  Kind kind = Kind::Name;
  Ident name;                       // Name, Indexed
  std::vector<IndexBinder> indices; // Indexed
  TypePtr type;                     // Name, Indexed; may be null
  std::vector<Pattern> elems;       // Tuple
};

// ------------------------------------------------------------------ expressions

// At most 2^63; 2^63 itself occurs only directly under a unary minus.
struct IntExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Int;
  IntExpr() : Expr(kKind) {}
  uint64_t value = 0;
};

// `value` is the nearest double; `digits` is the literal without underscores, for exact conversion to other types.
struct FloatExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Float;
  FloatExpr() : Expr(kKind) {}
  double value = 0;
  std::string digits;
};

struct BoolExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Bool;
  BoolExpr() : Expr(kKind) {}
  bool value = false;
};

enum class Constant : uint8_t { Inf, Nan, Pi };

struct ConstantExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Constant;
  ConstantExpr() : Expr(kKind) {}
  Constant value = Constant::Pi;
};

// `value` has its escapes replaced; the span includes the quotes. See `parseFormat` for `print`'s first argument.
struct StringExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::String;
  StringExpr() : Expr(kKind) {}
  std::string value;
};

struct NameExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Name;
  NameExpr() : Expr(kKind) {}
  std::string name;
};

// A type where a value stands, `zeros(f64[N])`. Only types led by a scalar type's name are read so, and not before
// `(`: `f64(i)` is a call of `f64`.
struct TypeValueExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Type;
  TypeValueExpr() : Expr(kKind) {}
  TypePtr type;
};

// `(a, b)`; never one element, none for `()`.
struct TupleExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Tuple;
  TupleExpr() : Expr(kKind) {}
  std::vector<ExprPtr> elems;
};

struct ArrayExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Array;
  ArrayExpr() : Expr(kKind) {}
  std::vector<ExprPtr> elems;
};

enum class UnaryOp : uint8_t { Neg, Not };

struct UnaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Unary;
  UnaryExpr() : Expr(kKind) {}
  UnaryOp op = UnaryOp::Neg;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t { Or, And, Eq, Ne, Lt, Le, Gt, Ge, Add, Sub, Mul, Div, Rem, MatMul, Pow };

struct BinaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Binary;
  BinaryExpr() : Expr(kKind) {}
  BinaryOp op = BinaryOp::Add;
  Span opSpan;
  ExprPtr lhs;
  ExprPtr rhs;
};

struct IfExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::If;
  IfExpr() : Expr(kKind) {}
  ExprPtr condition;
  ExprPtr thenValue;
  ExprPtr elseValue;
};

struct ForExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::For;
  ForExpr() : Expr(kKind) {}
  Ident index;
  Range range;
  Block body;
};

// `|a, b| e`
struct LambdaExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Lambda;
  LambdaExpr() : Expr(kKind) {}
  std::vector<Ident> params;
  ExprPtr body;
};

enum class ReduceOp : uint8_t { Sum, Prod, Max, Min, Mean, Any, All, Argmax, Argmin, Logsumexp };

// `sum<f64>[i, j in a..b where c](e)`, or `sum(x)` over all axes, which has no binders and `whole` set. Binders are
// of kind Name. `max(a, b)` and `min(a, b)` are calls of the names `max` and `min`.
struct ReduceExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Reduce;
  ReduceExpr() : Expr(kKind) {}
  ReduceOp op = ReduceOp::Sum;
  Span opSpan;
  bool whole = false;
  TypePtr accumulator; // may be null
  std::vector<IndexBinder> indices;
  ExprPtr where;              // may be null
  ExprPtr body;               // null if `block` is set
  std::optional<Block> block; // the form with braces
};

enum class DiffOp : uint8_t { Grad, ValueGrad, Jvp, Vjp, Hvp, Jacobian, Hessian };

struct DiffTarget {
  Path path;
  ExprPtr direction; // set for Jvp and Hvp, null otherwise
};

// `grad[w, b](e)`, `jvp[w -> v](e)`, `vjp[w](e, ybar)`
struct DiffExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Diff;
  DiffExpr() : Expr(kKind) {}
  DiffOp op = DiffOp::Grad;
  Span opSpan;
  std::vector<DiffTarget> targets; // never empty
  ExprPtr body;
  ExprPtr cotangent; // set for Vjp, null otherwise
};

struct Arg {
  std::optional<Ident> name;
  ExprPtr value;
};

// Positional arguments come before named ones.
struct CallExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Call;
  CallExpr() : Expr(kKind) {}
  ExprPtr callee;
  std::vector<Arg> args;
};

// One entry between the brackets after a value: `e`, `a..b by c`, `:`, or `(h, e)`.
struct Subscript {
  enum class Kind : uint8_t { Value, Slice, All, Group };
  Kind kind = Kind::Value;
  Span span;
  std::vector<ExprPtr> values; // one for Value, none for All and Slice, at least two for Group
  std::optional<Range> slice;  // Slice
  ExprPtr step;                // Slice; may be null
};

struct SubscriptExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Subscript;
  SubscriptExpr() : Expr(kKind) {}
  ExprPtr base;
  std::vector<Subscript> subscripts;
};

// `p.w1`, `t.0`
struct FieldExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Field;
  FieldExpr() : Expr(kKind) {}
  ExprPtr base;
  Ident field;
  std::optional<uint32_t> position; // set if the field is a number
};

// `p with (lr = 0.1)`; all arguments are named.
struct WithFieldsExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::WithFields;
  WithFieldsExpr() : Expr(kKind) {}
  ExprPtr base;
  std::vector<Arg> fields;
};

// `V with [j, :] = v`
struct WithElementsExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::WithElements;
  WithElementsExpr() : Expr(kKind) {}
  ExprPtr base;
  std::vector<Subscript> subscripts;
  ExprPtr value;
};

// ------------------------------------------------------------------ statements

struct LetStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Let;
  LetStmt() : Stmt(kKind) {}
  std::string doc;
  Pattern pattern;
  ExprPtr value;
};

struct VarStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Var;
  VarStmt() : Stmt(kKind) {}
  Ident name;
  TypePtr type; // may be null
  ExprPtr value;
};

struct AssignStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Assign;
  AssignStmt() : Stmt(kKind) {}
  Ident name;
  ExprPtr value;
};

struct YieldStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Yield;
  YieldStmt() : Stmt(kKind) {}
  ExprPtr value;
};

struct AssertStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Assert;
  AssertStmt() : Stmt(kKind) {}
  ExprPtr condition;
  std::optional<std::string> message;
};

struct WhileStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::While;
  WhileStmt() : Stmt(kKind) {}
  ExprPtr condition;
  ExprPtr limit;
  Block body;
};

struct ExprStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Expr;
  ExprStmt() : Stmt(kKind) {}
  ExprPtr value;
};

// `param x: T = e`, at the top level only.
struct ParamStmt : Stmt {
  static constexpr StmtKind kKind = StmtKind::Param;
  ParamStmt() : Stmt(kKind) {}
  std::string doc;
  Ident name;
  TypePtr type;
  ExprPtr value; // may be null: then the input is required
};

// ------------------------------------------------------------------ declarations

struct Import {
  Span span;
  Path path;
  std::optional<Ident> alias;
};

// A name between `<` and `>` of a declaration, `bound` is `float`, `int`, `num` or absent.
struct TypeParam {
  Ident name;
  std::optional<Ident> bound;
};

// A function's parameter or a struct's field.
struct TypedName {
  Ident name;
  TypePtr type;
};

struct StructDecl {
  Span span;
  std::string doc;
  Ident name;
  std::vector<TypeParam> typeParams;
  std::vector<TypedName> fields;
};

// `@vjp(f)`, `@test`
struct Attribute {
  Span span;
  Ident name;
  std::vector<Arg> args;
};

struct FnDecl {
  Span span;
  std::string doc;
  std::vector<Attribute> attributes;
  bool exported = false;
  Ident name;
  std::vector<TypeParam> typeParams;
  std::vector<TypedName> params;
  TypePtr result; // null without `->`
  Block body;
};

// A file. Structs and functions are visible throughout it; the script's statements, `param`s among them, run in
// order. The lists are in source order each.
struct Module {
  FileId file = 0;
  std::vector<Import> imports;
  std::vector<StructDecl> structs;
  std::vector<FnDecl> functions;
  std::vector<StmtPtr> script;
};

// ------------------------------------------------------------------ casts

// The node as the struct that its kind says it is.
template <class T, class Base> const T &as(const Base &node) {
  assert(node.kind == T::kKind);
  return static_cast<const T &>(node);
}

// The node as a `T`, or null if it is of another kind (or null itself).
template <class T, class Base> const T *dynAs(const Base *node) {
  return node && node->kind == T::kKind ? static_cast<const T *>(node) : nullptr;
}

} // namespace ricci::lang::ast
