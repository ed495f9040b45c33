#include "runtime/Array.h"

#include <gtest/gtest.h>
#include <numeric>
#include <thread>

using namespace ricci::runtime;

namespace {

TEST(ElementCount, RefusesNegativeAndOverflowingSizes) {
  EXPECT_EQ(elementCount(Shape{}), 1);
  EXPECT_EQ(elementCount(Shape{3, 0, 5}), 0);
  EXPECT_EQ(elementCount(Shape{3, -1}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{0, -1}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{int64_t(1) << 32, int64_t(1) << 31}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{0, int64_t(1) << 62, 4}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{int64_t(1) << 61}), int64_t(1) << 61);
  EXPECT_EQ(byteCount(DType::F64, Shape{int64_t(1) << 61}), std::nullopt);
}

TEST(Array, IsAlignedAndTyped) {
  Result<Array> array = Array::create(DType::F32, {3, 5});
  ASSERT_TRUE(array);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(array->data()) % 64, 0u);
  EXPECT_EQ(array->size(), 15);
  EXPECT_EQ(array->bytes(), 60);
  EXPECT_EQ(describe(array->type()), "f32[3,5]");
  EXPECT_EQ(describe(DType::I64, {}), "i64");
}

TEST(Array, LargeOnesStartAtALargePage) {
  Result<Array> array = Array::create(DType::Bool, {(int64_t(4) << 20) + 1});
  ASSERT_TRUE(array);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(array->data()) % (2 << 20), 0u);
}

TEST(Array, EmptyAndScalarShapesHold) {
  Result<Array> empty = Array::create(DType::I64, {0, 7});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->size(), 0);
  EXPECT_NE(empty->data(), nullptr);
  Array scalar = Array::scalar(2.5);
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.as<double>()[0], 2.5);
}

TEST(Array, RefusesWhatNoMemoryHolds) {
  Result<Array> array = Array::create(DType::F64, {int64_t(1) << 62});
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::Unsupported);
  array = Array::create(DType::F64, Shape(RICCI_MAX_RANK + 1, 1));
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::Unsupported);
}

TEST(Array, GathersStridedViews) {
  std::vector<int64_t> matrix(12);
  std::iota(matrix.begin(), matrix.end(), 0);
  Result<Array> transposed = Array::copyOf({matrix.data(), DType::I64, {4, 3}, {8, 32}});
  ASSERT_TRUE(transposed);
  std::span<int64_t> elements = transposed->as<int64_t>();
  EXPECT_EQ(std::vector<int64_t>(elements.begin(), elements.end()),
            (std::vector<int64_t>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  Result<Array> reversed = Array::copyOf({matrix.data() + 2, DType::I64, {3}, {-8}});
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->as<int64_t>()[0], 2);
  EXPECT_EQ(reversed->as<int64_t>()[2], 0);
  Result<Array> repeated = Array::copyOf({matrix.data() + 5, DType::I64, {2, 2}, {0, 0}});
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->as<int64_t>()[3], 5);
  EXPECT_EQ(Array::copyOf(transposed->view())->as<int64_t>()[11], 11);
}

TEST(Array, DescriptorNamesItsMemory) {
  Result<Array> array = Array::create(DType::I32, {2, 3});
  ASSERT_TRUE(array);
  ricci_array descriptor = array->descriptor();
  EXPECT_EQ(descriptor.data, array->data());
  EXPECT_EQ(descriptor.rank, 2);
  EXPECT_EQ(descriptor.sizes[1], 3);
  EXPECT_EQ(descriptor.dtype, RICCI_I32);
  EXPECT_EQ(Array::borrow(descriptor).type(), array->type());
}

TEST(MemoryPool, AlignsReusesAndAccounts) {
  MemoryPool pool;
  for (int64_t bytes : {0, 1, 64, 65, 1000, 4096, 1 << 20, (1 << 20) + 1, 9 << 20}) {
    void *block = pool.allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
    std::fill_n(static_cast<char *>(block), bytes, 'x');
    EXPECT_GE(pool.liveBytes(), bytes);
    EXPECT_LE(pool.liveBytes(), std::max<int64_t>(64, bytes + bytes / 8 + 64));
    pool.free(block);
    EXPECT_EQ(pool.liveBytes(), 0);
    EXPECT_EQ(pool.allocate(bytes), block);
    pool.free(block);
  }
  EXPECT_GE(pool.peakBytes(), 9 << 20);
}

TEST(MemoryPool, HoldsItsLimit) {
  MemoryPool pool(1 << 20);
  void *half = pool.allocate(1 << 19);
  ASSERT_NE(half, nullptr);
  EXPECT_EQ(pool.allocate((1 << 19) + 1), nullptr);
  EXPECT_EQ(pool.allocate(-1), nullptr);
  EXPECT_EQ(pool.allocate(MemoryPool::unlimited), nullptr);
  pool.free(half);
  // The cached half must make room for the whole.
  void *whole = pool.allocate(1 << 20);
  EXPECT_NE(whole, nullptr);
  pool.free(whole);
  EXPECT_LE(pool.peakBytes(), 1 << 20);
}

TEST(MemoryPool, ReleasesWhatNobodyOwns) {
  MemoryPool pool;
  void *kept = pool.allocate(100);
  void *dropped = pool.allocate(100);
  EXPECT_TRUE(pool.own(kept));
  EXPECT_FALSE(pool.own(kept));
  int foreign = 0;
  EXPECT_FALSE(pool.own(&foreign));
  int64_t before = pool.liveBytes();
  pool.releaseUnowned();
  EXPECT_EQ(pool.liveBytes(), before / 2);
  EXPECT_NE(kept, dropped);
  pool.free(kept);
}

TEST(MemoryPool, OwnedBlocksComeAndGoOnAnyThread) {
  MemoryPool pool;
  void *scratch = pool.allocate(1000);
  std::vector<std::thread> threads;
  for (int number = 0; number < 3; ++number)
    threads.emplace_back([&] {
      for (int64_t bytes = 0; bytes < 3000; ++bytes)
        pool.free(pool.allocateOwned(bytes));
    });
  for (std::thread &thread : threads)
    thread.join();
  void *result = pool.allocateOwned(1000);
  EXPECT_FALSE(pool.own(result));
  pool.free(scratch);
  int64_t before = pool.liveBytes();
  pool.releaseUnowned();
  EXPECT_EQ(pool.liveBytes(), before);
  pool.free(result);
  EXPECT_EQ(pool.liveBytes(), 0);
}

} // namespace
