// Whether two answers are the same up to rounding, where the program itself says how far rounding carries: the
// reference is interpreted again in noise (compiler/Reference/Rounding.h), and what its answers spread over is what
// another order of the same operations may reach. So a difference that cancellation or an unstable decision explains is
// none, and one in the last digits of a well-conditioned number is.
#pragma once

#include "tests/fuzz/Trial.h"

namespace ricci::fuzz {

// Bit by bit. Empty if they are the same, else "in what: where".
std::string difference(const Answer &expected, const Answer &actual);

class Reference {
public:
  Reference(Interpretation interpretation, const std::vector<runtime::Array> &inputs);

  const Answer &answer() const { return exact; }
  // Empty if rounding explains it, else "in what: where".
  std::string difference(const Answer &actual);
  // The last difference of more than a few units in the last place that rounding explained.
  const std::string &explained() const { return unstable; }

private:
  std::string beyond(const Answer &actual) const;
  void perturb(unsigned times);

  Interpretation interpretation;
  const std::vector<runtime::Array> &inputs;
  Answer exact;
  std::vector<std::vector<double>> spread; // of each element of each leaf
  unsigned perturbed = 0;
  std::string unstable;
};

} // namespace ricci::fuzz
