#include "lang/Operators.h"

namespace ricci::lang {

using ast::BinaryOp;

std::optional<Operator> binaryOperator(TokenKind kind) {
  switch (kind) {
  case TokenKind::Or:
    return Operator{BinaryOp::Or, kOr};
  case TokenKind::And:
    return Operator{BinaryOp::And, kAnd};
  case TokenKind::EqEq:
    return Operator{BinaryOp::Eq, kComparison};
  case TokenKind::NotEq:
    return Operator{BinaryOp::Ne, kComparison};
  case TokenKind::Less:
    return Operator{BinaryOp::Lt, kComparison};
  case TokenKind::LessEq:
    return Operator{BinaryOp::Le, kComparison};
  case TokenKind::Greater:
    return Operator{BinaryOp::Gt, kComparison};
  case TokenKind::GreaterEq:
    return Operator{BinaryOp::Ge, kComparison};
  case TokenKind::Plus:
    return Operator{BinaryOp::Add, kSum};
  case TokenKind::Minus:
    return Operator{BinaryOp::Sub, kSum};
  case TokenKind::Star:
    return Operator{BinaryOp::Mul, kProduct};
  case TokenKind::Slash:
    return Operator{BinaryOp::Div, kProduct};
  case TokenKind::Percent:
    return Operator{BinaryOp::Rem, kProduct};
  case TokenKind::At:
    return Operator{BinaryOp::MatMul, kProduct};
  case TokenKind::StarStar:
    return Operator{BinaryOp::Pow, kPower};
  default:
    return std::nullopt;
  }
}

} // namespace ricci::lang
