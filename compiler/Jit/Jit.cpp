#include "Jit.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

#include <mutex>

namespace ricci {
namespace {

using llvm::Expected;

void initialiseHost() {
  static const bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)once;
}

// The machines that there is a runtime for.
void initialiseTargets() {
  static const bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    return true;
  }();
  (void)once;
}

// What finds next to nothing to do in code that comes as vectors, in order, with its addresses carried on already
// (compiler/Lower/CarryPointers.cpp) and its common expressions shared: loops run as fast without it (over 60
// benchmarks a geometric mean of 1.00). Without copy propagation and CodeGenPrepare, 1 % each, an LSTM ran 4 % slower.
// There is no other way to these passes than options of the process.
void skipIdlePasses() {
  static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> options[] = {
      {"disable-lsr", "true"},         // 10 to 21 % of a compilation's instructions
      {"enable-misched", "false"},     // 4 to 7 %
      {"disable-machine-cse", "true"}, // 2 to 4 %
  };
  static const bool once = llvm::all_of(options, [](const auto &setting) {
    auto option = llvm::cl::getRegisteredOptions().find(setting.first);
    return option != llvm::cl::getRegisteredOptions().end() &&
           !option->second->addOccurrence(0, option->first, setting.second);
  });
  assert(once && "this LLVM has no such option");
  (void)once;
}

// Asked before LLVM is, which would say on standard error what it does not know.
bool isProcessor(const llvm::Triple &triple, llvm::StringRef name) {
  if (triple.isX86())
    return llvm::X86::parseArchX86(name, /*Only64Bit=*/true) != llvm::X86::CK_None;
  return !triple.isAArch64() || name == "generic" || llvm::AArch64::parseCpu(name);
}

Expected<std::unique_ptr<llvm::TargetMachine>> makeGenerator(const Machine &asked) {
  const bool isHost = asked.triple.empty();
  isHost ? initialiseHost() : initialiseTargets();
  const Machine &machine = isHost ? hostMachine() : asked;
  llvm::Triple triple(machine.triple);
  if (!isHost && !isProcessor(triple, machine.cpu))
    return llvm::createStringError("there is no processor `" + machine.cpu + "`");
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return llvm::createStringError(message);
  // Optimisation None makes code 7 times slower; Less takes as long as Default; Aggressive gains nothing on loops that
  // are already vector code.
  std::unique_ptr<llvm::TargetMachine> result(
      target->createTargetMachine(triple, machine.cpu, machine.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
                                  llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default, /*JIT=*/isHost));
  if (!result)
    return llvm::createStringError("there is no code generator for " + machine.triple);
  return result;
}

// Code generators that nobody uses. To make one, with the tables of its processor that it makes when it is first used,
// takes 8 million instructions, of some 160 million for a loss with its gradient.
struct Idle {
  std::mutex lock;
  std::vector<std::pair<Machine, std::unique_ptr<llvm::TargetMachine>>> generators;
};

Idle &idle() {
  static Idle all;
  return all;
}

struct GiveBack {
  void operator()(llvm::TargetMachine *generator) const {
    constexpr size_t most = 4; // programs that are compiled at the same time
    std::unique_ptr<llvm::TargetMachine> owned(generator);
    std::lock_guard guard(idle().lock);
    if (idle().generators.size() < most)
      idle().generators.emplace_back(machine, std::move(owned));
  }
  Machine machine;
};

// Lent until it goes.
using Generator = std::unique_ptr<llvm::TargetMachine, GiveBack>;

Expected<Generator> generatorFor(const Machine &machine) {
  {
    std::lock_guard guard(idle().lock);
    auto found = llvm::find_if(idle().generators, [&](const auto &entry) { return entry.first == machine; });
    if (found != idle().generators.end()) {
      Generator generator(found->second.release(), {machine});
      idle().generators.erase(found);
      return generator;
    }
  }
  auto made = makeGenerator(machine);
  if (!made)
    return made.takeError();
  return Generator(made->release(), {machine});
}

struct Translated {
  // Declared in this order: a module must go before its context.
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

Expected<Translated> translate(mlir::ModuleOp source, const llvm::TargetMachine &machine) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  source->getContext()->appendDialectRegistry(registry);

