// Source text and positions in it. A `Span` is a half-open range of bytes in one file; everything that the compiler
// says about a program is anchored to one. Lines and columns are 1-based, columns count code points, and both are
// computed on demand.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang {

using FileId = uint32_t;

// Half-open range of bytes [begin, end) in a file.
struct Span {
  FileId file = 0;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool operator==(const Span &) const = default;
  bool empty() const { return begin == end; }
  uint32_t size() const { return end - begin; }
};

// The smallest span that covers both; they must lie in one file.
Span cover(Span a, Span b);

struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
  bool operator==(const Position &) const = default;
};

// One immutable text with its name as the user wrote it. Lines end at `\n`, `\r\n` or the end of the text.
class SourceFile {
public:
  SourceFile(FileId id, std::string name, std::string text);

  FileId id() const { return id_; }
  const std::string &name() const { return name_; }
  std::string_view text() const { return text_; }
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }
  uint32_t lineCount() const { return static_cast<uint32_t>(lineStarts_.size()); }

  // The text of a 1-based line without its line break.
  std::string_view line(uint32_t number) const;
  // Byte offset at which a 1-based line starts.
  uint32_t lineStart(uint32_t number) const { return lineStarts_[number - 1]; }
  // Offsets past the end count as the end.
  uint32_t lineAt(uint32_t offset) const;
  Position position(uint32_t offset) const;

private:
  FileId id_;
  std::string name_;
  std::string text_;
  std::vector<uint32_t> lineStarts_;
};

// Owns the files of a compilation; ids and references stay valid as long as it lives.
class SourceManager {
public:
  // Longer texts are a diagnosed error: positions are 32 bits, and no honest program comes near.
  static constexpr size_t kMaxFileSize = size_t{16} << 20;

  FileId add(std::string name, std::string text);

  const SourceFile &file(FileId id) const { return files_[id]; }
  size_t fileCount() const { return files_.size(); }

  std::string_view text(Span span) const;
  Position position(Span span) const { return file(span.file).position(span.begin); }

private:
  std::deque<SourceFile> files_;
};

} // namespace ricci::lang
