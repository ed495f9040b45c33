// The ways in which large contractions are done, on every register file, in memory that ends where the arrays end: the
// large operand streamed, both operands packed; and small ones in tiles where they lie.
#include "ContractionReference.h"

#include "runtime/ContractionPacked.h"
#include "runtime/ContractionSmall.h"
#include "runtime/ContractionStreamed.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace ricci::runtime;
using namespace ricci::tests;

namespace {

// Elements between two pages that may not be touched, next to one of them.
template <typename T> class Fenced {
public:
  Fenced(const std::vector<T> &values, bool atEnd) : count(values.size()) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), bytes = count * sizeof(T);
    const size_t inner = (bytes + page - 1) / page * page;
    length = inner + 2 * page;
    base = static_cast<char *>(mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + page, inner, PROT_READ | PROT_WRITE);
    data = reinterpret_cast<T *>(base + page + (atEnd ? inner - bytes : 0));
    std::memcpy(data, values.data(), bytes);
  }
  Fenced(const Fenced &) = delete;
  ~Fenced() { munmap(base, length); }

  std::vector<T> values() const { return {data, data + count}; }
  T *data;

private:
  size_t count, length;
  char *base;
};

enum class Way { Streamed, Packed, Small, SmallUnplanned };

// False if the contraction is not one for this way.
template <typename T>
bool run(Way way, RegisterFile registers, const Problem &problem, const T *a, const T *b, T *c, bool accumulate) {
  const GemmKernels<T> &kernels = gemmKernels<T>(registers);
  const ContractionPlan plan = planContraction(problem.indices);
  if (plan.exchanged)
    std::swap(a, b);
  auto allocate = [](int64_t bytes) {
    return std::unique_ptr<void, decltype(&std::free)>(
        std::aligned_alloc(64, static_cast<size_t>(bytes + 63) / 64 * 64), &std::free);
  };
  if (way == Way::Small || way == Way::SmallUnplanned) {
    SmallProduct product;
    if (!findSmall(kernels, plan, product))
      return false;
    if (way == Way::SmallUnplanned)
      return runSmall(kernels, product, a, b, c, accumulate);
    const SmallRunner<T> runner(kernels, product, plan.loops.points());
    if (plan.loops.size() == 0)
      runner.run(a, b, c, accumulate);
    else
      runner.runLine(a, b, c, accumulate, plan.loops.all()[0]);
    return true;
  }
  if (way == Way::Streamed) {
    auto streamed = planStreamed(plan, kernels, accumulate);
    if (!streamed)
      return false;
    auto workspace = allocate(streamed->workspace(kernels.lanes, sizeof(T)));
    runStreamed<T>(nullptr, kernels, *streamed, a, b, c, accumulate, workspace.get());
    return true;
  }
  if (plan.loops.size() > 0 || plan.k.points() == 0)
    return false;
  const PackedPlan packed = planPacked(plan, kernels);
  auto workspace = allocate(packed.workspace() * static_cast<int64_t>(sizeof(T)));
  runPacked<T>(nullptr, kernels, packed, a, b, c, accumulate, static_cast<T *>(workspace.get()));
  return true;
}

class Ways : public testing::TestWithParam<RegisterFile> {
protected:
  void SetUp() override {
    if (GetParam() > hostRegisterFile())
      GTEST_SKIP() << "this machine lacks these registers";
  }

  // Against plain sums, with a few elements that are not finite: they reach what depends on them and nothing else.
  template <typename T> static void check(Way way, const Problem &problem, bool accumulate, bool atEnd) {
    SCOPED_TRACE(testing::Message() << "registers " << static_cast<int>(GetParam()) << " of " << sizeof(T)
                                    << " bytes, indices " << describe(problem) << (accumulate ? "accumulating" : ""));
    auto a = randomValues<T>(problem.aSize, 1), b = randomValues<T>(problem.bSize, 2),
         before = randomValues<T>(problem.cSize, 3);
    a.back() = std::numeric_limits<T>::infinity();
    b.front() = std::numeric_limits<T>::quiet_NaN();
    const Fenced<T> left(a, atEnd), right(b, atEnd), result(before, atEnd);
    ASSERT_TRUE(run(way, GetParam(), problem, left.data, right.data, result.data, accumulate));
    expectSums(problem, a, b, before, result.values(), accumulate);
  }

  static void checkAll(Way way, const Problem &problem) {
    for (bool accumulate : {false, true})
      for (bool atEnd : {false, true}) {
        check<float>(way, problem, accumulate, atEnd);
        check<double>(way, problem, accumulate, atEnd);
      }
  }
};

