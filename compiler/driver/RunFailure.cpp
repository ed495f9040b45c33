#include "compiler/driver/RunFailure.h"

#include <charconv>
#include <fmt/format.h>

namespace ricci::driver {

std::string textOf(const runtime::RunError &error, const lang::SourceManager &sources, bool colour) {
  const char *red = colour ? "\x1b[1;31m" : "", *plain = colour ? "\x1b[0m" : "";
  std::string text = fmt::format("{}error[{}]{}: {}\n", red, error.code, plain, error.message);
  if (!error.where.empty())
    text += fmt::format("  --> {}\n", error.where);
  size_t columnAt = error.where.rfind(':');
  size_t lineAt = columnAt == std::string::npos || columnAt == 0 ? columnAt : error.where.rfind(':', columnAt - 1);
  if (lineAt == std::string::npos)
    return text;
  uint32_t line = 0, column = 0;
  std::from_chars(error.where.data() + lineAt + 1, error.where.data() + columnAt, line);
  std::from_chars(error.where.data() + columnAt + 1, error.where.data() + error.where.size(), column);
  std::string_view name = std::string_view(error.where).substr(0, lineAt);
  for (lang::FileId id = 0; id < sources.fileCount(); ++id) {
    const lang::SourceFile &file = sources.file(id);
    if (file.name() == name && line >= 1 && line <= file.lineCount() && column >= 1)
      return text + fmt::format("   | {}\n   | {:>{}}\n", file.line(line), '^', column);
  }
  return text;
}

} // namespace ricci::driver
