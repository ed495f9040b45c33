// Inputs need no more than their elements' alignment: a host's memory and a mapped file's offer no more.
#include "tests/numerics/Program.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace ricci::test;
using ricci::runtime::Array;

namespace {

// The same elements, `offset` elements behind a multiple of 64 bytes.
SharedArray moved(const SharedArray &array, int64_t offset) {
  int64_t width = ricci::runtime::byteSize(array->dtype());
  auto space = std::make_shared<Array>(std::move(*Array::create(ricci::runtime::DType::Bool, {array->bytes() + 64})));
  std::byte *data = static_cast<std::byte *>(space->data()) + offset * width;
  std::memcpy(data, array->data(), static_cast<size_t>(array->bytes()));
  return std::make_shared<Array>(Array::share(array->type(), data, space));
}

SharedArray numbered(ricci::runtime::Shape shape) {
  int64_t size = *ricci::runtime::elementCount(shape);
  std::vector<double> elements;
  for (int64_t i = 0; i < size; ++i)
    elements.push_back(static_cast<double>((i * 37 + 11) % 101) / 50 - 1);
  return f64(std::move(shape), elements);
}

class InputAlignment : public ::testing::TestWithParam<const char *> {};

TEST_P(InputAlignment, ChangesNothing) {
  Inputs aligned{
      {"A", numbered({67, 45})}, {"B", numbered({45, 33})}, {"x", numbered({45})}, {"k", i64({5}, {3, 0, 44, 7, 7})}};
  Evaluated expected = runSource("", GetParam(), aligned);
  ASSERT_EQ(expected.error, "");
  for (int64_t offset : {1, 3, 7}) {
    Inputs inputs;
    for (const auto &[name, array] : aligned)
      inputs.emplace_back(name, moved(array, offset));
    Evaluated result = runSource("", GetParam(), inputs);
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0]), numbers(expected.values[0])) << "offset " << offset;
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, InputAlignment,
                         ::testing::Values("A @ B", "A.T @ A", "A @ x", "B.T @ x", "einsum(\"ij,kj,j->ik\", A, A, x)",
                                           "exp(A) + A", "softmax(A)", "sum(A * A)", "max[i](x[i])", "sort(x)",
                                           "sum[i](A[i, k[0]] * A[i, k[2]])", "grad[A](sum(tanh(A @ B)))", "A"));

} // namespace
