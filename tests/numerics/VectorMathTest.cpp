// Every elementwise function against the next wider precision: the largest error in units in the last place, for every
// register width and scalar code. Single-argument f32 functions are sampled evenly over all 2^32 values, and at the width
// of this machine all of them are tried; others at random in a range, with the special values and their neighbours.
#include "VectorMathKernel.h"

#include "dialects/ScalarExpr.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace ricci;
using namespace ricci::tests;

namespace {

struct Function {
  const char *name;
  EmitFunction emit;
  double (*single)(double);         // what f32 is compared with
  long double (*twice)(long double); // what f64 is compared with
  double singleBound, twiceBound;   // in ulp; half of one more without fused multiply-add
};

template <typename Op> Value emitOp(OpBuilder &builder, Location loc, ValueRange operands) {
  return Op::create(builder, loc, operands[0]);
}

Value emitSigmoid(OpBuilder &builder, Location loc, ValueRange operands) {
  return sigmoid(ScalarExpr(builder, loc, operands[0])).value();
}
template <typename T> T exactSigmoid(T x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

#define LIBM(name) static_cast<double (*)(double)>(std::name), static_cast<long double (*)(long double)>(std::name)

const Function functions[] = {
    {"exp", emitOp<math::ExpOp>, LIBM(exp), 1, 2},
    {"log", emitOp<math::LogOp>, LIBM(log), 1, 2},
    {"tanh", emitOp<math::TanhOp>, LIBM(tanh), 1, 2},
    {"sigmoid", emitSigmoid, exactSigmoid<double>, exactSigmoid<long double>, 1, 2},
    {"expm1", emitOp<math::ExpM1Op>, LIBM(expm1), 2, 2},
    {"log1p", emitOp<math::Log1pOp>, LIBM(log1p), 2, 2},
    // libmvec promises 4 ulp.
    {"acos", emitOp<math::AcosOp>, LIBM(acos), 4, 4},
    {"acosh", emitOp<math::AcoshOp>, LIBM(acosh), 4, 4},
    {"asin", emitOp<math::AsinOp>, LIBM(asin), 4, 4},
    {"asinh", emitOp<math::AsinhOp>, LIBM(asinh), 4, 4},
    {"atan", emitOp<math::AtanOp>, LIBM(atan), 4, 4},
    {"atanh", emitOp<math::AtanhOp>, LIBM(atanh), 4, 4},
    {"cbrt", emitOp<math::CbrtOp>, LIBM(cbrt), 4, 4},
    {"cos", emitOp<math::CosOp>, LIBM(cos), 4, 4},
    {"cosh", emitOp<math::CoshOp>, LIBM(cosh), 4, 4},
    {"erf", emitOp<math::ErfOp>, LIBM(erf), 4, 4},
    {"erfc", emitOp<math::ErfcOp>, LIBM(erfc), 4, 4},
    {"exp2", emitOp<math::Exp2Op>, LIBM(exp2), 4, 4},
    {"log10", emitOp<math::Log10Op>, LIBM(log10), 4, 4},
    {"log2", emitOp<math::Log2Op>, LIBM(log2), 4, 4},
    {"sin", emitOp<math::SinOp>, LIBM(sin), 4, 4},
    {"sinh", emitOp<math::SinhOp>, LIBM(sinh), 4, 4},
    {"tan", emitOp<math::TanOp>, LIBM(tan), 4, 4},
};

// |got - exact| in units of the last place of `exact` rounded to T; infinite if one is NaN and the other is not.
template <typename T, typename Wide> double ulpError(T got, Wide exact) {
  T rounded = static_cast<T>(exact);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) == std::isnan(got) ? 0 : INFINITY;
  if (got == rounded)
    return std::signbit(got) == std::signbit(rounded) || got != 0 ? 0 : INFINITY;
  constexpr T largest = std::numeric_limits<T>::max();
  // An infinity counts as the next number after the largest.
  auto finite = [](auto x) -> Wide {
    return std::isinf(x) ? std::copysign(std::ldexp(Wide(1), std::numeric_limits<T>::max_exponent), Wide(x)) : Wide(x);
  };
  T size = std::min(std::abs(rounded), largest);
  T below = size == 0 ? T(0) : std::nextafter(size, T(0));
  Wide ulp = size == 0 ? Wide(std::numeric_limits<T>::denorm_min()) : Wide(size) - Wide(below);
  return static_cast<double>(std::abs(finite(got) - finite(exact)) / ulp);
}

template <typename T> std::vector<T> specialValues() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values{0, 1, 2, T(0.5), Limits::min(), Limits::denorm_min(), Limits::max(), Limits::epsilon(),
                        T(M_LN2), T(M_LN2 / 2), T(M_SQRT2), T(M_SQRT1_2), T(M_PI), T(M_PI_2), 104, 89, 710, 746,
                        T(88.72284), T(709.782712893384), T(1e-3), T(1e3), T(1e10)};
  for (size_t i = 0, count = values.size(); i < count; ++i) {
    values.push_back(std::nextafter(values[i], T(0)));
    values.push_back(std::nextafter(values[i], Limits::infinity()));
  }
  values.push_back(Limits::infinity());
  values.push_back(Limits::quiet_NaN());
  for (size_t i = 0, count = values.size(); i < count; ++i)
    values.push_back(-values[i]);
  return values;
}

