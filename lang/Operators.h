// The binary operators and how tightly they bind.
#pragma once

#include "lang/Ast.h"
#include "lang/Token.h"

#include <optional>

namespace ricci::lang {

// Loosest first. `not` is no binary operator, but binds between two of them; so does unary minus, looser than `**`.
enum Precedence : int { kOr = 1, kAnd, kNot, kComparison, kSum, kProduct, kPower };

struct Operator {
  ast::BinaryOp op;
  Precedence precedence;
};

std::optional<Operator> binaryOperator(TokenKind kind);

} // namespace ricci::lang
