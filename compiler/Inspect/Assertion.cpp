#include "compiler/Inspect/Assertion.h"

#include "compiler/Inspect/Print.h"

#include <algorithm>
#include <charconv>
#include <cctype>
#include <fmt/format.h>
#include <functional>

using namespace ricci::inspect;

const std::vector<Measure> &ricci::inspect::measures() {
  static const std::vector<Measure> list{
      {"kernels", "loop nests and calls"},
      {"flops", "floating-point operations of a run"},
      {"f64_flops", "those on f64"},
      {"bytes", "read and written by kernels in a run"},
      {"intensity", "flops / bytes"},
      {"vector_width", "lanes of the narrowest kernel that computes in floating point"},
      {"fma_share", "fused multiply-adds among floating-point instructions of innermost loops, 0 to 1"},
      {"masked", "instructions of innermost loops under a mask"},
      {"spills", "registers written to the stack"},
      {"reloads", "registers read back from the stack"},
      {"stack", "bytes of the largest frame"},
      {"instructions", "of all kernels"},
      {"peak_bytes", "memory alive at a time"},
      {"allocations", "blocks of memory taken"},
      {"reused", "results in the memory of an operand"},
      {"refused", "fusions and the like that were refused"},
      {"predicted_ms", "time of a run at the roofline", true},
      {"run_ms", "median time of a run", true},
      {"roofline", "predicted_ms / run_ms", true},
  };
  return list;
}

namespace {

std::optional<double> valueOf(std::string_view name, const Report &report) {
  const Totals totals = totalsOf(report);
  std::optional<double> predicted = 0.0;
  double instructions = 0, refused = 0;
  for (const Kernel &kernel : report.kernels) {
    predicted = predicted && kernel.predicted ? std::optional(*predicted + *kernel.predicted) : std::nullopt;
    instructions += kernel.code.instructions;
  }
  for (const Decision &decision : report.decisions)
    refused += decision.refused;
  const std::optional<double> run = report.measured ? std::optional(report.measured->median) : std::nullopt;
  auto quotient = [](std::optional<double> over, std::optional<double> under) {
    return over && under && *under > 0 ? std::optional(*over / *under) : std::nullopt;
  };
  auto milliseconds = [](std::optional<double> seconds) { return seconds ? std::optional(*seconds * 1e3) : seconds; };
  const std::pair<std::string_view, std::optional<double>> values[] = {
      {"kernels", report.kernels.size()},
      {"flops", totals.flops.number},
      {"f64_flops", totals.doubleFlops.number},
      {"bytes", totals.bytes.number},
      {"intensity", quotient(totals.flops.number, totals.bytes.number)},
      {"vector_width", totals.leastLanes},
      {"fma_share", totals.arithmetic ? static_cast<double>(totals.fused) / totals.arithmetic : 0},
      {"masked", totals.masked},
      {"spills", totals.spills},
      {"reloads", totals.reloads},
      {"stack", report.stackBytes},
      {"instructions", instructions},
      {"peak_bytes", report.memory.peak.number},
      {"allocations", report.memory.allocations.size()},
      {"reused", report.memory.reused},
      {"refused", refused},
      {"predicted_ms", milliseconds(predicted)},
      {"run_ms", milliseconds(run)},
      {"roofline", quotient(predicted, run)},
  };
  for (const auto &[known, value] : values)
    if (known == name)
      return value;
  return std::nullopt;
}

// Recursive descent; an error ends it by an exception that does not leave this file.
class Parser {
public:
  using Lookup = std::function<double(const Measure &, size_t offset)>;
  Parser(std::string_view text, Lookup lookup) : text(text), lookup(std::move(lookup)) {}

