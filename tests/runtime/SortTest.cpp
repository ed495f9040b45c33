#include "runtime/Context.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace ricci::runtime;

namespace {

struct Order {
  int64_t rows = 1, places = -1; // of a row; as many as it has elements
  bool descending = false;
};

template <typename T> std::vector<int64_t> argsort(const std::vector<T> &keys, Order order = {}) {
  Context context;
  int64_t n = static_cast<int64_t>(keys.size()) / order.rows, places = order.places < 0 ? n : order.places;
  std::vector<int64_t> found(order.rows * places, -1);
  ricci_argsort(&context, keys.data(), static_cast<int32_t>(dtypeOf<T>()), order.rows, n, places, order.descending,
                found.data());
  return found;
}

template <typename T> void expectStable(const std::vector<T> &keys) {
  auto less = [](T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(a) || std::isnan(b))
        return !std::isnan(a) && std::isnan(b);
    return a < b;
  };
  int64_t n = static_cast<int64_t>(keys.size());
  for (bool descending : {false, true}) {
    auto before = [&](int64_t a, int64_t b) { return descending ? less(keys[b], keys[a]) : less(keys[a], keys[b]); };
    std::vector<int64_t> expected(n);
    std::iota(expected.begin(), expected.end(), 0);
    std::sort(expected.begin(), expected.end(),
              [&](int64_t a, int64_t b) { return before(a, b) || (!before(b, a) && a < b); });
    // A few places, found through the heap, many, and more than there are.
    for (int64_t places : {n, n / 100, n / 20, n / 2, n + 3}) {
      std::vector<int64_t> first = expected;
      first.resize(places);
      EXPECT_EQ(argsort(keys, {1, places, descending}), first) << places << " of " << n;
    }
  }
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

TEST(Argsort, TakesEqualElementsInOrder) {
  std::vector<double> keys(1000, 1.0);
  keys[500] = 2.0;
  EXPECT_EQ(argsort(keys, {1, 4, true}), (std::vector<int64_t>{500, 0, 1, 2}));
  EXPECT_EQ(argsort(keys, {1, 3, false}), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(argsort(keys, {2, 2, true}), (std::vector<int64_t>{0, 1, 0, 1}));
}

TEST(Argsort, SortsEachRowAndBooleans) {
  EXPECT_EQ(argsort(std::vector<int64_t>{3, 1, 2, 9, 8, 7}, {2}), (std::vector<int64_t>{1, 2, 0, 2, 1, 0}));
  bool flags[5] = {true, false, true, false, false};
  int64_t order[5];
  Context context;
  ricci_argsort(&context, flags, RICCI_BOOL, 1, 5, 5, 0, order);
  EXPECT_EQ(std::vector<int64_t>(order, order + 5), (std::vector<int64_t>{1, 3, 4, 0, 2}));
}

} // namespace
