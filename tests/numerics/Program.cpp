#include "tests/numerics/Program.h"

#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Frontend/Frontend.h"
#include "compiler/Fuse/Fuse.h"
#include "compiler/Reference/Interpreter.h"
#include "compiler/Simplify/Simplify.h"
#include "compiler/pipeline/Pipeline.h"
#include "dialects/Ricci.h"
#include "lang/Check.h"
#include "runtime/Context.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>

using namespace ricci;
using namespace ricci::test;
using runtime::Array;
using runtime::DType;

template <class T> static SharedArray arrayOf(runtime::Shape shape, const std::vector<T> &elements) {
  auto array = std::make_shared<Array>(std::move(*Array::create(runtime::dtypeOf<T>(), std::move(shape))));
  std::ranges::copy(elements, array->template as<T>().begin());
  return array;
}

SharedArray ricci::test::f64(runtime::Shape shape, const std::vector<double> &elements) { return arrayOf(std::move(shape), elements); }
SharedArray ricci::test::i64(runtime::Shape shape, const std::vector<int64_t> &elements) { return arrayOf(std::move(shape), elements); }

std::vector<double> ricci::test::numbers(const Array &array) {
  auto convert = [](auto elements) { return std::vector<double>(elements.begin(), elements.end()); };
  switch (array.dtype()) {
  case DType::F64:
    return convert(array.as<double>());
  case DType::F32:
    return convert(array.as<float>());
  case DType::I64:
    return convert(array.as<int64_t>());
  case DType::I32:
    return convert(array.as<int32_t>());
  case DType::Bool:
    return convert(array.as<bool>());
  }
  return {};
}

namespace {

lang::Scalar scalarOf(DType type) {
  switch (type) {
  case DType::Bool:
    return lang::Scalar::Bool;
  case DType::I32:
    return lang::Scalar::I32;
  case DType::I64:
    return lang::Scalar::I64;
  case DType::F32:
    return lang::Scalar::F32;
  case DType::F64:
    return lang::Scalar::F64;
  }
  return lang::Scalar::F64;
}

struct Checked {
  lang::SourceManager sources;
  lang::DiagnosticEngine diagnostics;
  std::unique_ptr<lang::CheckedProgram> program;
  std::vector<Array> arguments;

  std::string errors() { return lang::render(sources, diagnostics); }
};

void check(Checked &checked, const std::string &source, const std::optional<std::string> &expression, const Inputs &inputs) {
  lang::CheckOptions options;
  for (const auto &[name, array] : inputs) {
    lang::InputHeader header;
    header.element = scalarOf(array->dtype());
    header.shape = array->shape();
    if (array->dtype() == DType::I64 && array->rank() == 0)
      header.integer = array->as<int64_t>()[0];
    if (expression)
      options.given.push_back({name, header});
  }
  options.expression = expression;
  lang::FileId file = checked.sources.add("test.ricci", source);
  checked.program = lang::check(checked.sources, &checked.sources.file(file), options, checked.diagnostics);
  if (!checked.program || !expression)
    return;
  for (lang::Input &input : checked.program->inputs)
    for (const auto &[name, array] : inputs)
      if (name == input.name) {
        input.initial = nullptr;
        checked.arguments.push_back(Array::borrow(array->type(), array->data()));
      }
}

Evaluated interpretChecked(Checked &checked, const lang::CheckedFn *function, After after, bool watches = false) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<RicciDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect>();
  Evaluated result;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    result.error += diagnostic.str() + "\n";
    return mlir::success();
  });
  auto module = function ? emitFunction(context, *function, checked.sources)
                         : emitProgram(context, *checked.program, checked.sources, {.watches = watches});
  if (!module || failed(mlir::verify(*module)))
    return result;
  mlir::PassManager passes(&context, mlir::ModuleOp::getOperationName(), mlir::OpPassManager::Nesting::Implicit);
  passes.addPass(createAutodiffPass());
  if (after >= After::Simplify)
    passes.addPass(createSimplifyPass());
  if (after >= After::Fuse)
    passes.addPass(createFusePass());
  if (failed(passes.run(*module)))
    return result;
  auto host = [&](llvm::StringRef what, llvm::StringRef spec, llvm::ArrayRef<Array>) { result.printed += (what + " " + spec + "\n").str(); };
  auto outcome = interpret(*module->getOps<mlir::func::FuncOp>().begin(), checked.arguments, host);
  if (auto *error = std::get_if<InterpreterError>(&outcome))
    result.error = error->code + ": " + error->message;
  else
    result.values = std::move(std::get<0>(outcome));
  return result;
}

} // namespace

