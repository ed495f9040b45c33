#include "lang/sema/Einsum.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace ricci::lang {

static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool isLetter(char c) { return kLetters.find(c) != std::string_view::npos; }

static bool contains(const EinsumTerm &term, char letter) {
  return term.before.find(letter) != std::string::npos || term.after.find(letter) != std::string::npos;
}

namespace {

class EquationParser {
public:
  explicit EquationParser(std::string_view text) : text(text) {}

  std::variant<EinsumEquation, EinsumError> parse() {
    EinsumEquation equation;
    bool more = true;
    while (more && !error) {
      equation.operands.push_back(term(false));
      more = peek() == ',';
      position += more;
    }
    bool arrow = !error && peek() == '-';
    if (arrow) {
      if (position + 1 >= text.size() || text[position + 1] != '>')
        fail("`-` without `>`: the output follows `->`");
      position += 2;
      if (!error)
        equation.output = term(true);
    }
    if (!error && peek() != '\0')
      fail(arrow && peek() == '-' ? "a second `->`" : fmt::format("`{}` cannot stand in the output", peek()));
    if (!error && !arrow)
      implicitOutput(equation);
    if (!error)
      checkOutput(equation);
    if (error)
      return *error;
    return equation;
  }

private:
  char peek() {
    while (position < text.size() && (text[position] == ' ' || text[position] == '\t'))
      ++position;
    return position < text.size() ? text[position] : '\0';
  }

  void fail(std::string message) { failAt(position, std::move(message)); }
  void failAt(size_t offset, std::string message) {
    if (!error)
      error = EinsumError{std::min(offset, text.size()), std::move(message)};
  }

  EinsumTerm term(bool output) {
    EinsumTerm result;
    peek();
    result.offset = position;
    while (!error) {
      char c = peek();
      if (position >= text.size() || c == ',' || c == '-')
        break;
      if (isLetter(c)) {
        if (output && contains(result, c))
          fail(fmt::format("letter `{}` is repeated in the output", c));
        (result.ellipsis ? result.after : result.before) += c;
        ++position;
      } else if (text.substr(position, 3) == "...") {
        if (result.ellipsis)
          fail("a second `...` in one operand");
        result.ellipsis = true;
        position += 3;
        if (position < text.size() && text[position] == '.')
          fail("an ellipsis has three dots");
      } else if (c == '.') {
        fail("a lone `.`: an ellipsis is `...`");
      } else {
        fail("only letters, `,`, `->` and `...` make an equation");
      }
    }
    return result;
  }

  static void implicitOutput(EinsumEquation &equation) {
    std::array<int, 128> count{};
    for (const EinsumTerm &operand : equation.operands) {
      equation.output.ellipsis |= operand.ellipsis;
      for (char c : operand.before + operand.after)
        ++count[static_cast<size_t>(c)];
    }
    for (size_t c = 0; c < count.size(); ++c)
      if (count[c] == 1)
        (equation.output.ellipsis ? equation.output.after : equation.output.before) += static_cast<char>(c);
  }

  void checkOutput(const EinsumEquation &equation) {
    auto anywhere = [&](auto holds) { return std::any_of(equation.operands.begin(), equation.operands.end(), holds); };
    for (char c : equation.output.before + equation.output.after)
      if (!anywhere([&](const EinsumTerm &operand) { return contains(operand, c); }))
        failAt(text.find(c, equation.output.offset), fmt::format("output letter `{}` is in no operand", c));
    bool inOperands = anywhere([](const EinsumTerm &operand) { return operand.ellipsis; });
    if (equation.output.ellipsis && !inOperands)
      failAt(text.find("...", equation.output.offset), "the output has `...`, no operand has");
  }

  std::string_view text;
  size_t position = 0;
  std::optional<EinsumError> error;
};

} // namespace

std::variant<EinsumEquation, EinsumError> parseEinsum(std::string_view equation) { return EquationParser(equation).parse(); }

std::string EinsumLetters::text() const { return fmt::format("{}->{}", fmt::join(operands, ","), output); }

std::variant<EinsumLetters, EinsumError> resolveEinsum(const EinsumEquation &equation, const std::vector<size_t> &ranks) {
  if (ranks.size() != equation.operands.size())
    return EinsumError{0, fmt::format("the equation has {} operand{}, {} {} given", equation.operands.size(),
                                      equation.operands.size() == 1 ? "" : "s", ranks.size(), ranks.size() == 1 ? "is" : "are")};
  size_t width = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const EinsumTerm &term = equation.operands[i];
    if (term.ellipsis ? ranks[i] < term.letterCount() : ranks[i] != term.letterCount())
      return EinsumError{term.offset, fmt::format("operand {} has rank {}, the equation names {}{} of its axes", i + 1,
                                                  ranks[i], term.ellipsis ? "at least " : "", term.letterCount())};
    if (term.ellipsis)
      width = std::max(width, ranks[i] - term.letterCount());
  }
  if (width > 0 && !equation.output.ellipsis)
    return EinsumError{equation.output.offset, "axes of `...` are not summed: the output must have `...` too"};

  EinsumLetters result;
  for (char c : kLetters) {
    bool used = std::any_of(equation.operands.begin(), equation.operands.end(),
                            [&](const EinsumTerm &operand) { return contains(operand, c); });
    if (!used && result.ellipsis.size() < width)
      result.ellipsis += c;
  }
  if (result.ellipsis.size() < width)
    return EinsumError{0, "more axes than letters"};
  for (size_t i = 0; i < ranks.size(); ++i) {
    const EinsumTerm &term = equation.operands[i];
    size_t own = term.ellipsis ? ranks[i] - term.letterCount() : 0;
    result.operands.push_back(term.before + result.ellipsis.substr(width - own) + term.after);
  }
  result.output = equation.output.before + (equation.output.ellipsis ? result.ellipsis : "") + equation.output.after;
  return result;
}

} // namespace ricci::lang
