// Expressions other than arithmetic: dispatch, literals, tuples, arrays, conditionals, fields, and fitting values to types.
#include "lang/sema/Checker.h"
#include "lang/sema/Constant.h"

#include <cstdlib>
#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::check(const ast::Expr &expr, const Type *expected) {
  if (expr.kind != ast::ExprKind::Name && expr.kind != ast::ExprKind::Subscript)
    borrowingKey = false;
  return dispatch(expr, expected);
}

const Expr *Checker::dispatch(const ast::Expr &expr, const Type *expected) {
  switch (expr.kind) {
  case ast::ExprKind::Int:
  case ast::ExprKind::Float:
  case ast::ExprKind::Constant: return checkConstant(expr, expected);
  case ast::ExprKind::Bool: return literal(Scalar::Bool, ast::as<ast::BoolExpr>(expr).value, expr.span);
  case ast::ExprKind::String:
    error(Code::E0310, expr.span, "a string is no value").help("strings stand in `print`, `load`, `save`, `plot` and `einsum`");
    return errorExpr(expr.span);
  case ast::ExprKind::Name: return checkName(ast::as<ast::NameExpr>(expr), expected);
  case ast::ExprKind::Type:
    error(Code::E0202, expr.span, "a type stands where a value is expected");
    return errorExpr(expr.span);
  case ast::ExprKind::Tuple: return checkTuple(ast::as<ast::TupleExpr>(expr), expected);
  case ast::ExprKind::Array: return checkArray(ast::as<ast::ArrayExpr>(expr), expected);
  case ast::ExprKind::Unary: return checkUnary(ast::as<ast::UnaryExpr>(expr), expected);
  case ast::ExprKind::Binary: return checkBinary(ast::as<ast::BinaryExpr>(expr), expected);
  case ast::ExprKind::If: return checkIf(ast::as<ast::IfExpr>(expr), expected);
  case ast::ExprKind::For: return checkFor(ast::as<ast::ForExpr>(expr));
  case ast::ExprKind::Lambda: return checkLambda(ast::as<ast::LambdaExpr>(expr));
  case ast::ExprKind::Reduce: return checkReduce(ast::as<ast::ReduceExpr>(expr), expected);
  case ast::ExprKind::Diff: return checkDiff(ast::as<ast::DiffExpr>(expr));
  case ast::ExprKind::Call: return checkCall(ast::as<ast::CallExpr>(expr), expected);
  case ast::ExprKind::Subscript: return checkSubscript(ast::as<ast::SubscriptExpr>(expr));
  case ast::ExprKind::Field: return checkField(ast::as<ast::FieldExpr>(expr));
  case ast::ExprKind::WithFields: return checkWithFields(ast::as<ast::WithFieldsExpr>(expr));
  case ast::ExprKind::WithElements: return checkWithElements(ast::as<ast::WithElementsExpr>(expr));
  }
  return errorExpr(expr.span);
}

// The element type that a literal takes from its context.
static std::optional<Scalar> elementOf(const Type *type) {
  while (type && type->isAggregate() && !type->fields.empty())
    type = &type->fields.front();
  return type && type->isArray() ? std::optional<Scalar>(type->element) : std::nullopt;
}

const Expr *Checker::checkConstant(const ast::Expr &expr, const Type *expected) {
  std::optional<Constant> value = constantOf(expr);
  if (!value)
    return errorExpr(expr.span);
  Scalar element = elementOf(expected).value_or(Scalar::F64);
  if (isFloating(element) && (expected || !value->integer)) {
    double real = value->real;
    // One rounding from the digits, not two.
    if (const auto *digits = ast::dynAs<ast::FloatExpr>(&expr); digits && element == Scalar::F32)
      real = static_cast<double>(std::strtof(digits->digits.c_str(), nullptr));
    return literal(element, element == Scalar::F32 ? static_cast<double>(static_cast<float>(real)) : real, expr.span);
  }
  if (!value->integer)
    return literal(Scalar::F64, value->real, expr.span);
  if (expected && element == Scalar::I32) {
    if (value->whole != static_cast<int32_t>(value->whole)) {
      error(Code::E0308, expr.span, fmt::format("{} does not fit into `i32`", value->whole));
      return errorExpr(expr.span);
    }
    return literal(Scalar::I32, value->whole, expr.span);
  }
  return literal(Scalar::I64, value->whole, expr.span);
}

