// Contractions as their indices, and the plain sums to compare with.
#pragma once

#include "GemmReference.h"

#include "runtime/Contraction.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ricci::tests {

struct Problem {
  std::vector<ricci_index> indices;
  size_t aSize = 1, bSize = 1, cSize = 1;
};

// C += the sum over all points, by recursion over the indices.
template <typename T>
inline void naive(const Problem &problem, size_t position, const T *a, const T *b, double *c) {
  if (position == problem.indices.size()) {
    *c += double(*a) * double(*b);
    return;
  }
  const ricci_index &index = problem.indices[position];
  for (int64_t i = 0; i < index.size; ++i)
    naive(problem, position + 1, a + i * index.a, b + i * index.b, c + i * index.c);
}

// What the indices of C do not reach keeps its value; where the sum is not finite, so is the result, in its way.
template <typename T>
void expectSums(const Problem &problem, const std::vector<T> &a, const std::vector<T> &b, const std::vector<T> &before,
                const std::vector<T> &c, bool accumulate) {
  Problem reach;
  int64_t length = 1;
  for (ricci_index index : problem.indices)
    if (index.c)
      reach.indices.push_back({index.size, 0, 0, index.c});
    else
      length *= index.size;
  std::vector<double> expected(problem.cSize, 0), touched(problem.cSize, 0);
  T one = 1;
  naive<T>(reach, 0, &one, &one, touched.data());
  naive<T>(problem, 0, a.data(), b.data(), expected.data());
  double bound = sumBound<T>(length + 1);
  for (size_t i = 0; i < c.size(); ++i) {
    const double sum = expected[i] + (accumulate || touched[i] == 0 ? before[i] : T(0));
    if (std::isfinite(sum))
      ASSERT_NEAR(c[i], sum, bound) << "at " << i;
    else
      ASSERT_TRUE(std::isnan(sum) ? std::isnan(c[i]) : c[i] == sum) << "at " << i << ": " << c[i] << " instead of " << sum;
  }
}

inline std::string describe(const Problem &problem) {
  std::string text;
  for (const ricci_index &index : problem.indices)
    text += "{" + std::to_string(index.size) + ", " + std::to_string(index.a) + ", " + std::to_string(index.b) + ", " +
            std::to_string(index.c) + "} ";
  return text;
}

// Row-major strides for "bda,dc->abc"; sizes by letter.
inline Problem parse(const std::string &equation, const std::string &letters, const std::vector<int64_t> &sizes) {
  size_t comma = equation.find(','), arrow = equation.find("->");
  std::string names[] = {equation.substr(0, comma), equation.substr(comma + 1, arrow - comma - 1), equation.substr(arrow + 2)};
  auto volume = [&](const std::string &name) {
    int64_t total = 1;
    for (char letter : name)
      total *= sizes[letters.find(letter)];
    return total;
  };
  Problem problem;
  for (size_t i = 0; i < letters.size(); ++i) {
    int64_t strides[3];
    for (int array = 0; array < 3; ++array) {
      size_t at = names[array].find(letters[i]);
      strides[array] = at == std::string::npos ? 0 : volume(names[array].substr(at + 1));
    }
    problem.indices.push_back({sizes[i], strides[0], strides[1], strides[2]});
  }
  problem.aSize = volume(names[0]), problem.bSize = volume(names[1]), problem.cSize = volume(names[2]);
  return problem;
}

} // namespace ricci::tests
