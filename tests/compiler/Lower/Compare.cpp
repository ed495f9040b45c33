#include "Compare.h"

#include "compiler/Fuse/Fuse.h"
#include "compiler/Jit/Jit.h"
#include "compiler/Lower/Lower.h"
#include "compiler/Reference/Interpreter.h"
#include "compiler/Simplify/Simplify.h"
#include "dialects/Ricci.h"
#include "runtime/Context.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <random>

namespace ricci::test {

using namespace mlir;
using runtime::Array;
using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

namespace {

runtime::DType dtypeOf(Type element) {
  if (element.isF64())
    return runtime::DType::F64;
  if (element.isF32())
    return runtime::DType::F32;
  if (element.isInteger(1))
    return runtime::DType::Bool;
  return element.isInteger(32) ? runtime::DType::I32 : runtime::DType::I64;
}

Array randomArray(RankedTensorType type, runtime::Shape shape, std::mt19937_64 &random, const CompareOptions &options) {
  Array array = std::move(*Array::create(dtypeOf(type.getElementType()), std::move(shape)));
  runtime::dispatch(array.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (T &element : array.as<T>())
      if constexpr (std::is_floating_point_v<T>)
        element = std::uniform_real_distribution<T>(T(options.low), T(options.high))(random);
      else
        element = static_cast<T>(random() % (std::is_same_v<T, bool> ? 2 : options.integerLimit));
  });
  return array;
}

template <typename T> bool close(T x, T y, double bound) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(x) || std::isnan(y))
      return std::isnan(x) && std::isnan(y);
    return x == y || std::abs(double(x) - double(y)) <= bound * (1 + std::abs(double(x)));
  } else {
    return x == y;
  }
}

AssertionResult equal(const Array &expected, const Array &actual, size_t number, double roundings) {
  if (expected.dtype() != actual.dtype() || expected.shape() != actual.shape())
    return AssertionFailure() << "result " << number << " is " << runtime::describe(actual.type()) << ", not "
                              << runtime::describe(expected.type());
  return runtime::dispatch(expected.dtype(), [&](auto zero) -> AssertionResult {
    using T = decltype(zero);
    const double unit = std::is_same_v<T, float> ? 6e-8 : 1.2e-16;
    const double bound = unit * roundings;
    for (int64_t i = 0; i < expected.size(); ++i)
      if (!close(expected.as<T>()[i], actual.as<T>()[i], bound))
        return AssertionFailure() << "result " << number << ", element " << i << ": " << actual.as<T>()[i] << ", not "
                                  << expected.as<T>()[i];
    return AssertionSuccess();
  });
}

struct Parsed {
  explicit Parsed(const std::string &text) {
    context.loadDialect<RicciDialect, arith::ArithDialect, func::FuncDialect>();
    context.disableMultithreading();
    module = parseSourceString<ModuleOp>(text, &context);
  }
  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }
  bool run(llvm::function_ref<void(PassManager &)> build) {
    PassManager passes(&context);
    passes.enableVerifier(true);
    build(passes);
    return succeeded(passes.run(*module));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace

AssertionResult compiledEqualsReference(const std::string &text, const CompareOptions &options) {
  Parsed parsed(text);
  if (!parsed.module)
    return AssertionFailure() << "the text does not parse";
  func::FuncOp function = parsed.function();
  const std::string name = function.getName().str();
  const size_t outputs = function.getNumResults();

  std::mt19937_64 random(7);
  std::vector<Array> inputs;
  auto shapes = options.shapes.begin();
  int64_t terms = 1;
  for (Type argument : function.getArgumentTypes()) {
    auto type = cast<RankedTensorType>(argument);
    runtime::Shape shape = type.hasStaticShape() ? runtime::Shape(type.getShape()) : *shapes++;
    inputs.push_back(randomArray(type, std::move(shape), random, options));
    terms = std::max(terms, inputs.back().size());
  }
  auto outcome = interpret(function, inputs, [](auto &&...) {});

  LowerOptions lower{options.vectorBytes, options.chunkWork, options.blockRows, /*streamBytes=*/options.chunkWork};
  const bool lowered = parsed.run([&](PassManager &passes) {
    if (options.simplify)
      passes.addPass(createSimplifyPass());
    if (options.fuse)
      passes.addNestedPass<func::FuncOp>(createFusePass());
    passes.addPass(createLowerPass(lower));
    addLlvmPasses(passes, lower);
  });
  if (!lowered)
    return AssertionFailure() << "lowering failed";
  auto code = jit(*parsed.module);
  if (!code)
    return AssertionFailure() << llvm::toString(code.takeError());
  auto entry = (*code)->lookup(name);
  if (!entry)
    return AssertionFailure() << llvm::toString(entry.takeError());

  runtime::Context context({.threads = 1}), threads({.threads = 3});
  std::vector<ricci_array> descriptors;
  for (const Array &input : inputs)
    descriptors.push_back(input.descriptor());
  auto actual = runtime::invoke(context, *entry, descriptors, outputs);
  if (auto *error = std::get_if<InterpreterError>(&outcome)) {
    if (actual)
      return AssertionFailure() << "no failure, expected " << error->code;
    return actual.error().code == error->code ? AssertionSuccess() : AssertionFailure() << actual.error().code;
  }
  if (!actual)
    return AssertionFailure() << actual.error().code << ": " << actual.error().message;
  auto shared = runtime::invoke(threads, *entry, descriptors, outputs);
  for (size_t number = 0; number < outputs; ++number)
    if (std::memcmp((*actual)[number].data(), (*shared)[number].data(), (*actual)[number].bytes()))
      return AssertionFailure() << "result " << number << " depends on the number of threads";
  const std::vector<Array> &expected = std::get<0>(outcome);
  const double roundings = options.roundings + 4 * double(terms);
  for (size_t number = 0; number < outputs; ++number)
    if (AssertionResult result = equal(expected[number], (*actual)[number], number, roundings); !result)
      return result;
  return AssertionSuccess();
}

std::string loopsOf(const std::string &text) {
  Parsed parsed(text);
  parsed.run([](PassManager &passes) { passes.addPass(createLowerPass({})); });
  std::string result;
  llvm::raw_string_ostream stream(result);
  parsed.module->print(stream);
  return result;
}

} // namespace ricci::test
