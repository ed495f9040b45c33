#include "tests/fuzz/Edits.h"

#include "lang/Parser.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <map>
#include <set>

namespace ricci::fuzz {

namespace ast = lang::ast;
using lang::Span;

namespace {

struct Replacement {
  Span span;
  std::string with;
};
using Edit = std::vector<Replacement>; // apart from one another

class Finder {
public:
  explicit Finder(const std::string &source) : text(source), id(sources.add("case", source)) {
    lang::DiagnosticEngine ignored;
    module = lang::parseFile(sources.file(id), ignored);
    visitor.onExpr = [this](const ast::Expr &expr) { visit(expr); };
  }

  std::vector<Edit> edits() {
    for (const ast::FnDecl &function : module.functions)
      remove(function.span);
    for (const ast::StructDecl &type : module.structs)
      remove(type.span);
    for (const ast::StmtPtr &stmt : module.script)
      statement(*stmt);
    for (const ast::FnDecl &function : module.functions) {
      for (const ast::TypedName &parameter : function.params)
        walk(*parameter.type, visitor);
      if (function.result)
        walk(*function.result, visitor);
      block(function.body);
    }
    for (const ast::StructDecl &type : module.structs)
      for (const ast::TypedName &field : type.fields)
        walk(*field.type, visitor);
    for (const ast::FnDecl &function : module.functions) {
      results(function);
      for (size_t i = 0; i < function.params.size(); ++i)
        parameter(function, i);
    }
    sizes();
    std::ranges::stable_sort(expressions, std::greater{},
                             [](const Edit &edit) { return edit.front().span.size() - edit.front().with.size(); });
    found.insert(found.end(), expressions.begin(), expressions.end());
    return std::move(found);
  }

private:
  std::string slice(Span span) const { return text.substr(span.begin, span.size()); }
  void remove(Span span) { found.push_back({{span, ""}}); }

  void statement(const ast::Stmt &stmt) {
    remove(stmt.span);
    if (const auto *loop = ast::dynAs<ast::WhileStmt>(&stmt))
      block(loop->body);
    else
      walk(stmt, visitor);
  }
  void block(const ast::Block &block) {
    for (const ast::StmtPtr &stmt : block.stmts)
      statement(*stmt);
  }

  // The list without its k-th element, by what lies between the first and the last.
  template <class List, class SpanOf> Replacement without(const List &list, size_t k, SpanOf spanOf) const {
    std::string kept;
    for (size_t i = 0; i < list.size(); ++i)
      if (i != k)
        kept += (kept.empty() ? "" : ", ") + slice(spanOf(list[i]));
    return {lang::cover(spanOf(list.front()), spanOf(list.back())), kept};
  }
  static Span spanOf(const ast::ExprPtr &expr) { return expr->span; }
  static Span spanOf(const ast::TypePtr &type) { return type->span; }
  static Span spanOf(const ast::Arg &arg) {
    return arg.name ? lang::cover(arg.name->span, arg.value->span) : arg.value->span;
  }
  static Span spanOf(const ast::TypedName &name) { return lang::cover(name.name.span, name.type->span); }
  template <class List> Replacement without(const List &list, size_t k) const {
    return without(list, k, [](const auto &item) { return spanOf(item); });
  }
  template <class List> void fewer(const List &list) {
    for (size_t k = 0; list.size() > 1 && k < list.size(); ++k)
      found.push_back({without(list, k)});
  }

