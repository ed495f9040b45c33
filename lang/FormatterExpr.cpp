#include "lang/FormatterImpl.h"
#include "lang/Operators.h"

#include <utility>

namespace ricci::lang {

using Join = Layout::Join;

bool Formatter::expression(Mode mode) {
  size_t from = layout_.position();
  switch (current().kind) {
  case TokenKind::If:
    conditional();
    return false;
  case TokenKind::For:
    keyword();
    entry(Style::Values);
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
    keyword();
    expression();
    space();
    token(); // then
    line();
    expression({.alone = true});
    layout_.group(arm);
    line({.outer = true, .hard = current().startsLine});
    arm = layout_.position();
    token(); // else
    if (at(TokenKind::If))
      space();
  }
  line();
  expression({.alone = true});
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
      keyword();
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
    keyword();
    binary(kNot, mode);
    return false;
  }
  while (at(TokenKind::Minus))
    token();
  if (at(TokenKind::Fn))
    return functionType();

  size_t from = layout_.position(), beforeWith = 0;
  bool breaks = primary(mode);
  int replacements = 0;
  for (; at(TokenKind::With) && !inWithValue_; ++replacements) {
    beforeWith = line();
    breaks = with();
    breaks |= suffixes(TokenKind::With, from, mode);
  }
  if (replacements == 1)
    layout_.keepTogether(beforeWith);
  if (replacements > 0)
    layout_.group(from);
  return breaks && replacements < 2;
}

bool Formatter::primary(Mode mode) {
  size_t from = layout_.position();
  TokenKind first = current().kind;
  bool breaks = false;
  if (first == TokenKind::LParen)
    breaks = list(TokenKind::RParen, mode.style, /*tight=*/mode.style == Style::Index);
  else if (first == TokenKind::LBracket)
    breaks = list(TokenKind::RBracket, Style::Values);
  else
    token();
  breaks |= suffixes(first, from, mode);
  return breaks;
}

// Calls, subscripts and fields of what began with `first`, and what a reduction or derivative needs: that may stand on
// further lines.
bool Formatter::suffixes(TokenKind first, size_t from, Mode mode) {
  bool breaks = false, incomplete = isReduction(first) || isDerivative(first);
  while (true) {
    bool goesOn = incomplete || !current().newline;
    if (at(TokenKind::LParen) && goesOn) {
      breaks |= list(TokenKind::RParen, mode.style);
      incomplete = false;
    } else if (at(TokenKind::LBracket) && goesOn) {
      Style style = incomplete && isDerivative(first) ? Style::Values : Style::Index;
      breaks |= list(TokenKind::RBracket, style, /*tight=*/true);
    } else if (at(TokenKind::Less) && (incomplete || mode.style == Style::Types)) {
      breaks |= list(TokenKind::Greater, Style::Types, /*tight=*/true);
    } else if (at(TokenKind::LBrace) && incomplete) {
      block(from);
      breaks = true;
      incomplete = false;
    } else if (at(TokenKind::Dot)) {
      space_ = first == TokenKind::Int; // `2 .1` is no number
      token();
      token();
    } else {
      return breaks;
    }
  }
}

bool Formatter::functionType() {
  token();
  list(TokenKind::RParen, Style::Types);
  infix();
  expression(kType);
  return true;
}

// True for `with (…)`, false for `with […] = e`.
bool Formatter::with() {
  size_t from = layout_.position();
  keyword();
  if (at(TokenKind::LParen))
    return list(TokenKind::RParen, Style::Values);
  list(TokenKind::RBracket, Style::Index, /*tight=*/true);
  space();
  token();
  inWithValue_ = true;
  assigned();
  inWithValue_ = false;
  layout_.group(from);
  return false;
}

// What follows `=`: on a line of its own, unless it fits or has brackets in which to break.
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
      keyword();
      expression(kType);
    } else if (at(TokenKind::Assign)) {
      space();
      token();
      assigned();
    } else if (at(TokenKind::In)) {
      infix();
      expression(kRange);
    } else if (at(TokenKind::DotDot)) {
      token();
      expression(kRange);
    } else if (at(TokenKind::Arrow) || sameLineWord("by")) {
      infix();
      expression(mode);
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
  for (size_t i = at_; !closes(tokens_[i].kind); i = after(i)) {
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

// `tight`: entries that are single words are not spaced out, `X[n,:]`.
bool Formatter::list(TokenKind close, Style style, bool tight) {
  if (tight && tightList(close))
    return false;
  size_t from = layout_.position();
  bool breaks = looseList(close, style);
  layout_.group(from);
  return breaks;
}

// Not yet a group. Where the author broke the line behind the opening bracket, each entry keeps its line.
bool Formatter::looseList(TokenKind close, Style style) {
  bool alone = !severalEntries(), numbers = onlyNumbers(), guarded = false;
  token();
  if (isClose(close, at_)) {
    closeBracket();
    return false;
  }
  bool withValue = std::exchange(inWithValue_, false);
  line({.join = Join::Nothing, .hard = current().startsLine, .blank = true});
  int entries = 0;
  for (; !isClose(close, at_); ++entries) {
    size_t start = layout_.position();
    guarded = at(TokenKind::Where);
    if (guarded) {
      keyword();
      expression();
    } else {
      entry(style, alone);
    }
    layout_.group(start);
    if (at(TokenKind::Comma))
      pass();
    if (!isClose(close, at_))
      line({.join = at(TokenKind::Where) ? Join::Space : Join::Entry, .blank = true, .fill = numbers});
  }
  bool mayEndInComma = close != TokenKind::Greater && !guarded;
  closingLine(entries > 1 && mayEndInComma ? Join::LastEntry : Join::Nothing);
  closeBracket();
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
  if (commented || !isClose(close, end) || end == at_ + 1)
    return false;
  while (at_ < end)
    if (at(TokenKind::Comma) && at_ + 1 == end)
      pass();
    else
      token();
  closeBracket();
  return true;
}

bool Formatter::isClose(TokenKind close, size_t token) const {
  TokenKind kind = tokens_[token].kind;
  return kind == close || (close == TokenKind::Greater && kind == TokenKind::GreaterEq);
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

// A guess for the sake of looks: the comma may be a lambda's.
bool Formatter::severalEntries() const {
  if (at(TokenKind::Less))
    return true;
  for (size_t i = at_ + 1; i < partner_[at_]; i = after(i))
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

} // namespace ricci::lang
