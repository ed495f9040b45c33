// The syntax tree as an s-expression, `ricci inspect --stage=ast`.
#pragma once

#include "lang/Ast.h"

#include <string>

namespace ricci::lang {

// One declaration or statement a line; bodies of functions and loops are indented.
std::string dump(const ast::Module &module);
// On one line, unless it contains a block.
std::string dump(const ast::Expr &expr);
std::string dump(const ast::TypeExpr &type);

} // namespace ricci::lang
