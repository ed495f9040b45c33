// Runs a function of the dialect in the reference interpreter and as compiled code, on the same random arrays, and
// compares the results.
#pragma once

#include "gtest/gtest.h"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace ricci::test {

// A function of the dialect, and shapes of the arguments with dynamic sizes, in order.
struct Program {
  std::string name, text;
  std::vector<std::vector<int64_t>> shapes = {};
};
inline std::ostream &operator<<(std::ostream &stream, const Program &program) { return stream << program.name; }

struct CompareOptions {
  // Shapes of the arguments with dynamic sizes, in order.
  std::vector<std::vector<int64_t>> shapes;
  unsigned vectorBytes = 0;
  // Of LowerOptions. The results of one thread and of three have to be the same bit by bit.
  int64_t chunkWork = 0; // and bytes from which results are stored past the caches
  bool fuse = false;
  // Of LowerOptions.
  int64_t blockRows = 0;
  // Integers drawn for arguments: 0 … limit − 1.
  int64_t integerLimit = 4;
  bool simplify = false;
  // Floats drawn for arguments lie between these.
  double low = -2, high = 2;
  // Floats may differ by so many roundings, and more with the size of the arrays.
  double roundings = 16;
};

// `text` holds one function. Floats agree within a bound that grows with the arrays; everything else is equal. A
// failure inside must have the same code on both sides.
::testing::AssertionResult compiledEqualsReference(const std::string &text, const CompareOptions &options = {});

// The module after lowering to loops, for looking at.
std::string loopsOf(const std::string &text);

} // namespace ricci::test
