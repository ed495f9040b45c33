#include "compiler/engine/Stack.h"

#include <cstddef>
#include <exception>
#include <new>
#include <pthread.h>

namespace ricci::engine {

namespace {

// The deepest programs that pass the parser's bounds compile in 8 MiB, the usual stack of a process; frames of
// sanitizers are larger. Only what is touched takes memory.
constexpr size_t stackBytes = size_t(32) << 20;

struct Call {
  void (*work)(void *);
  void *argument;
  std::exception_ptr thrown;
};

void *run(void *opaque) {
  auto &call = *static_cast<Call *>(opaque);
  try {
    call.work(call.argument);
  } catch (...) {
    call.thrown = std::current_exception();
  }
  return nullptr;
}

} // namespace

void callOnLargeStack(void (*work)(void *), void *argument) {
  Call call{work, argument, nullptr};
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stackBytes);
  const int refused = pthread_create(&thread, &attributes, run, &call);
  pthread_attr_destroy(&attributes);
  if (refused)
    throw std::bad_alloc();
  pthread_join(thread, nullptr);
  if (call.thrown)
    std::rethrow_exception(call.thrown);
}

} // namespace ricci::engine
