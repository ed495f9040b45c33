// The context of an invocation: memory pool, threads, the sink of printed text, the pending error. `invoke` runs a
// compiled entry in it; a failure inside comes back as a RunError. One thread at a time may use a context.
#pragma once

#include "runtime/Array.h"
#include "runtime/RunErrors.h"

#include <atomic>
#include <csetjmp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Abi.h's opaque handle: what compiled code reads of it.
struct ricci_context {
  const std::atomic<int32_t> *stop;
};
static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);

namespace ricci::runtime {

// What a script was told at run time: `where` is "file:line:column", or empty where no place is to blame.
struct RunError {
  std::string where;
  std::string code;
  std::string message;
};

// Must not throw: it is called from compiled code.
using TextSink = std::function<void(std::string_view)>;

// More would only take memory.
inline constexpr int mostThreads = 256;

// Threads of the host's in place of our own. `run` calls work(argument) `copies` times, on as many threads as it likes,
// and returns when all calls have returned. It must not throw.
struct Executor {
  void (*run)(void *user, int32_t copies, void (*work)(void *), void *argument) = nullptr; // null: our own
  void *user = nullptr;
};

struct ContextOptions {
  int threads = 0; // 0: as many as the process may use; more than mostThreads count as that many
  int64_t memoryLimit = MemoryPool::unlimited;
  TextSink print = {}; // receives what the program prints, newlines included; empty: it is dropped
  Allocator allocator = processAllocator;
  Executor executor = {};
};

// Of one run of an entry.
struct RunOptions {
  const std::atomic<int32_t> *stop = nullptr; // not 0: end as soon as may be
  bool withoutEffects = false;                // print, save and plot do nothing
  // For each result the memory that it may be computed in, and how much that is; null where there is none.
  struct Place {
    void *memory;
    int64_t bytes;
  };
  const Place *places = nullptr;
};

class Context final : public ricci_context {
public:
  explicit Context(ContextOptions options = {});
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  int threads() const { return threadCount; }
  const Executor &executor() const { return ownExecutor; }
  MemoryPool &memory() { return *pool; }
  const std::shared_ptr<MemoryPool> &sharedMemory() const { return pool; }
  void print(std::string_view text) const;

  // Ends the running invocation. Nothing with a destructor may be alive between here and `invoke`.
  [[noreturn]] void fail();
  // What `fail` will report; a separate step, so that a caller's strings are gone before the jump.
  void setError(RunError error) { pending = std::move(error); }
  const RunError &error() const { return pending; }

  // True if the entry returned, false if it failed; `error` then says why. The outputs' memory is the pool's, the inputs'
  // or that of a place; what of the pool is not taken over by MemoryPool::own goes with MemoryPool::releaseUnowned.
  bool run(ricci_entry entry, const ricci_array *inputs, ricci_array *outputs, const RunOptions &options = {});
  bool isStopped() const { return stop->load(std::memory_order_relaxed) != 0; }
  bool performsEffects() const { return !current->withoutEffects; }
  const RunOptions::Place *place(int64_t result) const { return current->places ? current->places + result : nullptr; }

  static Context &of(ricci_context *handle) { return *static_cast<Context *>(handle); }

private:
  int threadCount;
  Executor ownExecutor;
  std::shared_ptr<MemoryPool> pool;
  TextSink sink;
  RunError pending;
  const RunOptions *current;
  std::jmp_buf *landing = nullptr;
};

// Runs `entry`. The inputs are borrowed and fit its signature (that is the caller's to check); the results own their
// memory and may outlive the context. Whatever else the entry left allocated is freed.
Result<std::vector<Array>, RunError> invoke(Context &context, ricci_entry entry, std::span<const ricci_array> inputs,
                                            size_t outputCount);

} // namespace ricci::runtime