const Expr *Checker::checkTuple(const ast::TupleExpr &tuple, const Type *expected) {
  bool guided = expected && expected->kind == Type::Tuple && expected->fields.size() == tuple.elems.size();
  std::vector<const Expr *> fields;
  std::vector<Type> types;
  bool broken = false;
  for (size_t i = 0; i < tuple.elems.size(); ++i) {
    const Expr *field = check(*tuple.elems[i], guided ? &expected->fields[i] : nullptr);
    if (!field->type.isError() && (field->type.kind == Type::Unit || field->type.kind == Type::String)) {
      error(Code::E0312, field->span, "a part of a tuple without a value");
      broken = true;
    }
    broken |= field->type.hasError();
    fields.push_back(field);
    types.push_back(field->type);
  }
  if (broken)
    return errorExpr(tuple.span);
  if (tuple.elems.empty())
    return blockOf({}, nullptr, tuple.span);
  Type type = Type::tuple(std::move(types));
  constexpr size_t mostLeaves = 1024;
  if (type.leafCount() > mostLeaves) {
    error(Code::E0901, tuple.span, fmt::format("a tuple of more than {} arrays", mostLeaves));
    return errorExpr(tuple.span);
  }
  auto *node = make<AggregateExpr>(ExprKind::Aggregate, std::move(type), tuple.span);
  node->fields = std::move(fields);
  return node;
}

const Expr *Checker::checkArray(const ast::ArrayExpr &array, const Type *expected) {
  if (array.elems.empty()) {
    error(Code::E0403, array.span, "an empty array literal has no type").help("write `zeros(f64[0])`");
    return errorExpr(array.span);
  }
  Type part;
  const Type *wanted = nullptr;
  if (expected && expected->isArray()) {
    part = Type::array(expected->element);
    wanted = &part;
  } else {
    // One element that does not adapt decides for all.
    Adaptable kind = Adaptable::Integer;
    for (const ast::ExprPtr &element : array.elems) {
      if (element->kind == ast::ExprKind::Array)
        continue;
      kind = adaptability(*element);
      if (kind != Adaptable::Integer)
        break;
    }
    if (kind == Adaptable::Floating) {
      part = Type::array(Scalar::F64);
      wanted = &part;
    }
  }
  Hoist here(*this);
  std::vector<const Expr *> elements(array.elems.size());
  for (size_t i = 0; i < elements.size(); ++i)
    if (wanted || adaptability(*array.elems[i]) == Adaptable::No || array.elems[i]->kind == ast::ExprKind::Array) {
      elements[i] = check(*array.elems[i], wanted);
      if (!wanted && elements[i]->type.isArray() && array.elems[i]->kind != ast::ExprKind::Array) {
        part = Type::array(elements[i]->type.element);
        wanted = &part;
      }
    }
  for (size_t i = 0; i < elements.size(); ++i)
    if (!elements[i])
      elements[i] = check(*array.elems[i], wanted);
  for (const Expr *element : elements) {
    if (element->type.hasError())
      return errorExpr(array.span);
    if (!element->type.isArray() && element->type.kind != Type::Struct) {
      error(Code::E0301, element->span, "an array holds numbers, arrays or structs, this is `" + element->type.text() + "`");
      return errorExpr(array.span);
    }
    if (element != elements.front() && !sameType(elements.front()->type, element->type, element->span, "this element"))
      return errorExpr(array.span);
  }
  if (elements.front()->type.kind == Type::Struct)
    for (const Expr *&element : elements) {
      // Every field reads it.
      auto *let = makeStmt<LetStmt>(StmtKind::Let, element->span);
      let->variable = hidden(element->type, element->span);
      infoOf(let->variable).varies = mentionsOpenIndex(*element);
      let->value = element;
      here.lets.push_back(let);
      element = read(let->variable, element->span);
    }
  return here.wrap(sideBySide(elements, array.span));
}

