// Visiting the parts of syntax trees and checked trees.
#pragma once

#include "lang/Ast.h"
#include "lang/sema/Checked.h"

#include <functional>

namespace ricci::lang {

// The expressions that `expr` evaluates directly, those in its statements too.
void forEachOperand(const Expr &expr, const std::function<void(const Expr &)> &visit);
void forEachOperand(const Stmt &stmt, const std::function<void(const Expr &)> &visit);
// The sizes it mentions itself: subscripts, bounds, not the shape of its type.
void forEachDim(const Expr &expr, const std::function<void(const Dim &)> &visit);

// Every expression and type below, the root included, outside in; the names that are used there as values, variables of
// derivative forms and of assignments too; and the names that are bound.
struct TreeVisitor {
  std::function<void(const ast::Expr &)> onExpr = {};
  std::function<void(const ast::TypeExpr &)> onType = {};
  std::function<void(const std::string &name, Span)> onName = {};
  std::function<void(const std::string &name)> onBound = {};
};
void walk(const ast::Expr &, const TreeVisitor &);
void walk(const ast::TypeExpr &, const TreeVisitor &);
void walk(const ast::Block &, const TreeVisitor &);
void walk(const ast::Stmt &, const TreeVisitor &);

} // namespace ricci::lang
