#include "tests/fuzz/Trial.h"

#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Frontend/Frontend.h"
#include "compiler/pipeline/Passes.h"
#include "dialects/Ricci.h"
#include "runtime/Context.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"

#include <algorithm>

using namespace ricci;
using namespace ricci::fuzz;

// The registry's code and the message of the first error.
static Failure failureOf(const std::string &what, const lang::SourceManager &sources,
                         const lang::DiagnosticEngine &diagnostics) {
  std::string code =
      diagnostics.diagnostics().empty() ? "" : std::string(lang::info(diagnostics.diagnostics().front().code).name);
  return {what + " " + code, lang::render(sources, diagnostics)};
}

Answer Interpretation::run(const std::vector<runtime::Array> &inputs, Noise noise) {
  auto outcome = interpret(*ir->getOps<mlir::func::FuncOp>().begin(), inputs, [](auto &&...) {}, noise);
  if (auto *error = std::get_if<InterpreterError>(&outcome)) {
    if (error->code == "internal")
      throw Failure("the interpreter fails", error->message);
    return {{}, error->code, error->message};
  }
  return {std::move(std::get<0>(outcome))};
}

Trial::Trial(const std::string &text) {
  lang::CheckOptions options;
  options.expression = "result";
  lang::FileId file = sources.add("case.ricci", text);
  program = lang::check(sources, &sources.file(file), options, diagnostics);
  if (!program)
    throw failureOf("rejected", sources, diagnostics);
  if (program->inputs.empty())
    return;
  lang::AggregateExpr values{{lang::ExprKind::Aggregate, {}, {}}, {}};
  std::vector<lang::Type> types;
  for (lang::Input &input : program->inputs) {
    if (!input.initial)
      throw Failure("an input has no value", input.name);
    types.push_back(input.initial->type);
    values.fields.push_back(std::exchange(input.initial, nullptr));
  }
  values.type = lang::Type::tuple(types);
  lang::CheckedProgram alone;
  alone.result = &values;
  Answer answer = emitted(alone).run({});
  if (answer.values.size() != types.size())
    throw Failure("an input is not one array", answer.message);
  arguments = std::move(answer.values);
}

Interpretation Trial::emitted(const lang::CheckedProgram &what) const {
  Interpretation result;
  result.context->loadDialect<RicciDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect>();
  std::string message;
  mlir::ScopedDiagnosticHandler handler(result.context.get(), [&](mlir::Diagnostic &diagnostic) {
    message += diagnostic.str() + "\n";
    return mlir::success();
  });
  result.ir = emitProgram(*result.context, what, sources);
  if (!result.ir || failed(mlir::verify(*result.ir)))
    throw Failure("the Frontend fails", message);
  return result;
}

void Trial::apply(Interpretation &interpretation, llvm::function_ref<void(mlir::OpPassManager &)> add) {
  mlir::ModuleOp module = *interpretation.ir;
  mlir::PassManager passes(module.getContext(), mlir::ModuleOp::getOperationName(),
                           mlir::OpPassManager::Nesting::Implicit);
  passes.enableVerifier(true);
  add(passes);
  std::string message;
  mlir::ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &diagnostic) {
    message += diagnostic.str() + "\n";
    return mlir::success();
  });
  if (failed(passes.run(module)))
    throw Failure("a pass fails", message);
}

Interpretation Trial::expanded() const {
  Interpretation result = emitted(*program);
  apply(result, [](mlir::OpPassManager &passes) { passes.addPass(createAutodiffPass()); });
  return result;
}

Interpretation Trial::at(Stage stage) const {
  Interpretation result = emitted(*program);
  for (Stage step : {Stage::Grad, Stage::Simplified, Stage::Fused})
    if (step <= stage)
      apply(result, [&](mlir::OpPassManager &passes) { addPasses(step, passes); });
  return result;
}

Compiled Trial::usable(Compiled compiled) const {
  if (!compiled.fault.empty())
    throw Failure("the compiler fails", compiled.fault);
  if (!compiled.code)
    throw failureOf("refused by the compiler", sources, diagnostics);
  return compiled;
}

static CompileOptions verified() {
  CompileOptions options;
  options.verify = true;
  options.chunkWork = 4; // even small arrays are shared among threads
  return options;
}

Compiled Trial::compiled() const { return usable(compile(*program, sources, verified(), diagnostics)); }

// The call that the result is the value of.
static const lang::CallExpr *lastCall(const lang::CheckedProgram &program) {
  if (program.result->kind != lang::ExprKind::Variable)
    return nullptr;
  const lang::Variable *result = static_cast<const lang::VariableExpr *>(program.result)->variable;
  for (const lang::Stmt *stmt : program.statements)
    if (stmt->kind == lang::StmtKind::Let)
      if (const auto *let = static_cast<const lang::LetStmt *>(stmt); let->variable == result)
        return let->value->kind == lang::ExprKind::Call ? static_cast<const lang::CallExpr *>(let->value) : nullptr;
  return nullptr;
}

std::optional<Compiled> Trial::compiledFunction() const {
  const lang::CallExpr *call = lastCall(*program);
  auto isInput = [](const lang::Expr *argument, const lang::Input &input) {
    return argument->kind == lang::ExprKind::Variable &&
           static_cast<const lang::VariableExpr *>(argument)->variable == input.variable;
  };
  if (!call || call->callee->name != "main" || !std::ranges::equal(call->arguments, program->inputs, isInput))
    return std::nullopt;
  CompileOptions options = verified();
  options.chunkWork = 0; // as everybody compiles
  return usable(compileFunction(*program, *call->callee, sources, options, diagnostics));
}

Answer Trial::run(const Compiled &compiled, int threads) const {
  std::vector<ricci_array> inputs;
  for (const runtime::Array &array : arguments)
    inputs.push_back(array.descriptor());
  runtime::ContextOptions options;
  options.threads = threads;
  runtime::Context context(options);
  auto outcome = runtime::invoke(context, compiled.code->entry(), inputs, compiled.code->outputCount());
  if (!outcome)
    return {{}, outcome.error().code, outcome.error().message};
  return {std::move(*outcome)};
}