const Expr *Checker::sideBySide(const std::vector<const Expr *> &elements, Span span, size_t axis) {
  const Type &type = elements.front()->type;
  if (type.isAggregate()) {
    auto *node = make<AggregateExpr>(ExprKind::Aggregate, type.stacked({Dim(static_cast<int64_t>(elements.size()))}), span);
    for (unsigned field = 0; field < type.fields.size(); ++field) {
      std::vector<const Expr *> parts;
      for (const Expr *element : elements) {
        auto *part = make<FieldExpr>(ExprKind::Field, type.fields[field], element->span);
        part->base = element;
        part->field = field;
        parts.push_back(part);
      }
      node->fields.push_back(sideBySide(parts, span));
    }
    return node;
  }
  std::vector<Dim> shape = type.shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(static_cast<int64_t>(elements.size())));
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, Type::array(type.element, shape), span);
  node->name = "concat";
  node->axis = static_cast<int64_t>(axis);
  shape[axis] = Dim(1);
  for (const Expr *part : elements) {
    auto *row = make<BuiltinExpr>(ExprKind::Builtin, Type::array(type.element, shape), part->span);
    row->name = part->type.isScalar() ? "full" : "reshape";
    row->arguments = {part};
    node->arguments.push_back(row);
  }
  return node;
}

const Expr *Checker::checkFloating(const ast::Expr &expr, const Type *expected) {
  std::optional<Scalar> element = elementOf(expected);
  const Type fallback = Type::array(Scalar::F64);
  bool literal = adaptability(expr) == Adaptable::Integer && !(element && isFloating(*element));
  return check(expr, literal ? &fallback : expected);
}

const Expr *Checker::checkInteger(const ast::Expr &expr) {
  const Type wanted = Type::array(Scalar::I64);
  const Expr *value = check(expr, &wanted);
  if (value->type.isError() || (value->type.isScalar() && isInteger(value->type.element)))
    return value;
  error(Code::E0307, expr.span, "an integer is needed here, this is `" + value->type.text() + "`");
  return errorExpr(expr.span);
}

const Expr *Checker::checkCondition(const ast::Expr &expr, const char *where) {
  const Expr *value = check(expr);
  if (value->type.isError() || value->type.isScalar(Scalar::Bool))
    return value;
  Diagnostic &wrong = error(Code::E0304, expr.span, fmt::format("the condition of `{}` is a `bool`, this is `{}`", where, value->type.text()));
  if (value->type.isArray() && value->type.element == Scalar::Bool)
    wrong.help("reduce it with `all(…)` or `any(…)`, or name the element by indices");
  else if (value->type.isScalar() && isNumber(value->type.element))
    wrong.help("compare it: `… != 0`");
  return errorExpr(expr.span);
}

std::pair<const Expr *, const Expr *> Checker::checkPair(const ast::Expr &a, const ast::Expr &b, const Type *expected) {
  Adaptable first = adaptability(a), second = adaptability(b);
  auto guided = [&](const ast::Expr &expr, const Expr *by) {
    std::optional<Scalar> element = elementOf(&by->type);
    Type wanted = element ? Type::array(*element) : Type::error();
    return check(expr, element ? &wanted : expected);
  };
  if (first != Adaptable::No && second == Adaptable::No) {
    const Expr *right = check(b, expected);
    return {guided(a, right), right};
  }
  if (first == Adaptable::No && second != Adaptable::No) {
    const Expr *left = check(a, expected);
    return {left, guided(b, left)};
  }
  if (first != Adaptable::No && !(expected && elementOf(expected))) {
    bool floating = first == Adaptable::Floating || second == Adaptable::Floating;
    Type wanted = Type::array(floating ? Scalar::F64 : Scalar::I64);
    return {check(a, &wanted), check(b, &wanted)};
  }
  const Expr *left = check(a, expected);
  return {left, check(b, expected)};
}

