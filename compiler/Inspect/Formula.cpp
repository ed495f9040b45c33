#include "compiler/Inspect/Formula.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

using namespace ricci::inspect;

Formula::Formula(int64_t number) {
  if (number)
    terms[{}] = static_cast<double>(number);
}

Formula Formula::symbol(std::string name) {
  Formula result;
  result.terms[{std::move(name)}] = 1;
  return result;
}

Formula Formula::operator+(const Formula &other) const {
  Formula result = *this;
  for (const auto &[symbols, factor] : other.terms)
    if ((result.terms[symbols] += factor) == 0)
      result.terms.erase(symbols);
  return result;
}

Formula Formula::operator*(const Formula &other) const {
  Formula result;
  for (const auto &[left, leftFactor] : terms)
    for (const auto &[right, rightFactor] : other.terms) {
      std::vector<std::string> both(left);
      both.insert(both.end(), right.begin(), right.end());
      std::ranges::sort(both);
      Formula term;
      term.terms[std::move(both)] = leftFactor * rightFactor;
      result = result + term;
    }
  return result;
}

std::string Formula::text() const {
  std::vector<std::pair<std::vector<std::string>, double>> sorted(terms.begin(), terms.end());
  // The highest powers first.
  std::ranges::sort(sorted, [](const auto &left, const auto &right) {
    return std::pair(right.first.size(), left.first) < std::pair(left.first.size(), right.first);
  });
  std::string text;
  for (const auto &[symbols, factor] : sorted) {
    text += text.empty() ? "" : " + ";
    if (factor != 1 || symbols.empty())
      text += fmt::format("{}", factor);
    for (size_t i = 0; i < symbols.size(); ++i)
      text += (i || factor != 1 ? "·" : "") + symbols[i];
  }
  return text.empty() ? "0" : text;
}

std::vector<std::string> Formula::symbols() const {
  std::set<std::string> found;
  for (const auto &[symbols, factor] : terms)
    found.insert(symbols.begin(), symbols.end());
  return {found.begin(), found.end()};
}

std::optional<double> Formula::value(const std::map<std::string, int64_t> &sizes) const {
  double sum = 0;
  for (const auto &[symbols, factor] : terms) {
    double product = factor;
    for (const std::string &symbol : symbols) {
      auto found = sizes.find(symbol);
      if (found == sizes.end())
        return std::nullopt;
      product *= static_cast<double>(found->second);
    }
    sum += product;
  }
  return sum;
}
