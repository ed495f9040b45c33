#include "compiler/driver/testing/ExampleTest.h"

#include "compiler/driver/Commands.h"
#include "lang/Lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace ricci::driver {

namespace {

std::string withoutBlanks(std::string_view text) {
  std::string result(text);
  std::erase_if(result, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return result;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a number off the front: digits, perhaps behind a minus, with what may belong to them. Empty if there is none.
std::string_view takeNumber(std::string_view &text) {
  size_t end = text.starts_with('-') ? 1 : 0;
  if (end >= text.size() || !isDigit(text[end]))
    return {};
  while (end < text.size() && (isDigit(text[end]) || text[end] == '.' || text[end] == 'e' ||
                               ((text[end] == '-' || text[end] == '+') && text[end - 1] == 'e')))
    ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  return number;
}

std::optional<double> numberOf(std::string_view text) {
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool isRoundedTo(std::string_view printed, std::string_view written) {
  size_t exponentAt = std::min(written.find('e'), written.size());
  size_t point = written.substr(0, exponentAt).find('.');
  std::optional<double> value = numberOf(printed), wanted = numberOf(written);
  auto isReal = [](std::string_view text) { return text.find_first_of(".e") != std::string_view::npos; };
  if (printed == written || !value || !wanted || !isReal(printed) || !isReal(written))
    return printed == written;
  int exponent = 0;
  if (exponentAt < written.size())
    std::from_chars(written.data() + exponentAt + (written[exponentAt + 1] == '+' ? 2 : 1),
                    written.data() + written.size(), exponent);
  int decimals = point == std::string_view::npos ? 0 : static_cast<int>(exponentAt - point - 1);
  constexpr double rounding = 1 + 1e-9; // of the difference itself
  return std::abs(*value - *wanted) <= 0.5 * std::pow(10.0, exponent - decimals) * rounding;
}

constexpr std::string_view valueMark = "=";

// What stands behind `# =`, by line.
std::map<uint32_t, std::string> valuesWritten(const lang::SourceFile &file) {
  std::map<uint32_t, std::string> written;
  lang::DiagnosticEngine ignored;
  for (const lang::Comment &comment : lex(file, ignored).comments) {
    std::string_view text = file.text().substr(comment.begin + 1, comment.end - comment.begin - 1);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.starts_with(valueMark) && !text.starts_with("=="))
      written[file.lineAt(comment.begin)] = withoutBlanks(text.substr(valueMark.size()));
  }
  return written;
}

class Example {
public:
  Example(const Settings &outer, const lang::SourceFile &source, const lang::DocExample &example)
      : settings(outer), source(source), example(example) {
    settings.quiet = true;
  }

  TestResult run() {
    TestResult result{TestResult::Example, TestResult::Passed, example.declaration};
    Session session(settings);
    std::string printed;
    runtime::ContextOptions options = contextOptions(settings);
    options.print = [&](std::string_view text) { printed += text; };
    runtime::Context context(std::move(options));
    std::optional<Problem> wrong = session.load({source.name(), std::nullopt, {}, &source, &example.text});
    if (!wrong)
      wrong = session.compile();
    if (!wrong)
      wrong = session.readInputs(context);
    if (!wrong) {
      Outcome<std::optional<runtime::Value>> value = session.run(context);
      wrong = value ? compare(session, *value) : std::optional(std::move(value.error()));
    }
    if (wrong) {
      result.status = TestResult::Failed;
      result.problem = wrong->status;
      result.message = fmt::format("in the example at line {}\n{}", example.line, wrong->text);
      if (!printed.empty())
        result.message += "it printed\n" + printed;
    }
    return result;
  }

private:
  std::optional<Problem> compare(const Session &session, const std::optional<runtime::Value> &value) const {
    const lang::SourceFile &file = session.exampleFile();
    std::map<uint32_t, std::string> written = valuesWritten(file);
    std::string differences;
    const auto *values = static_cast<const lang::AggregateExpr *>(session.program().result);
    for (size_t i = 0; value && i < values->fields.size(); ++i) {
      auto expected = written.find(file.lineAt(values->fields[i]->span.end));
      if (expected == written.end())
        continue;
      runtime::Result<std::string> text = runtime::toText(value->aggregate().fields[i].value);
      if (!text)
        return problem(text.error());
      if (!isValueWritten(*text, expected->second))
        differences += fmt::format("  --> {}:{}: the value is {}\n   | {}\n", source.name(), expected->first, *text,
                                   file.line(expected->first));
      written.erase(expected);
    }
    for (const auto &[line, text] : written)
      differences += fmt::format("  --> {}:{}: nothing ends on this line that has a value\n   | {}\n", source.name(),
                                 line, file.line(line));
    if (differences.empty())
      return std::nullopt;
    return Problem{ExitStatus::RunTime, differences};
  }

  Settings settings;
  const lang::SourceFile &source;
  const lang::DocExample &example;
};

} // namespace

bool isValueWritten(std::string_view printed, std::string_view written) {
  std::string there = withoutBlanks(printed), wanted = withoutBlanks(written);
  std::string_view left = there, right = wanted;
  while (!left.empty() && !right.empty()) {
    std::string_view number = takeNumber(left), rounded = takeNumber(right);
    if (number.empty() != rounded.empty() || (!number.empty() && !isRoundedTo(number, rounded)))
      return false;
    if (!number.empty())
      continue;
    if (left.front() != right.front())
      return false;
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  return left.empty() && right.empty();
}

TestResult runExample(const Settings &settings, const lang::SourceFile &file, const lang::DocExample &example) {
  return Example(settings, file, example).run();
}

} // namespace ricci::driver