const Expr *Checker::checkIf(const ast::IfExpr &expr, const Type *expected) {
  Hoist here(*this);
  const Expr *condition = checkCondition(*expr.condition, "if");
  Adaptable first = adaptability(*expr.thenValue), second = adaptability(*expr.elseValue);
  KeyUses before = keyUses, after;
  auto branch = [&](const ast::Expr &value, bool holds, const Type *wanted) {
    Hoist inside(*this); // what a branch needs is computed in it
    size_t known = facts.size();
    if (!condition->type.isError())
      for (Dim &fact : factsOf(*condition, holds))
        facts.push_back(std::move(fact));
    ++guardDepth;
    keyUses = before;
    const Expr *result = inside.wrap(check(value, wanted));
    after.insert(keyUses.begin(), keyUses.end());
    --guardDepth;
    facts.resize(known);
    return result;
  };
  auto guide = [&](const Expr *by, Type &storage) -> const Type * {
    std::optional<Scalar> element = elementOf(&by->type);
    if (!element)
      return expected;
    storage = Type::array(*element);
    return by->type.isAggregate() ? &by->type : &storage;
  };
  Type storage;
  const Expr *then = nullptr, *otherwise = nullptr;
  if (first != Adaptable::No && second == Adaptable::No) {
    otherwise = branch(*expr.elseValue, false, expected);
    then = branch(*expr.thenValue, true, guide(otherwise, storage));
  } else {
    if (first == Adaptable::Integer && second == Adaptable::Floating && !expected) {
      storage = Type::array(Scalar::F64);
      expected = &storage;
    }
    Type own;
    then = branch(*expr.thenValue, true, expected);
    otherwise = branch(*expr.elseValue, false, second != Adaptable::No ? guide(then, own) : expected);
  }
  keyUses = std::move(after);
  if (condition->type.isError() || then->type.hasError() || otherwise->type.hasError())
    return errorExpr(expr.span);
  if (!sameType(then->type, otherwise->type, otherwise->span, "the `else` branch"))
    return errorExpr(expr.span);
  if (then->type.kind == Type::Unit) {
    error(Code::E0312, expr.span, "the branches of `if` have no value");
    return errorExpr(expr.span);
  }
  auto *node = make<IfExpr>(ExprKind::If, then->type, expr.span);
  node->condition = condition;
  node->then = then;
  node->otherwise = otherwise;
  return here.wrap(node);
}

const Expr *Checker::checkField(const ast::FieldExpr &expr) {
  if (std::optional<Declared> declared = declaredName(expr)) {
    if (!findFunction(*declared) && !findStruct(*declared))
      reportNotInModule(*declared);
    else
      error(Code::E0202, expr.span, "`" + source(expr.span) + "` is a " + (findStruct(*declared) ? "struct" : "function") + ", not a value")
          .help("call it: `" + source(expr.span) + "(…)`");
    return errorExpr(expr.span);
  }
  const Expr *base = check(*expr.base);
  const Type &type = base->type;
  if (type.isError())
    return errorExpr(expr.span);
  std::optional<unsigned> position;
  if (expr.position && type.kind == Type::Tuple && *expr.position < type.fields.size())
    position = *expr.position;
  for (unsigned i = 0; type.kind == Type::Struct && i < type.names.size(); ++i)
    if (type.names[i] == expr.field.text)
      position = i;
  if (!position) {
    if (expr.field.text == "T" && type.isArray())
      return transpose(base, expr.span);
    if (!type.isAggregate()) {
      error(Code::E0205, expr.field.span, "`" + type.text() + "` has no fields");
    } else {
      Diagnostic &unknown = error(Code::E0205, expr.field.span, "no field `" + expr.field.text + "` in `" + type.text() + "`");
      if (std::optional<std::string> near = suggest(expr.field.text, type.names))
        unknown.help("did you mean `" + *near + "`?");
      else if (type.kind == Type::Tuple)
        unknown.help(fmt::format("its parts are `.0` to `.{}`", type.fields.size() - 1));
    }
    return errorExpr(expr.span);
  }
  // Sizes keep their values through tuples, as in `shape(x).0`.
  const AggregateExpr *parts = base->kind == ExprKind::Variable ? infoOf(static_cast<const VariableExpr *>(base)->variable).parts : nullptr;
  if (parts && type.fields[*position].isScalar(Scalar::I64))
    if (std::optional<Dim> known = dimOf(parts->fields[*position]))
      return sizeExpr(*known, Scalar::I64, expr.span);
  if (base->kind == ExprKind::Aggregate)
    return static_cast<const AggregateExpr *>(base)->fields[*position];
  auto *node = make<FieldExpr>(ExprKind::Field, type.fields[*position], expr.span);
  node->base = base;
  node->field = *position;
  return node;
}

