#include "compiler/engine/SourceFiles.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>

namespace ricci::engine {

namespace fs = std::filesystem;

static std::string canonical(const std::string &path) {
  std::error_code wrong;
  fs::path resolved = fs::canonical(path, wrong);
  return wrong ? path : resolved.string();
}

std::optional<std::string> readSource(std::FILE *file) {
  std::string text;
  char buffer[1 << 16];
  size_t got;
  // What is too long is diagnosed by the lexer; there is no need to read it all.
  while (text.size() <= lang::SourceManager::kMaxFileSize && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    text.append(buffer, got);
  if (std::ferror(file))
    return std::nullopt;
  return text;
}

bool SourceFiles::exists(const std::string &path) const {
  std::error_code ignored;
  return texts.empty() ? fs::is_regular_file(path, ignored) : texts.contains(path);
}

Result<lang::FileId> SourceFiles::open(const std::string &path) {
  if (auto text = texts.find(path); text != texts.end()) {
    auto [place, isNew] = known.try_emplace(path);
    if (isNew)
      place->second = sources.add(path, text->second);
    return place->second;
  }
  if (auto found = known.find(canonical(path)); found != known.end())
    return found->second;
  if (onFile)
    onFile(path);
  auto cannot = [&] {
    return error(Status::Io, fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file)
    return cannot();
  std::optional<std::string> text = readSource(file.get());
  if (!text)
    return cannot();
  lang::FileId id = sources.add(path, std::move(*text));
  known[canonical(path)] = id;
  return id;
}

std::variant<lang::FileId, std::string> SourceFiles::openModule(const std::string &path,
                                                                const lang::SourceFile &importing) {
  std::vector<fs::path> candidates{fs::path(importing.name()).parent_path() / path};
  for (const std::string &folder : libraries)
    candidates.push_back(fs::path(folder) / path);
  std::string sought;
  for (const fs::path &candidate : candidates) {
    sought += (sought.empty() ? "looked for " : ", ") + candidate.string();
    if (onFile)
      onFile(candidate);
    if (!exists(candidate))
      continue;
    Result<lang::FileId> id = open(candidate);
    if (id)
      return *id;
    fault = std::move(id.error());
  }
  return sought;
}

} // namespace ricci::engine
