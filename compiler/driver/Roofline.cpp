#include "compiler/driver/Roofline.h"

#include "runtime/MemoryPool.h"

#include <algorithm>
#include <ctime>
#include <new>

namespace ricci::driver {

namespace {

// One thread alone is timed by its own time, which others on its processor do not lengthen.
double seconds(const runtime::Context &context) {
  timespec now{};
  clock_gettime(context.threads() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

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

// From here on a write goes past the caches and reads are fetched ahead, as compiled code does it: a plain write would read its line
// first, which no bytes are counted for.
constexpr int64_t beyondCaches = 32 << 20;
constexpr size_t fetchDistance = 1024;

// b + factor * c into a; and the sum of products of b and c, which writes nothing.
template <int Bytes, bool BeyondCaches>
[[gnu::always_inline]] inline float stream(float *a, const float *b, const float *c, size_t size, float factor) {
  typedef float V __attribute__((vector_size(Bytes), aligned(4)));
  typedef float Aligned __attribute__((vector_size(Bytes)));
  constexpr size_t lanes = Bytes / sizeof(float);
  auto read = [](const float *from) __attribute__((always_inline)) {
    if constexpr (BeyondCaches)
      __builtin_prefetch(from + fetchDistance);
    return *reinterpret_cast<const V *>(from);
  };
  if (a) {
    for (size_t i = 0; i + lanes <= size; i += lanes) {
      const V value = read(b + i) + factor * read(c + i);
      if constexpr (BeyondCaches)
        __builtin_nontemporal_store(value, reinterpret_cast<Aligned *>(a + i));
      else
        *reinterpret_cast<V *>(a + i) = value;
    }
    return 0;
  }
  V sums[4] = {};
  for (size_t i = 0; i + 4 * lanes <= size; i += 4 * lanes)
    for (size_t k = 0; k < 4; ++k)
      sums[k] += read(b + i + k * lanes) * read(c + i + k * lanes);
  return (sums[0] + sums[1] + sums[2] + sums[3])[0];
}

template <typename T> struct Kernel {
  void (*multiplyAdd)(int64_t turns, T *result);
  int lanes;
};
using Stream = float (*)(float *a, const float *b, const float *c, size_t size, float factor);

template <typename T> __attribute__((target("avx512f"))) void avx512(int64_t turns, T *result) {
  multiplyAdd<T, 64>(turns, result);
}
template <typename T> __attribute__((target("avx2,fma"))) void avx2(int64_t turns, T *result) {
  multiplyAdd<T, 32>(turns, result);
}
template <typename T> void sse(int64_t turns, T *result) { multiplyAdd<T, 16>(turns, result); }

template <bool Beyond>
__attribute__((target("avx512f"))) float streamAvx512(float *a, const float *b, const float *c, size_t size, float f) {
  return stream<64, Beyond>(a, b, c, size, f);
}
template <bool Beyond>
__attribute__((target("avx2"))) float streamAvx2(float *a, const float *b, const float *c, size_t size, float f) {
  return stream<32, Beyond>(a, b, c, size, f);
}
template <bool Beyond> float streamSse(float *a, const float *b, const float *c, size_t size, float f) {
  return stream<16, Beyond>(a, b, c, size, f);
}

template <typename T> Kernel<T> widestKernel() {
  if (__builtin_cpu_supports("avx512f"))
    return {avx512<T>, 64 / sizeof(T)};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {avx2<T>, 32 / sizeof(T)};
  return {sse<T>, 16 / sizeof(T)};
}

template <bool Beyond> Stream widestStream() {
  if (__builtin_cpu_supports("avx512f"))
    return streamAvx512<Beyond>;
  return __builtin_cpu_supports("avx2") ? streamAvx2<Beyond> : streamSse<Beyond>;
}

constexpr int repetitions = 5;

template <typename Work> double fastest(runtime::Context &context, Work &work) {
  double best = 1e300;
  for (int i = 0; i < repetitions; ++i) {
    const double start = seconds(context);
    ricci_parallel_for(
        &context, context.threads(), [](void *env, int64_t thread) { (*static_cast<Work *>(env))(thread); }, &work);
    best = std::min(best, seconds(context) - start);
  }
  return best;
}

} // namespace

template <typename T> double flopsPerSecond(runtime::Context &context) {
  constexpr int64_t turns = 400000;
  Kernel<T> kernel = widestKernel<T>();
  auto work = [&](int64_t) {
    T values[2] = {T(0.5), T(1)};
    kernel.multiplyAdd(turns, values);
    volatile T used = values[0];
    (void)used;
  };
  double time = fastest(context, work);
  return flopsATurn * kernel.lanes * static_cast<double>(turns) * context.threads() / time;
}

template double flopsPerSecond<float>(runtime::Context &);
template double flopsPerSecond<double>(runtime::Context &);

// As often as gives a time worth measuring.
double bytesPerSecond(int64_t footprint, runtime::Context &context, bool onlyReads) {
  constexpr int64_t smallest = 48 << 10,
                    largest = 1 << 30; // past the last level of servers, which is a quarter of that
  constexpr size_t line = 64 / sizeof(float);
  double best = 0;
  for (size_t parts = onlyReads ? 2 : 3; parts >= 2; --parts) {
    auto elements = static_cast<size_t>(std::clamp(footprint, smallest, largest)) / (parts * sizeof(float));
    size_t chunk = std::max<size_t>(1, elements / line / static_cast<size_t>(context.threads())) * line;
    elements = chunk * static_cast<size_t>(context.threads());
    runtime::MemoryPool pool; // large pages, as results have
    auto array = [&](float value) {
      auto *memory = static_cast<float *>(pool.allocate(static_cast<int64_t>(elements * sizeof(float))));
      if (!memory)
        throw std::bad_alloc();
      std::fill_n(memory, elements, value);
      return memory;
    };
    float *a = array(1), *b = array(2), *c = array(3);
    int turns = static_cast<int>(std::max<size_t>(1, (8 << 20) / elements));
    Stream kernel = footprint >= beyondCaches ? widestStream<true>() : widestStream<false>();
    auto work = [&](int64_t thread) {
      size_t first = chunk * static_cast<size_t>(thread);
      for (int turn = 0; turn < turns; ++turn) {
        volatile float used = kernel(parts == 3 ? a + first : nullptr, b + first, c + first, chunk,
                                     static_cast<float>(turn));
        (void)used;
      }
    };
    double bytes = static_cast<double>(parts * sizeof(float) * elements) * turns;
    best = std::max(best, bytes / fastest(context, work));
  }
  return best;
}

double rooflineSeconds(const Cost &cost, runtime::Context &context) {
  auto singleFlops = static_cast<double>(cost.flops - cost.doubleFlops);
  auto doubleFlops = static_cast<double>(cost.doubleFlops);
  double arithmetic = 0;
  if (singleFlops > 0)
    arithmetic += singleFlops / flopsPerSecond<float>(context);
  if (doubleFlops > 0)
    arithmetic += doubleFlops / flopsPerSecond<double>(context);
  // What goes through memory in all may be many times what there is of it.
  constexpr int64_t mostMeasured = 96 << 20;
  double traffic = static_cast<double>(cost.bytes) / bytesPerSecond(std::min(cost.bytes, mostMeasured), context);
  return std::max(arithmetic, traffic);
}

} // namespace ricci::driver