const Expr *Checker::checkWithFields(const ast::WithFieldsExpr &expr) {
  Hoist here(*this);
  const Expr *base = check(*expr.base);
  if (!base->type.isError() && base->type.kind != Type::Struct) {
    error(Code::E0309, expr.base->span, "`with (…)` replaces fields of a struct; this is `" + base->type.text() + "`");
    base = errorExpr(expr.span);
  }
  std::set<std::string> seen;
  for (const ast::Arg &replacement : expr.fields) {
    unsigned field = 0;
    while (field < base->type.names.size() && base->type.names[field] != replacement.name->text)
      ++field;
    bool found = field < base->type.names.size();
    if (!found && !base->type.isError()) {
      Diagnostic &unknown = error(Code::E0205, replacement.name->span,
                                  "no field `" + replacement.name->text + "` in `" + base->type.text() + "`");
      if (std::optional<std::string> near = suggest(replacement.name->text, base->type.names))
        unknown.help("did you mean `" + *near + "`?");
    }
    if (!seen.insert(replacement.name->text).second)
      error(Code::E0207, replacement.name->span, "field `" + replacement.name->text + "` is replaced twice");
    const Expr *value = check(*replacement.value, found ? &base->type.fields[field] : nullptr);
    if (!found)
      continue;
    value = conform(value, base->type.fields[field], "field `" + replacement.name->text + "`");
    auto *node = make<WithExpr>(ExprKind::With, base->type, expr.span);
    node->base = base;
    node->field = field;
    node->value = value;
    base = value->type.isError() ? errorExpr(expr.span) : node;
  }
  return here.wrap(base);
}

bool Checker::sameType(const Type &wanted, const Type &given, Span span, const std::string &what) {
  if (wanted.hasError() || given.hasError())
    return true;
  auto mismatch = [&] {
    Diagnostic &wrong = error(Code::E0301, span, fmt::format("{} has type `{}`, wanted is `{}`", what, given.text(), wanted.text()));
    if (wanted.isArray() && given.isArray() && wanted.shape.size() == given.shape.size()) {
      if (isNumber(wanted.element) && (isNumber(given.element) || given.element == Scalar::Bool))
        wrong.help(fmt::format("there are no implicit casts; write `{}(…)`", scalarName(wanted.element)));
    }
    return false;
  };
  if (wanted.kind != given.kind || wanted.declaration != given.declaration || wanted.fields.size() != given.fields.size() ||
      (wanted.isAggregate() && wanted.shape.size() != given.shape.size()))
    return mismatch();
  if (wanted.isAggregate()) {
    for (size_t i = 0; i < wanted.fields.size(); ++i) {
      std::string part = wanted.kind == Type::Struct ? "field `" + wanted.names[i] + "` of " : fmt::format("part {} of ", i);
      if (!sameType(wanted.fields[i], given.fields[i], span, part + what))
        return false;
    }
    return true;
  }
  if (wanted.element != given.element || wanted.shape.size() != given.shape.size())
    return mismatch();
  for (size_t axis = 0; axis < wanted.shape.size(); ++axis) {
    const Dim &a = given.shape[axis], &b = wanted.shape[axis];
    if (!equate(a, b, span, fmt::format("{}: axis {} has size {}, wanted is {}", what, axis, a.text(), b.text()))) {
      error(Code::E0401, span, fmt::format("{} has type `{}`, wanted is `{}`", what, given.text(), wanted.text()))
          .here(fmt::format("axis {} is {} here, {} is wanted", axis, a.text(), b.text()));
      return false;
    }
  }
  return true;
}

const Expr *Checker::conform(const Expr *value, const Type &wanted, const std::string &what) {
  if (value->type.hasError() || wanted.hasError())
    return errorExpr(value->span);
  if (value->type.kind == Type::Unit && wanted.kind != Type::Unit) {
    error(Code::E0312, value->span, what + " has no value, wanted is `" + wanted.text() + "`");
    return errorExpr(value->span);
  }
  return sameType(wanted, value->type, value->span, what) ? value : errorExpr(value->span);
}

} // namespace ricci::lang
