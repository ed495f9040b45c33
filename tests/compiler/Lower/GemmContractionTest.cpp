// Contractions of random rank, index kinds, index orders and sizes (0 and 1 among them) against plain sums.
#include "GemmReference.h"

#include "runtime/Context.h"
#include "runtime/Contraction.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

using namespace ricci::tests;

namespace {

struct Problem {
  std::vector<ricci_index> indices;
  size_t aSize = 1, bSize = 1, cSize = 1;
};

// Gives the indices that an array has row-major strides in a random order, with a random gap between rows.
template <typename Random>
size_t layOut(std::vector<ricci_index> &indices, int64_t ricci_index::*stride, Random &random) {
  std::vector<size_t> order;
  for (size_t i = 0; i < indices.size(); ++i)
    if (indices[i].*stride)
      order.push_back(i);
  std::shuffle(order.begin(), order.end(), random);
  int64_t next = 1 + (random() % 5 == 0);
  for (size_t i : order) {
    indices[i].*stride = next;
    next = std::max<int64_t>(1, next * indices[i].size + (random() % 6 == 0));
  }
  return static_cast<size_t>(next);
}

template <typename Random> Problem randomProblem(Random &random) {
  static constexpr int64_t sizes[] = {1, 2, 3, 4, 7, 16, 17, 33};
  Problem problem;
  int64_t rank = random() % 7;
  int64_t volume = 1;
  for (int64_t i = 0; i < rank; ++i) {
    int64_t size = random() % 40 == 0 ? 0 : sizes[random() % std::size(sizes)];
    if (volume * size > 300000)
      size = 2;
    volume *= std::max<int64_t>(size, 1);
    // batch, m, n, k, summed in one operand, broadcast into C
    static constexpr ricci_index kinds[] = {{0, 1, 1, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}, {0, 1, 1, 0}, {0, 1, 0, 0}, {0, 0, 0, 1}};
    ricci_index index = kinds[random() % 12 < 8 ? 1 + random() % 3 : random() % std::size(kinds)];
    index.size = size;
    problem.indices.push_back(index);
  }
  problem.aSize = layOut(problem.indices, &ricci_index::a, random);
  problem.bSize = layOut(problem.indices, &ricci_index::b, random);
  problem.cSize = layOut(problem.indices, &ricci_index::c, random);
  return problem;
}

// C += the sum over all points, by recursion over the indices.
template <typename T>
void naive(const Problem &problem, size_t position, const T *a, const T *b, double *c) {
  if (position == problem.indices.size()) {
    *c += double(*a) * double(*b);
    return;
  }
  const ricci_index &index = problem.indices[position];
  for (int64_t i = 0; i < index.size; ++i)
    naive(problem, position + 1, a + i * index.a, b + i * index.b, c + i * index.c);
}

template <typename T> void check(const Problem &problem, int32_t dtype, bool accumulate) {
  auto a = randomValues<T>(problem.aSize, 1), b = randomValues<T>(problem.bSize, 2);
  auto before = randomValues<T>(problem.cSize, 3);
  std::vector<T> c = before;
  ricci::runtime::Context context;
  ricci_contract(&context, dtype, a.data(), b.data(), c.data(), problem.indices.data(), problem.indices.size(), accumulate);

  // What C's indices do not reach keeps its value.
  std::vector<T> none(1, T(0));
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
  for (size_t i = 0; i < c.size(); ++i)
    ASSERT_NEAR(c[i], expected[i] + (accumulate || touched[i] == 0 ? before[i] : T(0)), bound) << "at " << i;
}

std::string describe(const Problem &problem) {
  std::string text;
  for (const ricci_index &index : problem.indices)
    text += "{" + std::to_string(index.size) + ", " + std::to_string(index.a) + ", " + std::to_string(index.b) + ", " +
            std::to_string(index.c) + "} ";
  return text;
}

TEST(GemmContraction, RandomIndexOrders) {
  std::mt19937_64 random(7);
  for (int run = 0; run < 1500; ++run) {
    Problem problem = randomProblem(random);
    SCOPED_TRACE("indices " + describe(problem));
    bool accumulate = random() % 2;
    check<float>(problem, RICCI_F32, accumulate);
    check<double>(problem, RICCI_F64, accumulate);
    if (HasFatalFailure())
      return;
  }
}

// bda,dc->abc and friends at sizes where the product is blocked and packed.
TEST(GemmContraction, TensorContractions) {
  Problem problem;
  int64_t a = 20, b = 36, c = 24, d = 70;
  problem.indices = {{b, d * a, 0, c}, {d, a, c, 0}, {a, 1, 0, b * c}, {c, 0, 1, 1}};
  problem.aSize = a * b * d, problem.bSize = d * c, problem.cSize = a * b * c;
  check<float>(problem, RICCI_F32, false);
  check<double>(problem, RICCI_F64, true);
}

} // namespace
