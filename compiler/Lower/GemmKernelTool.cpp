// ricci-kernels TARGET OUTPUT.o: compiles the kernels of GemmKernels.h for one register file into an object file.
// Runs while Ricci is built.
#include "GemmKernels.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace ricci::lower;

static int fail(const llvm::Twine &message) {
  llvm::errs() << "ricci-kernels: " << message << "\n";
  return 1;
}

static const VectorTarget *findTarget(llvm::StringRef name) {
  for (const VectorTarget *target :
       {&VectorTarget::avx512(), &VectorTarget::avx2(), &VectorTarget::sse(), &VectorTarget::neon()})
    if (target->name == name)
      return target;
  return nullptr;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return fail("usage: ricci-kernels avx512|avx2|sse|neon OUTPUT");
  const VectorTarget *target = findTarget(argv[1]);
  if (!target)
    return fail("unknown target " + llvm::Twine(argv[1]));

  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::registerBuiltinDialectTranslation(context);
  mlir::registerLLVMDialectTranslation(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  for (mlir::Type element :
       {mlir::Type(mlir::Float32Type::get(&context)), mlir::Type(mlir::Float64Type::get(&context))})
    emitGemmKernels(*module, element, *target);
  mlir::PassManager passes(&context);
  addGemmKernelPasses(passes);
  if (failed(mlir::verify(*module)) || failed(passes.run(*module)))
    return fail("the generated module is invalid");

  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code = mlir::translateModuleToLLVMIR(*module, llvmContext);
  if (!code)
    return fail("the module does not translate to LLVM IR");
  // It would string the addresses of a tile's rows into one chain of additions, slower than a narrow tile's products.
  const char *flags[] = {"ricci-kernels", "-disable-lsr"};
  llvm::cl::ParseCommandLineOptions(2, flags);
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  const bool isArm = target == &VectorTarget::neon();
  llvm::Triple triple(isArm ? "aarch64-linux-gnu" : llvm::sys::getDefaultTargetTriple());
  std::string message;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!backend)
    return fail(message);
  std::unique_ptr<llvm::TargetMachine> machine(
      backend->createTargetMachine(triple, isArm ? "generic" : "x86-64", target->features, llvm::TargetOptions(), llvm::Reloc::PIC_));
  code->setTargetTriple(triple);
  code->setDataLayout(machine->createDataLayout());

  std::error_code error;
  llvm::ToolOutputFile output(argv[2], error, llvm::sys::fs::OpenFlags::OF_None);
  if (error)
    return fail(error.message());
  llvm::legacy::PassManager emitter;
  if (machine->addPassesToEmitFile(emitter, output.os(), nullptr, llvm::CodeGenFileType::ObjectFile))
    return fail("this machine cannot emit object files");
  emitter.run(*code);
  output.keep();
  return 0;
}
