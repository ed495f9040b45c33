// Object code into this process, by JITLink. The code asks for the runtime, which is linked into the host statically,
// and for the C library, libm and its vector form, each by its own name: what the host itself defines is not looked at.

#include "Jit.h"
#include "PerfDump.h"
#include "RuntimeSymbols.h"

#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/Debugging/DebugInfoSupport.h"
#include "llvm/ExecutionEngine/Orc/Debugging/ELFDebugObjectPlugin.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/Support/MemoryBuffer.h"

namespace ricci {
namespace {

using llvm::Expected;
namespace orc = llvm::orc;

// libmvec holds the vector forms of libm's functions.
constexpr const char *libraries[] = {"libc.so.6", "libm.so.6", "libmvec.so.1"};

class LinkedCode final : public JitCode {
public:
  explicit LinkedCode(std::unique_ptr<orc::ExecutorProcessControl> control)
      : session(std::move(control)), layer(session), code(session.createBareJITDylib("ricci")) {
    // An error is returned to whoever looks up what is then not there.
    session.setErrorReporter([](llvm::Error error) { llvm::consumeError(std::move(error)); });
  }
  ~LinkedCode() override {
    if (llvm::Error error = session.endSession())
      llvm::consumeError(std::move(error)); // memory that the system does not take back
  }

  llvm::Error link(llvm::StringRef object) {
    orc::SymbolMap symbols;
    for (const RuntimeSymbol &symbol : runtimeSymbols())
      symbols[session.intern(symbol.name)] = {orc::ExecutorAddr::fromPtr(symbol.address),
                                              llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    if (llvm::Error error = code.define(orc::absoluteSymbols(std::move(symbols))))
      return error;
    for (const char *name : libraries) {
      auto library = orc::DynamicLibrarySearchGenerator::Load(name, /*GlobalPrefix=*/0);
      if (!library)
        return library.takeError();
      code.addGenerator(std::move(*library));
    }
    return layer.add(code, llvm::MemoryBuffer::getMemBufferCopy(object, "ricci"));
  }

  // Before anything is linked.
  llvm::Error tellDebuggers(const std::string &folder) {
    // What no code refers to would not be kept.
    layer.addPlugin(std::make_shared<orc::DebugInfoPreservationPlugin>());
    llvm::Error error = llvm::Error::success();
    layer.addPlugin(std::make_shared<orc::ELFDebugObjectPlugin>(session, /*RequireDebugSections=*/false,
                                                                /*AutoRegisterCode=*/true, error));
    if (error)
      return error;
    if (auto plugin = perfDumpPlugin(folder))
      layer.addPlugin(std::move(plugin));
    return llvm::Error::success();
  }

  Expected<ricci_entry> lookup(llvm::StringRef name) const override {
    auto symbol = session.lookup({&code}, session.intern(name));
    if (!symbol)
      return symbol.takeError();
    return symbol->getAddress().toPtr<ricci_entry>();
  }

private:
  mutable orc::ExecutionSession session;
  orc::ObjectLinkingLayer layer;
  orc::JITDylib &code;
};

} // namespace

Expected<std::unique_ptr<JitCode>> loadObject(llvm::StringRef object, const std::optional<std::string> &debugFolder) {
  // Links on the thread that asks: one object gives threads nothing to share.
  auto control = orc::SelfExecutorProcessControl::Create(nullptr, std::make_unique<orc::InPlaceTaskDispatcher>());
  if (!control)
    return control.takeError();
  auto linked = std::make_unique<LinkedCode>(std::move(*control));
  if (debugFolder)
    if (llvm::Error error = linked->tellDebuggers(*debugFolder))
      return error;
  if (llvm::Error error = linked->link(object))
    return error;
  return linked;
}

} // namespace ricci