  Translated result{std::make_unique<llvm::LLVMContext>(), nullptr};
  result.module = mlir::translateModuleToLLVMIR(source, *result.context, "ricci", /*disableVerification=*/true);
  if (!result.module)
    return llvm::createStringError("the module is not in the LLVM dialect");
  result.module->setDataLayout(machine.createDataLayout());
  result.module->setTargetTriple(machine.getTargetTriple());
  // Position-independent, so that it may be linked anywhere.
  result.module->setPICLevel(llvm::PICLevel::BigPIC);

  std::string fault;
  llvm::raw_string_ostream stream(fault);
  if (llvm::verifyModule(*result.module, &stream))
    return llvm::createStringError("invalid LLVM IR: " + stream.str());
  return result;
}

Expected<std::string> emit(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                           AssemblyText text = AssemblyText::Plain) {
  skipIdlePasses();
  machine.Options.MCOptions.AsmVerbose = text == AssemblyText::Annotated;
  machine.Options.EmitStackSizeSection = text == AssemblyText::Annotated;
  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return llvm::createStringError("the target cannot emit this kind of file");
  passes.run(module);
  return std::string(buffer.begin(), buffer.end());
}

Expected<std::string> emit(mlir::ModuleOp source, const Machine &asked, llvm::CodeGenFileType type,
                           AssemblyText text = AssemblyText::Plain) {
  auto machine = generatorFor(asked);
  if (!machine)
    return machine.takeError();
  auto translated = translate(source, **machine);
  if (!translated)
    return translated.takeError();
  return emit(*translated->module, **machine, type, text);
}

} // namespace

const Machine &hostMachine() {
  static const Machine machine = [] {
    Machine host{llvm::sys::getProcessTriple(), llvm::sys::getHostCPUName().str(), ""};
    // In alphabetical order: the text is part of what tells code of different machines apart.
    const llvm::StringMap<bool> known = llvm::sys::getHostCPUFeatures();
    std::vector<llvm::StringRef> names;
    for (const auto &feature : known)
      names.push_back(feature.getKey());
    llvm::sort(names);
    for (llvm::StringRef name : names)
      host.features += (host.features.empty() ? "" : ",") + std::string(known.lookup(name) ? "+" : "-") + name.str();
    return host;
  }();
  return machine;
}

Expected<std::string> compileObject(mlir::ModuleOp source, const Machine &machine) {
  return emit(source, machine, llvm::CodeGenFileType::ObjectFile);
}

Expected<std::string> compileObject(llvm::Module &module, const Machine &asked) {
  auto machine = generatorFor(asked);
  if (!machine)
    return machine.takeError();
  module.setDataLayout((*machine)->createDataLayout());
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setPICLevel(llvm::PICLevel::BigPIC);
  return emit(module, **machine, llvm::CodeGenFileType::ObjectFile);
}

Expected<VectorUnit> vectorUnitOf(const Machine &asked) {
  auto machine = generatorFor(asked);
  if (!machine)
    return machine.takeError();
  const llvm::MCSubtargetInfo &processor = *(*machine)->getMCSubtargetInfo();
  if ((*machine)->getTargetTriple().isAArch64())
    return VectorUnit{16, true};
  if (processor.checkFeatures("+avx512f,+avx512dq,+avx512bw,+avx512vl"))
    return VectorUnit{64, false};
  return VectorUnit{processor.checkFeatures("+avx2,+fma") ? 32u : 16u, false};
}

Expected<std::unique_ptr<JitCode>> jit(mlir::ModuleOp source) {
  Expected<std::string> object = compileObject(source);
  if (!object)
    return object.takeError();
  return loadObject(*object);
}

Expected<std::string> llvmIr(mlir::ModuleOp source) {
  auto machine = generatorFor({});
  if (!machine)
    return machine.takeError();
  auto translated = translate(source, **machine);
  if (!translated)
    return translated.takeError();
  std::string text;
  llvm::raw_string_ostream stream(text);
  translated->module->print(stream, nullptr);
  return text;
}

Expected<std::string> assembly(mlir::ModuleOp source, AssemblyText text) {
  return emit(source, {}, llvm::CodeGenFileType::AssemblyFile, text);
}

} // namespace ricci
