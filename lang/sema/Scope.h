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
};

struct ModuleInfo;

struct StructInfo {
  const ast::StructDecl *decl = nullptr;
  ModuleInfo *module = nullptr;
  std::vector<Symbol> sizes;
  Type type; // in terms of `sizes`
  enum { Untouched, Open, Done } state = Untouched;
};

struct FnInfo {
  const ast::FnDecl *decl = nullptr;
  ModuleInfo *module = nullptr;
  CheckedFn *fn = nullptr;
  bool resultKnown = false;
  bool prints = false;
  bool inCycle = false;
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
