// Checks an expression in Ricci at a seeded point: interpreter and compiled code agree within a bound that grows with the
// longest reduction; and for a differentiable one, with f the expression, v and w seeded directions,
//
//   jvp         against central differences of f
//   vjp         by ⟨Jv, w⟩ = ⟨v, Jᵀw⟩
//   hvp         of ⟨f, w⟩ by symmetry, ⟨H v, u⟩ = ⟨v, H u⟩
#pragma once

#include "tests/numerics/Program.h"

#include <gtest/gtest.h>

namespace ricci::test {

struct Operand {
  std::string name;
  runtime::Shape shape = {};
  enum Kind { Variable, Constant, Integers } kind = Variable; // differentiated by; held; whole numbers
  double low = -1, high = 1;                                  // of integers: low ≤ x < high
};

struct SourceCase {
  std::string name;
  std::string source;     // functions the expression calls
  std::string expression; // an array, or a scalar
  std::vector<Operand> operands = {};
  double terms = 1;       // of the longest reduction
  bool derivatives = true;
  std::vector<double> expected = {}; // values, where the case fixes its inputs by `fixed`
  Inputs fixed = {};

  friend std::ostream &operator<<(std::ostream &out, const SourceCase &given) { return out << given.name; }
};

void checkSource(const SourceCase &);
// A function on its own, its sizes dynamic, gives what its call with these arguments gives.
void checkFunction(const std::string &source, const std::string &name, const Inputs &arguments, double terms);

inline std::string caseName(const ::testing::TestParamInfo<SourceCase> &info) { return info.param.name; }

} // namespace ricci::test
