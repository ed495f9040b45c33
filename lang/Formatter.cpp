#include "lang/Formatter.h"
#include "lang/Layout.h"
#include "lang/Lexer.h"
#include "lang/Operators.h"
#include "lang/Parser.h"

#include <algorithm>
#include <utility>

namespace ricci::lang {

namespace {

using Join = Layout::Join;

constexpr unsigned kWidth = 100;

// What brackets hold.
enum class Style : uint8_t { Values, Index, Types };

// Which binary operators have blanks around them; comparisons, `and` and `or` always have.
enum class Spacing : uint8_t { All, Sums, None };

// How an expression is written.
struct Mode {
  Style style = Style::Values;
  Spacing spacing = Spacing::All;
  bool alone = false; // if it breaks it starts its line, and the further lines of an operator chain stand below
};

constexpr Mode kRange{Style::Index, Spacing::None};
constexpr Mode kType{Style::Types, Spacing::None};

bool opens(TokenKind kind) {
  return kind == TokenKind::LParen || kind == TokenKind::LBracket || kind == TokenKind::LBrace;
}

bool closes(TokenKind kind) {
  return kind == TokenKind::RParen || kind == TokenKind::RBracket || kind == TokenKind::RBrace ||
         kind == TokenKind::End;
}

// The text is known to be a program, so a walk along its tokens is enough: what looks like a small parser here decides
// about appearance alone. `token` prints a token and `pass` drops a separator; with them or in `line` comments are
// printed as they come, so everything stays in order. A line breaks where no statement can end, or where it broke for
// a comment before.
class Formatter {
public:
  Formatter(const SourceFile &file, TokenStream stream);
  std::string run();

private:
  // ---- tokens and comments
  const Token &current() const { return tokens_[at_]; }
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool sameLine(TokenKind kind) const { return at(kind) && !current().newline; }
  bool sameLineWord(std::string_view word) const { return sameLine(TokenKind::Identifier) && text(current()) == word; }
  template <class T> std::string_view text(const T &part) const {
    return text_.substr(part.begin, part.end - part.begin);
  }
  // The token after this one, or after the brackets that it opens.
  size_t next(size_t token) const { return opens(tokens_[token].kind) ? partner_[token] + 1 : token + 1; }
  bool commentAhead() const { return comment_ < comments_.size() && comments_[comment_].token <= at_; }
  bool blankAhead() const;
  void print(std::string_view text);
  void token();
  void pass();
  void space() { space_ = true; }
  void word() { space(), token(), space(); }
  size_t line(Layout::Line line = {});
  void closingLine(Join join);
  void commentLines(Layout::Line line, bool lastOuter);

  // ---- statements
  bool statements(TokenKind close, bool hard);
  bool semicolonStays() const;
  void statement();
  void block(size_t from);
  void closingBrace(bool any);
  void structure();
  void function(size_t from);

  // ---- expressions, types, left sides; true: a single operand in whose brackets lines can break
  bool expression(Mode mode = {});
  void conditional();
  void lambda();
  bool binary(int loosest, Mode mode);
  bool operand(Mode mode);
  bool with();
  void assigned();

