// Text with the places where its lines may break, laid out in a given width, in the manner of Oppen's prettyprinting
// (ACM TOPLAS 2, 1980): pieces are appended in order, groups are ranges of them. A group stands on one line if it fits,
// with what follows it up to the next place to break; otherwise every line directly in it breaks. Outer groups are
// decided before inner ones. Takes linear time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang {

class Layout {
public:
  static constexpr unsigned kIndent = 2;

  // What stands where a line does not break, and what before it where it does.
  enum class Join : uint8_t {
    Nothing,   // `f(` and its first argument
    Space,     // between words
    Entry,     // `, ` or `,`
    LastEntry, // nothing, or `,`
    Field,     // `, ` or nothing
    Statement, // `; ` or nothing
  };

  // A place where the line may break.
  struct Line {
    Join join = Join::Space;
    bool outer = false; // the next line is indented as the one on which the group began, not deeper
    bool hard = false;  // breaks, and so do all lines of the groups around it
    bool blank = false; // if it breaks, a blank line follows
    bool fill = false;  // breaks only if what follows up to the next one does not fit
  };

  // Texts are kept by reference until `print`.
  void text(std::string_view text) { pieces_.push_back({text, {}, Kind::Text}); }
  void line(Line line) { pieces_.push_back({{}, line, Kind::Line}); }
  // A comment at the end of the line. A hard line has to follow, at once or behind the ends of groups.
  void remark(std::string_view comment) { pieces_.push_back({comment, {}, Kind::Remark}); }

  size_t position() const { return pieces_.size(); }
  // Makes a group of everything since a position. Its lines are indented by so much more than the one it began on.
  void group(size_t from, unsigned indent = kIndent) { groups_.push_back({from, position(), indent}); }
  // The line appended at that position is no place to break after all, unless it is hard.
  void keepTogether(size_t position);

  // The text; remarks on neighbouring lines stand in one column.
  std::string print(unsigned width);

private:
  friend class LayoutPrinter;

  enum class Kind : uint8_t { Text, Line, Remark };
  struct Piece {
    std::string_view text;
    Line line;
    Kind kind;
  };
  struct Group {
    size_t from;
    size_t to;
    unsigned indent;
  };

  std::vector<Piece> pieces_;
  std::vector<Group> groups_; // inner before outer
};

} // namespace ricci::lang
