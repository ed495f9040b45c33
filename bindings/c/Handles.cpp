#include "bindings/c/Handles.h"

#include <fmt/format.h>

namespace ricci::api {

ricci_status fail(ricci_error **to, Error error) noexcept {
  auto status = static_cast<ricci_status>(error.status);
  if (!to)
    return status;
  try {
    std::string json = error.json();
    *to = new ricci_error{std::move(error), std::move(json)};
  } catch (const std::exception &) {
    *to = nullptr;
  }
  return status;
}

DLDataType dataType(runtime::DType dtype) {
  switch (dtype) {
  case runtime::DType::Bool:
    return {kDLBool, 8, 1};
  case runtime::DType::I32:
    return {kDLInt, 32, 1};
  case runtime::DType::I64:
    return {kDLInt, 64, 1};
  case runtime::DType::F32:
    return {kDLFloat, 32, 1};
  case runtime::DType::F64:
    break;
  }
  return {kDLFloat, 64, 1};
}

static std::optional<runtime::DType> dtypeOf(DLDataType type) {
  if (type.lanes != 1)
    return std::nullopt;
  const int bits = type.bits;
  switch (type.code) {
  case kDLBool:
    return bits == 8 ? std::optional(runtime::DType::Bool) : std::nullopt;
  case kDLInt:
    return bits == 64   ? std::optional(runtime::DType::I64)
           : bits == 32 ? std::optional(runtime::DType::I32)
                        : std::nullopt;
  case kDLFloat:
    return bits == 64   ? std::optional(runtime::DType::F64)
           : bits == 32 ? std::optional(runtime::DType::F32)
                        : std::nullopt;
  default:
    return std::nullopt;
  }
}

engine::Result<void> Tensors::read(const DLTensor *given, size_t howMany, const char *what) {
  if (!given && howMany > 0)
    return engine::error(Status::InvalidArgument, fmt::format("no {}s", what));
  tensors = reinterpret_cast<engine::Tensor *>(here);
  if (howMany > mostHere) {
    elsewhere.resize(howMany);
    tensors = elsewhere.data();
  }
  count = howMany;
  for (size_t i = 0; i < howMany; ++i) {
    const DLTensor &tensor = given[i];
    std::optional<runtime::DType> dtype = dtypeOf(tensor.dtype);
    if (tensor.device.device_type != kDLCPU || !dtype || tensor.ndim < 0 || tensor.ndim > RICCI_MAX_RANK ||
        (tensor.ndim > 0 && !tensor.shape))
      return engine::error(
          Status::InvalidArgument,
          fmt::format("{} {} is no tensor of bool, i32, i64, f32 or f64 in the processor's memory", what, i));
    // Sizes that multiply past an address would go unnoticed.
    if (!runtime::byteCount(*dtype, std::span(tensor.shape, static_cast<size_t>(tensor.ndim))))
      return engine::error(Status::InvalidArgument, fmt::format("{} {} has sizes that no memory holds", what, i));
    void *data = tensor.data ? static_cast<char *>(tensor.data) + tensor.byte_offset : nullptr;
    new (&tensors[i]) engine::Tensor{data, *dtype, tensor.ndim, tensor.shape, tensor.strides};
  }
  return {};
}

} // namespace ricci::api

using namespace ricci;

// ---------------------------------------------------------------- versions

uint32_t ricci_abi_version(void) { return RICCI_ABI_MAJOR << 16 | RICCI_ABI_MINOR; }
const char *ricci_version(void) { return RICCI_VERSION; }

// ---------------------------------------------------------------- errors and texts

ricci_status ricci_error_status(const ricci_error *error) {
  return error ? static_cast<ricci_status>(error->error.status) : RICCI_OUT_OF_MEMORY;
}
const char *ricci_error_code(const ricci_error *error) { return error ? error->error.code.c_str() : ""; }
const char *ricci_error_message(const ricci_error *error) {
  return error ? error->error.message.c_str() : "out of memory";
}
const char *ricci_error_text(const ricci_error *error) {
  return error ? error->error.text.c_str() : "error: out of memory\n";
}
const char *ricci_error_json(const ricci_error *error) { return error ? error->json.c_str() : "{}"; }
size_t ricci_error_span_count(const ricci_error *error) { return error ? error->error.diagnostics.size() : 0; }

ricci_status ricci_error_span(const ricci_error *error, size_t number, ricci_span *span) {
  if (number >= ricci_error_span_count(error))
    return RICCI_INVALID_ARGUMENT;
  const lang::FlatDiagnostic &one = error->error.diagnostics[number];
  ricci_span value{sizeof(ricci_span), one.code.c_str(), one.message.c_str(), one.file.c_str(), one.help.c_str(),
                   one.line,           one.column,       one.endLine,         one.endColumn};
  return api::give(span, value) ? RICCI_OK : RICCI_INVALID_ARGUMENT;
}
void ricci_error_release(ricci_error *error) { delete error; }

const char *ricci_text_data(const ricci_text *text) { return text ? text->text.c_str() : ""; }
size_t ricci_text_size(const ricci_text *text) { return text ? text->text.size() : 0; }
void ricci_text_release(ricci_text *text) { delete text; }

// ---------------------------------------------------------------- stopping

ricci_stop *ricci_stop_create(void) { return new (std::nothrow) ricci_stop; }
void ricci_stop_request(ricci_stop *stop) { stop->requested.store(1, std::memory_order_relaxed); }
void ricci_stop_reset(ricci_stop *stop) { stop->requested.store(0, std::memory_order_relaxed); }
int ricci_stop_requested(const ricci_stop *stop) { return stop->requested.load(std::memory_order_relaxed); }
void ricci_stop_release(ricci_stop *stop) { delete stop; }
