#include "compiler/driver/Roofline.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ricci::driver {

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

template <typename T, int Bytes> struct Vector { typedef T Type __attribute__((vector_size(Bytes))); };

// Independent chains of multiply-adds, enough to fill two pipelines of four cycles.
template <typename T, int Bytes> [[gnu::always_inline]] inline void multiplyAdd(int64_t turns, T *result) {
#pragma clang fp contract(fast)
  using V = typename Vector<T, Bytes>::Type;
  constexpr int chains = 10;
  V sums[chains] = {};
  V factor = V{} + result[0], term = V{} + result[1];
  for (int64_t i = 0; i < turns; ++i)
    for (V &sum : sums)
      sum = sum * factor + term;
  V total = {};
  for (const V &sum : sums)
    total += sum;
  for (int i = 0; i < Bytes / static_cast<int>(sizeof(T)); ++i)
    result[0] += total[i];
}
constexpr double flopsATurn = 2 * 10; // of one lane

template <typename T> struct Kernel {
  void (*run)(int64_t turns, T *result);
  int lanes;
};

template <typename T> __attribute__((target("avx512f"))) void avx512(int64_t turns, T *result) {
  multiplyAdd<T, 64>(turns, result);
}
template <typename T> __attribute__((target("avx2,fma"))) void avx2(int64_t turns, T *result) {
  multiplyAdd<T, 32>(turns, result);
}
template <typename T> void sse(int64_t turns, T *result) { multiplyAdd<T, 16>(turns, result); }

template <typename T> Kernel<T> widestKernel() {
  if (__builtin_cpu_supports("avx512f"))
    return {avx512<T>, 64 / sizeof(T)};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {avx2<T>, 32 / sizeof(T)};
  return {sse<T>, 16 / sizeof(T)};
}

constexpr int repetitions = 5;

template <typename Work> double fastest(runtime::Context &context, Work &work) {
  double best = 1e300;
  for (int i = 0; i < repetitions; ++i) {
    Clock::time_point start = Clock::now();
    ricci_parallel_for(
        &context, context.threads(), [](void *env, int64_t thread) { (*static_cast<Work *>(env))(thread); }, &work);
    best = std::min(best, seconds(start));
  }
  return best;
}

template <typename T> double flopsPerSecond(runtime::Context &context) {
  constexpr int64_t turns = 400000;
  Kernel<T> kernel = widestKernel<T>();
  auto work = [&](int64_t) {
    T values[2] = {T(0.5), T(1)};
    kernel.run(turns, values);
    volatile T used = values[0];
    (void)used;
  };
  double time = fastest(context, work);
  return flopsATurn * kernel.lanes * static_cast<double>(turns) * context.threads() / time;
}

// Reads two parts and writes the third, as often as gives a time worth measuring.
double bytesPerSecond(int64_t footprint, runtime::Context &context) {
  constexpr int64_t smallest = 48 << 10, largest = 96 << 20;
  auto elements = static_cast<size_t>(std::clamp(footprint, smallest, largest)) / (3 * sizeof(float));
  size_t chunk = std::max<size_t>(1, elements / static_cast<size_t>(context.threads()));
  elements = chunk * static_cast<size_t>(context.threads());
  std::vector<float> a(elements, 1), b(elements, 2), c(elements, 3);
  int turns = static_cast<int>(std::max<size_t>(1, (8 << 20) / elements));
  auto work = [&](int64_t thread) {
    size_t first = chunk * static_cast<size_t>(thread);
    for (int turn = 0; turn < turns; ++turn) {
      float factor = static_cast<float>(turn);
      for (size_t i = first; i < first + chunk; ++i)
        a[i] = b[i] + factor * c[i];
      // Each turn's result is wanted.
      asm volatile("" : : "r"(a.data()) : "memory");
    }
  };
  double time = fastest(context, work);
  return 3.0 * sizeof(float) * static_cast<double>(elements) * turns / time;
}

} // namespace

double rooflineSeconds(const Cost &cost, runtime::Context &context) {
  auto singleFlops = static_cast<double>(cost.flops - cost.doubleFlops);
  auto doubleFlops = static_cast<double>(cost.doubleFlops);
  double arithmetic = 0;
  if (singleFlops > 0)
    arithmetic += singleFlops / flopsPerSecond<float>(context);
  if (doubleFlops > 0)
    arithmetic += doubleFlops / flopsPerSecond<double>(context);
  double traffic = static_cast<double>(cost.bytes) / bytesPerSecond(cost.bytes, context);
  return std::max(arithmetic, traffic);
}

} // namespace ricci::driver
