#include "compiler/pipeline/Pipeline.h"

#include "compiler/Frontend/Frontend.h"
#include "compiler/Jit/Jit.h"
#include "compiler/Lower/Lower.h"
#include "compiler/pipeline/Observation.h"
#include "compiler/pipeline/Passes.h"
#include "compiler/pipeline/SourceErrors.h"
#include "dialects/Decision.h"
#include "dialects/Ricci.h"
#include "lang/sema/Checked.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ricci;

namespace {

class JitExecutable final : public Executable {
public:
  JitExecutable(std::unique_ptr<JitCode> code, ricci_entry address, unsigned inputs, unsigned outputs)
      : code(std::move(code)), address(address), inputs(inputs), outputs(outputs) {}
  ricci_entry entry() const override { return address; }
  unsigned inputCount() const override { return inputs; }
  unsigned outputCount() const override { return outputs; }

private:
  std::unique_ptr<JitCode> code;
  ricci_entry address;
  unsigned inputs, outputs;
};

std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

class Pipeline {
public:
  Pipeline(const lang::SourceManager &sources, const CompileOptions &options, lang::DiagnosticEngine &diagnostics)
      : context(MLIRContext::Threading::DISABLED), sources(sources), options(options),
        errors(context, sources, diagnostics) {
    context.loadDialect<RicciDialect, arith::ArithDialect, func::FuncDialect>();
    context.printOpOnDiagnostic(false); // the source is shown instead
    if (options.print || options.observer)
      decisions = context.getLoadedDialect<RicciDialect>()->decisions = std::make_shared<DecisionLog>();
  }

  Compiled run(llvm::function_ref<OwningOpRef<ModuleOp>(MLIRContext &)> emit) {
    errors.code = lang::Code::E0910;
    OwningOpRef<ModuleOp> module = emit(context);
    errors.code = std::nullopt;
    if (!module)
      return failure("the program could not be put into the dialect");
    auto function = *module->getOps<func::FuncOp>().begin();
    std::string name = function.getName().str();
    unsigned inputs = function.getNumArguments(), outputs = function.getNumResults();
    if (failed(verifyModule(*module)))
      return failure("the program's form in the dialect is invalid");
    if (failed(checkSizes(*module)))
      return {};
    if (stops(Stage::Ricci))
      return {nullptr, textOf(*module), ""};
    if (options.observer)
      options.observer->enter(*module);

    LowerOptions lower;
    lower.vectorBytes = options.vectorBytes;
    lower.chunkWork = options.chunkWork;
    lower.blockRows = options.chunkWork;
    lower.streamBytes = options.chunkWork;
    lower.profile = options.profile;
    if (!options.machine.triple.empty()) {
      llvm::Expected<VectorUnit> unit = vectorUnitOf(options.machine);
      if (!unit)
        return {nullptr, "", llvm::toString(unit.takeError())};
      lower.neon = unit->neon;
      if (!lower.vectorBytes)
        lower.vectorBytes = unit->bytes;
    }
    Cost cost;
    for (Stage stage : {Stage::Grad, Stage::Simplified, Stage::Fused, Stage::Loops}) {
      // What has no derivative is the program's fault.
      errors.code = stage == Stage::Grad ? std::optional(lang::Code::E0911) : std::nullopt;
      auto add = [&](OpPassManager &passes) {
        stage == Stage::Loops ? passes.addPass(createLowerPass(lower)) : addPasses(stage, passes);
      };
      if (isStopped())
        return stopped();
      // From here on functions of C stand beside it, which a program's own may be called like: memcpy, ricci_alloc.
      if (stage == Stage::Loops) {
        name += entrySuffix.str();
        (*module->getOps<func::FuncOp>().begin()).setName(name);
      }
      if (failed(runPasses(*module, add)))
        return failure("a pass failed");
      if (stage == Stage::Fused) {
        if (failed(checkSizes(*module)))
          return {};
        cost = measureCost(*module);
      }
      // The loops are vector code from the start.
      if (stops(stage) || (stage == Stage::Loops && stops(Stage::Vector)))
        return {nullptr, comments() + textOf(*module), ""};
      if (options.observer)
        observe(stage, *module);
      else if (decisions)
        decisions->take();
    }
    if (isStopped())
      return stopped();
    if (failed(runPasses(*module, [&](OpPassManager &passes) { addLlvmPasses(passes, lower); })))
      return failure("the loops could not be put into LLVM's dialect");
    if (options.observer && !options.profile)
      return {nullptr, "", observeCode(*module, *options.observer), cost};
    if (stops(Stage::Llvm))
      return text(llvmIr(*module));
    if (stops(Stage::Asm))
      return text(assembly(*module));

    if (isStopped())
      return stopped();
    if (options.debugFolder && failed(inspect::setDebugLines(*module, inspect::DebugLines::Source, sourceIndex(sources))))
      return failure("the code could not be given the source's lines");
    llvm::Expected<std::string> object = compileObject(*module, options.machine);
    if (!object)
      return {nullptr, "", llvm::toString(object.takeError())};
    Compiled result{nullptr, "", "", cost, {std::move(*object), name, inputs, outputs, cost, options.debugFolder}};
    if (isStopped())
      return stopped();
    if (options.load) {
      Loaded loaded = load(result.object);
      result.code = std::move(loaded.code);
      result.fault = std::move(loaded.fault);
    }
    return result;
  }

private:
  bool isStopped() const { return options.isStopped && options.isStopped(); }
  static Compiled stopped() {
    Compiled result;
    result.stopped = true;
    return result;
  }