  // ---- brackets
  void entry(Style style, bool alone = false);
  Spacing spacing(Style style) const;
  bool list(TokenKind close, Style style, bool tight = false);
  bool tightList(TokenKind close);
  bool atClose(TokenKind close) const;
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

Formatter::Formatter(const SourceFile &file, TokenStream stream)
    : text_(file.text()), tokens_(std::move(stream.tokens)), comments_(std::move(stream.comments)),
      partner_(tokens_.size()) {
  std::vector<uint32_t> open;
  uint32_t line = 0;
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    lineOf_.push_back(line += tokens_[i].startsLine);
    if (opens(tokens_[i].kind)) {
      open.push_back(i);
    } else if (closes(tokens_[i].kind) && !open.empty()) {
      partner_[open.back()] = i;
      open.pop_back();
    }
  }
}

std::string Formatter::run() {
  constexpr Layout::Line kLast{.join = Join::Statement, .outer = true, .blank = true};
  if (statements(TokenKind::End, /*hard=*/true))
    line(kLast);
  else
    commentLines(kLast, /*lastOuter=*/true);
  return layout_.print(kWidth);
}

// ------------------------------------------------------------------ tokens and comments

// Whether the next token or comment stands below a blank line that is to be kept: not one at the edge of a block.
bool Formatter::blankAhead() const {
  if (opened_ || (closes(current().kind) && !commentAhead()))
    return false;
  uint32_t begin = commentAhead() ? comments_[comment_].begin : current().begin;
  unsigned lineBreaks = 0;
  for (char c : text_.substr(end_, begin - end_)) {
    lineBreaks = c == '\n' ? lineBreaks + 1 : c == ',' || c == ';' ? 0 : lineBreaks;
    if (lineBreaks == 2)
      return true;
  }
  return false;
}

void Formatter::print(std::string_view text) {
  if (commentAhead() || last_ == Last::Comment) // where nobody expected one
    line();
  if (space_ && last_ == Last::Text)
    layout_.text(" ");
  layout_.text(text);
  space_ = false;
  last_ = Last::Text;
}

void Formatter::token() {
  print(text(current()));
  opened_ = opens(current().kind);
  pass();
}

// Goes on to the next token; a comment on the same line comes with it.
void Formatter::pass() {
  if (!commentAhead()) // else it is yet to come, from before a comma
    end_ = current().end;
  ++at_;
  if (!commentAhead() || comments_[comment_].startsLine || last_ != Last::Text)
    return;
  layout_.remark(text(comments_[comment_]));
  end_ = comments_[comment_++].end;
  last_ = Last::Comment;
  opened_ = false;
}

// A place where the line may break, and the comments before the current token. `blank`: blank lines stay. Returns its
// position in the layout.
size_t Formatter::line(Layout::Line line) {
  size_t position = layout_.position();
  bool blank = std::exchange(line.blank, line.blank && blankAhead());
  line.hard |= commentAhead() || last_ == Last::Comment;
  layout_.line(line);
  commentLines({.outer = line.outer, .blank = blank}, line.outer);
  return position;
}

// The line before a closing bracket; comments before it belong to what it closes.
void Formatter::closingLine(Join join) {
  bool comments = commentAhead();
  layout_.line({.join = join,
                .outer = !comments,
                .hard = comments || last_ == Last::Comment,
                .blank = comments && blankAhead()});
  commentLines({.blank = true}, /*lastOuter=*/true);
}

// All comments before the current token, each with a line after it.
void Formatter::commentLines(Layout::Line line, bool lastOuter) {
  while (commentAhead()) {
    layout_.text(text(comments_[comment_]));
    end_ = comments_[comment_++].end;
    opened_ = false;
    bool outer = commentAhead() ? line.outer : lastOuter;
    layout_.line({.outer = outer, .hard = true, .blank = line.blank && blankAhead()});
  }
  last_ = Last::Line;
  space_ = false;
}

// ------------------------------------------------------------------ statements

// Up to the end of a block or file. Whether there was any.
bool Formatter::statements(TokenKind close, bool hard) {
  bool file = close == TokenKind::End;
  for (bool first = true;; first = false) {
    while (at(TokenKind::Semicolon) && !semicolonStays())
      pass();
    if (at(close))
      return !first;
    if (!first)
      line({.join = Join::Statement, .outer = file, .blank = true});
    else if (file)
      commentLines({.outer = true, .blank = true}, /*lastOuter=*/true);
    else
      line({.hard = hard, .blank = true});
    if (at(TokenKind::Semicolon))
      token();
    else
      statement();
  }
}

// Without its semicolon a comment might become the doc comment of the next statement.
bool Formatter::semicolonStays() const {
  bool remarkFollows =
      comment_ < comments_.size() && comments_[comment_].token == at_ + 1 && !comments_[comment_].startsLine;
  return commentAhead() || last_ == Last::Comment || (last_ == Last::Line && remarkFollows);
}

void Formatter::statement() {
  size_t from = layout_.position();
  switch (current().kind) {
  case TokenKind::Struct:
    structure();
    break;
  case TokenKind::At:
  case TokenKind::Export:
  case TokenKind::Fn:
    function(from);
    break;
  case TokenKind::Import:
    token(), space(), operand({});
    if (sameLineWord("as"))
      word(), token();
    break;
  case TokenKind::Yield:
    token();
    assigned();
    break;
  case TokenKind::Assert:
    token(), space(), expression();
    if (at(TokenKind::Comma)) {
      token();
      line();
      token();
    }
    break;
  case TokenKind::While:
    token(), space(), expression();
    word(), expression(); // limit
    block(from);
    break;
  case TokenKind::Let:
  case TokenKind::Var:
  case TokenKind::Param:
    token(), space();
    [[fallthrough]];
  default:
    entry(Style::Values);
  }
  layout_.group(from);
}

// One that stood on one line stays so if it fits, with all that leads to it from `from` on.
void Formatter::block(size_t from) {
  bool withValue = std::exchange(inWithValue_, false);
  bool oneLine = lineOf_[at_] == lineOf_[partner_[at_]];
  space(), token();
  closingBrace(statements(TokenKind::RBrace, /*hard=*/!oneLine));
  layout_.group(from);
  inWithValue_ = withValue;
}

void Formatter::closingBrace(bool any) {
  if (any || commentAhead() || last_ == Last::Comment)
    closingLine(Join::Space);
  token();
}

void Formatter::structure() {
  token(), space(), token();
  if (at(TokenKind::Less))
    list(TokenKind::Greater, Style::Types, /*tight=*/true);
  bool oneLine = lineOf_[at_] == lineOf_[partner_[at_]];
  space(), token();
  bool any = false;
  for (; !at(TokenKind::RBrace); any = true) {
    line({.join = any ? Join::Field : Join::Space, .hard = !oneLine, .blank = true});
    entry(Style::Values);
    if (at(TokenKind::Comma))
      pass();
  }
  closingBrace(any);
}

void Formatter::function(size_t from) {
  while (at(TokenKind::At)) {
    token(), token();
    if (sameLine(TokenKind::LParen))
      list(TokenKind::RParen, Style::Values);
    space();
  }
  if (at(TokenKind::Export))
    token(), space();
  token(), space(), token();
  if (at(TokenKind::Less))
    list(TokenKind::Greater, Style::Types, /*tight=*/true);
  list(TokenKind::RParen, Style::Values);
  if (at(TokenKind::Arrow))
    word(), expression(kType);
  block(from);
}

// ------------------------------------------------------------------ expressions

bool Formatter::expression(Mode mode) {
  size_t from = layout_.position();
  switch (current().kind) {
  case TokenKind::If:
    conditional();
    return false;
  case TokenKind::For:
    token(), space(), entry(Style::Values);
    block(from);
    return true;
  case TokenKind::Pipe:
    lambda();
    return false;
  default: // between `<` and `>` there is no comparison
    return binary(mode.style == Style::Types ? kSum : kOr, mode);
  }
}

// Breaks before each `else`, or not at all; where the author did so, it stays.
void Formatter::conditional() {
  size_t from = layout_.position(), arm = from;
  while (at(TokenKind::If)) {
    token(), space(), expression();
    space(), token(), assigned(); // then
    layout_.group(arm);
    line({.outer = true, .hard = current().startsLine});
    arm = layout_.position();
    token(), space(); // else
  }
  assigned();
  layout_.group(arm);
  layout_.group(from);
}

void Formatter::lambda() {
  size_t from = layout_.position();
  for (token(); !at(TokenKind::Pipe);) {
    token();
    if (at(TokenKind::Comma) && tokens_[at_ + 1].kind == TokenKind::Pipe)
      pass();
    else if (at(TokenKind::Comma))
      token(), space();
  }
  token();
  assigned();
  layout_.group(from);
}

// A run of operators of one precedence is a group: all its lines break, or none.
bool Formatter::binary(int loosest, Mode mode) {
  size_t from = layout_.position();
  bool single = operand(mode);
  int run = 0;
  while (!current().newline) {
    std::optional<Operator> found = binaryOperator(current().kind);
    if (!found || found->precedence < loosest)
      break;
    int precedence = found->precedence;
    if (run != 0 && run != precedence)
      layout_.group(from);
    run = precedence;
    bool spaced =
        precedence < kSum || mode.spacing == Spacing::All || (mode.spacing == Spacing::Sums && precedence == kSum);
    if (spaced)
      space();
    token();
    line({.join = spaced ? Join::Space : Join::Nothing});
    binary(precedence + 1, {mode.style, mode.spacing});
  }
  if (run != 0)
    layout_.group(from, mode.alone ? 0 : Layout::kIndent);
  return single && run == 0;
}

bool Formatter::operand(Mode mode) {
  if (at(TokenKind::Not)) {
    token(), space(), binary(kNot, mode);
    return false;
  }
  while (at(TokenKind::Minus))
    token();
  size_t from = layout_.position();
  TokenKind first = current().kind;
  if (first == TokenKind::Fn) { // a function's type
    token(), list(TokenKind::RParen, Style::Types);
    word(), expression(kType);
    return true;
  }
  bool breaks = false;
  size_t beforeWith = 0;
  int replacements = 0;
  // What a reduction or derivative needs may stand on further lines.
  bool incomplete = isReduction(first) || isDerivative(first);
  if (first == TokenKind::LParen)
    breaks = list(TokenKind::RParen, mode.style, /*tight=*/mode.style == Style::Index);
  else if (first == TokenKind::LBracket)
    breaks = list(TokenKind::RBracket, Style::Values);
  else
    token();
  while (true) {
    bool goesOn = incomplete || !current().newline;
    if (at(TokenKind::LParen) && goesOn) {
      breaks |= list(TokenKind::RParen, mode.style);
      incomplete = false;
    } else if (at(TokenKind::LBracket) && goesOn) {
      Style style = incomplete && isDerivative(first) ? Style::Values : Style::Index;
      breaks |= list(TokenKind::RBracket, style, /*tight=*/true);
    } else if (at(TokenKind::Less) && (mode.style == Style::Types || (incomplete && isReduction(first)))) {
      breaks |= list(TokenKind::Greater, Style::Types, /*tight=*/true);
    } else if (at(TokenKind::LBrace) && incomplete) {
      block(from);
      incomplete = false;
      breaks = true;
    } else if (at(TokenKind::Dot)) {
      space_ = first == TokenKind::Int; // `2 .1` is no number
      token(), token();
    } else if (at(TokenKind::With) && !inWithValue_) {
      ++replacements;
      beforeWith = line();
      breaks = with();
    } else {
      break;
    }
  }
  if (replacements == 1)
    layout_.keepTogether(beforeWith);
  if (replacements > 0)
    layout_.group(from);
  return breaks && replacements < 2;
}

// True for `with (…)`, false for `with […] = e`.
bool Formatter::with() {
  size_t from = layout_.position();
  token(), space();
  if (at(TokenKind::LParen))
    return list(TokenKind::RParen, Style::Values);
  list(TokenKind::RBracket, Style::Index, /*tight=*/true);
  space(), token();
  inWithValue_ = true;
  assigned();
  inWithValue_ = false;
  layout_.group(from);
  return false;
}

// What follows `=` or another word: on a line of its own, unless it fits or has brackets in which to break.
void Formatter::assigned() {
  size_t position = line();
  if (expression({.alone = true}))
    layout_.keepTogether(position);
}

// ------------------------------------------------------------------ brackets

// An argument, index, field, left side or type, with what it is given, bound to or followed by.
void Formatter::entry(Style style, bool alone) {
  Mode mode{style, spacing(style), alone};
  if (at(TokenKind::Colon))
    token();
  else
    expression(mode);
  mode.alone = false;
  while (true) {
    if (at(TokenKind::Colon)) {
      token(), space(), expression(kType);
    } else if (at(TokenKind::Assign)) {
      space(), token(), assigned();
    } else if (at(TokenKind::In)) {
      word(), expression(kRange);
    } else if (at(TokenKind::DotDot)) {
      token(), expression(kRange);
    } else if (at(TokenKind::Arrow) || sameLineWord("by")) {
      word(), expression(mode);
    } else {
      return;
    }
  }
}

// Index arithmetic is written without blanks; where it mixes sums and products, sums have them. Not in ranges.
Spacing Formatter::spacing(Style style) const {
  if (style == Style::Values)
    return Spacing::All;
  bool sums = false, products = false;
  for (size_t i = at_; !closes(tokens_[i].kind); i = next(i)) {
    TokenKind kind = tokens_[i].kind;
    if (kind == TokenKind::DotDot)
      return Spacing::None;
    if (kind == TokenKind::Comma || kind == TokenKind::Greater || kind == TokenKind::Where)
      break;
    sums |= kind == TokenKind::Plus || kind == TokenKind::Minus;
    products |= kind >= TokenKind::Star && kind <= TokenKind::At;
  }
  return sums && products ? Spacing::Sums : Spacing::None;
}

// `tight`: entries that are single words are not spaced out, `X[n,:]`. Where the author broke the line behind the
// opening bracket, each entry keeps its line.
bool Formatter::list(TokenKind close, Style style, bool tight) {
  if (tight && tightList(close))
    return false;
  size_t from = layout_.position();
  bool several = severalEntries(), numbers = onlyNumbers(), guarded = false;
  token();
  if (atClose(close)) {
    closeBracket();
    return false;
  }
  bool withValue = std::exchange(inWithValue_, false);
  line({.join = Join::Nothing, .hard = current().startsLine, .blank = true});
  while (!atClose(close)) {
    size_t start = layout_.position();
    guarded = at(TokenKind::Where);
    if (guarded)
      token(), space(), expression();
    else
      entry(style, /*alone=*/!several);
    layout_.group(start);
    if (at(TokenKind::Comma))
      pass();
    if (!atClose(close))
      line({.join = at(TokenKind::Where) ? Join::Space : Join::Entry, .blank = true, .fill = numbers});
  }
  bool mayEndInComma = close != TokenKind::Greater && !guarded;
  closingLine(several && mayEndInComma ? Join::LastEntry : Join::Nothing);
  closeBracket();
  layout_.group(from);
  inWithValue_ = withValue;
  return true;
}

// Prints the list if its entries are single words; else does nothing.
bool Formatter::tightList(TokenKind close) {
  size_t end = at_ + 1;
  auto kind = [&] { return tokens_[end].kind; };
  while (!opens(kind()) && !closes(kind())) {
    ++end;
    if (kind() != TokenKind::Comma)
      break;
    ++end;
  }
  bool commented = comment_ < comments_.size() && comments_[comment_].token <= end;
  bool closed = kind() == close || (close == TokenKind::Greater && kind() == TokenKind::GreaterEq);
  if (commented || !closed || end == at_ + 1)
    return false;
  while (at_ < end)
    if (at(TokenKind::Comma) && at_ + 1 == end)
      pass();
    else
      token();
  closeBracket();
  return true;
}

bool Formatter::atClose(TokenKind close) const {
  return at(close) || (close == TokenKind::Greater && at(TokenKind::GreaterEq));
}

// Of `p: Mlp<D,H>= q` the first half closes.
void Formatter::closeBracket() {
  if (!at(TokenKind::GreaterEq))
    return token();
  print(">");
  Token &rest = tokens_[at_];
  rest.kind = TokenKind::Assign;
  end_ = ++rest.begin;
}

bool Formatter::severalEntries() const {
  if (at(TokenKind::Less))
    return true;
  for (size_t i = at_ + 1; i < partner_[at_]; i = next(i))
    if (tokens_[i].kind == TokenKind::Comma)
      return i + 1 < partner_[at_];
  return false;
}

bool Formatter::onlyNumbers() const {
  auto inNumbers = [](const Token &token) {
    return token.kind == TokenKind::Int || token.kind == TokenKind::Float || token.kind == TokenKind::Minus ||
           token.kind == TokenKind::Comma;
  };
  size_t end = at_ + 1;
  while (inNumbers(tokens_[end]))
    ++end;
  return tokens_[end].kind == TokenKind::RBracket;
}

} // namespace

std::optional<std::string> format(const SourceFile &file, DiagnosticEngine &diagnostics) {
  size_t errors = diagnostics.errorCount();
  parseFile(file, diagnostics);
  if (diagnostics.errorCount() != errors)
    return std::nullopt;
  return Formatter(file, lex(file, diagnostics)).run();
}

} // namespace ricci::lang
