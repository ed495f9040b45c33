#include "lang/DocText.h"

#include <algorithm>
#include <span>

namespace ricci::lang {

namespace {

constexpr std::string_view kFence = "```";
constexpr size_t kCodeIndent = 4;

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
    lines.push_back(text.substr(0, end));
  lines.push_back(text);
  return lines;
}

size_t indentOf(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }
bool isBlank(std::string_view line) { return indentOf(line) == line.size(); }
bool isFence(std::string_view line) { return line.substr(indentOf(line)).starts_with(kFence); }
bool isIndented(std::string_view line) { return !isBlank(line) && indentOf(line) >= kCodeIndent; }

// The lines without the indentation that all of them have.
std::string joined(std::span<const std::string_view> lines) {
  size_t indent = std::string_view::npos;
  for (std::string_view line : lines)
    if (!isBlank(line))
      indent = std::min(indent, indentOf(line));
  std::string text;
  for (std::string_view line : lines) {
    text += line.substr(std::min(indent, line.size()));
    text += '\n';
  }
  text.resize(text.size() - !text.empty());
  return text;
}

} // namespace

std::vector<DocBlock> docBlocks(std::string_view doc) {
  using Kind = DocBlock::Kind;
  std::vector<std::string_view> all = linesOf(doc);
  std::span<const std::string_view> lines(all);
  std::vector<DocBlock> blocks;
  auto add = [&](Kind kind, size_t count, std::string language = "") {
    blocks.push_back({kind, joined(lines.first(count)), std::move(language), all.size() - lines.size(), count});
  };
  while (!lines.empty()) {
    auto until = [&](auto ends) { return static_cast<size_t>(std::ranges::find_if(lines, ends) - lines.begin()); };
    size_t count = 1;
    if (isFence(lines.front())) {
      std::string_view language = lines.front().substr(indentOf(lines.front()) + kFence.size());
      language.remove_prefix(indentOf(language));
      lines = lines.subspan(1);
      count = until(isFence);
      add(Kind::Code, count, std::string(language == "ricci" ? "" : language));
      count = std::min(count + 1, lines.size());
    } else if (isIndented(lines.front())) {
      count = until([](std::string_view line) { return !isBlank(line) && !isIndented(line); });
      while (isBlank(lines[count - 1]))
        --count;
      add(Kind::Code, count);
    } else if (!isBlank(lines.front())) {
      count = until([](std::string_view line) { return isBlank(line) || isFence(line); });
      add(Kind::Paragraph, count);
    }
    lines = lines.subspan(count);
  }
  return blocks;
}

} // namespace ricci::lang
