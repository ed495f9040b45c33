// `ricci_parallel_for` on our own threads, or on the host's.

#include "runtime/Context.h"
#include "runtime/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <utility>

using ricci::runtime::Context;

// There if the process has an OpenMP runtime.
extern "C" __attribute__((weak)) int omp_in_parallel(void);

namespace {

// Whether this thread is inside a chunk: a loop there runs serially, and cannot end the invocation.
thread_local bool insideChunk = false;

// Chunks cost what they cost: whoever is free takes the next.
struct SharedLoop {
  const Context &context;
  int64_t chunks;
  ricci_chunk fn;
  void *env;
  std::atomic<int64_t> next{0};

  static void work(void *loop) { static_cast<SharedLoop *>(loop)->work(); }
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

int64_t ricci_threads(ricci_context *handle) {
  return insideChunk || (omp_in_parallel && omp_in_parallel()) ? 1 : Context::of(handle).threads();
}

void ricci_parallel_for(ricci_context *handle, int64_t chunks, ricci_chunk fn, void *env) {
  Context &context = Context::of(handle);
  const int threads = chunks > 1 ? static_cast<int>(std::min(ricci_threads(handle), chunks)) : 1;
  if (threads <= 1) {
    // Without the counter: two locked additions take as long as 16 elements do.
    const bool wasInside = std::exchange(insideChunk, true);
    for (int64_t chunk = 0; chunk < chunks && !context.isStopped(); ++chunk)
      fn(env, chunk);
    insideChunk = wasInside;
  } else {
    SharedLoop loop{context, chunks, fn, env};
    if (const ricci::runtime::Executor &executor = context.executor(); executor.run)
      executor.run(executor.user, threads, SharedLoop::work, &loop);
    else
      ricci::runtime::runOnThreads(threads - 1, SharedLoop::work, &loop);
  }
  if (context.isStopped())
    ricci_stopped(handle);
}
