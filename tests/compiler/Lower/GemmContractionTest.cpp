// Contractions of random rank, index kinds, index orders and sizes (0 and 1 among them) against plain sums.
#include "ContractionReference.h"

#include "runtime/Context.h"
#include "runtime/Contraction.h"

#include <algorithm>
#include <cfenv>
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>

using namespace ricci::tests;

namespace {

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

template <typename T> void check(const Problem &problem, int32_t dtype, bool accumulate) {
  auto a = randomValues<T>(problem.aSize, 1), b = randomValues<T>(problem.bSize, 2);
  auto before = randomValues<T>(problem.cSize, 3);
  std::vector<T> c = before;
  ricci::runtime::Context context;
  ricci_contract(&context, dtype, a.data(), b.data(), c.data(), problem.indices.data(), problem.indices.size(), accumulate);

  expectSums(problem, a, b, before, c, accumulate);
}

void checkEveryWay(const Problem &problem) {
  SCOPED_TRACE("indices " + describe(problem));
  for (bool accumulate : {false, true}) {
    check<float>(problem, RICCI_F32, accumulate);
    check<double>(problem, RICCI_F64, accumulate);
  }
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

// Sizes at which products are blocked and packed, columns are turned in registers, and nothing divides evenly; batches
// of small products, whose shares end within a line of the loops.
TEST(GemmContraction, TensorContractions) {
  const Problem problems[] = {
      parse("bda,dc->abc", "abcd", {20, 36, 24, 70}),
      parse("dca,bd->abc", "abcd", {70, 5, 37, 9}),
      parse("dca,bd->abc", "abcd", {64, 24, 32, 40}),
      parse("dbea,ec->abcd", "abcde", {33, 4, 3, 40, 17}),
      parse("efbad,cf->abcde", "abcdef", {3, 4, 7, 36, 48, 20}),
      parse("aebf,fdec->abcd", "abcdef", {9, 10, 11, 12, 13, 14}),
      parse("eafd,fbec->abcd", "abcdef", {9, 10, 11, 12, 13, 14}),
      parse("dca,bd->abc", "abcd", {33, 1, 40, 8}),
      parse("ghik,hgkj->ghij", "ghijk", {7, 11, 33, 48, 40}),
      parse("gik,gkj->gij", "gijk", {9, 70, 65, 66}),
  };
  for (const Problem &problem : problems)
    checkEveryWay(problem);
}

// The large operand has more than half a megabyte, so it is read where it lies: C contiguous along its lanes, along a row,
// along another of its indices and along none; loops that change the small operand; sums of several indices and blocks;
// strides that are multiples of 64 KB; sizes around those of vectors, tiles and blocks.
TEST(GemmContraction, StreamedOperands) {
  const Problem problems[] = {
      parse("bda,dc->abc", "abcd", {40, 36, 24, 130}),     parse("dca,bd->abc", "abcd", {70, 31, 37, 65}),
      parse("dca,bd->abc", "abcd", {128, 24, 128, 20}),    parse("dbea,ec->abcd", "abcde", {33, 24, 17, 40, 17}),
      parse("efbad,cf->abcde", "abcdef", {12, 9, 24, 36, 17, 20}), parse("aecbd,fe->abcdf", "abcdef", {7, 24, 24, 48, 20, 24}),
      parse("ebad,ce->abcd", "abcde", {20, 24, 24, 84, 33}), parse("gdc,gbd->gbc", "bcdg", {24, 65, 130, 19}),
      parse("adec,bde->abc", "abcde", {9, 17, 300, 13, 11}), parse("cdab,de->eabc", "abcde", {33, 25, 49, 7, 96}),
      parse("dca,bd->abc", "abcd", {64, 3, 256, 80}),      parse("adc,bd->abc", "abcd", {3, 14, 15, 7001}),
      parse("dbca,ed->abce", "abcde", {65, 33, 49, 3, 31}), parse("dca,bd->cab", "abcd", {100, 5, 33, 70}),
  };
  for (const Problem &problem : problems)
    checkEveryWay(problem);
}

// No cache holds the large operand: its rows are read a few at a time while blocks of C wait, whether or not C is
// contiguous along them; the last group has fewer blocks, the last block fewer lanes, the sum a shorter part.
TEST(GemmContraction, FarOperands) {
  for (const Problem &problem :
       {parse("dbca,ed->abce", "abcde", {41, 33, 49, 127, 31}), parse("bda,dc->abc", "abcd", {301, 40, 24, 700}),
        parse("adc,bd->abc", "abcd", {40, 9, 601, 350}), parse("ebad,ce->abcd", "abcde", {60, 40, 24, 84, 42})}) {
    SCOPED_TRACE("indices " + describe(problem));
    check<float>(problem, RICCI_F32, false);
    check<double>(problem, RICCI_F64, true);
  }
}

// C is turned and written past the caches: in whole lines; where it has none, in runs of all values of its contiguous
// index, which follow each other or not, and of a part of them; it is small beside the large operand.
TEST(GemmContraction, TurnedPastTheCaches) {
  for (const Problem &problem :
       {parse("deca,be->abcd", "abcde", {81, 12, 17, 144, 9}),
        parse("efcad,bf->abcde", "abcdef", {20, 11, 19, 21, 27, 7}),
        parse("deca,be->abcd", "abcde", {81, 11, 17, 150, 5}), parse("dca,bd->abc", "abcd", {301, 11, 707, 100})}) {
    SCOPED_TRACE("indices " + describe(problem));
    check<float>(problem, RICCI_F32, false);
    check<double>(problem, RICCI_F64, false);
  }
}

// `columns` sums over the windows of an image, which overlap.
Problem windows(int64_t height, int64_t width, int64_t channels, int64_t down, int64_t across, int64_t columns) {
  const int64_t rows = height - down + 1, places = width - across + 1;
  Problem problem;
  problem.indices = {{rows, width * channels, 0, places * columns},
                     {places, channels, 0, columns},
                     {columns, 0, 1, 1},
                     {down, width * channels, across * channels * columns, 0},
                     {across, channels, channels * columns, 0},
                     {channels, 1, columns, 0}};
  problem.aSize = static_cast<size_t>(height * width * channels);
  problem.bSize = static_cast<size_t>(down * across * channels * columns);
  problem.cSize = static_cast<size_t>(rows * places * columns);
  return problem;
}

// Runs of the image are read where they lie: rows that end within a tile; more columns than a panel, fewer, as many; a
// result that takes loops over its rows; and what is packed, as its runs or rows are too short.
TEST(GemmContraction, Windows) {
  for (const Problem &problem :
       {windows(9, 10, 24, 3, 3, 33), windows(16, 9, 7, 2, 3, 64), windows(13, 8, 16, 4, 1, 130),
        windows(50, 101, 8, 2, 2, 70), windows(30, 8, 16, 2, 3, 600), windows(20, 9, 3, 3, 3, 20),
        windows(20, 7, 16, 3, 3, 20)})
    checkEveryWay(problem);
}

// Nothing is computed with what the workspace held before: a signalling NaN would raise an exception in any lane, as a
// denormal number costs time in any.
TEST(GemmContraction, ComputesWithNothingLeftInTheWorkspace) {
  for (const Problem &problem :
       {parse("aebf,fdec->abcd", "abcdef", {12, 20, 11, 25, 13, 30}), parse("acd,dbc->ab", "abcd", {131, 117, 40, 36}),
        parse("cad,dcb->ab", "abcd", {130, 101, 16, 64}), parse("ik,kj->ij", "ijk", {100, 333, 300}),
        parse("ik,jk->ij", "ijk", {70, 45, 600}), parse("bda,dc->abc", "abcd", {40, 36, 24, 130}),
        parse("dca,bd->abc", "abcd", {70, 31, 37, 65}), parse("ebad,ce->abcd", "abcde", {20, 24, 24, 84, 33}),
        windows(13, 8, 16, 4, 1, 130)}) {
    SCOPED_TRACE("indices " + describe(problem));
    const auto rank = static_cast<int64_t>(problem.indices.size());
    auto a = randomValues<float>(problem.aSize, 1), b = randomValues<float>(problem.bSize, 2);
    std::vector<float> before(problem.cSize), c = before;
    const int64_t bytes = ricci_contract_workspace(RICCI_F32, problem.indices.data(), rank);
    const auto size = static_cast<size_t>((bytes + 63) / 64 * 64);
    std::unique_ptr<void, decltype(&std::free)> workspace(std::aligned_alloc(64, std::max<size_t>(size, 64)),
                                                          &std::free);
    constexpr uint32_t signalling = 0x7fa00000;
    std::fill_n(static_cast<uint32_t *>(workspace.get()), size / sizeof(uint32_t), signalling);
    std::feclearexcept(FE_ALL_EXCEPT);
    ricci_contract_alone(RICCI_F32, a.data(), b.data(), c.data(), problem.indices.data(), rank, 0, workspace.get());
    EXPECT_FALSE(std::fetestexcept(FE_INVALID));
    expectSums(problem, a, b, before, c, false);
  }
}

// An array with itself: only up to the diagonal is computed, where nothing is added to. Sums along contiguous and along other
// elements, of one index and of two.
TEST(GemmContraction, SymmetricProducts) {
  for (const Problem &problem :
       {parse("ik,jk->ij", "ijk", {601, 601, 40}), parse("ki,kj->ij", "ijk", {512, 512, 33}),
        parse("ik,jk->ij", "ijk", {72, 72, 900}), parse("ki,kj->ij", "ijk", {101, 101, 300}),
        parse("kil,kjl->ij", "ijkl", {519, 519, 3, 7}), parse("ik,jk->ji", "ijk", {570, 570, 20})}) {
    SCOPED_TRACE("indices " + describe(problem));
    const auto a = randomValues<double>(problem.aSize, 1), before = randomValues<double>(problem.cSize, 3);
    const int64_t n = problem.indices[0].size;
    for (const bool accumulate : {false, true}) {
      std::vector<double> alone;
      for (const int threads : {1, 3}) {
        ricci::runtime::Context context({.threads = threads});
        std::vector<double> c = before;
        ricci_contract(&context, RICCI_F64, a.data(), a.data(), c.data(), problem.indices.data(), problem.indices.size(), accumulate);
        expectSums(problem, a, a, before, c, accumulate);
        for (int64_t i = 0; i < n && !accumulate; ++i)
          for (int64_t j = 0; j < i; ++j)
            ASSERT_EQ(c[i * n + j], c[j * n + i]) << i << ", " << j;
        if (threads == 1)
          alone = c;
        EXPECT_EQ(c, alone);
      }
    }
  }
}

TEST(GemmContraction, SameBitsOnAnyNumberOfThreads) {
  for (const Problem &problem :
       {parse("ik,kj->ij", "ijk", {300, 500, 700}), parse("ik,kj->ij", "ijk", {20, 3000, 900}),
        parse("ik,jk->ij", "ijk", {20, 3000, 900}), parse("k,kj->j", "jk", {20000, 400}),
        parse("k,jk->j", "jk", {20000, 400}), parse("k,kj->j", "jk", {1001, 701}), parse("k,jk->j", "jk", {1001, 701}),
        parse("aebf,fdec->abcd", "abcdef", {12, 20, 11, 24, 13, 30}),
        parse("efbad,cf->abcde", "abcdef", {24, 18, 24, 36, 17, 20}), parse("gdc,gbd->gbc", "bcdg", {24, 165, 130, 19}),
        parse("dca,bd->abc", "abcd", {128, 24, 128, 40}), parse("gik,gkj->gij", "gijk", {37, 64, 65, 66}),
        parse("ghik,hgkj->ghij", "ghijk", {7, 11, 33, 48, 40}), parse("gik,gjk->gij", "gijk", {5, 64, 65, 66}),
        parse("gaeb,gef->gabf", "gabef", {24, 18, 20, 40, 60}), windows(20, 30, 24, 3, 3, 70),
        windows(60, 102, 16, 3, 3, 64)}) {
    SCOPED_TRACE("indices " + describe(problem));
    auto a = randomValues<float>(problem.aSize, 1), b = randomValues<float>(problem.bSize, 2);
    std::vector<float> results[3];
    for (int threads : {1, 2, 3}) {
      ricci::runtime::Context context({.threads = threads});
      std::vector<float> &c = results[threads - 1];
      c.resize(problem.cSize);
      ricci_contract(&context, RICCI_F32, a.data(), b.data(), c.data(), problem.indices.data(), problem.indices.size(), 0);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
  }
}

} // namespace