  void visit(const ast::Expr &expr) {
    if (const auto *number = ast::dynAs<ast::IntExpr>(&expr))
      integers[number->value].push_back(expr.span);
    if (const auto *loop = ast::dynAs<ast::ForExpr>(&expr))
      for (const ast::StmtPtr &stmt : loop->body.stmts)
        remove(stmt->span);
    if (const auto *reduce = ast::dynAs<ast::ReduceExpr>(&expr)) {
      if (reduce->where)
        remove({id, reduce->indices.back().span.end, reduce->where->span.end});
      if (reduce->block)
        for (const ast::StmtPtr &stmt : reduce->block->stmts)
          remove(stmt->span);
    }
    if (const auto *tuple = ast::dynAs<ast::TupleExpr>(&expr))
      fewer(tuple->elems);
    if (const auto *array = ast::dynAs<ast::ArrayExpr>(&expr))
      fewer(array->elems);
    if (const auto *call = ast::dynAs<ast::CallExpr>(&expr))
      if (const auto *callee = ast::dynAs<ast::NameExpr>(call->callee.get()))
        calls[callee->name].push_back(call);
    static const char *const literals[] = {"0", "1", "0.0", "1.0", "0.5", "true", "false", "f32(0.5)", "i32(1)"};
    for (const char *literal : literals)
      expressions.push_back({{expr.span, literal}});
    // Its parts, and theirs: a wrapper often only fits around them.
    constexpr size_t mostParts = 16;
    size_t parts = 0;
    lang::TreeVisitor inside;
    inside.onExpr = [&](const ast::Expr &part) {
      if (&part != &expr && parts++ < mostParts)
        expressions.push_back({{expr.span, slice(part.span)}});
    };
    walk(expr, inside);
  }

  void results(const ast::FnDecl &function) {
    const auto *type = ast::dynAs<ast::TupleType>(function.result.get());
    const auto *last =
        function.body.stmts.empty() ? nullptr : ast::dynAs<ast::ExprStmt>(function.body.stmts.back().get());
    const auto *value = last ? ast::dynAs<ast::TupleExpr>(last->value.get()) : nullptr;
    if (type && value && type->elems.size() == value->elems.size())
      for (size_t k = 0; type->elems.size() > 1 && k < type->elems.size(); ++k)
        found.push_back({without(type->elems, k), without(value->elems, k)});
  }

  void parameter(const ast::FnDecl &function, size_t k) {
    Edit edit{without(function.params, k)};
    for (const ast::CallExpr *call : calls[function.name.text]) {
      if (k >= call->args.size())
        return;
      edit.push_back(without(call->args, k));
    }
    found.push_back(std::move(edit));
  }

  void sizes() {
    for (const auto &[value, spans] : integers)
      for (uint64_t smaller : {uint64_t{0}, uint64_t{1}, uint64_t{2}, value / 2, value - 1})
        if (smaller < value) {
          Edit edit;
          for (Span span : spans)
            edit.push_back({span, std::to_string(smaller)});
          found.push_back(std::move(edit));
        }
  }

  const std::string &text;
  lang::SourceManager sources;
  lang::FileId id;
  ast::Module module;
  lang::TreeVisitor visitor;
  std::vector<Edit> found, expressions;
  std::map<uint64_t, std::vector<Span>> integers;
  std::map<std::string, std::vector<const ast::CallExpr *>> calls;
};

// Nothing if the replacements overlap.
std::string applied(const std::string &text, Edit edit) {
  std::ranges::sort(edit, {}, [](const Replacement &part) { return part.span.begin; });
  std::string result;
  uint32_t at = 0;
  for (const Replacement &part : edit) {
    if (part.span.begin < at)
      return "";
    result += text.substr(at, part.span.begin - at) + part.with;
    at = part.span.end;
  }
  result += text.substr(at);
  // Lines that have become empty.
  std::string lines;
  for (size_t from = 0; from < result.size();) {
    size_t end = std::min(result.find('\n', from), result.size());
    std::string line = result.substr(from, end - from);
    if (line.find_first_not_of(" ") != std::string::npos)
      lines += line + "\n";
    from = end + 1;
  }
  return lines;
}

} // namespace

std::vector<std::string> smallerPrograms(const std::string &text) {
  std::vector<std::string> result;
  std::set<std::string> known;
  for (const Edit &edit : Finder(text).edits()) {
    std::string smaller = applied(text, edit);
    if (!smaller.empty() && std::pair(smaller.size(), smaller) < std::pair(text.size(), text) &&
        known.insert(smaller).second)
      result.push_back(std::move(smaller));
  }
  return result;
}

} // namespace ricci::fuzz
