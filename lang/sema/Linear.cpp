// Contractions: `@`, `.T`, dot, outer, einsum and their kin, all as one einsum.
#include "lang/sema/Checker.h"
#include "lang/sema/Einsum.h"

#include <fmt/format.h>

namespace ricci::lang {

// Sizes that meet in one letter are equal.
const Expr *Checker::einsum(const std::string &equation, std::vector<const Expr *> operands, Span span, const std::string &what) {
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, Type{}, span);
  node->name = "einsum";
  node->equation = equation;
  for (const Expr *operand : operands)
    if (operand->type.hasError())
      return errorExpr(span);
  for (const Expr *operand : operands) {
    if (!operand->type.isArray() || !isNumber(operand->type.element)) {
      error(operand->type.isArray() && operand->type.element == Scalar::Bool ? Code::E0303 : Code::E0305, operand->span,
            fmt::format("{} takes arrays of numbers, this is `{}`", what, operand->type.text()));
      return errorExpr(span);
    }
    if (operand->type.element != operands[0]->type.element) {
      error(Code::E0302, operand->span, fmt::format("{} mixes `{}` and `{}`", what, scalarName(operands[0]->type.element),
                                                    scalarName(operand->type.element)))
          .label(operands[0]->span, fmt::format("this is `{}`", operands[0]->type.text()))
          .help("there are no implicit casts");
      return errorExpr(span);
    }
  }
  struct Extent {
    Dim size;
    const Expr *from;
  };
  std::map<char, Extent> extents;
  size_t operand = 0, axis = 0;
  for (char c : equation.substr(0, equation.find("->"))) {
    if (c == ',') {
      ++operand;
      axis = 0;
      continue;
    }
    const Dim &size = operands[operand]->type.shape[axis++];
    auto [place, fresh] = extents.try_emplace(c, Extent{size, operands[operand]});
    if (fresh)
      continue;
    const Extent &first = place->second;
    if (!equate(first.size, size, span, fmt::format("{}: sizes {} and {} meet", what, first.size.text(), size.text()))) {
      Diagnostic &conflict = error(Code::E0401, operands[operand]->span, fmt::format("{}: sizes {} and {} meet", what, first.size.text(), size.text()))
          .here(fmt::format("{} here, in `{}`", size.text(), operands[operand]->type.text()));
      if (first.from != operands[operand])
        conflict.label(first.from->span, fmt::format("{} here, in `{}`", first.size.text(), first.from->type.text()));
      return errorExpr(span);
    }
  }
  std::vector<Dim> shape;
  for (char c : equation.substr(equation.find("->") + 2))
    shape.push_back(extents.at(c).size);
  node->type = Type::array(operands[0]->type.element, std::move(shape));
  node->arguments = std::move(operands);
  return node;
}

const Expr *Checker::matmul(const Expr *left, const Expr *right, Span span) {
  if (left->type.hasError() || right->type.hasError())
    return errorExpr(span);
  auto rank = [](const Expr *expr) { return expr->type.isArray() ? expr->type.shape.size() : size_t{0}; };
  for (const Expr *side : {left, right})
    if (rank(side) < 1 || rank(side) > 2) {
      error(Code::E0402, side->span, fmt::format("`@` multiplies vectors and matrices, this is `{}`", side->type.text()))
          .help(rank(side) > 2 ? "name the leading axes: `let C[b,:,:] = A[b,:,:] @ B[b,:,:]`" : "scalars multiply by `*`");
      return errorExpr(span);
    }
  bool rows = rank(left) == 2, columns = rank(right) == 2;
  std::string equation = std::string(rows ? "ab" : "b") + "," + (columns ? "bc" : "b") + "->" + (rows ? "a" : "") + (columns ? "c" : "");
  return einsum(equation, {left, right}, span, "`@`");
}

const Expr *Checker::transpose(const Expr *value, Span span) {
  if (value->type.shape.size() != 2) {
    error(Code::E0402, span, fmt::format("`.T` transposes matrices, this is `{}`", value->type.text()))
        .help("for other ranks name the axes: `let y[j,i,k] = x[i,j,k]`");
    return errorExpr(span);
  }
  if (!isNumber(value->type.element)) {
    error(Code::E0305, span, fmt::format("`.T` takes numbers, this is `{}`", value->type.text()));
    return errorExpr(span);
  }
  return einsum("ab->ba", {value}, span, "`.T`");
}

