#include "tests/numerics/DerivativeChecker.h"

#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Reference/Interpreter.h"
#include "dialects/Build.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace ricci;
using namespace ricci::test;

namespace {

using Vector = std::vector<double>;

double dot(const Vectors &x, const Vectors &y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t k = 0; k < x[i].size(); ++k)
      sum += x[i][k] * y[i][k];
  return sum;
}

double sizeOf(const Vectors &x) {
  double largest = 0;
  for (const Vector &vector : x)
    for (double value : vector)
      largest = std::max(largest, std::abs(value));
  return largest;
}

// Σ_k factor_k · x_k
Vectors combine(std::vector<std::pair<double, const Vectors *>> terms) {
  Vectors result = *terms.front().second;
  for (size_t i = 0; i < result.size(); ++i)
    for (size_t k = 0; k < result[i].size(); ++k) {
      result[i][k] = 0;
      for (auto [factor, term] : terms)
        result[i][k] += factor * (*term)[i][k];
    }
  return result;
}

// One module that holds f and the functions made of it by derivative forms.
class Experiment {
public:
  Experiment(MLIRContext &context, DerivativeCase given) : test(std::move(given)) {
    module = parseSourceString<ModuleOp>(test.text, &context);
    if (module)
      f = module->lookupSymbol<func::FuncOp>("f");
  }

  std::vector<std::string> run();
  Derivatives at(const Vectors &x, const Vectors &v, const Vectors &w);
  std::vector<std::string> operationsOfDerivatives();
  std::vector<std::string> expandedDerivatives();

private:
  // Builds the forms and expands them.
  bool prepare();

  using Body = std::function<SmallVector<Value>(OpBuilder &, ValueRange)>;
  SmallVector<Value> callF(OpBuilder &builder, ValueRange arguments);
  SmallVector<Value> form(OpBuilder &builder, bool forward, ValueRange primals, ValueRange directions, const Body &body);
  void define(StringRef name, ArrayRef<TypeRange> arguments, const Body &body);
  Vectors evaluate(StringRef name, std::vector<const Vectors *> arguments);
  Vectors differences(StringRef name, const Vectors &along, const Vectors *extra1 = nullptr, const Vectors *extra2 = nullptr);
  Vectors random(TypeRange types, double low, double high);
  void expectClose(const std::string &what, const Vectors &actual, const Vectors &expected, double tolerance);
  void expectEqual(const std::string &what, double actual, double expected, double scale);

  DerivativeCase test;
  OwningOpRef<ModuleOp> module;
  func::FuncOp f;
  std::mt19937_64 engine{20240229};
  std::vector<std::string> failures;
  Vectors x;
};

