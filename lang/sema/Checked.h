// The checked program: what sema makes of the syntax tree and the Frontend turns into IR.
//
// Every name is resolved, every expression has a type whose sizes are symbolic integer expressions, every index has
// a range, every access is proven inside or marked for a run-time check, sugar is gone (`@`, `.T`, dot, merged
// subscripts, patterns). A function is checked once for each instantiation; its sizes stay symbolic. Nodes live as long
// as the CheckedProgram.
#pragma once

#include "lang/Source.h"
#include "lang/sema/Dim.h"
#include "lang/sema/Type.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ricci::lang {

struct Expr;
struct Stmt;
struct CheckedFn;

// A let, var, argument, param, load or loop counter. The symbol of an i64 scalar used in sizes is `symbol`.
struct Variable {
  std::string name;
  Type type;
  Span span;
  std::optional<Symbol> symbol; // set when some Dim refers to this i64 scalar's value
};

// An index bound by a left side or a reduction: lower ≤ index < upper. The bounds may mention symbols of outer
// indices (a ragged range); `box` bounds then enclose every value and mention none; absent when only the data can tell.
struct Index {
  std::string name;
  Symbol symbol;
  Dim lower, upper;
  bool ragged = false;
  std::optional<Dim> boxLower, boxUpper;
  Span span;
};

enum class AccessMode { Exact, Pad, Clamp, Wrap };

// One subscript of an access, for one axis of the array.
struct Subscript {
  enum Kind { Element, All, Slice } kind = All;
  // Element: `affine` when the subscript is an integer-affine form in index symbols (coefficients and the rest free of
  // index symbols, possibly run-time scalars); otherwise `value`, an i64 scalar expression.
  std::optional<Dim> affine;
  const Expr *value = nullptr;
  AccessMode mode = AccessMode::Exact;
  // Whether sema could prove 0 ≤ subscript < size (for Exact). If not, a run-time check where reached.
  bool proven = false;
  // Slice: lower, lower+step, … below upper; `length` elements.
  Dim lower, upper, length;
  int64_t step = 1;
  Span span;
};

enum class ExprKind {
  Literal,  // number or bool of the node's scalar type
  Size,     // a Dim as a number of the node's scalar type (sizes, constant integers, index values when affine)
  Variable, // value of a Variable
  Index,    // value of an Index, i64
  Elementwise,
  If,
  Access,
  Reduce,
  Build,
  Aggregate,
  Field,
  With,
  Call,
  Builtin,
  Diff,
  For,
  Block,
};

struct Expr {
  ExprKind kind;
  Type type;
  Span span;
};

struct LiteralExpr : Expr { std::variant<double, int64_t, bool> value; };
struct SizeExpr : Expr { Dim dim; };
struct VariableExpr : Expr { const Variable *variable; };
struct IndexExpr : Expr { const Index *index; };

// A scalar function lifted over equal shapes (scalars broadcast) and over equal structs and tuples, field by field.
// `name` is the dialect's mnemonic: add sub mul div rem pow powi max min neg not and or eq ne lt le gt ge convert exp …
// For `convert` the node's type says to what. Struct-with-scalar arithmetic (0.1 * g) lifts too.
struct ElementwiseExpr : Expr { std::string name; std::vector<const Expr *> operands; };

// Scalar condition; lazy for each element: checks in a branch count only where it is taken.
struct IfExpr : Expr { const Expr *condition, *then, *otherwise; };

// base[subscripts]: one subscript for each axis of base; the type's axes are those of All and Slice, in order.
struct AccessExpr : Expr { const Expr *base; std::vector<Subscript> subscripts; };

enum class Reduction { Sum, Prod, Max, Min, Mean, Any, All, Argmax, Argmin, Logsumexp };

// red[indices where guard](body). The body may have own axes (`:`), kept. argmax over several indices gives a tuple.
// `scatter`: conjuncts of the guard of the form `subscript == left index`, taken out of it: the reduction is a
// scatter-add (Sum only) into those left indices; the body and the rest of the guard see the left index as `subscript`.
struct ScatterTerm { const Index *left; const Expr *subscript; };
struct ReduceExpr : Expr {
  Reduction kind;
  std::vector<const Index *> indices;
  const Expr *guard = nullptr;
  std::vector<ScatterTerm> scatter;
  const Expr *body;
};

// `let y[i, (h,e), :] = body` as a value: one entry for each axis of the result. `:` takes the body's own axes in order.
struct LeftAxis { std::vector<const Index *> indices; /* none: `:`; several: merged, row-major */ };
struct BuildExpr : Expr { std::vector<LeftAxis> axes; const Expr *body; };

struct AggregateExpr : Expr { std::vector<const Expr *> fields; }; // tuple or struct
struct FieldExpr : Expr { const Expr *base; unsigned field; };

// base with [subscripts] = value, or with one field replaced (`field` set, no subscripts).
struct WithExpr : Expr {
  const Expr *base;
  std::optional<unsigned> field;
  std::vector<Subscript> subscripts;
  const Expr *value;
};

// Equality of sizes that only the run can decide, checked where the node is evaluated.
struct SizeCheck { Dim left, right; std::string message; Span span; };