Evaluated ricci::test::interpretSource(const std::string &source, const std::string &expression, const Inputs &inputs) {
  return interpretAfter(After::Autodiff, source, expression, inputs);
}

Evaluated ricci::test::interpretAfter(After after, const std::string &source, const std::string &expression,
                                      const Inputs &inputs) {
  Checked checked;
  check(checked, source, expression, inputs);
  if (!checked.program)
    return {{}, checked.errors(), ""};
  return interpretChecked(checked, nullptr, after);
}

Evaluated ricci::test::interpretWatched(const std::string &source, const std::string &expression, const Inputs &inputs) {
  Checked checked;
  check(checked, source, expression, inputs);
  if (!checked.program)
    return {{}, checked.errors(), ""};
  return interpretChecked(checked, nullptr, After::Autodiff, /*watches=*/true);
}

// Checks the source alone; the inputs are the arguments.
static const lang::CheckedFn *findFunction(Checked &checked, const std::string &source, const std::string &name, const Inputs &inputs) {
  check(checked, source, std::nullopt, {});
  if (!checked.program)
    return nullptr;
  for (const auto &[input, array] : inputs)
    checked.arguments.push_back(Array::borrow(array->type(), array->data()));
  for (const lang::CheckedFn *function : checked.program->functions)
    if (function->name == name)
      return function;
  return nullptr;
}

Evaluated ricci::test::interpretFunction(const std::string &source, const std::string &name, const Inputs &inputs) {
  Checked checked;
  const lang::CheckedFn *function = findFunction(checked, source, name, inputs);
  return function ? interpretChecked(checked, function, After::Autodiff) : Evaluated{{}, "no function " + name + "\n" + checked.errors(), ""};
}

static Evaluated runCompiled(Checked &checked, const Compiled &compiled) {
  if (!compiled.code)
    return {{}, checked.errors() + compiled.fault, ""};
  std::vector<ricci_array> arguments;
  for (const Array &array : checked.arguments)
    arguments.push_back(array.descriptor());
  Evaluated result;
  runtime::ContextOptions options;
  options.threads = 1;
  options.print = [&](std::string_view text) { result.printed += text; };
  runtime::Context context(options);
  auto outcome = runtime::invoke(context, compiled.code->entry(), arguments, compiled.code->outputCount());
  if (outcome)
    result.values = std::move(*outcome);
  else
    result.error = outcome.error().code + ": " + outcome.error().message;
  return result;
}

static CompileOptions verified() {
  CompileOptions options;
  options.verify = true;
  return options;
}

Evaluated ricci::test::runFunction(const std::string &source, const std::string &name, const Inputs &inputs) {
  Checked checked;
  const lang::CheckedFn *function = findFunction(checked, source, name, inputs);
  if (!function)
    return {{}, "no function " + name + "\n" + checked.errors(), ""};
  return runCompiled(checked, compileFunction(*checked.program, *function, checked.sources, verified(), checked.diagnostics));
}

static Evaluated runWith(const CompileOptions &options, const std::string &source, const std::string &expression,
                         const Inputs &inputs) {
  Checked checked;
  check(checked, source, expression, inputs);
  if (!checked.program)
    return {{}, checked.errors(), ""};
  return runCompiled(checked, compile(*checked.program, checked.sources, options, checked.diagnostics));
}

Evaluated ricci::test::runSource(const std::string &source, const std::string &expression, const Inputs &inputs) {
  return runWith(verified(), source, expression, inputs);
}

Evaluated ricci::test::runWatched(const std::string &source, const std::string &expression, const Inputs &inputs) {
  CompileOptions options = verified();
  options.checkNan = true;
  return runWith(options, source, expression, inputs);
}