// C contiguous along the lanes, along a row, along another index of the large operand and along none; loops that change
// the small operand; sums of several indices and blocks; strides that are multiples of 64 KB; rows pages apart, whose
// blocks of C wait together and more than may; sizes around those of vectors, tiles and blocks.
TEST_P(Ways, Streamed) {
  for (const Problem &problem :
       {parse("bda,dc->abc", "abcd", {40, 36, 24, 130}), parse("dca,bd->abc", "abcd", {70, 31, 37, 65}),
        parse("dca,bd->abc", "abcd", {128, 3, 128, 20}), parse("dbea,ec->abcd", "abcde", {33, 24, 17, 40, 7}),
        parse("efbad,cf->abcde", "abcdef", {12, 9, 5, 36, 17, 20}),
        parse("ebad,ce->abcd", "abcde", {20, 24, 5, 84, 33}), parse("deca,be->abcd", "abcde", {20, 11, 31, 19, 70}),
        parse("gdc,gbd->gbc", "bcdg", {16, 65, 130, 19}), parse("cdab,de->eabc", "abcde", {33, 25, 49, 7, 15}),
        parse("adc,bd->abc", "abcd", {12, 7, 15, 3001}), parse("dca,bd->cab", "abcd", {100, 5, 33, 70}),
        parse("ik,kj->ij", "ijk", {9, 2103, 70}), parse("ik,kj->ij", "ijk", {91, 2303, 65}),
        parse("lik,lkj->lij", "lijk", {3, 5, 1030, 67})})
    checkAll(Way::Streamed, problem);
}

// Rows, columns and sums of one and of several indices; each operand contiguous along its own, along the sum, and along
// an index of the sum of its own; strips and panels that are not whole; few strips, many with one block of columns and
// with several; C contiguous in pieces and not at all.
TEST_P(Ways, Packed) {
  for (const Problem &problem :
       {parse("ik,kj->ij", "ijk", {29, 67, 600}), parse("ki,jk->ij", "ijk", {61, 33, 129}),
        parse("aebf,fdec->abcd", "abcdef", {5, 9, 7, 12, 13, 14}),
        parse("eafd,fbec->abcd", "abcdef", {9, 10, 3, 12, 13, 14}), parse("acd,dbc->ab", "abcd", {31, 17, 40, 36}),
        parse("acd,dbc->ba", "abcd", {15, 49, 31, 37}), parse("adec,bde->abc", "abcde", {9, 17, 24, 13, 11}),
        parse("cad,dcb->ab", "abcd", {30, 80, 16, 64}), parse("aebf,fdec->cadb", "abcdef", {5, 9, 7, 12, 13, 14}),
        parse("ki,kj->ij", "ijk", {130, 33, 600}), parse("ki,kj->ij", "ijk", {117, 361, 512}),
        parse("iek,jke->ji", "eijk", {17, 115, 361, 30})})
    checkAll(Way::Packed, problem);
}

// Every order of the operands' indices, B turned and as it lies; tiles and panels that are not whole, of unequal
// widths; one and two last columns that are sums along rows.
TEST_P(Ways, Small) {
  for (const char *equation : {"ik,kj->ij", "ki,kj->ij", "ik,jk->ij", "ki,jk->ij", "ik,kj->ji", "ki,jk->ji"})
    for (const std::vector<int64_t> &sizes : std::vector<std::vector<int64_t>>{{2, 2, 2},
                                                                               {3, 17, 2},
                                                                               {16, 16, 16},
                                                                               {13, 5, 9},
                                                                               {7, 65, 33},
                                                                               {30, 70, 31},
                                                                               {25, 33, 64},
                                                                               {97, 20, 3},
                                                                               {13, 66, 130},
                                                                               {99, 100, 100}})
      for (Way way : {Way::Small, Way::SmallUnplanned})
        checkAll(way, parse(equation, "ijk", sizes));
}

// Points of one tile each, in one call and in several; of several tiles and panels; near and far, where the next is
// asked for.
TEST_P(Ways, SmallPoints) {
  for (const char *equation : {"bik,bkj->bij", "bik,bjk->bij", "kib,bkj->bij", "bik,bkj->bji"})
    for (const std::vector<int64_t> &sizes : std::vector<std::vector<int64_t>>{{3, 2, 2, 2},
                                                                               {70, 8, 8, 8},
                                                                               {31, 3, 17, 2},
                                                                               {600, 16, 16, 16},
                                                                               {65, 13, 25, 41},
                                                                               {130, 33, 66, 35},
                                                                               {200, 32, 30, 21}})
      checkAll(Way::Small, parse(equation, "bijk", sizes));
}

// What has another shape, or pays for more than tiles.
TEST_P(Ways, NotSmall) {
  const GemmKernels<float> &kernels = gemmKernels<float>(GetParam());
  for (const Problem &problem : {parse("ik,kj->ij", "ijk", {1, 16, 16}), parse("ik,kj->ij", "ijk", {16, 16, 0}),
                                 parse("ik,kj->ij", "ijk", {200, 200, 64}), parse("ik,kj->ij", "ijk", {4, 64, 6000}),
                                 parse("ik,jk->ij", "ijk", {2, 2, 6000}), parse("ikl,lkj->ij", "ijkl", {5, 6, 7, 8})}) {
    SCOPED_TRACE(describe(problem));
    SmallProduct product;
    EXPECT_FALSE(findSmall(kernels, planContraction(problem.indices), product));
    if (problem.indices.size() == 3) {
      const ricci_index &i = problem.indices[0], &j = problem.indices[1], &k = problem.indices[2];
      const ricci_matrices product{i.size, j.size, k.size, i.a, k.a, j.b, k.b, i.c};
      EXPECT_FALSE(runSmall<float>(kernels, product, nullptr, nullptr, nullptr, false));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registers, Ways, testing::Values(RegisterFile::Sse, RegisterFile::Avx2, RegisterFile::Avx512));

} // namespace
