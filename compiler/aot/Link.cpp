#include "compiler/aot/Link.h"

#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <omp.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace ricci::aot {

namespace fs = std::filesystem;
using engine::Status;

namespace {

// Either does; LLVM's links for every machine.
constexpr const char *linkers[] = {"ld.lld", "ld.lld-22", "ld"};

// A folder that goes with what is in it.
class Folder {
public:
  Folder() {
    std::string name = (fs::temp_directory_path(failed) / "ricci-XXXXXX").string();
    if (!failed && ::mkdtemp(name.data()))
      path = name;
  }
  ~Folder() {
    if (!path.empty())
      fs::remove_all(path, failed);
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  explicit operator bool() const { return !path.empty(); }
  std::string file(std::string_view name) const { return (path / name).string(); }

private:
  fs::path path;
  std::error_code failed;
};

bool write(const std::string &path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file.flush());
}

std::string read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// None if there is no such program; else whether it succeeded.
std::optional<bool> run(const char *program, std::vector<std::string> arguments, const std::string &output) {
  std::vector<char *> pointers{const_cast<char *>(program)};
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  int refused = posix_spawnp(&process, program, &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (refused)
    return std::nullopt;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR)
      return false;
  // What cannot be executed ends with 127 where the system finds that out late.
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return std::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

engine::Result<void> link(const std::vector<std::string> &arguments, const Folder &folder) {
  std::string said;
  for (const char *linker : linkers) {
    std::optional<bool> done = run(linker, arguments, folder.file("log"));
    if (done && *done)
      return {};
    if (done && said.empty())
      said = fmt::format("{} failed: {}", linker, read(folder.file("log")));
  }
  return engine::error(Status::Io, said.empty() ? "there is no linker: install lld or binutils" : said);
}

// The file that a function of this process comes from.
std::string libraryOf(void *address) {
  Dl_info info{};
  return address && dladdr(address, &info) && info.dli_fname ? info.dli_fname : "";
}

} // namespace

static std::vector<std::string> symbolsWith(const std::string &object, uint32_t flag, uint32_t without) {
  std::vector<std::string> names;
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  if (!file) {
    llvm::consumeError(file.takeError());
    return names;
  }
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (flags && name && (*flags & flag) && !(*flags & without) && !name->empty())
      names.push_back(name->str());
    if (!flags)
      llvm::consumeError(flags.takeError());
    if (!name)
      llvm::consumeError(name.takeError());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> undefinedSymbols(const std::string &object) {
  return symbolsWith(object, llvm::object::SymbolRef::SF_Undefined, 0);
}

std::vector<std::string> globalSymbols(const std::string &object) {
  return symbolsWith(object, llvm::object::SymbolRef::SF_Global, llvm::object::SymbolRef::SF_Undefined);
}

engine::Result<std::string> linkObject(const std::vector<std::string> &objects, const std::string &archive,
                                       const std::vector<std::string> &global) {
  Folder folder;
  if (!folder)
    return engine::error(Status::Io, "there is no folder for temporary files");
  const std::string linked = folder.file("linked.o");
  std::vector<std::string> arguments{"-r", "-o", linked};
  for (size_t i = 0; i < objects.size(); ++i) {
    arguments.push_back(folder.file(fmt::format("{}.o", i)));
    if (!write(arguments.back(), objects[i]))
      return engine::error(Status::Io, "cannot write temporary files");
  }
  arguments.push_back(archive);
  if (engine::Result<void> done = link(arguments, folder); !done)
    return std::move(done.error());

  // Only what the header declares may meet other objects' names.
  llvm::objcopy::ConfigManager config;
  for (const std::string &name : global) {
    auto matcher = llvm::objcopy::NameOrPattern::create(name, llvm::objcopy::MatchStyle::Literal,
                                                        [](llvm::Error error) { return error; });
    if (!matcher)
      return engine::error(Status::Fault, llvm::toString(matcher.takeError()));
    if (llvm::Error wrong = config.Common.SymbolsToKeepGlobal.addMatcher(std::move(matcher)))
      return engine::error(Status::Fault, llvm::toString(std::move(wrong)));
  }
  config.Common.DiscardMode = llvm::objcopy::DiscardType::Locals;
  const std::string bytes = read(linked);
  auto binary = llvm::object::createBinary(llvm::MemoryBufferRef(bytes, "linked"));
  if (!binary)
    return engine::error(Status::Fault, llvm::toString(binary.takeError()));
  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  if (llvm::Error wrong = llvm::objcopy::executeObjcopyOnBinary(config, **binary, stream))
    return engine::error(Status::Fault, llvm::toString(std::move(wrong)));
  return std::string(buffer.begin(), buffer.end());
}

engine::Result<void> linkShared(const std::string &object, const std::string &path, bool needsOpenMp) {
  Folder folder;
  if (!folder || !write(folder.file("object.o"), object))
    return engine::error(Status::Io, "cannot write temporary files");
  std::vector<std::string> arguments{
      "-shared",    "--build-id", "-soname", fs::path(path).filename().string(), "-o", path, folder.file("object.o"),
      "--as-needed"};
  // The libraries that this process uses are there to be named.
  std::vector<std::string> libraries{libraryOf(::dlsym(RTLD_DEFAULT, "malloc")),
                                     libraryOf(::dlsym(RTLD_DEFAULT, "tgamma"))};
  if (void *vectorMath = ::dlopen("libmvec.so.1", RTLD_LAZY | RTLD_LOCAL))
    libraries.push_back(libraryOf(::dlsym(vectorMath, "_ZGVbN2v_sin")));
  if (needsOpenMp)
    libraries.push_back(libraryOf(reinterpret_cast<void *>(&omp_get_max_threads)));
  for (const std::string &library : libraries)
    if (!library.empty())
      arguments.push_back(library);
  return link(arguments, folder);
}

} // namespace ricci::aot