struct CallExpr : Expr {
  const CheckedFn *callee;
  std::vector<const Expr *> arguments;
  std::vector<std::pair<Symbol, Dim>> sizes; // the callee's size parameters in the caller's terms
  std::vector<SizeCheck> checks;
};

// Structural functions. Shapes come from the node's type.
//   zeros ones full(x) eye iota       concat(args…) axis      reshape(x)       stack is already concat of reshape
//   flip sort argsort cumsum cumprod (x) axis                 top_k(x): values and places, along the last axis
//   einsum(args…) equation            matmul transpose dot outer trace are already einsum
//   softmax log_softmax (last axis)   norm(x): 2-norm over everything, structs and tuples included
//   dot(a, b) on structs: sum over the leaves
//   key(i) split(k) fold_in(k, i) normal(k) uniform(k) permutation(k)
//   stop_grad(x)  checkpoint(x): what x computes is computed again in reverse mode
// `print save plot scatter` are statements (EffectStmt).
struct BuiltinExpr : Expr {
  std::string name;
  std::vector<const Expr *> arguments;
  std::string equation; // einsum: letters, always with `->`
  int64_t axis = 0;
  std::vector<SizeCheck> checks;
};

enum class DiffForm { Grad, ValueGrad, Jvp, Vjp, Hvp, Jacobian, Hessian };

// A variable, or a field inside one (p.w1): its value is the differentiation variable inside `body`.
struct DiffVariable { const Variable *variable; std::vector<unsigned> path; const Expr *tangent = nullptr; Span span; };
struct DiffExpr : Expr {
  DiffForm form;
  std::vector<DiffVariable> variables;
  const Expr *body;
  const Expr *cotangent = nullptr;
};

// for counter in lower..upper { body }. `carried`: variables of outside that the body assigns. The value: unit, or the
// yielded value stacked along a new first axis (leaf by leaf). With a condition: while condition limit upper { body }, the condition
// is evaluated before each pass.
struct ForExpr : Expr {
  const Variable *counter;
  const Expr *lower, *upper;
  const Expr *condition = nullptr;
  std::vector<const Variable *> carried;
  std::vector<const Stmt *> body;
  const Expr *yield = nullptr; // evaluated after the body's statements
};

struct BlockExpr : Expr { std::vector<const Stmt *> statements; const Expr *value = nullptr; /* null: unit */ };

enum class StmtKind { Let, Assign, Assert, Effect, Expr };
struct Stmt { StmtKind kind; Span span; };
struct LetStmt : Stmt { const Variable *variable; const Expr *value; std::vector<SizeCheck> checks; };
struct AssignStmt : Stmt { const Variable *variable; const Expr *value; };
struct AssertStmt : Stmt { const Expr *condition; std::string message; };
struct ExprStmt : Stmt { const Expr *value; };

// print: `segments` of text and values with fmt specifications. save: text = path, one value. plot, scatter: text =
// path, values = series; options by name (title …).
struct Segment { std::string text; const Expr *value = nullptr; std::string spec; };
struct EffectStmt : Stmt {
  std::string what;
  std::vector<Segment> segments;
  std::string path;
  std::vector<const Expr *> values;
  std::vector<std::pair<std::string, std::string>> options;
};

struct CheckedFn {
  std::string name;
  bool exported = false;
  bool expanded = false; // made for one call, in the caller's sizes; its body may read variables around the call
  std::vector<const Variable *> parameters;
  std::vector<Symbol> sizes; // symbolic sizes of the signature, bound by the arguments' shapes or i64 arguments
  Type result;
  const Expr *body;
  Span span;
  // Its own derivative: `arguments` are its parameters, its value, and the cotangent of the value (vjp) or the tangents of the
  // floating parameters (jvp); `value` the cotangents of the floating parameters, or the value's tangent.
  struct Rule {
    std::string name; // of the function that gives it
    std::vector<const Variable *> arguments;
    const Expr *value;
  };
  std::optional<Rule> vjp, jvp;
  bool ruled = false; // whether it has one, even before that is checked
  bool test = false;
  std::optional<std::string> failsWith; // a test that is to end in this run-time error: its code, or a part of its text
};

// What the script takes from outside: params, loads, and free names of -e (which are declared by the command line).
struct Input {
  enum Kind { Param, Load, Free } kind;
  std::string name;       // param and free names
  std::string path, key;  // load; the path as written
  const Variable *variable;
  const Expr *initial = nullptr; // a param's default, used when no value is given
  Span span;
};

struct CheckedProgram {
  std::vector<Input> inputs;
  std::vector<const CheckedFn *> functions; // every function of the file, instantiated for inspection
  std::vector<const CheckedFn *> templates; // but for those that exist for each call only: with functions or any types as arguments
  std::vector<const Stmt *> statements;     // the script
  const Expr *result = nullptr;             // of -e, of an example
  // Owner of all nodes.
  std::deque<std::shared_ptr<void>> nodes;

  template <class T> T *make(T node) {
    auto owned = std::make_shared<T>(std::move(node));
    T *raw = owned.get();
    nodes.push_back(std::move(owned));
    return raw;
  }
};

} // namespace ricci::lang
