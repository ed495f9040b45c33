#include "runtime/Context.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <omp.h>

namespace ricci::runtime {

Context::Context(ContextOptions options)
    : threadCount(options.threads > 0 ? std::min(options.threads, mostThreads) : std::max(1, omp_get_num_procs())),
      pool(std::make_shared<MemoryPool>(options.memoryLimit)), sink(std::move(options.print)) {}

void Context::print(std::string_view text) const {
  if (sink)
    sink(text);
}

void Context::fail() {
  if (!landing)
    std::abort(); // the entry was called without `invoke`: there is nowhere to go
  std::longjmp(*landing, 1);
}

// Holds no object with a destructor: longjmp lands here and must skip none.
bool Context::run(ricci_entry entry, const ricci_array *inputs, ricci_array *outputs) {
  std::jmp_buf here;
  landing = &here;
  if (setjmp(here) != 0) {
    landing = nullptr;
    return false;
  }
  entry(this, inputs, outputs);
  landing = nullptr;
  return true;
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
    failure = std::move(context.pending);
  else
    for (const ricci_array &output : std::span(outputs.get(), outputCount)) {
      Result<Array> taken = takeOutput(output, context.pool);
      if (!taken) {
        failure = RunError{"", outOfMemoryCode, taken.error().message};
        break;
      }
      results.push_back(std::move(*taken));
    }
  context.pool->releaseUnowned();
  if (failure)
    return std::move(*failure);
  return results;
}

} // namespace ricci::runtime

using ricci::runtime::Context;
using ricci::runtime::RunError;

void *ricci_alloc(ricci_context *handle, int64_t bytes) {
  Context &context = Context::of(handle);
  void *memory = context.memory().allocate(bytes);
  if (!memory) {
    context.setError(
        {"", ricci::runtime::outOfMemoryCode,
         fmt::format("out of memory: {} bytes asked for, {} in use", bytes, context.memory().liveBytes())});
    context.fail();
  }
  return memory;
}

void ricci_free(ricci_context *handle, void *memory) { Context::of(handle).memory().free(memory); }

void ricci_fail(ricci_context *handle, const char *where, const char *code, const char *message) {
  Context &context = Context::of(handle);
  context.setError({where, code, message});
  context.fail();
}
