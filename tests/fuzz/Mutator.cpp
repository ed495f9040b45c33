#include "tests/fuzz/Mutator.h"

#include "lang/Lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ricci::fuzz {

using lang::Token;
using lang::TokenKind;

namespace {

// A text with its tokens, and edits by token ranges.
struct Program {
  explicit Program(std::string source) : text(std::move(source)) {
    lang::SourceManager sources;
    lang::DiagnosticEngine ignored;
    tokens = lang::lex(sources.file(sources.add("corpus", text)), ignored).tokens;
  }

  std::string_view spelling(size_t token) const {
    return std::string_view(text).substr(tokens[token].begin, tokens[token].end - tokens[token].begin);
  }
  std::string slice(std::pair<size_t, size_t> range) const {
    return text.substr(tokens[range.first].begin, tokens[range.second - 1].end - tokens[range.first].begin);
  }
  std::string replaced(std::pair<size_t, size_t> range, const std::string &with) const {
    return text.substr(0, tokens[range.first].begin) + with + text.substr(tokens[range.second - 1].end);
  }

  std::string text;
  std::vector<Token> tokens; // the last is End
};

bool opens(TokenKind kind) {
  return kind == TokenKind::LParen || kind == TokenKind::LBracket || kind == TokenKind::LBrace;
}
bool closes(TokenKind kind) {
  return kind == TokenKind::RParen || kind == TokenKind::RBracket || kind == TokenKind::RBrace;
}

// From `token` to behind its matching bracket; a token that opens nothing is alone.
std::pair<size_t, size_t> group(const Program &program, size_t token) {
  size_t depth = 0;
  for (size_t i = token; i + 1 < program.tokens.size(); ++i) {
    depth += opens(program.tokens[i].kind);
    if (closes(program.tokens[i].kind) && depth > 0)
      --depth;
    if (depth == 0)
      return {token, i + 1};
  }
  return {token, token + 1};
}

// The line the token is on, extended until brackets close: usually a statement or declaration.
std::pair<size_t, size_t> statement(const Program &program, size_t token) {
  size_t first = token;
  while (first > 0 && !program.tokens[first].startsLine)
    --first;
  size_t last = first, depth = 0;
  do {
    depth += opens(program.tokens[last].kind);
    if (closes(program.tokens[last].kind) && depth > 0)
      --depth;
    ++last;
  } while (last + 1 < program.tokens.size() && (depth > 0 || !program.tokens[last].startsLine));
  return {first, std::max(last, first + 1)};
}

template <size_t N> const char *pick(const std::array<const char *, N> &choices, Random &random) {
  return choices[random.below(N)];
}

constexpr std::array kBinary{"+", "-", "*", "/", "%", "**", "@", "==", "<", ">=", "and", "or"};
constexpr std::array kNumbers{"0", "1", "2", "-1", "3.5", "1e308", "9223372036854775807", "0.0", "1e-320", "inf", "nan", "pi", "true"};
constexpr std::array kReductions{"sum", "prod", "max", "min", "mean", "any", "all", "argmax", "argmin", "logsumexp"};
constexpr std::array kTypes{"f32", "f64", "i32", "i64", "bool"};
constexpr std::array kForms{"grad", "value_grad", "jvp", "vjp", "hvp", "jacobian", "hessian"};
constexpr std::array kWraps{"pad", "clamp", "wrap", "exp", "log", "sqrt", "abs", "relu", "softmax", "norm", "f64", "i64", "sum", "-", "not "};

bool isBinary(TokenKind kind) {
  switch (kind) {
  case TokenKind::Plus: case TokenKind::Minus: case TokenKind::Star: case TokenKind::Slash: case TokenKind::Percent:
  case TokenKind::StarStar: case TokenKind::At: case TokenKind::EqEq: case TokenKind::NotEq: case TokenKind::Less:
  case TokenKind::LessEq: case TokenKind::Greater: case TokenKind::GreaterEq: case TokenKind::And: case TokenKind::Or:
    return true;
  default:
    return false;
  }
}

// A change to the kind of token that it meets: a name becomes another name, an operator another operator.
std::optional<std::string> alike(const Program &program, size_t at, Random &random) {
  TokenKind kind = program.tokens[at].kind;
  if (kind == TokenKind::Identifier) {
    for (int tries = 0; tries < 20; ++tries) {
      size_t other = random.below(program.tokens.size() - 1);
      if (program.tokens[other].kind == TokenKind::Identifier)
        return std::string(program.spelling(other));
    }
    return std::nullopt;
  }
  if (kind == TokenKind::Int || kind == TokenKind::Float)
    return pick(kNumbers, random);
  if (isBinary(kind))
    return std::string(" ") + pick(kBinary, random) + " ";
  if (lang::isReduction(kind))
    return pick(kReductions, random);
  if (lang::isDerivative(kind))
    return pick(kForms, random);
  if (lang::isScalarType(kind))
    return pick(kTypes, random);
  return std::nullopt;
}

std::string mutateOnce(const Program &program, const std::vector<std::string> &corpus, Random &random) {
  if (program.tokens.size() < 2)
    return program.text;
  size_t at = random.below(program.tokens.size() - 1);
  std::pair<size_t, size_t> one{at, at + 1};
  switch (random.below(16)) {
  case 0: // a statement goes
    return program.replaced(statement(program, at), "");
  case 1: { // a statement comes twice
    auto range = statement(program, at);
    std::string text = program.slice(range);
    return program.replaced(range, text + "\n" + text);
  }
  case 2: { // a statement of another program comes in
    Program other(corpus[random.below(corpus.size())]);
    if (other.tokens.size() < 2)
      return program.text;
    auto range = statement(program, at);
    return program.replaced(range, program.slice(range) + "\n" +
                                       other.slice(statement(other, random.below(other.tokens.size() - 1))));
  }
  case 3: { // two bracketed groups or tokens change places
    auto a = group(program, at), b = group(program, random.below(program.tokens.size() - 1));
    if (a.first > b.first)
      std::swap(a, b);
    if (a.second > b.first)
      return program.text;
    std::string first = program.slice(a), second = program.slice(b);
    return Program(program.replaced(b, first)).replaced(a, second);
  }
  case 4: // a group goes, or its inside
    if (opens(program.tokens[at].kind) && random.oneIn(2)) {
      auto range = group(program, at);
      if (range.second > range.first + 2)
        return program.replaced({range.first + 1, range.second - 1}, "");
    }
    return program.replaced(group(program, at), "");
  case 5: { // something is wrapped in a call
    auto range = group(program, at);
    return program.replaced(range, pick(kWraps, random) + ("(" + program.slice(range)) + ")");
  }
  case 6: { // deep nesting
    auto range = group(program, at);
    size_t depth = size_t{1} << random.below(13);
    return program.replaced(range, std::string(depth, '(') + program.slice(range) + std::string(depth, ')'));
  }
  case 7: // any byte
    return mutateBytes(program.text, random);
  default:
    // Mostly like for like: that is what keeps programs parsing.
    for (int tries = 0; tries < 8; ++tries, one = {at, at + 1}) {
      if (auto with = alike(program, at, random))
        return program.replaced(one, *with);
      at = random.below(program.tokens.size() - 1);
    }
    return program.text;
  }
}

} // namespace

std::string mutateProgram(const std::vector<std::string> &corpus, Random &random) {
  std::string text = corpus[random.below(corpus.size())];
  for (size_t changes = 1 + random.below(3); changes > 0; --changes)
    text = mutateOnce(Program(text), corpus, random);
  return text;
}

std::string mutateBytes(std::string bytes, Random &random) {
  constexpr std::array<uint64_t, 8> kTelling{0, 1, 0x7f, 0xff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~uint64_t{0}};
  for (size_t changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
    size_t at = random.below(bytes.size());
    switch (random.below(6)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1u << random.below(8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(random.next());
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3: {
      std::string part = bytes.substr(at, 1 + random.below(64));
      bytes.insert(random.below(bytes.size() + 1), part);
      break;
    }
    case 4:
      bytes.erase(at, 1 + random.below(16));
      break;
    default: { // sizes and offsets in headers are little-endian words
      uint64_t word = kTelling[random.below(kTelling.size())];
      for (size_t k = 0; k < (size_t{1} << random.below(4)) && at + k < bytes.size(); ++k)
        bytes[at + k] = static_cast<char>(word >> (8 * k));
    }
    }
  }
  return bytes;
}

} // namespace ricci::fuzz
