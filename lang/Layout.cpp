#include "lang/Layout.h"
#include "lang/Utf8.h"

#include <algorithm>
#include <utility>

namespace ricci::lang {

using Join = Layout::Join;

static std::string_view together(Join join) {
  constexpr std::string_view kTexts[] = {"", " ", ", ", "", ", ", "; "};
  return kTexts[static_cast<size_t>(join)];
}

static std::string_view beforeBreak(Join join) { return join == Join::Entry || join == Join::LastEntry ? "," : ""; }

class LayoutPrinter {
public:
  LayoutPrinter(const Layout &layout, unsigned width);
  std::string run();

private:
  struct Frame {
    size_t to;
    bool broken;
    unsigned outer; // indentation of the line on which the group began
    unsigned inner;
  };
  // A comment at the end of a line, not yet in the output.
  struct Remark {
    std::string_view text;
    size_t offset; // of the end of its line in the output
    size_t column;
    size_t line;
  };

  static constexpr uint32_t kNone = ~uint32_t{0};

  size_t flatWidth(size_t from, size_t to) const { return widthBefore_[to] - widthBefore_[from]; }
  bool fits(size_t from, size_t to) const;
  void put(std::string_view text);
  void newLine(const Layout::Line &line, const Frame &frame);
  std::string withRemarks() const;

  const Layout &layout_;
  const size_t width_;
  std::vector<uint32_t> widthBefore_; // of all pieces before, on one line
  std::vector<uint32_t> hardBefore_;  // number of hard lines before
  std::vector<uint32_t> nextLine_;    // the first place to break from here on
  std::vector<uint32_t> outermost_;   // the group that begins here, or kNone
  std::vector<uint32_t> inner_;       // of a group, the next one that begins there
  std::string out_;
  size_t column_ = 0;
  size_t line_ = 0;
  unsigned indent_ = 0; // of the current line
  std::vector<Remark> remarks_;
};

LayoutPrinter::LayoutPrinter(const Layout &layout, unsigned width)
    : layout_(layout), width_(width), widthBefore_{0}, hardBefore_{0}, nextLine_(layout.pieces_.size() + 1) {
  auto count = static_cast<uint32_t>(layout.pieces_.size());
  for (const Layout::Piece &piece : layout.pieces_) {
    bool line = piece.kind == Layout::Kind::Line;
    bool text = piece.kind == Layout::Kind::Text;
    size_t width = line ? together(piece.line.join).size() : text ? codePoints(piece.text) : 0;
    widthBefore_.push_back(widthBefore_.back() + static_cast<uint32_t>(width));
    hardBefore_.push_back(hardBefore_.back() + (line && piece.line.hard));
  }
  nextLine_[count] = count;
  for (uint32_t i = count; i-- > 0;)
    nextLine_[i] = layout.pieces_[i].kind == Layout::Kind::Line ? i : nextLine_[i + 1];
  outermost_.assign(count + 1, kNone);
  for (uint32_t g = 0; g < layout.groups_.size(); ++g)
    inner_.push_back(std::exchange(outermost_[layout.groups_[g].from], g));
}

// Whether these pieces fit on the current line, with what follows them up to the next place to break.
bool LayoutPrinter::fits(size_t from, size_t to) const {
  size_t stop = nextLine_[to];
  size_t comma = stop < layout_.pieces_.size() ? beforeBreak(layout_.pieces_[stop].line.join).size() : 0;
  return hardBefore_[from] == hardBefore_[to] && column_ + flatWidth(from, stop) + comma <= width_;
}

void LayoutPrinter::put(std::string_view text) {
  if (out_.ends_with('\n'))
    out_.append(indent_, ' ');
  column_ += codePoints(text);
  out_ += text;
}

void LayoutPrinter::newLine(const Layout::Line &line, const Frame &frame) {
  out_ += beforeBreak(line.join);
  if (!remarks_.empty() && remarks_.back().line == line_) {
    remarks_.back().offset = out_.size();
    remarks_.back().column = column_ + beforeBreak(line.join).size();
  }
  out_ += line.blank ? "\n\n" : "\n";
  line_ += line.blank ? 2 : 1;
  column_ = indent_ = line.outer ? frame.outer : frame.inner;
}

std::string LayoutPrinter::run() {
  std::vector<Frame> frames{{layout_.pieces_.size(), true, 0, Layout::kIndent}};
  for (size_t i = 0; i < layout_.pieces_.size(); ++i) {
    while (frames.size() > 1 && frames.back().to == i)
      frames.pop_back();
    for (uint32_t g = outermost_[i]; g != kNone; g = inner_[g]) {
      const Layout::Group &group = layout_.groups_[g];
      bool broken = frames.back().broken && !fits(group.from, group.to);
      frames.push_back({group.to, broken, indent_, indent_ + group.indent});
    }
    const Layout::Piece &piece = layout_.pieces_[i];
    if (piece.kind == Layout::Kind::Text)
      put(piece.text);
    else if (piece.kind == Layout::Kind::Remark)
      remarks_.push_back({piece.text, out_.size(), column_, line_});
    else if (frames.back().broken && !(piece.line.fill && !piece.line.hard && fits(i, i + 1)))
      newLine(piece.line, frames.back());
    else
      put(together(piece.line.join));
  }
  return withRemarks();
}

// Two spaces before the longest line of a run of neighbouring ones with remarks.
std::string LayoutPrinter::withRemarks() const {
  constexpr size_t kGap = 2;
  std::string text;
  size_t done = 0;
  for (auto run = remarks_.begin(); run != remarks_.end();) {
    auto end = run;
    size_t column = 0;
    for (; end != remarks_.end() && end->line == run->line + static_cast<size_t>(end - run); ++end)
      column = std::max(column, end->column + kGap);
    for (; run != end; ++run) {
      text.append(out_, done, run->offset - done);
      text.append(column - run->column, ' ');
      text += run->text;
      done = run->offset;
    }
  }
  return text.append(out_, done);
}

void Layout::keepTogether(size_t position) {
  if (Piece &piece = pieces_[position]; !piece.line.hard)
    piece = {together(piece.line.join), {}, Kind::Text};
}

std::string Layout::print(unsigned width) { return LayoutPrinter(*this, width).run(); }

} // namespace ricci::lang
