#include "compiler/driver/ModuleFiles.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

namespace ricci::driver {

namespace fs = std::filesystem;

// Where the standard library may lie: in the installation that this binary belongs to, in the tree it was built from.
static std::vector<fs::path> standardRoots() {
  std::error_code ignored;
  fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
  return {binary.parent_path().parent_path() / "share" / "ricci", RICCI_STANDARD_LIBRARY};
}

static std::string canonical(const std::string &path) {
  std::error_code wrong;
  fs::path resolved = fs::canonical(path, wrong);
  return wrong ? path : resolved.string();
}

Outcome<lang::FileId> ModuleFiles::open(const std::string &path) {
  bool standardInput = path == "-";
  if (auto found = known.find(canonical(path)); !standardInput && found != known.end())
    return found->second;
  if (watch && !standardInput)
    watch->add(path);
  std::FILE *file = standardInput ? stdin : std::fopen(path.c_str(), "rb");
  auto cannot = [&] {
    return problem(ExitStatus::Data, fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  };
  if (!file)
    return cannot();
  std::string text;
  char buffer[1 << 16];
  size_t got;
  // What is too long is diagnosed by the lexer; there is no need to read it all.
  while (text.size() <= lang::SourceManager::kMaxFileSize && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    text.append(buffer, got);
  bool failed = std::ferror(file) != 0;
  Problem reason = failed ? cannot() : Problem{};
  if (!standardInput)
    std::fclose(file);
  if (failed)
    return reason;
  lang::FileId id = sources.add(standardInput ? "<stdin>" : path, std::move(text));
  if (!standardInput)
    known[canonical(path)] = id;
  return id;
}

std::variant<lang::FileId, std::string> ModuleFiles::openModule(const std::string &path, const lang::SourceFile &importing) {
  std::vector<fs::path> candidates{fs::path(importing.name()).parent_path() / path};
  for (const fs::path &root : standardRoots())
    candidates.push_back(root / path);
  std::string sought;
  for (const fs::path &candidate : candidates) {
    sought += (sought.empty() ? "looked for " : ", ") + candidate.string();
    if (watch)
      watch->add(candidate);
    std::error_code ignored;
    if (!fs::is_regular_file(candidate, ignored))
      continue;
    Outcome<lang::FileId> id = open(candidate);
    if (id)
      return *id;
    fault = std::move(id.error());
  }
  return sought;
}

} // namespace ricci::driver