SmallVector<Value> Experiment::callF(OpBuilder &builder, ValueRange arguments) {
  IRMapping mapping;
  mapping.map(f.getArguments(), arguments);
  for (Operation &op : f.getBody().front().without_terminator())
    builder.clone(op, mapping);
  SmallVector<Value> results;
  for (Value value : f.getBody().front().getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}

SmallVector<Value> Experiment::form(OpBuilder &builder, bool forward, ValueRange primals, ValueRange directions,
                                    const Body &body) {
  Location loc = builder.getUnknownLoc();
  Region region;
  Block &block = region.emplaceBlock();
  SmallVector<Location> locations(primals.size(), loc);
  block.addArguments(primals.getTypes(), locations);
  OpBuilder inside(builder.getContext());
  inside.setInsertionPointToEnd(&block);
  SmallVector<Value> values = body(inside, block.getArguments());
  YieldOp::create(inside, loc, values);
  auto types = llvm::to_vector(TypeRange(ValueRange(values)));
  llvm::append_range(types, forward ? TypeRange(ValueRange(values)) : TypeRange(primals));
  Operation *op = forward ? JvpOp::create(builder, loc, types, primals, directions).getOperation()
                          : VjpOp::create(builder, loc, types, primals, directions).getOperation();
  op->getRegion(0).takeBody(region);
  return SmallVector<Value>(op->getResults().drop_front(values.size()));
}

void Experiment::define(StringRef name, ArrayRef<TypeRange> arguments, const Body &body) {
  OpBuilder builder(module->getBodyRegion());
  builder.setInsertionPointToEnd(module->getBody());
  Location loc = builder.getUnknownLoc();
  SmallVector<Type> inputs;
  for (TypeRange types : arguments)
    llvm::append_range(inputs, types);
  auto function = func::FuncOp::create(builder, loc, name, builder.getFunctionType(inputs, {}));
  Block *block = function.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockEnd(block);
  SmallVector<Value> results = body(inside, block->getArguments());
  func::ReturnOp::create(inside, loc, results);
  function.setType(builder.getFunctionType(inputs, ValueRange(results).getTypes()));
}

Vectors Experiment::evaluate(StringRef name, std::vector<const Vectors *> arguments) {
  auto function = module->lookupSymbol<func::FuncOp>(name);
  std::vector<runtime::Array> inputs;
  for (const Vectors *group : arguments)
    for (const Vector &values : *group) {
      auto type = cast<RankedTensorType>(function.getArgumentTypes()[inputs.size()]);
      inputs.push_back(runtime::Array::borrow({runtime::DType::F64, runtime::Shape(type.getShape().begin(), type.getShape().end())},
                                              values.data()));
    }
  auto outcome = interpret(function, inputs, [](StringRef, StringRef, ArrayRef<runtime::Array>) {});
  Vectors result;
  if (auto *error = std::get_if<InterpreterError>(&outcome)) {
    failures.push_back(name.str() + " stops with " + error->code + ": " + error->message);
    return result;
  }
  for (const runtime::Array &array : std::get<0>(outcome))
    result.emplace_back(array.as<double>().begin(), array.as<double>().end());
  return result;
}

// d/dt name(x + t·along, …) at 0, central differences of fourth order.
Vectors Experiment::differences(StringRef name, const Vectors &along, const Vectors *extra1, const Vectors *extra2) {
  const double h = 1e-3;
  auto at = [&](double t) {
    Vectors moved = combine({{1, &x}, {t, &along}});
    std::vector<const Vectors *> arguments = {&moved};
    for (const Vectors *extra : {extra1, extra2})
      if (extra)
        arguments.push_back(extra);
    return evaluate(name, arguments);
  };
  Vectors p1 = at(h), m1 = at(-h), p2 = at(2 * h), m2 = at(-2 * h);
  if (!failures.empty())
    return {};
  return combine({{8 / (12 * h), &p1}, {-8 / (12 * h), &m1}, {-1 / (12 * h), &p2}, {1 / (12 * h), &m2}});
}

Vectors Experiment::random(TypeRange types, double low, double high) {
  std::uniform_real_distribution<double> uniform(low, high);
  Vectors result;
  for (Type type : types) {
    Vector values(cast<RankedTensorType>(type).getNumElements());
    for (double &value : values)
      value = uniform(engine);
    result.push_back(std::move(values));
  }
  return result;
}

void Experiment::expectClose(const std::string &what, const Vectors &actual, const Vectors &expected, double tolerance) {
  if (!failures.empty())
    return;
  double bound = tolerance * (1 + sizeOf(expected));
  for (size_t i = 0; i < expected.size(); ++i)
    for (size_t k = 0; k < expected[i].size(); ++k)
      if (!(std::abs(actual[i][k] - expected[i][k]) <= bound)) {
        failures.push_back(what + ": element " + std::to_string(k) + " of " + std::to_string(i) + " is " +
                           std::to_string(actual[i][k]) + ", expected " + std::to_string(expected[i][k]));
        return;
      }
}

void Experiment::expectEqual(const std::string &what, double actual, double expected, double scale) {
  if (failures.empty() && !(std::abs(actual - expected) <= 1e-12 * (1 + scale)))
    failures.push_back(what + ": " + std::to_string(actual) + " and " + std::to_string(expected));
}

bool Experiment::prepare() {
  if (!f) {
    failures.push_back("the text has no function f");
    return false;
  }
  TypeRange in = f.getArgumentTypes(), out = f.getResultTypes();
  size_t n = in.size(), m = out.size();
  Body fBody = [&](OpBuilder &builder, ValueRange a) { return callF(builder, a); };
  auto jvp = [&](OpBuilder &builder, ValueRange x, ValueRange v) { return form(builder, true, x, v, fBody); };
  auto vjp = [&](OpBuilder &builder, ValueRange x, ValueRange w) { return form(builder, false, x, w, fBody); };
  auto hvp = [&](OpBuilder &builder, ValueRange x, ValueRange w, ValueRange v) {
    return form(builder, true, x, v, [&, w](OpBuilder &inner, ValueRange y) { return vjp(inner, y, w); });
  };
  define("jvp", {in, in}, [&](OpBuilder &b, ValueRange a) { return jvp(b, a.take_front(n), a.drop_front(n)); });
  define("vjp", {in, out}, [&](OpBuilder &b, ValueRange a) { return vjp(b, a.take_front(n), a.drop_front(n)); });
  define("hvp", {in, out, in}, [&](OpBuilder &b, ValueRange a) {
    return hvp(b, a.take_front(n), a.slice(n, m), a.drop_front(n + m));
  });
  define("reverse_over_forward", {in, out, in}, [&](OpBuilder &b, ValueRange a) {
    ValueRange v = a.drop_front(n + m);
    return form(b, false, a.take_front(n), a.slice(n, m), [&](OpBuilder &i, ValueRange y) { return jvp(i, y, v); });
  });
  define("reverse_over_reverse", {in, out, in}, [&](OpBuilder &b, ValueRange a) {
    ValueRange w = a.slice(n, m);
    return form(b, false, a.take_front(n), a.drop_front(n + m), [&](OpBuilder &i, ValueRange y) { return vjp(i, y, w); });
  });
  if (test.order > 2)
    define("third", {in, out, in, in}, [&](OpBuilder &b, ValueRange a) {
      ValueRange w = a.slice(n, m), v = a.slice(n + m, n), u = a.drop_front(2 * n + m);
      return form(b, true, a.take_front(n), u, [&](OpBuilder &i, ValueRange y) { return hvp(i, y, w, v); });
    });
  if (failed(verify(*module)))
    failures.push_back("the forms do not verify");
  PassManager passes(module->getContext());
  passes.enableVerifier();
  AutodiffOptions options;
  if (test.cut)
    options.mostSaved = 0;
  passes.addPass(createAutodiffPass(options));
  if (failures.empty() && failed(passes.run(*module)))
    failures.push_back("expansion fails");
  return failures.empty();
}

Derivatives Experiment::at(const Vectors &x, const Vectors &v, const Vectors &w) {
  if (!prepare())
    return {};
  return {evaluate("f", {&x}),           evaluate("jvp", {&x, &v}),
          evaluate("vjp", {&x, &w}),     evaluate("hvp", {&x, &w, &v}),
          evaluate("reverse_over_forward", {&x, &w, &v}), evaluate("reverse_over_reverse", {&x, &w, &v})};
}

std::vector<std::string> namesIn(Operation *root) {
  std::vector<std::string> names;
  root->walk([&](Operation *op) { names.push_back(op->getName().getStringRef().str()); });
  return names;
}

std::vector<std::string> Experiment::operationsOfDerivatives() {
  return prepare() ? namesIn(*module) : failures;
}

std::vector<std::string> Experiment::expandedDerivatives() {
  std::vector<std::string> texts;
  if (prepare())
    for (auto function : module->getOps<func::FuncOp>()) {
      llvm::raw_string_ostream stream(texts.emplace_back());
      function.print(stream);
    }
  return texts;
}

std::vector<std::string> Experiment::run() {
  if (!prepare())
    return failures;
  TypeRange in = f.getArgumentTypes(), out = f.getResultTypes();
  x = random(in, test.low, test.high);
  Vectors v = random(in, -1, 1), u = random(in, -1, 1), w = random(out, -1, 1);
  Vectors jv = evaluate("jvp", {&x, &v}), jtw = evaluate("vjp", {&x, &w});
  expectClose("jvp against differences", jv, differences("f", v), 1e-8);
  if (!failures.empty())
    return failures;
  expectEqual("<Jv, w> and <v, J'w>", dot(jv, w), dot(v, jtw), sizeOf(jv) + sizeOf(jtw));
  Vectors hv = evaluate("hvp", {&x, &w, &v}), hu = evaluate("hvp", {&x, &w, &u});
  expectClose("hvp against differences", hv, differences("vjp", v, &w), 1e-7);
  if (!failures.empty())
    return failures;
  expectEqual("<Hv, u> and <v, Hu>", dot(hv, u), dot(v, hu), sizeOf(hv) + sizeOf(hu));
  expectClose("reverse over forward", evaluate("reverse_over_forward", {&x, &w, &v}), hv, 1e-12);
  expectClose("reverse over reverse", evaluate("reverse_over_reverse", {&x, &w, &v}), hv, 1e-12);
  if (test.order > 2)
    expectClose("third order against differences", evaluate("third", {&x, &w, &v, &u}), differences("hvp", u, &w, &v), 1e-6);
  return failures;
}

} // namespace

DerivativeChecker::DerivativeChecker() : owned(std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED)) {
  owned->loadDialect<RicciDialect, func::FuncDialect, arith::ArithDialect>();
}
DerivativeChecker::~DerivativeChecker() = default;
MLIRContext &DerivativeChecker::context() { return *owned; }

std::vector<std::string> DerivativeChecker::check(const DerivativeCase &test) { return Experiment(*owned, test).run(); }

Derivatives DerivativeChecker::at(const std::string &text, const Vectors &x, const Vectors &v, const Vectors &w) {
  return Experiment(*owned, {"", text}).at(x, v, w);
}

std::vector<std::string> ricci::test::operationsOf(MLIRContext &context, const std::string &text) {
  auto module = parseSourceString<ModuleOp>(text, &context);
  return module ? namesIn(*module) : std::vector<std::string>();
}

std::vector<std::string> ricci::test::operationsOfDerivatives(MLIRContext &context, const DerivativeCase &test) {
  return Experiment(context, test).operationsOfDerivatives();
}

std::vector<std::string> ricci::test::expandedDerivatives(MLIRContext &context, const DerivativeCase &test) {
  return Experiment(context, test).expandedDerivatives();
}
