#include "compiler/Inspect/Difference.h"

#include "compiler/Inspect/Print.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace ricci::inspect;
using nlohmann::json;

namespace {

// A count's formula, or the number alone.
std::string shown(const json &value) {
  if (value.is_object())
    return value.at("formula").get<std::string>();
  if (value.is_number_float())
    return fmt::format("{:.4g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string changes(const json &before, const json &after, std::string_view indent) {
  std::string text;
  for (const auto &[name, value] : after.items()) {
    if (!before.contains(name) || before[name] == value)
      continue;
    text += fmt::format("{}{:<13}{} → {}\n", indent, name, shown(before[name]), shown(value));
  }
  return text;
}

std::string placeOf(const json &item) {
  const json &place = item.at("place");
  return place.is_null() ? "" : fmt::format("{}:{}", place.at("file").get<std::string>(), place.at("line").get<int>());
}

// Kernels correspond in order by name: the longest common subsequence.
std::vector<std::pair<int, int>> match(const json &before, const json &after) {
  const size_t n = before.size(), m = after.size();
  std::vector<std::vector<unsigned>> length(n + 1, std::vector<unsigned>(m + 1));
  auto same = [&](size_t i, size_t j) { return before[i].at("name") == after[j].at("name"); };
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      length[i][j] = same(i, j) ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
  std::vector<std::pair<int, int>> pairs;
  size_t i = 0, j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && same(i, j))
      pairs.emplace_back(i++, j++);
    else if (j == m || (i < n && length[i + 1][j] >= length[i][j + 1]))
      pairs.emplace_back(i++, -1);
    else
      pairs.emplace_back(-1, j++);
  }
  return pairs;
}

std::string kernelChanges(const json &before, const json &after) {
  std::string text;
  for (auto [i, j] : match(before, after)) {
    if (i < 0 || j < 0) {
      const json &kernel = i < 0 ? after[static_cast<size_t>(j)] : before[static_cast<size_t>(i)];
      text += fmt::format("  {} {}  {}\n", i < 0 ? "+" : "-", kernel.at("name").get<std::string>(), placeOf(kernel));
      continue;
    }
    const json &was = before[static_cast<size_t>(i)], &is = after[static_cast<size_t>(j)];
    std::string inside;
    for (const char *name : {"turns", "flops", "bytes"})
      if (was.at(name) != is.at(name))
        inside += fmt::format("      {:<13}{} → {}\n", name, shown(was.at(name)), shown(is.at(name)));
    inside += changes(was.at("code"), is.at("code"), "      ");
    if (!inside.empty())
      text += fmt::format("  ~ {}  {}\n{}", is.at("name").get<std::string>(), placeOf(is), inside);
  }
  return text;
}

// Each as a line, as often as it occurs.
std::multiset<std::string> decisionsOf(const json &report) {
  std::multiset<std::string> lines;
  for (const json &decision : report.at("decisions"))
    lines.insert(fmt::format("{} {}: {}  {}", decision.at("refused").get<bool>() ? "✗" : "✓", decision.at("what").get<std::string>(),
                             decision.at("reason").get<std::string>(), placeOf(decision)));
  return lines;
}

} // namespace

std::variant<std::string, NotAReport> ricci::inspect::difference(std::string_view oldJson, const Report &report) {
  const json before = json::parse(oldJson, nullptr, /*allow_exceptions=*/false);
  if (before.is_discarded())
    return NotAReport{"it is not JSON"};
  const json after = json::parse(printJson(report));
  try {
    if (before.at("version") != after.at("version"))
      return NotAReport{fmt::format("it has version {}, not {}", before.at("version").dump(), after.at("version").dump())};
    std::string text;
    auto section = [&](std::string_view name, const std::string &content) {
      if (!content.empty())
        text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", name, content);
    };
    section("Totals", changes(before.at("totals"), after.at("totals"), "  "));
    section("Kernels", kernelChanges(before.at("kernels"), after.at("kernels")));
    json oldMemory = before.at("memory"), newMemory = after.at("memory");
    oldMemory.erase("allocations");
    newMemory.erase("allocations");
    section("Memory", changes(oldMemory, newMemory, "  "));
    const std::multiset<std::string> was = decisionsOf(before), is = decisionsOf(after);
    std::vector<std::string> gone, fresh;
    std::ranges::set_difference(was, is, std::back_inserter(gone));
    std::ranges::set_difference(is, was, std::back_inserter(fresh));
    std::string decisions;
    for (const std::string &line : gone)
      decisions += "  - " + line + "\n";
    for (const std::string &line : fresh)
      decisions += "  + " + line + "\n";
    section("Decisions", decisions);
    if (text.empty())
      text = "nothing changed\n";
    if (!before.at("run_ms").is_null() && !after.at("run_ms").is_null())
      text += fmt::format("\nrun {:.4g} → {:.4g} ms\n", before["run_ms"].at("median").get<double>(),
                          after["run_ms"].at("median").get<double>());
    return text;
  } catch (const json::exception &error) {
    return NotAReport{error.what()};
  }
}
