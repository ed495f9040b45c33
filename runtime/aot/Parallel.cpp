// Loops on the threads of whichever OpenMP runtime the program is linked with, by the entry that those of GCC and LLVM
// share; or on the caller's thread alone.
#include "runtime/Abi.h"

#if RICCI_AOT_OPENMP

extern "C" {
void GOMP_parallel(void (*work)(void *), void *argument, unsigned threads, unsigned flags);
int omp_get_max_threads(void);
int omp_in_parallel(void);
}

namespace {

struct SharedLoop {
  int64_t chunks;
  ricci_chunk fn;
  void *env;
  int64_t next;
};

void work(void *opaque) {
  auto &loop = *static_cast<SharedLoop *>(opaque);
  for (int64_t chunk; (chunk = __atomic_fetch_add(&loop.next, 1, __ATOMIC_RELAXED)) < loop.chunks;)
    loop.fn(loop.env, chunk);
}

} // namespace

int64_t ricci_threads(ricci_context *) { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

void ricci_parallel_for(ricci_context *context, int64_t chunks, ricci_chunk fn, void *env) {
  SharedLoop loop{chunks, fn, env, 0};
  const int64_t most = ricci_threads(context);
  const auto threads = static_cast<unsigned>(chunks < most ? chunks : most);
  if (threads <= 1)
    work(&loop);
  else
    GOMP_parallel(work, &loop, threads, 0);
}

#else

int64_t ricci_threads(ricci_context *) { return 1; }

void ricci_parallel_for(ricci_context *, int64_t chunks, ricci_chunk fn, void *env) {
  for (int64_t chunk = 0; chunk < chunks; ++chunk)
    fn(env, chunk);
}

#endif
