#include "lang/AstDump.h"
#include "lang/Token.h"

#include <fmt/format.h>

namespace ricci::lang {

using namespace ast;

namespace {

constexpr std::string_view kBinary[] = {"or", "and", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "@", "**"};
constexpr std::string_view kConstants[] = {"inf", "nan", "pi"};

template <class Op> std::string_view wordOf(TokenKind first, Op op) {
  return spelling(static_cast<TokenKind>(static_cast<int>(first) + static_cast<int>(op)));
}

struct Quoted {
  std::string_view text; // left out if empty
};

// `put` appends one thing; every overload writes a word or a form, and `form` is a head with what follows it.
class Dumper {
public:
  void put(const Expr &expr);
  void put(const TypeExpr &type);
  void put(const Module &module);
  std::string take() { return std::move(out_); }

private:
  void put(std::string_view word);
  void put(const char *word) { put(std::string_view(word)); }
  void put(const Ident &name) { put(std::string_view(name.text)); }
  void put(Quoted quoted);
  void put(const Range &range) { form("..", range.lo, range.hi); }
  void put(const Path &path);
  void put(const Arg &arg);
  void put(const TypeArg &arg) { put(arg.type), put(arg.expr); }
  void put(const IndexName &index);
  void put(const IndexBinder &binder);
  void put(const Subscript &subscript);
  void put(const DiffTarget &target);
  void put(const Pattern &pattern);
  void put(const TypeParam &param);
  void put(const TypedName &typed) { form(":", typed.name, typed.type); }
  void put(const Block &block);
  void put(const Stmt &stmt);
  void put(const Import &import) { form("import", import.path, import.alias); }
  void put(const StructDecl &decl);
  void put(const Attribute &attribute) { form("@", attribute.name, attribute.args); }
  void put(const FnDecl &fn);
  void put(const ReduceExpr &reduce);
  void put(const NamedType &type);

  template <class T> void put(const std::unique_ptr<T> &node) {
    if (node)
      put(*node);
  }
  template <class T> void put(const std::optional<T> &item) {
    if (item)
      put(*item);
  }
  template <class T> void put(const std::vector<T> &items) {
    for (const T &item : items)
      put(item);
  }
  template <class... Items> void form(std::string_view head, const Items &...items) {
    put("(");
    out_ += head;
    (put(items), ...);
    out_ += ')';
  }
  template <class T> void bracketed(const std::vector<T> &items) {
    put("[");
    put(items);
    out_ += ']';
  }
  template <class T> void angled(const std::vector<T> &items) {
    if (!items.empty())
      form("<>", items);
  }
  void line() {
    out_ += '\n';
    out_.append(2 * indent_, ' ');
  }

