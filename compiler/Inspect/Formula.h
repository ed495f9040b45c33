// Counts as polynomials in the sizes of a program: 2·N·K + N. Sums and products only; a size that the program does not name
// gets a name of its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ricci::inspect {

class Formula {
public:
  Formula(int64_t number = 0);
  static Formula symbol(std::string name);

  Formula operator+(const Formula &other) const;
  Formula operator*(const Formula &other) const;
  bool operator==(const Formula &other) const = default;

  // "2·N·K + N"; "0".
  std::string text() const;
  // The number, if all symbols have one; without any, the formula is one.
  std::optional<double> value(const std::map<std::string, int64_t> &sizes = {}) const;

  // Each once.
  std::vector<std::string> symbols() const;

private:
  std::map<std::vector<std::string>, double> terms; // product of symbols, in order: coefficient, never 0
};

} // namespace ricci::inspect
