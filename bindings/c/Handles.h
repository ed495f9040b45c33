// What the handles of ricci/ricci.h hold, and how failures become statuses and errors.
#pragma once

#include "compiler/engine/Function.h"
#include "include/ricci/ricci.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

struct ricci_engine {
  std::shared_ptr<const ricci::engine::Engine> engine;
};

struct ricci_module {
  std::shared_ptr<const ricci::engine::Engine> engine;
  std::shared_ptr<const ricci::engine::Module> module;
  std::vector<std::string> names;
};

struct ricci_function {
  std::shared_ptr<const ricci::engine::Function> function;
  std::string signature;
  std::vector<std::string> parameterTypes, resultTypes;
};

struct ricci_workspace {
  std::unique_ptr<ricci::engine::Workspace> workspace;
};

struct ricci_stop {
  std::atomic<int32_t> requested{0};
};

struct ricci_error {
  ricci::engine::Error error;
  std::string json;
};

struct ricci_text {
  std::string text;
};

namespace ricci::api {

using engine::Error;
using engine::Status;

// Gives the error to whoever asked for it. Without memory for it there is the status alone.
ricci_status fail(ricci_error **to, Error error) noexcept;

// The status of what `body` returns; what it throws is a status too.
template <typename Body> ricci_status guarded(ricci_error **to, Body body) noexcept {
  if (to)
    *to = nullptr;
  try {
    engine::Result<void> result = body();
    return result ? RICCI_OK : fail(to, std::move(result.error()));
  } catch (const std::bad_alloc &) {
    return RICCI_OUT_OF_MEMORY;
  } catch (const std::exception &exception) {
    try {
      return fail(to, engine::error(Status::Fault, exception.what()));
    } catch (...) {
      return RICCI_FAULT;
    }
  }
}

// Copies what the caller has room for: its structure may be an older and shorter one.
template <typename T> bool give(T *to, T value) {
  if (!to || to->struct_size < sizeof(size_t))
    return false;
  size_t size = std::min(to->struct_size, sizeof(T));
  value.struct_size = to->struct_size;
  std::memcpy(to, &value, size);
  return true;
}

// The host's tensors as the engine takes them; on the stack where there are few.
class Tensors {
public:
  // The error says which tensor is none of ours.
  engine::Result<void> read(const DLTensor *tensors, size_t count, const char *what);
  std::span<const engine::Tensor> all() const { return {tensors, count}; }

private:
  static constexpr size_t mostHere = 16;
  // Not filled with anything: that would take longer than a small call.
  alignas(engine::Tensor) std::byte here[mostHere * sizeof(engine::Tensor)];
  std::vector<engine::Tensor> elsewhere;
  engine::Tensor *tensors = nullptr;
  size_t count = 0;
};

DLDataType dataType(runtime::DType dtype);

} // namespace ricci::api