  std::string out_;
  unsigned indent_ = 0;
};

void Dumper::put(std::string_view word) {
  bool first = out_.empty() || out_.back() == '(' || out_.back() == '[' || out_.back() == ' ' || out_.back() == '\n';
  if (!first)
    out_ += ' ';
  out_ += word;
}

void Dumper::put(Quoted quoted) {
  if (!quoted.text.empty())
    put(fmt::format("{:?}", quoted.text));
}

// ------------------------------------------------------------------ types and left sides

void Dumper::put(const NamedType &type) {
  std::string name;
  for (const Ident &part : type.module)
    name += part.text + ".";
  name += type.name.text;
  if (type.args.empty() && type.dims.empty())
    return put(std::string_view(name));
  put("(");
  put(std::string_view(name));
  angled(type.args);
  put(type.dims);
  out_ += ')';
}

void Dumper::put(const TypeExpr &type) {
  switch (type.kind) {
  case TypeKind::Named:
    return put(as<NamedType>(type));
  case TypeKind::Tuple:
    return form("tuple", as<TupleType>(type).elems);
  case TypeKind::Function:
    return form("fn", as<FunctionType>(type).params, "->", as<FunctionType>(type).result);
  }
}

void Dumper::put(const Path &path) {
  std::string joined;
  for (const Ident &part : path.parts)
    joined += (joined.empty() ? "" : ".") + part.text;
  put(std::string_view(joined));
}

void Dumper::put(const IndexName &index) {
  if (index.range)
    form("in", index.name, *index.range);
  else
    put(index.name);
}

void Dumper::put(const IndexBinder &binder) {
  switch (binder.kind) {
  case IndexBinder::Kind::Name:
    return put(binder.names);
  case IndexBinder::Kind::All:
    return put(":");
  case IndexBinder::Kind::Group:
    return form("group", binder.names);
  }
}

void Dumper::put(const Pattern &pattern) {
  if (pattern.kind == Pattern::Kind::Tuple)
    return form("tuple", pattern.elems);
  put(pattern.name);
  if (pattern.kind == Pattern::Kind::Indexed)
    bracketed(pattern.indices);
  if (pattern.type) {
    put(":");
    put(pattern.type);
  }
}

// ------------------------------------------------------------------ expressions

void Dumper::put(const Arg &arg) {
  if (arg.name)
    form("=", *arg.name, arg.value);
  else
    put(arg.value);
}

void Dumper::put(const Subscript &subscript) {
  switch (subscript.kind) {
  case Subscript::Kind::Value:
    return put(subscript.values);
  case Subscript::Kind::All:
    return put(":");
  case Subscript::Kind::Group:
    return form("group", subscript.values);
  case Subscript::Kind::Slice:
    return subscript.step ? form("by", subscript.slice, subscript.step) : put(subscript.slice);
  }
}

void Dumper::put(const DiffTarget &target) {
  if (target.direction)
    form("->", target.path, target.direction);
  else
    put(target.path);
}

void Dumper::put(const ReduceExpr &reduce) {
  put("(");
  out_ += wordOf(TokenKind::Sum, reduce.op);
  if (reduce.accumulator)
    form("<>", reduce.accumulator);
  if (!reduce.whole)
    bracketed(reduce.indices);
  if (reduce.where)
    form("where", reduce.where);
  put(reduce.body);
  put(reduce.block);
  out_ += ')';
}

void Dumper::put(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Int:
    return put(std::to_string(as<IntExpr>(expr).value));
  case ExprKind::Float:
    return put(std::string_view(as<FloatExpr>(expr).digits));
  case ExprKind::Bool:
    return put(as<BoolExpr>(expr).value ? "true" : "false");
  case ExprKind::Constant:
    return put(kConstants[static_cast<size_t>(as<ConstantExpr>(expr).value)]);
  case ExprKind::String:
    return put(fmt::format("{:?}", as<StringExpr>(expr).value));
  case ExprKind::Name:
    return put(std::string_view(as<NameExpr>(expr).name));
  case ExprKind::Type:
    return form("type", as<TypeValueExpr>(expr).type);
  case ExprKind::Tuple:
    return form("tuple", as<TupleExpr>(expr).elems);
  case ExprKind::Array:
    return form("array", as<ArrayExpr>(expr).elems);
  case ExprKind::Unary:
    return form(as<UnaryExpr>(expr).op == UnaryOp::Neg ? "neg" : "not", as<UnaryExpr>(expr).operand);
  case ExprKind::Binary: {
    const auto &binary = as<BinaryExpr>(expr);
    return form(kBinary[static_cast<size_t>(binary.op)], binary.lhs, binary.rhs);
  }
  case ExprKind::If: {
    const auto &branch = as<IfExpr>(expr);
    return form("if", branch.condition, branch.thenValue, branch.elseValue);
  }
  case ExprKind::For: {
    const auto &loop = as<ForExpr>(expr);
    return form("for", loop.index, loop.range, loop.body);
  }
  case ExprKind::Lambda: {
    put("(lambda ");
    bracketed(as<LambdaExpr>(expr).params);
    put(as<LambdaExpr>(expr).body);
    out_ += ')';
    return;
  }
  case ExprKind::Reduce:
    return put(as<ReduceExpr>(expr));
  case ExprKind::Diff: {
    const auto &diff = as<DiffExpr>(expr);
    put("(");
    out_ += wordOf(TokenKind::Grad, diff.op);
    bracketed(diff.targets);
    put(diff.body);
    put(diff.cotangent);
    out_ += ')';
    return;
  }
  case ExprKind::Call:
    return form("call", as<CallExpr>(expr).callee, as<CallExpr>(expr).args);
  case ExprKind::Subscript:
    return form("at", as<SubscriptExpr>(expr).base, as<SubscriptExpr>(expr).subscripts);
  case ExprKind::Field:
    return form(".", as<FieldExpr>(expr).base, as<FieldExpr>(expr).field);
  case ExprKind::WithFields:
    return form("with", as<WithFieldsExpr>(expr).base, as<WithFieldsExpr>(expr).fields);
  case ExprKind::WithElements: {
    const auto &with = as<WithElementsExpr>(expr);
    put("(with");
    put(with.base);
    bracketed(with.subscripts);
    put(with.value);
    out_ += ')';
    return;
  }
  }
}

// ------------------------------------------------------------------ statements and declarations

void Dumper::put(const Block &block) {
  put("(block");
  ++indent_;
  for (const StmtPtr &stmt : block.stmts) {
    line();
    put(stmt);
  }
  --indent_;
  out_ += ')';
}

void Dumper::put(const Stmt &stmt) {
  switch (stmt.kind) {
  case StmtKind::Let:
    return form("let", Quoted{as<LetStmt>(stmt).doc}, as<LetStmt>(stmt).pattern, as<LetStmt>(stmt).value);
  case StmtKind::Var: {
    const auto &var = as<VarStmt>(stmt);
    return var.type ? form("var", var.name, ":", var.type, var.value) : form("var", var.name, var.value);
  }
  case StmtKind::Assign:
    return form("=", as<AssignStmt>(stmt).name, as<AssignStmt>(stmt).value);
  case StmtKind::Yield:
    return form("yield", as<YieldStmt>(stmt).value);
  case StmtKind::Assert: {
    const auto &assertion = as<AssertStmt>(stmt);
    return form("assert", assertion.condition, Quoted{assertion.message ? *assertion.message : ""});
  }
  case StmtKind::While: {
    const auto &loop = as<WhileStmt>(stmt);
    return form("while", loop.condition, loop.limit, loop.body);
  }
  case StmtKind::Expr:
    return put(as<ExprStmt>(stmt).value);
  case StmtKind::Param: {
    const auto &param = as<ParamStmt>(stmt);
    return form("param", Quoted{param.doc}, param.name, ":", param.type, param.value);
  }
  }
}

void Dumper::put(const TypeParam &param) {
  if (param.bound)
    form(":", param.name, *param.bound);
  else
    put(param.name);
}

void Dumper::put(const StructDecl &decl) {
  put("(struct");
  put(Quoted{decl.doc});
  put(decl.name);
  angled(decl.typeParams);
  put(decl.fields);
  out_ += ')';
}

void Dumper::put(const FnDecl &fn) {
  put(fn.exported ? "(export-fn" : "(fn");
  put(Quoted{fn.doc});
  put(fn.attributes);
  put(fn.name);
  angled(fn.typeParams);
  put(fn.params);
  if (fn.result) {
    put("->");
    put(fn.result);
  }
  put(fn.body);
  out_ += ')';
}

void Dumper::put(const Module &module) {
  auto lines = [this](const auto &items) {
    for (const auto &item : items) {
      put(item);
      line();
    }
  };
  lines(module.imports);
  lines(module.structs);
  lines(module.functions);
  lines(module.script);
}

template <class T> std::string dumped(const T &node) {
  Dumper dumper;
  dumper.put(node);
  return dumper.take();
}

} // namespace

std::string dump(const Module &module) { return dumped(module); }
std::string dump(const Expr &expr) { return dumped(expr); }
std::string dump(const TypeExpr &type) { return dumped(type); }

} // namespace ricci::lang
