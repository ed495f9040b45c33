// The walk behind `Formatter.h`. The text is known to be a program, so a walk along its tokens is enough: what looks
// like a small parser here decides about appearance alone. `token` prints a token, `pass` drops a separator; there and
// in `line` comments are printed as they come, so everything stays in order. A line breaks where no statement can end,
// or for a comment, which was between the same tokens before.
#pragma once

#include "lang/Layout.h"
#include "lang/Lexer.h"
#include "lang/Source.h"

#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang {

// What brackets hold.
enum class Style : uint8_t { Values, Index, Types };

// Which arithmetic operators have blanks around them; comparisons, `and` and `or` always have.
enum class Spacing : uint8_t { All, Sums, None };

// How an expression is written.
struct Mode {
  Style style = Style::Values;
  Spacing spacing = Spacing::All;
  bool alone = false; // if it breaks, it starts its line: the further lines of an operator chain stand below
};
inline constexpr Mode kRange{Style::Index, Spacing::None};
inline constexpr Mode kType{Style::Types, Spacing::None};

class Formatter {
public:
  Formatter(const SourceFile &file, TokenStream stream);
  std::string run();

private:
  // ---- tokens and comments (Formatter.cpp)
  const Token &current() const { return tokens_[at_]; }
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool sameLine(TokenKind kind) const { return at(kind) && !current().newline; }
  bool sameLineWord(std::string_view word) const { return sameLine(TokenKind::Identifier) && text(current()) == word; }
  // The text of a token or comment.
  template <class T> std::string_view text(const T &part) const {
    return text_.substr(part.begin, part.end - part.begin);
  }
  static bool opens(TokenKind kind);
  static bool closes(TokenKind kind);
  // The token after this one, or after the brackets that it opens.
  size_t after(size_t token) const { return opens(tokens_[token].kind) ? partner_[token] + 1 : token + 1; }
  // Whether what this bracket opens stood on one line.
  bool onOneLine(size_t token) const { return lineOf_[token] == lineOf_[partner_[token]]; }
  bool commentAhead() const { return comment_ < comments_.size() && comments_[comment_].token <= at_; }
  bool blankLineAhead() const;
  void print(std::string_view spelling);
  void token();
  void pass();
  void space() { space_ = true; }
  void keyword();
  void infix();
  size_t line(Layout::Line line = {});
  void closingLine(Layout::Join join);
  void commentLines(Layout::Line line, bool lastOuter);

  // ---- statements (Formatter.cpp)
  bool statements(TokenKind close, bool hard);
  bool semicolonStays() const;
  void statement();
  void block(size_t from);
  void closingBrace(bool any);
  void structure();
  void function(size_t from);
  void import();
  void assertion();

  // ---- expressions and types; true: an operand in whose brackets lines can break (FormatterExpr.cpp)
  bool expression(Mode mode = {});
  void conditional();
  void lambda();
  bool binary(int loosest, Mode mode);
  bool operand(Mode mode);
  bool primary(Mode mode);
  bool suffixes(TokenKind first, size_t from, Mode mode);
  bool functionType();
  bool with();
  void assigned();

  // ---- brackets (FormatterExpr.cpp)
  void entry(Style style, bool alone = false);
  Spacing spacing(Style style) const;
  bool list(TokenKind close, Style style, bool tight = false);
  bool looseList(TokenKind close, Style style);
  bool tightList(TokenKind close);
  bool isClose(TokenKind close, size_t token) const;
  void closeBracket();
  bool severalEntries() const;
  bool onlyNumbers() const;

  // What was laid out last. Behind a comment a line has to follow.
  enum class Last : uint8_t { Line, Text, Comment };

  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<Comment> comments_;
  std::vector<uint32_t> partner_; // of an opening bracket
  std::vector<uint32_t> lineOf_;  // of a token, counting lines with tokens
  Layout layout_;
  size_t at_ = 0;
  size_t comment_ = 0; // the next one
  uint32_t end_ = 0;   // of the last token or comment
  Last last_ = Last::Line;
  bool opened_ = false;      // the last token or comment is an opening bracket
  bool space_ = false;       // before the next token, if that stays on the line
  bool inWithValue_ = false; // a further `with` belongs to the outer value, as in the parser
};

} // namespace ricci::lang
