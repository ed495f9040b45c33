#include "lang/Source.h"
#include "lang/Utf8.h"

#include <algorithm>
#include <cassert>

namespace ricci::lang {

Span cover(Span a, Span b) {
  assert(a.file == b.file);
  return {a.file, std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

SourceFile::SourceFile(FileId id, std::string name, std::string text)
    : id_(id), name_(std::move(name)), text_(std::move(text)) {
  lineStarts_.push_back(0);
  for (uint32_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n')
      lineStarts_.push_back(i + 1);
}

std::string_view SourceFile::line(uint32_t number) const {
  uint32_t begin = lineStart(number);
  uint32_t end = number < lineCount() ? lineStarts_[number] - 1 : size();
  if (end > begin && text_[end - 1] == '\r')
    --end;
  return std::string_view(text_).substr(begin, end - begin);
}

uint32_t SourceFile::lineAt(uint32_t offset) const {
  auto after = std::upper_bound(lineStarts_.begin(), lineStarts_.end(), offset);
  return static_cast<uint32_t>(after - lineStarts_.begin());
}

Position SourceFile::position(uint32_t offset) const {
  offset = std::min(offset, size());
  uint32_t line = lineAt(offset);
  size_t before = codePoints(text().substr(lineStart(line), offset - lineStart(line)));
  return {line, static_cast<uint32_t>(before + 1)};
}

FileId SourceManager::add(std::string name, std::string text) {
  auto id = static_cast<FileId>(files_.size());
  files_.emplace_back(id, std::move(name), std::move(text));
  return id;
}

std::string_view SourceManager::text(Span span) const { return file(span.file).text().substr(span.begin, span.size()); }

} // namespace ricci::lang
