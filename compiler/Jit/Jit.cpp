#include "Jit.h"

#include "RuntimeSymbols.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/CompileUtils.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

namespace ricci {
namespace {

using llvm::Expected;

// The vector forms of libm's functions.
constexpr const char *vectorMathLibrary = "libmvec.so.1";

void initialiseTarget() {
  static const bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)once;
}

Expected<llvm::orc::JITTargetMachineBuilder> hostMachine() {
  initialiseTarget();
  auto machine = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!machine)
    return machine.takeError();
  // None is 7 times slower code; Aggressive gains nothing on loops that are already vector code.
  machine->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  return machine;
}

struct Translated {
  // Declared in this order: a module must go before its context.
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

Expected<Translated> translate(mlir::ModuleOp source, const llvm::orc::JITTargetMachineBuilder &machine) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  source->getContext()->appendDialectRegistry(registry);

  Translated result{std::make_unique<llvm::LLVMContext>(), nullptr};
  result.module = mlir::translateModuleToLLVMIR(source, *result.context, "ricci", /*disableVerification=*/true);
  if (!result.module)
    return llvm::createStringError("the module is not in the LLVM dialect");
  auto layout = const_cast<llvm::orc::JITTargetMachineBuilder &>(machine).getDefaultDataLayoutForTarget();
  if (!layout)
    return layout.takeError();
  result.module->setDataLayout(*layout);
  result.module->setTargetTriple(machine.getTargetTriple());

  std::string fault;
  llvm::raw_string_ostream stream(fault);
  if (llvm::verifyModule(*result.module, &stream))
    return llvm::createStringError("invalid LLVM IR: " + stream.str());
  return result;
}

class LljitCode final : public JitCode {
public:
  explicit LljitCode(std::unique_ptr<llvm::orc::LLJIT> jit) : jit(std::move(jit)) {}

  Expected<ricci_entry> lookup(llvm::StringRef name) const override {
    auto address = jit->lookup(name);
    if (!address)
      return address.takeError();
    return address->toPtr<ricci_entry>();
  }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

llvm::Error defineSymbols(llvm::orc::LLJIT &jit) {
  llvm::orc::JITDylib &library = jit.getMainJITDylib();
  llvm::orc::SymbolMap symbols;
  for (const RuntimeSymbol &symbol : runtimeSymbols())
    symbols[jit.mangleAndIntern(symbol.name)] = {llvm::orc::ExecutorAddr::fromPtr(symbol.address),
                                                 llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  if (llvm::Error error = library.define(llvm::orc::absoluteSymbols(std::move(symbols))))
    return error;
  const char prefix = jit.getDataLayout().getGlobalPrefix();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(prefix); // libc, libm
  if (!process)
    return process.takeError();
  library.addGenerator(std::move(*process));
  auto vectorMath = llvm::orc::DynamicLibrarySearchGenerator::Load(vectorMathLibrary, prefix);
  if (!vectorMath)
    return vectorMath.takeError();
  library.addGenerator(std::move(*vectorMath));
  return llvm::Error::success();
}

} // namespace

Expected<std::unique_ptr<JitCode>> jit(mlir::ModuleOp source) {
  auto machine = hostMachine();
  if (!machine)
    return machine.takeError();
  auto translated = translate(source, *machine);
  if (!translated)
    return translated.takeError();

  auto lljit = llvm::orc::LLJITBuilder()
                   .setJITTargetMachineBuilder(*machine)
                   .setLinkProcessSymbolsByDefault(false)
                   // No static constructors, no thread-local storage: the full platform would cost milliseconds.
                   .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                   .create();
  if (!lljit)
    return lljit.takeError();
  if (llvm::Error error = defineSymbols(**lljit))
    return error;
  if (llvm::Error error = (*lljit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(translated->module), std::move(translated->context))))
    return error;
  return std::make_unique<LljitCode>(std::move(*lljit));
}

Expected<std::string> llvmIr(mlir::ModuleOp source) {
  auto machine = hostMachine();
  if (!machine)
    return machine.takeError();
  auto translated = translate(source, *machine);
  if (!translated)
    return translated.takeError();
  std::string text;
  llvm::raw_string_ostream stream(text);
  translated->module->print(stream, nullptr);
  return text;
}

Expected<std::string> assembly(mlir::ModuleOp source, AssemblyText text) {
  auto builder = hostMachine();
  if (!builder)
    return builder.takeError();
  auto translated = translate(source, *builder);
  if (!translated)
    return translated.takeError();
  auto machine = builder->createTargetMachine();
  if (!machine)
    return machine.takeError();
  if (text == AssemblyText::Annotated) {
    (*machine)->Options.MCOptions.AsmVerbose = true;
    (*machine)->Options.EmitStackSizeSection = true;
  }

  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("the target cannot print assembly");
  passes.run(*translated->module);
  return std::string(buffer.begin(), buffer.end());
}

} // namespace ricci