template <typename T, typename Wide, typename Reference>
double largestError(const VectorMathKernel &kernel, Reference reference, const std::vector<T> &x, T &worstAt) {
  std::vector<T> y(x.size());
  kernel.run(std::span<const T>(x), std::span<const T>(x), std::span<T>(y));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulpError(y[i], reference(Wide(x[i])));
    if (error > worst)
      worst = error, worstAt = x[i];
  }
  return worst;
}

struct Width {
  const char *name;
  const lower::VectorTarget *target; // null: scalar code
};

class VectorMath : public testing::TestWithParam<Width> {
protected:
  void SetUp() override {
    if (GetParam().target && GetParam().target->vectorBytes > lower::VectorTarget::host().vectorBytes)
      GTEST_SKIP() << "this machine lacks these registers";
  }
  static const lower::VectorTarget &target() {
    return GetParam().target ? *GetParam().target : lower::VectorTarget::host();
  }
  static double slack() { return target().hasFma ? 0 : 0.5; }
  static unsigned lanes(unsigned bytes) { return GetParam().target ? GetParam().target->vectorBytes / bytes : 0; }
};

constexpr size_t batch = 1 << 16;

TEST_P(VectorMath, Single) {
  // A prime, so that all bit patterns of the mantissa's end occur.
  constexpr uint64_t stride = 16381;
  for (const Function &function : functions) {
    VectorMathKernel kernel(true, 1, lanes(4), target(), function.emit);
    double worst = 0;
    float worstAt = 0;
    std::vector<float> x = specialValues<float>();
    for (uint64_t bits = 0; bits < (uint64_t(1) << 32);) {
      for (; x.size() < batch; bits += stride)
        x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      float at = 0;
      if (double error = largestError<float, double>(kernel, function.single, x, at); error > worst)
        worst = error, worstAt = at;
      x.clear();
    }
    std::printf("%-8s f32 %-7s %.3f ulp at %a\n", GetParam().name, function.name, worst, worstAt);
    EXPECT_LE(worst, function.singleBound + slack()) << function.name << " at " << worstAt;
  }
}

TEST_P(VectorMath, Double) {
  std::mt19937_64 random(3);
  for (const Function &function : functions) {
    VectorMathKernel kernel(false, 1, lanes(8), target(), function.emit);
    std::vector<double> x = specialValues<double>();
    // Half of them of any exponent, half of everyday size.
    std::uniform_real_distribution<double> everyday(-30, 30);
    while (x.size() < 4 * batch) {
      x.push_back(std::bit_cast<double>(random()));
      x.push_back(everyday(random));
    }
    double worstAt = 0;
    double worst = largestError<double, long double>(kernel, function.twice, x, worstAt);
    std::printf("%-8s f64 %-7s %.3f ulp at %a\n", GetParam().name, function.name, worst, worstAt);
    EXPECT_LE(worst, function.twiceBound + slack()) << function.name << " at " << worstAt;
  }
}

