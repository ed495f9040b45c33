// Arrays as the host sees them. `Array` is row-major and contiguous, and owns its memory, 64-byte aligned; or, made by
// `borrow` or `share`, it stands for memory of someone else's, aligned to its elements at least. `ArrayView` is a
// non-owning strided window on any memory.
#pragma once

#include "runtime/DType.h"
#include "runtime/MemoryPool.h"
#include "runtime/Result.h"

#include <memory>

namespace ricci::runtime {

// Strides are in bytes and may be negative or zero, as NumPy's.
struct ArrayView {
  const void *data = nullptr;
  DType dtype = DType::F64;
  Shape shape;
  std::vector<int64_t> byteStrides;
};

class Array {
public:
  // A rank-1 array without elements; what a moved-from array becomes is unspecified.
  Array() { header.shape = {0}; }

  // Uninitialised memory from `pool`, or from the process where it is null. Fails with ErrorKind::Memory or, for a
  // shape that no memory could hold, ErrorKind::Unsupported.
  static Result<Array> create(DType dtype, Shape shape, std::shared_ptr<MemoryPool> pool = nullptr);

  // Gathers the view's elements into a new array.
  static Result<Array> copyOf(const ArrayView &view, std::shared_ptr<MemoryPool> pool = nullptr);

  // Takes over a live block of `pool`.
  static Array adopt(ArrayType type, void *block, std::shared_ptr<MemoryPool> pool);

  // Does not own: `data` holds contiguous elements and outlives the array.
  static Array borrow(ArrayType type, const void *data);
  static Array borrow(const ricci_array &array);

  // The same for memory that lives as long as `owner`.
  static Array share(ArrayType type, const void *data, std::shared_ptr<const void> owner);

  template <typename T> static Array scalar(T value);

  DType dtype() const { return header.dtype; }
  const Shape &shape() const { return header.shape; }
  const ArrayType &type() const { return header; }
  int64_t rank() const { return static_cast<int64_t>(header.shape.size()); }
  int64_t size() const { return elements; }
  int64_t bytes() const { return elements * byteSize(header.dtype); }
  void *data() { return storage.get(); }
  const void *data() const { return storage.get(); }

  // The elements as T, which must be the array's own type.
  template <typename T> std::span<T> as() { return {static_cast<T *>(data()), static_cast<size_t>(elements)}; }
  template <typename T> std::span<const T> as() const {
    return {static_cast<const T *>(data()), static_cast<size_t>(elements)};
  }

  // The same elements under another shape with as many.
  Array reshaped(Shape shape) &&;

  ArrayView view() const;
  // The descriptor that compiled code takes; rank at most RICCI_MAX_RANK.
  ricci_array descriptor() const;

private:
  struct Release {
    std::shared_ptr<MemoryPool> pool;
    bool owned; // false for a default-constructed unique_ptr, which value-initialises it
    std::shared_ptr<const void> owner; // of memory that is not
    void operator()(void *memory) const;
  };

  ArrayType header;
  int64_t elements = 0;
  std::unique_ptr<void, Release> storage;
};

template <typename T> Array Array::scalar(T value) {
  Array array = std::move(*create(dtypeOf<T>(), {}));
  array.as<T>()[0] = value;
  return array;
}

} // namespace ricci::runtime
