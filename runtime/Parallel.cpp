// `ricci_parallel_for` on OpenMP, or on the host's threads. libomp lets idle threads spin for its default 200 ms before
// they sleep, so the loops of a running program find them awake; nothing of that is changed for the host's sake.

#include "runtime/Context.h"

#include <algorithm>
#include <atomic>
#include <omp.h>

using ricci::runtime::Context;

namespace {

// Whether this thread is inside a chunk: a loop there runs serially, and cannot end the invocation.
thread_local bool insideChunk = false;

// Chunks cost what they cost: whoever is free takes the next. A counter of our own is several times cheaper to set
// up than OpenMP's dynamic schedule.
struct SharedLoop {
  const Context &context;
  int64_t chunks;
  ricci_chunk fn;
  void *env;
  std::atomic<int64_t> next{0};

  void work() {
    insideChunk = true;
    for (int64_t chunk; !context.isStopped() && (chunk = next.fetch_add(1, std::memory_order_relaxed)) < chunks;)
      fn(env, chunk);
    insideChunk = false;
  }
};

} // namespace

void ricci_stopped(ricci_context *handle) {
  if (!insideChunk)
    ricci_fail(handle, "", ricci::runtime::stoppedCode, "stopped");
}

void ricci_parallel_for(ricci_context *handle, int64_t chunks, ricci_chunk fn, void *env) {
  Context &context = Context::of(handle);
  if (insideChunk) {
    for (int64_t chunk = 0; chunk < chunks && !context.isStopped(); ++chunk)
      fn(env, chunk);
    return;
  }
  SharedLoop loop{context, chunks, fn, env};
  int threads = static_cast<int>(std::min<int64_t>(context.threads(), chunks));
  if (threads <= 1 || omp_in_parallel()) {
    loop.work();
  } else if (const ricci::runtime::Executor &executor = context.executor(); executor.run) {
    executor.run(executor.user, threads, [](void *shared) { static_cast<SharedLoop *>(shared)->work(); }, &loop);
  } else {
#pragma omp parallel num_threads(threads)
    loop.work();
  }
  if (context.isStopped())
    ricci_stopped(handle);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// libomp never frees what it keeps about its threads.
extern "C" __attribute__((visibility("default"), used)) const char *__lsan_default_suppressions() {
  return "leak:libomp";
}
#endif
#endif
