// What names stand for while a program is checked.
#pragma once

#include "lang/Ast.h"
#include "lang/sema/Checked.h"
#include "lang/sema/RangeSolver.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ricci::lang {

// An index while its binder is open, and after.
struct IndexState {
  Index *index = nullptr;
  bool left = false;
  bool solved = false;
  bool open = true;
  bool broken = false; // spoken about already
  std::vector<RangeUse> uses;
};

// `x[t, (h,e)]`: the product of the members' extents is the size of the axis.
struct GroupUse {
  std::vector<IndexState *> members;
  Dim size;
  Span span;
  Subscript *subscript;
  bool compared = false;
};

struct Function;

struct Binding {
  enum Kind { Variable, Index, Size, Type, Function, Broken } kind = Broken;
  Span span;
  lang::Variable *variable = nullptr;
  IndexState *index = nullptr;
  Dim size;
  lang::Type type;                           // of a type parameter
  const lang::Function *function = nullptr;
};

using Scope = std::map<std::string, Binding>;

// What sema knows of a variable beyond its type.
struct VariableInfo {
  bool assignable = false;  // var
  bool dimension = false;   // an i64 that adapts to its context like a size
  bool varies = false;      // depends on an index of an open binder
  std::optional<Dim> known; // the value of an i64 scalar
  const AggregateExpr *parts = nullptr; // of a tuple or struct that is not assignable
  unsigned scopeDepth = 0, indexDepth = 0, loopDepth = 0;
  size_t birth = 0; // nodes made before it
};

struct ModuleInfo;
struct FnInfo;

// What a parameter of a declaration between `<` and `>` stands for.
enum class ParameterKind { Size, Any, Float, Int, Num };
inline bool isType(ParameterKind kind) { return kind != ParameterKind::Size; }

// Names of parameters that stand for types.
using TypeParameters = std::map<std::string, ParameterKind>;

struct StructInfo {
  const ast::StructDecl *decl = nullptr;
  ModuleInfo *module = nullptr;
  TypeParameters typeParameters;
  std::vector<Symbol> sizes;
  Type type; // in terms of `sizes`; of a generic one, for stand-ins
  enum { Untouched, Open, Done } state = Untouched;
};

// A function as a value, which exists while the program is compiled: a declared one, a builtin, or a lambda with what it sees.
struct Function {
  FnInfo *declared = nullptr;
  std::string builtin;
  const ast::LambdaExpr *lambda = nullptr;
  std::vector<Scope> scopes;
  ModuleInfo *module = nullptr;
  FnInfo *home = nullptr; // in which the lambda is written
  Span span;
  // The declared type of a parameter that it was given for; without one of the three above, all that is known.
  struct Signature {
    std::vector<Type> parameters;
    Type result;
  };
  std::optional<Signature> signature;
};

struct FnInfo {
  const ast::FnDecl *decl = nullptr;
  ModuleInfo *module = nullptr;
  TypeParameters typeParameters;
  bool generic = false; // has type parameters or takes functions: expanded for each call
  bool faulty = false;  // generic, and wrong whatever it is called with
  CheckedFn *fn = nullptr;
  bool resultKnown = false;
  bool prints = false;
  bool inCycle = false;
  FnInfo *vjp = nullptr, *jvp = nullptr; // the rules for its derivative
  bool test = false;
  std::optional<std::string> failsWith; // what a test expects
  std::set<std::string> dimensionNames; // that stand in its types
  std::vector<FnInfo *> callees;
};

// A file: its declarations, and what its imports are called in it.
struct ModuleInfo {
  const SourceFile *file = nullptr;
  ast::Module tree;
  std::map<std::string, StructInfo> structs;
  std::map<std::string, FnInfo> functions;
  std::map<std::string, ModuleInfo *> imports; // by alias or last part, and by the whole path
  std::set<std::string> dimensionNames;        // of the script
  std::vector<FnInfo *> functionOrder;         // callees first
};

} // namespace ricci::lang
