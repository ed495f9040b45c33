// Element types, and size arithmetic that cannot overflow unnoticed.
#pragma once

#include "runtime/Abi.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ricci::runtime {

enum class DType : int32_t {
  Bool = RICCI_BOOL,
  I32 = RICCI_I32,
  I64 = RICCI_I64,
  F32 = RICCI_F32,
  F64 = RICCI_F64,
};

using Shape = std::vector<int64_t>;

// What a file's header tells before its data are read.
struct ArrayType {
  DType dtype = DType::F64;
  Shape shape;
  friend bool operator==(const ArrayType &, const ArrayType &) = default;
};

constexpr std::string_view nameOf(DType dtype) {
  switch (dtype) {
  case DType::Bool:
    return "bool";
  case DType::I32:
    return "i32";
  case DType::I64:
    return "i64";
  case DType::F32:
    return "f32";
  case DType::F64:
    return "f64";
  }
  return "?";
}

constexpr int64_t byteSize(DType dtype) {
  switch (dtype) {
  case DType::Bool:
    return 1;
  case DType::I32:
  case DType::F32:
    return 4;
  case DType::I64:
  case DType::F64:
    return 8;
  }
  return 0;
}

template <typename T> constexpr DType dtypeOf() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::Bool;
  else if constexpr (std::is_same_v<T, int32_t>)
    return DType::I32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return DType::I64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::F32;
  else {
    static_assert(std::is_same_v<T, double>, "not an element type");
    return DType::F64;
  }
}

// Calls fn with a value-initialised element of the type that `dtype` names.
template <typename Fn> decltype(auto) dispatch(DType dtype, Fn &&fn) {
  switch (dtype) {
  case DType::Bool:
    return fn(bool{});
  case DType::I32:
    return fn(int32_t{});
  case DType::I64:
    return fn(int64_t{});
  case DType::F32:
    return fn(float{});
  case DType::F64:
    break;
  }
  return fn(double{});
}

// Elements of an array of this shape; none if a size is negative, or the sizes other than 0 multiply past int64.
// (Sizes hidden behind a 0 are bounded too, since strides are computed from them.)
std::optional<int64_t> elementCount(std::span<const int64_t> shape);

// The same in bytes.
std::optional<int64_t> byteCount(DType dtype, std::span<const int64_t> shape);

// "f64[3,4]"; a scalar is "f64".
std::string describe(DType dtype, std::span<const int64_t> shape);
inline std::string describe(const ArrayType &type) { return describe(type.dtype, type.shape); }

} // namespace ricci::runtime
