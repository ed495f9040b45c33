// `ricci_parallel_for` on OpenMP. libomp lets idle threads spin for its default 200 ms before they sleep, so the
// loops of a running program find them awake; nothing of that is changed for the host's sake.

#include "runtime/Context.h"

#include <algorithm>
#include <atomic>
#include <omp.h>

void ricci_parallel_for(ricci_context *handle, int64_t chunks, ricci_chunk fn, void *env) {
  int threads = static_cast<int>(std::min<int64_t>(ricci::runtime::Context::of(handle).threads(), chunks));
  if (threads <= 1 || omp_in_parallel()) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      fn(env, chunk);
    return;
  }
  // Chunks cost what they cost: whoever is free takes the next. A counter of our own is several times cheaper to set
  // up than OpenMP's dynamic schedule.
  std::atomic<int64_t> next{0};
#pragma omp parallel num_threads(threads)
  for (int64_t chunk; (chunk = next.fetch_add(1, std::memory_order_relaxed)) < chunks;)
    fn(env, chunk);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// libomp never frees what it keeps about its threads.
extern "C" __attribute__((visibility("default"), used)) const char *__lsan_default_suppressions() {
  return "leak:libomp";
}
#endif
#endif