  // What the passes of the stage chose.
  std::string comments() {
    std::string text;
    for (const Decision &decision : decisions->take())
      text += errors.commentOf(decision);
    return text;
  }

  void observe(Stage stage, ModuleOp module) {
    constexpr llvm::StringLiteral names[] = {"ricci", "grad", "simplified", "fused", "loops"};
    for (const Decision &decision : decisions->take())
      options.observer->add(names[static_cast<size_t>(stage)], decision);
    if (stage == Stage::Fused)
      options.observer->setKernels(module);
    if (stage == Stage::Loops)
      options.observer->setMemory(module);
  }

  bool stops(Stage stage) const { return options.print == stage; }

  LogicalResult verifyModule(ModuleOp module) { return options.verify ? verify(module) : success(); }

  // Sizes that multiply past what an address can say would wrap around in the index arithmetic of the loops.
  LogicalResult checkSizes(ModuleOp module) {
    errors.code = lang::Code::E0910;
    WalkResult result = module.walk([&](Operation *op) {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && !isAddressable(tensor)) {
          op->emitError("an array with the sizes ") << tensor.getShape() << " is larger than any memory";
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    errors.code = std::nullopt;
    return mlir::failure(result.wasInterrupted());
  }

  static bool isAddressable(RankedTensorType tensor) {
    int64_t bytes = sizeof(double);
    for (int64_t size : tensor.getShape())
      if (!ShapedType::isDynamic(size) && size > 0 && llvm::MulOverflow(bytes, size, bytes))
        return false;
    return true;
  }

  LogicalResult runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> add) {
    PassManager passes(&context, ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
    passes.enableVerifier(options.verify);
    if (options.observer)
      passes.addInstrumentation(options.observer->watchPasses());
    add(passes);
    return passes.run(module);
  }

  // Reported errors are the program's; without one the compiler is at fault.
  Compiled failure(llvm::StringRef what) {
    if (errors.reported)
      return {};
    return {nullptr, "", errors.fault.empty() ? what.str() : errors.fault};
  }

  Compiled text(llvm::Expected<std::string> result) {
    if (!result)
      return {nullptr, "", llvm::toString(result.takeError())};
    return {nullptr, std::move(*result), ""};
  }

  MLIRContext context;
  const lang::SourceManager &sources;
  std::shared_ptr<DecisionLog> decisions; // null where nobody asks
  const CompileOptions &options;
  SourceErrors errors;
};

} // namespace

Loaded ricci::load(const ObjectCode &object) {
  llvm::Expected<std::unique_ptr<JitCode>> code = loadObject(object.object, object.debugFolder);
  if (!code)
    return {nullptr, llvm::toString(code.takeError())};
  llvm::Expected<ricci_entry> address = (*code)->lookup(object.entry);
  if (!address)
    return {nullptr, llvm::toString(address.takeError())};
  return {std::make_unique<JitExecutable>(std::move(*code), *address, object.inputs, object.outputs), ""};
}

Compiled ricci::compile(const lang::CheckedProgram &program, const lang::SourceManager &sources,
                        const CompileOptions &options, lang::DiagnosticEngine &diagnostics) {
  if (options.observer) {
    const lang::CheckedFn *named = nullptr;
    for (const lang::CheckedFn *function : program.functions)
      if (function->name == options.observer->report.function)
        named = function;
    options.observer->begin(sourcesOf(sources), argumentNames(parametersOf(program), named),
                            targetOf({options.vectorBytes}).vectorBytes);
  }
  return Pipeline(sources, options, diagnostics).run([&](MLIRContext &context) { return emitProgram(context, program, sources, {options.checkNan, options.widen}); });
}

Compiled ricci::compileFunction(const lang::CheckedProgram &, const lang::CheckedFn &function,
                                const lang::SourceManager &sources, const CompileOptions &options,
                                lang::DiagnosticEngine &diagnostics) {
  if (options.observer)
    options.observer->begin(sourcesOf(sources), argumentNames(function.parameters, nullptr),
                            targetOf({options.vectorBytes}).vectorBytes);
  return Pipeline(sources, options, diagnostics).run([&](MLIRContext &context) { return emitFunction(context, function, sources, {options.checkNan, options.widen}); });
}
