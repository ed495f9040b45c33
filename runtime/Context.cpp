#include "runtime/Context.h"

#include "runtime/ThreadPool.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <new>

namespace ricci::runtime {

static constinit const std::atomic<int32_t> neverStopped{0};
static constexpr RunOptions usual;

Context::Context(ContextOptions options)
    : ricci_context{&neverStopped},
      threadCount(options.threads > 0 ? std::min(options.threads, mostThreads) : processorCount()),
      ownExecutor(options.executor), pool(std::make_shared<MemoryPool>(options.memoryLimit, options.allocator)),
      sink(std::move(options.print)), current(&usual) {}

void Context::print(std::string_view text) const {
  if (sink)
    sink(text);
}

void Context::fail() {
  if (!landing)
    std::abort(); // the entry was called without `invoke`: there is nowhere to go
  _longjmp(*landing, 1); // POSIX' form, which saves no signal mask
}

// Holds no object with a destructor: longjmp lands here and must skip none.
bool Context::run(ricci_entry entry, const ricci_array *inputs, ricci_array *outputs, const RunOptions &options) {
  std::jmp_buf here;
  landing = &here;
  current = &options;
  if (options.stop)
    stop = options.stop;
  volatile bool returned = false;
  if (_setjmp(here) == 0) {
    entry(this, inputs, outputs);
    returned = true;
  }
  landing = nullptr;
  current = &usual;
  stop = &neverStopped;
  return returned;
}

namespace {

// Takes over what the entry allocated; copies what it did not (an input passed through, a constant, one buffer twice).
Result<Array> takeOutput(const ricci_array &output, const std::shared_ptr<MemoryPool> &pool) {
  ArrayType type{static_cast<DType>(output.dtype), Shape(output.sizes, output.sizes + output.rank)};
  if (pool->own(output.data))
    return Array::adopt(std::move(type), output.data, pool);
  return Array::copyOf(Array::borrow(std::move(type), output.data).view(), pool);
}

} // namespace

Result<std::vector<Array>, RunError> invoke(Context &context, ricci_entry entry, std::span<const ricci_array> inputs,
                                            size_t outputCount) {
  // Not cleared: the entry fills in what is read.
  auto outputs = std::make_unique_for_overwrite<ricci_array[]>(outputCount);
  std::vector<Array> results;
  results.reserve(outputCount);
  std::optional<RunError> failure;
  if (!context.run(entry, inputs.data(), outputs.get()))
    failure = context.error();
  else
    for (const ricci_array &output : std::span(outputs.get(), outputCount)) {
      Result<Array> taken = takeOutput(output, context.sharedMemory());
      if (!taken) {
        failure = RunError{"", outOfMemoryCode, taken.error().message};
        break;
      }
      results.push_back(std::move(*taken));
    }
  context.memory().releaseUnowned();
  if (failure)
    return std::move(*failure);
  return results;
}

} // namespace ricci::runtime

using ricci::runtime::Context;
using ricci::runtime::RunError;

// Compiled code has nowhere to put an exception.
template <typename Make> static void set(Context &context, Make make) noexcept {
  try {
    context.setError(make());
  } catch (const std::bad_alloc &) {
    context.setError({"", ricci::runtime::outOfMemoryCode, "out of memory"}); // short enough for no memory of its own
  }
}

void *ricci_alloc(ricci_context *handle, int64_t bytes) {
  Context &context = Context::of(handle);
  void *memory = context.memory().allocate(bytes);
  if (!memory) {
    set(context, [&]() -> RunError {
      return {"", ricci::runtime::outOfMemoryCode,
              fmt::format("out of memory: {} bytes asked for, {} in use", bytes, context.memory().liveBytes())};
    });
    context.fail();
  }
  return memory;
}

void *ricci_result(ricci_context *handle, int64_t number, int64_t bytes) {
  const auto *place = Context::of(handle).place(number);
  return place && place->memory && place->bytes == bytes ? place->memory : ricci_alloc(handle, bytes);
}

void ricci_free(ricci_context *handle, void *memory) { Context::of(handle).memory().free(memory); }

void ricci_fail(ricci_context *handle, const char *where, const char *code, const char *message) {
  Context &context = Context::of(handle);
  set(context, [&]() -> RunError { return {where, code, message}; });
  context.fail();
}