// What masks a score comes out as 0, and not by way of an underflow, which took 26 times as long.
TEST_P(VectorMath, ZeroesAreNotSlow) {
  VectorMathKernel kernel(true, 1, lanes(4), target(), functions[0].emit);
  auto least = [&](float value) {
    std::vector<float> x(4096, value), y(x.size());
    double seconds = std::numeric_limits<double>::infinity();
    for (int round = 0; round < 50; ++round) {
      timespec from{}, to{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
      kernel.run(std::span<const float>(x), std::span<const float>(x), std::span<float>(y));
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
      seconds = std::min(seconds, double(to.tv_sec - from.tv_sec) + 1e-9 * double(to.tv_nsec - from.tv_nsec));
    }
    EXPECT_TRUE(value > -1 || y == std::vector<float>(x.size(), 0));
    return seconds;
  };
  const double usual = least(-0.5f);
  EXPECT_LE(least(-1000), 5 * usual);
  EXPECT_LE(least(-1e30f), 5 * usual);
}

TEST_P(VectorMath, TwoArguments) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> base(0, 20), exponent(-8, 8);
  for (bool isPower : {true, false}) {
    VectorMathKernel kernel(false, 2, lanes(8), target(), [&](OpBuilder &builder, Location loc, ValueRange operands) {
      return isPower ? Value(math::PowFOp::create(builder, loc, operands[0], operands[1]))
                     : Value(math::Atan2Op::create(builder, loc, operands[0], operands[1]));
    });
    std::vector<double> x, y, z(batch);
    for (size_t i = 0; i < batch; ++i) {
      x.push_back(base(random));
      y.push_back(exponent(random));
    }
    kernel.run(std::span<const double>(x), std::span<const double>(y), std::span<double>(z));
    double worst = 0;
    for (size_t i = 0; i < batch; ++i) {
      long double exact = isPower ? std::pow((long double)x[i], (long double)y[i])
                                  : std::atan2((long double)x[i], (long double)y[i]);
      worst = std::max(worst, ulpError(z[i], exact));
    }
    EXPECT_LE(worst, 4) << (isPower ? "pow" : "atan2");
  }
}

// All 2^32 floats; where a whole block is outside the function's domain or overflows, which libraries are slow to say, one
// block of many. The f64 code, which VectorMath.Double holds to a few of its own units, is exact enough to compare with,
// and as fast.
class EverySingle : public testing::TestWithParam<Function> {};

TEST_P(EverySingle, IsWithinItsBound) {
#if defined(__has_feature) && __has_feature(address_sanitizer)
  GTEST_SKIP() << "too slow with sanitizers";
#endif
  const Function &function = GetParam();
  const lower::VectorTarget &target = lower::VectorTarget::host();
  VectorMathKernel single(true, 1, target.vectorBytes / 4, target, function.emit);
  VectorMathKernel twice(false, 1, target.vectorBytes / 8, target, function.emit);
  constexpr size_t count = 1 << 12; // all arrays stay in the first-level cache's neighbourhood
  std::vector<float> x(count), got(count);
  std::vector<double> wide(count), exact(count);
  double worst = 0;
  float worstAt = 0;
  auto at = [](uint64_t number) { return std::bit_cast<float>(static_cast<uint32_t>(number)); };
  // Its values have one sign and rise or fall, and domains are intervals: what the ends have in common all have.
  auto isPlain = [&](uint64_t first) {
    double low = function.single(at(first)), high = function.single(at(first + count - 1));
    return (std::isnan(low) && std::isnan(high)) || (std::isinf(low) && low == high);
  };
  for (uint64_t first = 0, plain = 0; first < uint64_t(1) << 32; first += count) {
    if (isPlain(first) && ++plain % 61 != 0)
      continue;
    for (size_t i = 0; i < count; ++i) {
      x[i] = at(first + i);
      wide[i] = x[i];
    }
    single.run(std::span<const float>(x), std::span<const float>(x), std::span<float>(got));
    twice.run(std::span<const double>(wide), std::span<const double>(wide), std::span<double>(exact));
    for (size_t i = 0; i < count; ++i) {
      if (std::bit_cast<uint32_t>(got[i]) == std::bit_cast<uint32_t>(static_cast<float>(exact[i])))
        continue;
      if (double error = ulpError(got[i], exact[i]); error > worst)
        worst = error, worstAt = x[i];
    }
  }
  std::printf("all f32 %-7s %.3f ulp at %a\n", function.name, worst, worstAt);
  EXPECT_LE(worst, function.singleBound + (target.hasFma ? 0 : 0.5)) << " at " << worstAt;
}

INSTANTIATE_TEST_SUITE_P(Functions, EverySingle, testing::ValuesIn(functions),
                         [](const auto &info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(Widths, VectorMath,
                         testing::Values(Width{"scalar", nullptr}, Width{"sse", &lower::VectorTarget::sse()},
                                         Width{"avx2", &lower::VectorTarget::avx2()},
                                         Width{"avx512", &lower::VectorTarget::avx512()}),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