const Expr *Checker::checkLinear(const std::string &name, const ast::CallExpr &call) {
  bool two = name == "dot" || name == "outer";
  if (!argumentCount(call, two ? 2 : 1, two ? 2 : 1, name))
    return errorExpr(call.span);
  std::vector<const Expr *> operands;
  if (two) {
    auto [a, b] = checkPair(*call.args[0].value, *call.args[1].value, nullptr);
    operands = {a, b};
  } else {
    bool floating = name == "norm" || name == "softmax" || name == "log_softmax";
    operands = {floating ? checkFloating(*call.args[0].value) : check(*call.args[0].value)};
  }
  for (const Expr *operand : operands)
    if (operand->type.hasError())
      return errorExpr(call.span);
  const Type &type = operands[0]->type;
  std::string what = "`" + name + "`";
  auto refuse = [&](const std::string &wanted) {
    error(Code::E0402, call.span, fmt::format("{} takes {}, this is `{}`", what, wanted, type.text()));
    return errorExpr(call.span);
  };
  size_t rank = type.isArray() ? type.shape.size() : 0;
  auto builtin = [&](Type result) {
    auto *node = make<BuiltinExpr>(ExprKind::Builtin, std::move(result), call.span);
    node->name = name;
    node->arguments = operands;
    return node;
  };
  if (name == "softmax" || name == "log_softmax") {
    if (rank == 0 || !isFloating(type.element))
      return refuse("an array of floating numbers");
    return builtin(type);
  }
  if (name == "norm") {
    if (!type.isFloating())
      return refuse("floating numbers");
    Scalar element = Scalar::F64;
    bool uniform = true, first = true;
    type.allLeaves([&](const Type &leaf) {
      uniform &= first || leaf.element == element;
      element = leaf.element;
      first = false;
      return true;
    });
    return uniform ? builtin(Type::array(element)) : refuse("fields of one type");
  }
  if (name == "outer")
    return rank == 1 && operands[1]->type.isArray() && operands[1]->type.shape.size() == 1
               ? einsum("a,b->ab", operands, call.span, what)
               : refuse("two vectors");
  if (name == "trace")
    return rank == 2 ? einsum("aa->", operands, call.span, what) : refuse("a square matrix");
  if (name == "diag")
    return rank == 2   ? einsum("aa->a", operands, call.span, what)
           : rank == 1 ? einsum("a->aa", operands, call.span, what)
                       : refuse("a vector or a square matrix");
  // dot
  if (type.isAggregate()) {
    if (!type.isFloating())
      return refuse("structs of floating fields");
    if (!sameType(type, operands[1]->type, operands[1]->span, "the second argument of `dot`"))
      return errorExpr(call.span);
    const Type *leaf = &type;
    while (leaf->isAggregate())
      leaf = &leaf->fields.front();
    return builtin(Type::array(leaf->element));
  }
  if (!operands[1]->type.isArray() || operands[1]->type.shape.size() != rank)
    return refuse("two arrays of equal shape");
  constexpr size_t mostLetters = 52;
  if (rank > mostLetters)
    return refuse("arrays of rank 52 at most");
  std::string letters;
  for (size_t axis = 0; axis < rank; ++axis)
    letters += static_cast<char>(axis < 26 ? 'a' + axis : 'A' + axis - 26);
  return einsum(letters + "," + letters + "->", operands, call.span, what);
}

const Expr *Checker::checkEinsum(const ast::CallExpr &call) {
  const auto *text = call.args.empty() ? nullptr : ast::dynAs<ast::StringExpr>(call.args[0].value.get());
  if (!text || call.args.size() < 2) {
    error(Code::E0406, call.span, "`einsum` takes an equation in quotes and its operands").help("as in `einsum(\"ij,jk->ik\", A, B)`");
    return errorExpr(call.span);
  }
  std::vector<const Expr *> operands;
  bool fine = true;
  for (size_t i = 1; i < call.args.size(); ++i) {
    if (call.args[i].name) {
      error(Code::E0210, call.args[i].name->span, fmt::format("`einsum` has no argument `{}`", call.args[i].name->text));
      return errorExpr(call.span);
    }
    operands.push_back(check(*call.args[i].value));
    fine &= !operands.back()->type.hasError();
    if (operands.back()->type.hasError() || operands.back()->type.isArray())
      continue;
    error(Code::E0305, operands.back()->span, fmt::format("`einsum` takes arrays, this is `{}`", operands.back()->type.text()));
    fine = false;
  }
  auto refuse = [&](const EinsumError &wrong) {
    // Behind the quote; an escape before it shifts the place by little.
    uint32_t at = std::min(text->span.begin + 1 + static_cast<uint32_t>(wrong.offset), text->span.end - 1);
    error(Code::E0406, Span{text->span.file, at, std::min(at + 1, text->span.end)}, wrong.message);
    return errorExpr(call.span);
  };
  auto parsed = parseEinsum(text->value);
  if (const auto *wrong = std::get_if<EinsumError>(&parsed))
    return refuse(*wrong);
  if (!fine)
    return errorExpr(call.span);
  std::vector<size_t> ranks;
  for (const Expr *operand : operands)
    ranks.push_back(operand->type.shape.size());
  auto resolved = resolveEinsum(std::get<EinsumEquation>(parsed), ranks);
  if (const auto *wrong = std::get_if<EinsumError>(&resolved))
    return refuse(*wrong);
  auto &letters = std::get<EinsumLetters>(resolved);
  // Axes of the ellipsis broadcast: one of size 1 beside others is read at 0 and leaves the equation.
  for (char c : letters.ellipsis) {
    auto sizeIn = [&](size_t i) -> std::optional<Dim> {
      size_t axis = letters.operands[i].find(c);
      return axis == std::string::npos ? std::nullopt : std::optional<Dim>(operands[i]->type.shape[axis]);
    };
    bool wide = false;
    for (size_t i = 0; i < operands.size(); ++i)
      wide |= sizeIn(i) && *sizeIn(i) != Dim(1);
    for (size_t i = 0; wide && i < operands.size(); ++i) {
      if (!sizeIn(i) || *sizeIn(i) != Dim(1))
        continue;
      size_t axis = letters.operands[i].find(c);
      auto *access = make<AccessExpr>(ExprKind::Access, operands[i]->type, operands[i]->span);
      access->base = operands[i];
      access->subscripts.resize(operands[i]->type.shape.size());
      for (Subscript &subscript : access->subscripts) {
        subscript.span = operands[i]->span;
        subscript.proven = true;
      }
      access->subscripts[axis].kind = Subscript::Element;
      access->subscripts[axis].affine = Dim(0);
      access->type.shape.erase(access->type.shape.begin() + static_cast<std::ptrdiff_t>(axis));
      letters.operands[i].erase(axis, 1);
      operands[i] = access;
    }
  }
  return einsum(letters.text(), std::move(operands), call.span, "`einsum`");
}

} // namespace ricci::lang
