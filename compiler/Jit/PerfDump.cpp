#include "PerfDump.h"

#include "Jit.h"

#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/ExecutionEngine/Orc/Debugging/DebugInfoSupport.h"
#include "llvm/Support/raw_ostream.h"

#include <elf.h>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace ricci {
namespace {

namespace orc = llvm::orc;
namespace jitlink = llvm::jitlink;

// CLOCK_MONOTONIC, as `perf record -k 1`.
uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

class Record {
public:
  template <typename T> Record &add(T value) {
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  Record &add(llvm::StringRef text) { // with its end
    bytes.append(text.begin(), text.end());
    bytes += '\0';
    return *this;
  }
  std::string bytes;
};

// The process' file. It stays open and mapped: perf may read it when the process has ended.
class DumpFile {
public:
  explicit DumpFile(const std::string &folder) {
    const std::string path = folder + "/jit-" + std::to_string(getpid()) + ".dump";
    file = open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
    if (file < 0)
      return;
    constexpr uint32_t magic = 0x4A695444, version = 1, headerBytes = 40;
#if defined(__aarch64__)
    constexpr uint32_t machine = EM_AARCH64;
#else
    constexpr uint32_t machine = EM_X86_64;
#endif
    Record header;
    header.add(magic).add(version).add(headerBytes).add(machine).add(uint32_t(0)).add(static_cast<uint32_t>(getpid()));
    header.add(now()).add(uint64_t(0));
    isGood = append(header.bytes) &&
             mmap(nullptr, static_cast<size_t>(sysconf(_SC_PAGESIZE)), PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED;
  }

  explicit operator bool() const { return isGood; }

  // Each function's lines, if it has any, right before it.
  void add(jitlink::LinkGraph &graph) {
    auto context = orc::createDWARFContext(graph);
    if (!context)
      llvm::consumeError(context.takeError());
    std::lock_guard lock(mutex);
    for (jitlink::Symbol *symbol : graph.defined_symbols()) {
      if (!symbol->hasName() || !symbol->isCallable() || symbol->getSize() == 0)
        continue;
      if (context && context->first)
        addLines(*context->first, *symbol);
      addCode(*symbol);
    }
  }

private:
  enum Kind : uint32_t { Load = 0, DebugInfo = 2 };

  bool append(llvm::StringRef bytes) {
    while (!bytes.empty()) {
      ssize_t written = write(file, bytes.data(), bytes.size());
      if (written <= 0)
        return false;
      bytes = bytes.drop_front(static_cast<size_t>(written));
    }
    return true;
  }

  void append(Kind kind, const Record &record) {
    constexpr uint32_t prefixBytes = 16;
    Record whole;
    whole.add(uint32_t(kind)).add(static_cast<uint32_t>(prefixBytes + record.bytes.size())).add(now());
    // What is lost is lost to perf alone.
    isGood = isGood && append(whole.bytes + record.bytes);
  }

  void addLines(llvm::DWARFContext &context, jitlink::Symbol &symbol) {
    const uint64_t address = symbol.getAddress().getValue();
    llvm::DILineInfoTable lines = context.getLineInfoForAddressRange(
        {address, symbol.getSection().getOrdinal()}, symbol.getSize(),
        llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath);
    if (lines.empty())
      return;
    Record record;
    record.add(address).add(static_cast<uint64_t>(lines.size()));
    for (const auto &[at, line] : lines)
      record.add(uint64_t(at)).add(static_cast<int32_t>(line.Line)).add(static_cast<int32_t>(line.Discriminator)).add(llvm::StringRef(line.FileName));
    append(DebugInfo, record);
  }

  // As the source has it.
  static std::string nameOf(jitlink::Symbol &symbol) {
    std::string name = (*symbol.getName()).str();
    if (size_t suffix = name.find(entrySuffix.data()); suffix != std::string::npos)
      name.erase(suffix, entrySuffix.size());
    return name;
  }

  void addCode(jitlink::Symbol &symbol) {
    const uint64_t address = symbol.getAddress().getValue(), size = symbol.getSize();
    const std::string name = nameOf(symbol);
    Record record;
    record.add(static_cast<uint32_t>(getpid())).add(static_cast<uint32_t>(syscall(SYS_gettid)));
    record.add(address).add(address).add(size).add(functions++).add(llvm::StringRef(name));
    llvm::ArrayRef<char> code = symbol.getBlock().getContent().slice(symbol.getOffset(), size);
    record.bytes.append(code.begin(), code.end());
    append(Load, record);
  }

  std::mutex mutex;
  int file = -1;
  bool isGood = false;
  uint64_t functions = 0;
};

class PerfDumpPlugin final : public orc::ObjectLinkingLayer::Plugin {
public:
  explicit PerfDumpPlugin(DumpFile &file) : file(file) {}

  void modifyPassConfig(orc::MaterializationResponsibility &, jitlink::LinkGraph &, jitlink::PassConfiguration &passes) override {
    passes.PostFixupPasses.push_back([this](jitlink::LinkGraph &graph) {
      file.add(graph);
      return llvm::Error::success();
    });
  }
  llvm::Error notifyFailed(orc::MaterializationResponsibility &) override { return llvm::Error::success(); }
  llvm::Error notifyRemovingResources(orc::JITDylib &, orc::ResourceKey) override { return llvm::Error::success(); }
  void notifyTransferringResources(orc::JITDylib &, orc::ResourceKey, orc::ResourceKey) override {}

private:
  DumpFile &file;
};

} // namespace

std::shared_ptr<orc::ObjectLinkingLayer::Plugin> perfDumpPlugin(const std::string &folder) {
  static DumpFile file(folder);
  return file ? std::make_shared<PerfDumpPlugin>(file) : nullptr;
}

} // namespace ricci
