// Built-in functions: their names, elementwise ones, arrays made from nothing, random numbers.
#include "lang/sema/Builtins.h"
#include "lang/sema/Checker.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

static const ElementwiseFunction kElementwise[] = {
    {"abs", 1, false},   {"sign", 1, false},  {"floor"},    {"ceil"},    {"round"},  {"sqrt"},    {"rsqrt"},
    {"cbrt"},            {"exp"},             {"expm1"},    {"log"},     {"log1p"},  {"log2"},    {"sin"},
    {"cos"},             {"tan"},             {"asin"},     {"acos"},    {"atan"},   {"sinh"},    {"cosh"},
    {"tanh"},            {"asinh"},           {"acosh"},    {"atanh"},   {"sigmoid"}, {"relu"},   {"softplus"},
    {"gelu"},            {"silu"},            {"erf"},      {"erfc"},    {"lgamma"}, {"digamma"}, {"atan2", 2},
    {"pow", 2},          {"max", 2, false},   {"min", 2, false}, {"clamp", 3, false},
    {"isnan", 1, true, true}, {"isfinite", 1, true, true},
};

static const char *const kOthers[] = {
    "softmax", "log_softmax", "dot",  "norm",    "outer",  "trace",  "diag",    "zeros",   "ones",        "full",      "eye",  "iota",
    "concat",  "reshape",     "shape", "einsum", "argsort", "sort",  "key",     "split",   "fold_in",     "normal",    "uniform",
    "permutation", "stop_grad", "stack", "flip", "top_k",  "cumsum", "cumprod", "checkpoint"};

static const char *const kLater[] = {
    "real",     "imag",      "conj",       "det",     "slogdet", "logdet",  "inv",        "solve",  "tri_solve", "cholesky", "cho_solve",
    "lu",       "qr",        "svd",        "eigh",    "eig",     "lstsq",   "pinv",       "matrix_power", "expm", "kron",    "fft",
    "ifft",     "rfft",      "irfft",      "fft2",    "bernoulli", "categorical"};

const ElementwiseFunction *findElementwise(const std::string &name) {
  for (const ElementwiseFunction &function : kElementwise)
    if (name == function.name)
      return &function;
  return nullptr;
}

bool isBuiltin(const std::string &name) {
  return findElementwise(name) || std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
}

bool isLaterBuiltin(const std::string &name) { return std::find(std::begin(kLater), std::end(kLater), name) != std::end(kLater); }

std::vector<std::string> builtinNames() {
  std::vector<std::string> names(std::begin(kOthers), std::end(kOthers));
  for (const ElementwiseFunction &function : kElementwise)
    names.push_back(function.name);
  return names;
}

const Expr *Checker::checkBuiltin(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  static const std::set<std::string> filled = {"zeros", "ones", "full", "eye", "iota"};
  static const std::set<std::string> random = {"key", "split", "fold_in", "normal", "uniform", "permutation"};
  static const std::set<std::string> linear = {"dot", "norm", "outer", "trace", "diag", "softmax", "log_softmax"};
  Hoist here(*this);
  const Expr *result = findElementwise(name) ? checkElementwiseCall(name, call, expected)
                       : filled.count(name)  ? checkFilled(name, call, expected)
                       : random.count(name)  ? checkRandom(name, call)
                       : linear.count(name)  ? checkLinear(name, call)
                                             : checkStructural(name, call, expected);
  if (!result->type.hasError() && !requireFixed(result->type, call.span))
    return errorExpr(call.span);
  return here.wrap(result);
}