  double parse() {
    double value = alternatives();
    if (skip(); at < text.size())
      throw AssertionError{at, fmt::format("`{}` is not expected here", text[at])};
    return value;
  }

private:
  void skip() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])))
      ++at;
  }

  bool take(std::string_view token) {
    skip();
    if (!text.substr(at).starts_with(token))
      return false;
    at += token.size();
    return true;
  }

  double alternatives() {
    double value = conditions();
    while (take("||"))
      value = (conditions() != 0) | (value != 0);
    return value;
  }

  double conditions() {
    double value = comparison();
    while (take("&&"))
      value = (comparison() != 0) & (value != 0);
    return value;
  }

  double comparison() {
    const double left = sum();
    if (take("=="))
      return left == sum();
    if (take("!="))
      return left != sum();
    if (take("<="))
      return left <= sum();
    if (take(">="))
      return left >= sum();
    if (take("<"))
      return left < sum();
    if (take(">"))
      return left > sum();
    return left;
  }

  double sum() {
    double value = product();
    while (true)
      if (take("+"))
        value += product();
      else if (take("-"))
        value -= product();
      else
        return value;
  }

  double product() {
    double value = factor();
    while (true)
      if (take("*"))
        value *= factor();
      else if (take("/"))
        value /= factor();
      else
        return value;
  }

  double factor() {
    constexpr int deepest = 200; // of parentheses and signs
    struct Depth {
      int &depth;
      explicit Depth(int &depth) : depth(depth) { ++depth; }
      ~Depth() { --depth; }
    } here(depth);
    if (depth > deepest)
      throw AssertionError{at, "this is nested too deeply"};
    skip();
    // Not `!=`, which nothing stands before.
    if (take("!"))
      return factor() == 0;
    if (take("-"))
      return -factor();
    if (take("(")) {
      double value = alternatives();
      if (!take(")"))
        throw AssertionError{at, "`)` is missing"};
      return value;
    }
    const size_t begin = at;
    if (at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) || text[at] == '.')) {
      double value = 0;
      auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
      if (error != std::errc())
        throw AssertionError{begin, "this is not a number"};
      at = static_cast<size_t>(end - text.data());
      return value;
    }
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'))
      ++at;
    const std::string_view name = text.substr(begin, at - begin);
    if (name.empty())
      throw AssertionError{begin, "a number, a name or `(` is missing"};
    auto found = std::ranges::find(measures(), name, &Measure::name);
    if (found == measures().end()) {
      std::vector<std::string_view> names;
      for (const Measure &measure : measures())
        names.push_back(measure.name);
      throw AssertionError{begin, fmt::format("there is no `{}`; there are {}", name, fmt::join(names, " "))};
    }
    return lookup(*found, begin);
  }

  std::string_view text;
  Lookup lookup;
  size_t at = 0;
  int depth = 0;
};

} // namespace

std::variant<std::vector<const Measure *>, AssertionError> ricci::inspect::measuresIn(std::string_view text) {
  std::vector<const Measure *> found;
  try {
    Parser(text, [&](const Measure &measure, size_t) {
      found.push_back(&measure);
      return 1.0;
    }).parse();
  } catch (const AssertionError &error) {
    return error;
  }
  return found;
}

std::variant<Verdict, AssertionError> ricci::inspect::evaluate(std::string_view text, const Report &report) {
  Verdict verdict{};
  try {
    verdict.holds = Parser(text, [&](const Measure &measure, size_t offset) {
                      std::optional<double> value = valueOf(measure.name, report);
                      if (!value)
                        throw AssertionError{offset, fmt::format("`{}` has no number here: it needs {}", measure.name,
                                                                 measure.isMeasured ? "a run, which inputs or --measure make"
                                                                                    : "the sizes, which inputs tell")};
                      if (std::ranges::find(verdict.values, measure.name, &std::pair<std::string_view, double>::first) ==
                          verdict.values.end())
                        verdict.values.emplace_back(measure.name, *value);
                      return *value;
                    }).parse() != 0;
  } catch (const AssertionError &error) {
    return error;
  }
  return verdict;
}
