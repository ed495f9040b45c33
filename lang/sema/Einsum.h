// Equations of `einsum` in NumPy's notation: text to letters for each axis. Spaces are ignored; without `->` the output
// has the letters that occur once, in ASCII order, after the ellipsis; `...` stands for any number of axes, lined up
// from the right.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ricci::lang {

struct EinsumError {
  size_t offset = 0; // into the equation, bytes
  std::string message;
};

struct EinsumTerm {
  std::string before, after; // letters on both sides of the ellipsis; all in `before` without one
  bool ellipsis = false;
  size_t offset = 0;

  size_t letterCount() const { return before.size() + after.size(); }
};

struct EinsumEquation {
  std::vector<EinsumTerm> operands;
  EinsumTerm output;
};

std::variant<EinsumEquation, EinsumError> parseEinsum(std::string_view equation);

// One letter for each axis; those of the ellipsis are letters that the equation does not use, the same in all operands.
struct EinsumLetters {
  std::vector<std::string> operands;
  std::string output;
  std::string ellipsis;

  std::string text() const; // `ab,bc->ac`
};

std::variant<EinsumLetters, EinsumError> resolveEinsum(const EinsumEquation &, const std::vector<size_t> &ranks);

} // namespace ricci::lang