const Expr *Checker::checkElementwiseCall(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  const ElementwiseFunction &function = *findElementwise(name);
  if (!argumentCount(call, function.arity, function.arity, name))
    return errorExpr(call.span);
  // The first argument that does not adapt gives the type of those that do.
  std::vector<const Expr *> operands(call.args.size());
  Type guide;
  if (expected && !function.predicate)
    guide = *expected;
  bool guided = false;
  for (size_t i = 0; i < operands.size(); ++i)
    if (adaptability(*call.args[i].value) == Adaptable::No) {
      operands[i] = check(*call.args[i].value, expected && !function.predicate ? expected : nullptr);
      if (!guided && !operands[i]->type.hasError()) {
        guide = operands[i]->type;
        guided = true;
      }
    }
  bool floating = function.floating;
  for (size_t i = 0; i < operands.size(); ++i)
    floating |= !operands[i] && adaptability(*call.args[i].value) == Adaptable::Floating;
  const Type fallback = Type::array(floating ? Scalar::F64 : Scalar::I64);
  bool usable = guide.isAggregate() || (guide.isArray() && (guided || !floating || isFloating(guide.element)));
  for (size_t i = 0; i < operands.size(); ++i)
    if (!operands[i])
      operands[i] = check(*call.args[i].value, usable ? &guide : &fallback);
  auto floats = [](Scalar s) { return isFloating(s); };
  for (const Expr *operand : operands)
    if (!requireKind(operand, function.floating ? static_cast<bool (*)(Scalar)>(floats) : isNumber, operand->span, "`" + name + "`"))
      return errorExpr(call.span);
  if ((name == "max" || name == "min") && operands[0]->type.isScalar(Scalar::I64)) {
    std::optional<Dim> a = dimOf(operands[0]), b = dimOf(operands[1]);
    if (a && b && a->weight() + b->weight() <= Dim::maxWeight)
      return sizeExpr(name == "max" ? maximum(*a, *b) : minimum(*a, *b), Scalar::I64, call.span);
  }
  if (function.predicate && operands[0]->type.isAggregate()) {
    error(Code::E0305, call.span, fmt::format("`{}` takes numbers and arrays, this is `{}`", name, operands[0]->type.text()));
    return errorExpr(call.span);
  }
  return lift(name, std::move(operands), call.span, function.predicate ? std::optional<Scalar>(Scalar::Bool) : std::nullopt);
}

std::optional<Type> Checker::typeArgument(const ast::CallExpr &call, size_t position, const std::string &name) {
  const ast::Expr *written = position < call.args.size() ? call.args[position].value.get() : nullptr;
  std::optional<Type> type = written ? typeWritten(*written) : std::nullopt;
  if (!type) {
    error(Code::E0210, call.span, fmt::format("`{}` needs a type", name)).help(fmt::format("as in `{}(…, f64[N])`", name));
    return std::nullopt;
  }
  if (type->hasError())
    return std::nullopt;
  for (const Dim &dim : type->shape)
    requireNonNegative(dim, written->span);
  return type;
}

const Expr *Checker::filling(const ast::Expr &written, const Type &type) {
  const Type element = Type::array(type.element);
  return conform(check(written, &element), element, "the value");
}

const Expr *Checker::fillingLike(const ast::Expr &written, const Type &type) {
  auto real = [](const Type &leaf) { return leaf.isFloating(); };
  if (!type.allLeaves(real)) {
    error(Code::E0305, written.span, fmt::format("`full` like a value fills real numbers, this is like `{}`", type.text()));
    return errorExpr(written.span);
  }
  std::optional<Scalar> common;
  bool mixed = false;
  type.allLeaves([&](const Type &leaf) {
    mixed |= common && *common != leaf.element;
    common = leaf.element;
    return true;
  });
  const Type element = Type::array(mixed || !common ? Scalar::F64 : *common);
  const Expr *value = check(written, &element);
  if (value->type.hasError() || (value->type.isScalar() && isFloating(value->type.element)))
    return value;
  error(Code::E0305, value->span, fmt::format("`full` fills with a real number, this is `{}`", value->type.text()));
  return errorExpr(written.span);
}

