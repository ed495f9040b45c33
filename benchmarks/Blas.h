// Contractions of two arrays by OpenBLAS as a careful user writes them: one call of gemm or gemv where strides allow,
// transposes into and out of contiguous matrices where they don't, a loop of calls over a batch.
#pragma once

#include "runtime/Array.h"

#include <memory>
#include <string>
#include <vector>

namespace ricci::bench {

class BlasContraction {
public:
  // `equation` as NumPy's einsum has it, two operands, every index once in each and in two of the three or in all;
  // both operands f32 or both f64. Borrows the operands.
  BlasContraction(const std::string &equation, const runtime::Array &a, const runtime::Array &b, int threads);
  const runtime::Array &run();

private:
  template <typename T> void runAs();

  runtime::Array borrowedA, borrowedB, left, right, product, result;
  std::string aLetters, bLetters, cLetters;       // of the equation
  std::string batch, rows, sums, columns;         // the kinds of indices, each in the order of its operand
  bool copyA, copyB, copyC, aTransposed, bTransposed;
  std::vector<int64_t> sizes; // by letter, 'a' first
  int64_t count(const std::string &letters) const;
};

// With the name of the kernels that it chose for this machine.
std::string openBlasVersion();

} // namespace ricci::bench
