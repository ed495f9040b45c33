#include "compiler/engine/CompileCache.h"

#include "compiler/engine/Bytes.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/BLAKE3.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace ricci::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "ricci code 1\n";
constexpr const char *ending = ".code", *temporary = ".part";
// Of a file that somebody was writing and never will again.
constexpr int64_t staleSeconds = 3600;

std::string hexHash(std::string_view text) {
  auto hash = llvm::BLAKE3::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
  std::string result;
  for (uint8_t byte : hash)
    result += fmt::format("{:02x}", byte);
  return result;
}

// A descriptor that is closed.
class File {
public:
  File(const std::string &path, int flags) : descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  explicit operator bool() const { return descriptor >= 0; }
  int get() const { return descriptor; }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return true;
  }

  bool read(std::string &bytes) const {
    for (size_t done = 0; done < bytes.size();) {
      ssize_t got = ::read(descriptor, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return false;
      done += static_cast<size_t>(got);
    }
    return true;
  }

private:
  int descriptor;
};

// The mark that the linker left in the object that `address` lies in (--build-id).
struct BuildId {
  uintptr_t address;
  std::string id;
};

int lookForBuildId(dl_phdr_info *object, size_t, void *opaque) {
  auto &sought = *static_cast<BuildId *>(opaque);
  bool isIt = false;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) &part = object->dlpi_phdr[i];
    uintptr_t start = object->dlpi_addr + part.p_vaddr;
    isIt |= part.p_type == PT_LOAD && sought.address >= start && sought.address - start < part.p_memsz;
  }
  if (!isIt)
    return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) &part = object->dlpi_phdr[i];
    if (part.p_type != PT_NOTE)
      continue;
    const char *at = reinterpret_cast<const char *>(object->dlpi_addr + part.p_vaddr), *end = at + part.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
      const char *name = at + sizeof *note, *content = name + ((note->n_namesz + 3) & ~3u);
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
        sought.id.assign(content, note->n_descsz);
      at = content + ((note->n_descsz + 3) & ~3u);
    }
  }
  return 1;
}

std::string buildIdOf(const void *address) {
  BuildId sought{reinterpret_cast<uintptr_t>(address), ""};
  dl_iterate_phdr(lookForBuildId, &sought);
  return sought.id;
}

} // namespace

const std::string &buildIdentity() {
  static const std::string identity = [] {
    static const char own = 0;
    std::string ricci = buildIdOf(&own), llvm = buildIdOf(reinterpret_cast<const void *>(&llvm_blake3_version));
    return ricci.empty() || llvm.empty() ? "" : hexHash(ricci + llvm + LLVM_VERSION_STRING);
  }();
  return identity;
}

std::string serialise(const ObjectCode &code) {
  return ByteWriter()
      .text(code.object)
      .text(code.entry)
      .number(code.inputs)
      .number(code.outputs)
      .number(code.cost.flops)
      .number(code.cost.doubleFlops)
      .number(code.cost.bytes)
      .take();
}

std::optional<ObjectCode> deserialise(std::string_view bytes) {
  ByteReader reader(bytes);
  ObjectCode code;
  code.object = reader.text();
  code.entry = reader.text();
  code.inputs = static_cast<unsigned>(reader.number());
  code.outputs = static_cast<unsigned>(reader.number());
  code.cost.flops = reader.number();
  code.cost.doubleFlops = reader.number();
  code.cost.bytes = reader.number();
  return reader.isDone() ? std::optional(std::move(code)) : std::nullopt;
}

CompileCache::CompileCache(std::string path, int64_t mostBytes)
    : directory(buildIdentity().empty() ? "" : std::move(path)), mostBytes(mostBytes) {}

std::string CompileCache::key(std::string_view source, const CompileOptions &options) {
  const Machine &machine = options.machine.triple.empty() ? hostMachine() : options.machine;
  return hexHash(fmt::format("{}\n{}\n{}\n{}\n{} {} {} {}\n{}", buildIdentity(), machine.triple, machine.cpu,
                             machine.features, options.vectorBytes, options.chunkWork, options.checkNan, options.widen,
                             source));
}

std::string CompileCache::pathOf(const std::string &key) const { return directory + "/" + key + ending; }

std::optional<ObjectCode> CompileCache::find(const std::string &key) const {
  if (!isOn())
    return std::nullopt;
  File file(pathOf(key), O_RDONLY);
  struct stat status;
  // Code that somebody else wrote is not run.
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
      status.st_size > mostBytes)
    return std::nullopt;
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  if (!file.read(bytes))
    return std::nullopt;
  std::string_view rest = bytes;
  const size_t hashSize = key.size();
  if (!rest.starts_with(magic) || rest.size() < magic.size() + hashSize)
    return std::nullopt;
  rest.remove_prefix(magic.size());
  std::string_view checksum = rest.substr(0, hashSize);
  rest.remove_prefix(hashSize);
  if (hexHash(rest) != checksum || !rest.starts_with(key))
    return std::nullopt;
  rest.remove_prefix(key.size());
  futimens(file.get(), nullptr); // used now; if that is refused it only goes sooner
  return deserialise(rest);
}

void CompileCache::store(const std::string &key, const ObjectCode &code) const {
  if (!isOn())
    return;
  std::string content = key + serialise(code);
  std::string bytes = std::string(magic) + hexHash(content) + content;
  if (static_cast<int64_t>(bytes.size()) > mostBytes)
    return;
  std::error_code refused;
  if (!fs::exists(directory, refused)) {
    fs::create_directories(directory, refused);
    if (!refused)
      fs::permissions(directory, fs::perms::owner_all, refused);
  }
  static std::atomic<uint64_t> number{0};
  std::string path = fmt::format("{}/{}-{}-{}{}", directory, key, getpid(), ++number, temporary);
  {
    File file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file)
      return;
    if (!file.write(bytes)) {
      ::unlink(path.c_str());
      return;
    }
  }
  if (::rename(path.c_str(), pathOf(key).c_str()) != 0)
    ::unlink(path.c_str());
  evict();
}

void CompileCache::evict() const {
  struct Kept {
    fs::path path;
    int64_t bytes;
    int64_t used;
  };
  std::vector<Kept> files;
  int64_t total = 0;
  std::error_code refused;
  const int64_t now = time(nullptr);
  for (fs::directory_iterator at(directory, refused), end; !refused && at != end; at.increment(refused)) {
    struct stat status;
    if (::stat(at->path().c_str(), &status) != 0)
      continue;
    if (at->path().extension() == temporary && now - status.st_mtim.tv_sec > staleSeconds)
      ::unlink(at->path().c_str());
    if (at->path().extension() != ending)
      continue;
    files.push_back({at->path(), status.st_size, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec});
    total += status.st_size;
  }
  if (total <= mostBytes)
    return;
  std::ranges::sort(files, {}, &Kept::used);
  // Some more than need be, so that not every file that is written has to look for another to remove.
  for (const Kept &file : files) {
    if (total <= mostBytes / 4 * 3)
      return;
    ::unlink(file.path.c_str());
    total -= file.bytes;
  }
}

} // namespace ricci::engine