const Expr *Checker::checkFilled(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  if (!argumentCount(call, 1, name == "full" ? 2 : 1, name))
    return errorExpr(call.span);
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, Type{}, call.span);
  node->name = name;
  const ast::Expr &first = *call.args[0].value;
  std::optional<Type> byType = typeWritten(first);
  if (name == "iota" || (name == "eye" && !byType)) {
    std::optional<Dim> size = checkDim(first);
    if (!size)
      return errorExpr(call.span);
    requireNonNegative(*size, first.span);
    Scalar element = expected && expected->isArray() && isFloating(expected->element) ? expected->element : Scalar::F64;
    node->type = name == "iota" ? Type::array(Scalar::I64, {*size}) : Type::array(element, {*size, *size});
    return node;
  }
  std::optional<Type> type;
  if (byType) {
    type = typeArgument(call, 0, name);
  } else {
    KeyUses before = keyUses;
    type = check(first)->type; // only its type counts
    keyUses = std::move(before);
  }
  if (!type || type->hasError())
    return errorExpr(call.span);
  bool numbers = type->allLeaves([](const Type &leaf) { return leaf.isArray() && isNumber(leaf.element); });
  if (!numbers && name != "full") {
    error(Code::E0305, first.span, fmt::format("`{}` makes numbers, this is `{}`", name, type->text()));
    return errorExpr(call.span);
  }
  node->type = *type;
  if (name == "eye") {
    bool square = type->isArray() && type->shape.size() == 2 && equate(type->shape[0], type->shape[1], first.span, "`eye` is square");
    if (!square) {
      error(Code::E0402, first.span, fmt::format("`eye` is a square matrix, this is `{}`", type->text()));
      return errorExpr(call.span);
    }
  }
  if (name == "full") {
    if (call.args.size() != 2) {
      error(Code::E0210, call.span, "`full` takes a type and a value");
      return errorExpr(call.span);
    }
    const Expr *value = byType ? filling(*call.args[1].value, *type) : fillingLike(*call.args[1].value, *type);
    if (value->type.isError())
      return value;
    node->arguments = {value};
  }
  return node;
}

const Expr *Checker::checkRandom(const std::string &name, const ast::CallExpr &call) {
  size_t least = name == "key" || name == "split" ? 1 : 2, most = name == "key" ? 1 : 2;
  if (!argumentCount(call, least, most, name))
    return errorExpr(call.span);
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, Type::array(Scalar::Key), call.span);
  node->name = name;
  if (name == "key") {
    const Expr *seed = checkInteger(*call.args[0].value);
    node->arguments = {seed};
    return seed->type.isError() ? seed : node;
  }
  borrowingKey = name == "fold_in";
  const Expr *key = check(*call.args[0].value);
  borrowingKey = false;
  if (key->type.isError())
    return key;
  if (!key->type.isScalar(Scalar::Key)) {
    error(Code::E0305, key->span, fmt::format("the first argument of `{}` is a key, this is `{}`", name, key->type.text()))
        .help("make one from a seed: `key(0)`");
    return errorExpr(call.span);
  }
  node->arguments = {key};
  if (name == "split") {
    if (call.args.size() == 1) {
      node->type = Type::tuple({node->type, node->type});
      return node;
    }
    std::optional<Dim> count = checkDim(*call.args[1].value);
    if (!count)
      return errorExpr(call.span);
    requireNonNegative(*count, call.args[1].value->span);
    node->type = Type::array(Scalar::Key, {*count});
    return node;
  }
  if (name == "fold_in") {
    const Expr *number = checkInteger(*call.args[1].value);
    node->arguments.push_back(number);
    return number->type.isError() ? number : node;
  }
  if (name == "permutation") {
    std::optional<Dim> size = checkDim(*call.args[1].value);
    if (!size)
      return errorExpr(call.span);
    requireNonNegative(*size, call.args[1].value->span);
    node->type = Type::array(Scalar::I64, {*size});
    return node;
  }
  std::optional<Type> type = typeArgument(call, 1, name);
  if (!type)
    return errorExpr(call.span);
  if (!type->isFloating()) {
    error(Code::E0305, call.args[1].value->span, fmt::format("`{}` gives floating numbers, not `{}`", name, type->text()));
    return errorExpr(call.span);
  }
  node->type = *type;
  return node;
}

} // namespace ricci::lang
