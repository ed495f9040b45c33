#include "runtime/Context.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace ricci::runtime;

namespace {

template <typename T> std::vector<int64_t> argsort(const std::vector<T> &keys, int64_t rows = 1) {
  Context context;
  std::vector<int64_t> order(keys.size(), -1);
  ricci_argsort(&context, keys.data(), static_cast<int32_t>(dtypeOf<T>()), rows,
                static_cast<int64_t>(keys.size()) / rows, order.data());
  return order;
}

template <typename T> void expectStable(const std::vector<T> &keys) {
  std::vector<int64_t> expected(keys.size());
  std::iota(expected.begin(), expected.end(), 0);
  auto before = [](T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(a) || std::isnan(b))
        return !std::isnan(a) && std::isnan(b);
    return a < b;
  };
  std::sort(expected.begin(), expected.end(),
            [&](int64_t a, int64_t b) { return before(keys[a], keys[b]) || (!before(keys[b], keys[a]) && a < b); });
  EXPECT_EQ(argsort(keys), expected);
}

TEST(Argsort, PutsNanLastAndZerosInOrder) {
  double nan = std::nan(""), inf = INFINITY;
  expectStable(std::vector<double>{nan, 1, -0.0, 0.0, -inf, -nan, inf, -1, 0.0, -0.0, 5e-324, -5e-324});
  expectStable(std::vector<float>{NAN, 1, -0.0f, 0.0f, -INFINITY, INFINITY, 1e-45f, -1e-45f, 0.5f});
}

TEST(Argsort, AgreesWithStableSort) {
  std::mt19937_64 random(1);
  for (size_t size : {0, 1, 2, 7, 255, 1000, 20000}) {
    std::vector<int64_t> wide(size);
    std::vector<int32_t> narrow(size);
    std::vector<double> real(size);
    std::vector<float> single(size);
    for (size_t i = 0; i < size; ++i) {
      wide[i] = static_cast<int64_t>(random());
      narrow[i] = static_cast<int32_t>(random()) % 10;
      real[i] = static_cast<double>(static_cast<int64_t>(random())) / 1e17;
      single[i] = static_cast<float>(real[i]);
    }
    expectStable(wide);
    expectStable(narrow);
    expectStable(real);
    expectStable(single);
  }
}

TEST(Argsort, SortsEachRowAndBooleans) {
  EXPECT_EQ(argsort(std::vector<int64_t>{3, 1, 2, 9, 8, 7}, 2), (std::vector<int64_t>{1, 2, 0, 2, 1, 0}));
  bool flags[5] = {true, false, true, false, false};
  int64_t order[5];
  Context context;
  ricci_argsort(&context, flags, RICCI_BOOL, 1, 5, order);
  EXPECT_EQ(std::vector<int64_t>(order, order + 5), (std::vector<int64_t>{1, 3, 4, 0, 2}));
}

} // namespace
