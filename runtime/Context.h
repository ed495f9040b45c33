// The context of an invocation: memory pool, threads, the sink of printed text, the pending error. `invoke` runs a
// compiled entry in it; a failure inside comes back as a RunError. One thread at a time may use a context.
#pragma once

#include "runtime/Array.h"
#include "runtime/RunErrors.h"

#include <csetjmp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Abi.h's opaque handle.
struct ricci_context {};

namespace ricci::runtime {

// What a script was told at run time: `where` is "file:line:column", or empty where no place is to blame.
struct RunError {
  std::string where;
  std::string code;
  std::string message;
};

// Must not throw: it is called from compiled code.
using TextSink = std::function<void(std::string_view)>;

// OpenMP ends the process when the system grants no more threads, so nobody may ask for any number.
inline constexpr int mostThreads = 256;

struct ContextOptions {
  int threads = 0; // 0: as many as the process may use; more than mostThreads count as that many
  int64_t memoryLimit = MemoryPool::unlimited;
  TextSink print = {}; // receives what the program prints, newlines included; empty: it is dropped
};

class Context final : public ricci_context {
public:
  explicit Context(ContextOptions options = {});
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  int threads() const { return threadCount; }
  MemoryPool &memory() { return *pool; }
  const std::shared_ptr<MemoryPool> &sharedMemory() const { return pool; }
  void print(std::string_view text) const;

  // Ends the running invocation. Nothing with a destructor may be alive between here and `invoke`.
  [[noreturn]] void fail();
  // What `fail` will report; a separate step, so that a caller's strings are gone before the jump.
  void setError(RunError error) { pending = std::move(error); }

  static Context &of(ricci_context *handle) { return *static_cast<Context *>(handle); }

private:
  friend Result<std::vector<Array>, RunError> invoke(Context &, ricci_entry, std::span<const ricci_array>, size_t);

  // True if the entry returned, false if it failed.
  bool run(ricci_entry entry, const ricci_array *inputs, ricci_array *outputs);

  int threadCount;
  std::shared_ptr<MemoryPool> pool;
  TextSink sink;
  RunError pending;
  std::jmp_buf *landing = nullptr;
};

// Runs `entry`. The inputs are borrowed and fit its signature (that is the caller's to check); the results own their
// memory and may outlive the context. Whatever else the entry left allocated is freed.
Result<std::vector<Array>, RunError> invoke(Context &context, ricci_entry entry, std::span<const ricci_array> inputs,
                                            size_t outputCount);

} // namespace ricci::runtime
