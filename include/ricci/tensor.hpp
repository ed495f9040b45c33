// Arrays: windows on the host's memory, results that own theirs, and what stands for an argument or a place for a
// result.
#ifndef RICCI_TENSOR_HPP
#define RICCI_TENSOR_HPP

#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "result.hpp"

namespace ricci {

namespace detail {

template <typename T> constexpr DLDataType data_type() {
  using U = std::remove_const_t<T>;
  static_assert(std::is_same_v<U, double> || std::is_same_v<U, float> || std::is_same_v<U, std::int64_t> ||
                    std::is_same_v<U, std::int32_t> || std::is_same_v<U, bool>,
                "elements are double, float, int64_t, int32_t or bool");
  if constexpr (std::is_same_v<U, bool>)
    return {kDLBool, 8, 1};
  else
    return {std::is_floating_point_v<U> ? std::uint8_t(kDLFloat) : std::uint8_t(kDLInt), std::uint8_t(8 * sizeof(U)),
            1};
}

inline bool same(DLDataType a, DLDataType b) { return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes; }

// Something with contiguous elements of type T, const or not: std::vector, std::array, std::span.
template <typename C, typename T, typename = void> struct holds : std::false_type {};
template <typename C, typename T>
struct holds<C, T,
             std::void_t<decltype(std::declval<C &>().size()),
                         std::enable_if_t<std::is_convertible_v<decltype(std::declval<C &>().data()), T *>>>>
    : std::true_type {};

} // namespace detail

// N axes of T somewhere in the host's memory. Strides are in elements and may have any sign.
template <typename T, int N> class view {
public:
  using element = T;
  static constexpr int rank = N;

  view() noexcept : memory(nullptr), shape{}, steps{} {}
  view(T *data, std::array<std::int64_t, N> sizes) noexcept : memory(data), shape(sizes), steps{} {
    std::int64_t step = 1;
    for (int axis = N; axis-- > 0;) {
      steps[axis] = step;
      step *= shape[axis];
    }
  }
  view(T *data, std::array<std::int64_t, N> sizes, std::array<std::int64_t, N> strides) noexcept
      : memory(data), shape(sizes), steps(strides) {}
  // All of a vector, an array, a span.
  template <typename C, int M = N, typename = std::enable_if_t<M == 1 && detail::holds<C, T>::value>>
  view(C &container) noexcept : view(container.data(), {static_cast<std::int64_t>(container.size())}) {}
  // To a window that is only read.
  template <typename U, typename = std::enable_if_t<std::is_same_v<const U, T> && !std::is_same_v<U, T>>>
  view(const view<U, N> &other) noexcept : memory(other.data()), shape(other.sizes()), steps(other.strides()) {}

  T *data() const noexcept { return memory; }
  const std::array<std::int64_t, N> &sizes() const noexcept { return shape; }
  const std::array<std::int64_t, N> &strides() const noexcept { return steps; }
  std::int64_t size(int axis) const noexcept { return shape[axis]; }
  template <typename... I> T &operator()(I... index) const noexcept {
    static_assert(sizeof...(I) == N, "one index for each axis");
    std::int64_t offset = 0;
    int axis = 0;
    ((offset += static_cast<std::int64_t>(index) * steps[axis++]), ...);
    return memory[offset];
  }

  DLTensor tensor() const noexcept {
    return {const_cast<std::remove_const_t<T> *>(memory),
            {kDLCPU, 0},
            N,
            detail::data_type<T>(),
            const_cast<std::int64_t *>(shape.data()),
            const_cast<std::int64_t *>(steps.data()),
            0};
  }

private:
  T *memory;
  std::array<std::int64_t, N> shape, steps;
};

// A result that owns its memory.
class tensor {
public:
  explicit tensor(DLManagedTensorVersioned *managed) noexcept : managed(managed) {}
  int rank() const noexcept { return managed->dl_tensor.ndim; }
  std::int64_t size(int axis) const noexcept { return managed->dl_tensor.shape[axis]; }
  DLDataType type() const noexcept { return managed->dl_tensor.dtype; }
  const DLTensor &dlpack() const noexcept { return managed->dl_tensor; }
  // Hands it to whoever calls its deleter.
  DLManagedTensorVersioned *release() noexcept { return managed.release(); }

  // The elements, if they are of this type and rank: memory without gaps.
  template <typename T, int N> view<T, N> as() const {
    if (rank() != N || !detail::same(type(), detail::data_type<T>()))
      RICCI_THROW(error(status::invalid_argument, "a result of another type"));
    std::array<std::int64_t, N> sizes{};
    for (int axis = 0; axis < N; ++axis)
      sizes[axis] = size(axis);
    return {static_cast<T *>(managed->dl_tensor.data), sizes};
  }

private:
  struct deleter {
    void operator()(DLManagedTensorVersioned *tensor) const noexcept { tensor->deleter(tensor); }
  };
  std::unique_ptr<DLManagedTensorVersioned, deleter> managed;
};

template <typename T, int N> class array {
public:
  explicit array(tensor owner) : owner(std::move(owner)), window(this->owner.template as<T, N>()) {}
  T *data() const noexcept { return window.data(); }
  std::int64_t size(int axis) const noexcept { return window.size(axis); }
  const std::array<std::int64_t, N> &sizes() const noexcept { return window.sizes(); }
  template <typename... I> T &operator()(I... index) const noexcept { return window(index...); }
  operator view<T, N>() const noexcept { return window; }
  operator view<const T, N>() const noexcept { return window; }

private:
  tensor owner;
  view<T, N> window;
};

namespace detail {

constexpr int most_axes = 8;

// A tensor that keeps its own sizes, of any type: what a braced list of arguments is made of. Temporaries of the full
// expression it stands in may lie behind it.
struct any_tensor {
  void *data = nullptr;
  DLDataType type{};
  int rank = 0;
  std::int64_t sizes[most_axes] = {}, strides[most_axes] = {};
  alignas(8) unsigned char scalar[8] = {}; // of an argument given by value
  bool by_value = false;

  template <typename T, int N> void set(const view<T, N> &window) noexcept {
    static_assert(N <= most_axes, "a view of fewer axes");
    data = const_cast<std::remove_const_t<T> *>(window.data());
    type = data_type<T>();
    rank = N;
    for (int axis = 0; axis < N; ++axis) {
      sizes[axis] = window.sizes()[axis];
      strides[axis] = window.strides()[axis];
    }
  }
  DLTensor dlpack() const noexcept {
    return {by_value ? const_cast<unsigned char *>(scalar) : data,
            {kDLCPU, 0},
            rank,
            type,
            const_cast<std::int64_t *>(sizes),
            const_cast<std::int64_t *>(strides),
            0};
  }
};

template <typename C> using element_of = std::remove_pointer_t<decltype(std::declval<C &>().data())>;

} // namespace detail

// One argument: a view, a vector, a scalar by value.
class argument : public detail::any_tensor {
public:
  template <typename T, int N> argument(const view<T, N> &window) noexcept { set(window); }
  template <typename T, int N> argument(const array<T, N> &owned) noexcept { set(view<const T, N>(owned)); }
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>> argument(T value) noexcept {
    static_assert(sizeof(T) <= sizeof scalar);
    by_value = true;
    type = detail::data_type<T>();
    *reinterpret_cast<T *>(scalar) = value;
  }
  template <typename C, typename E = detail::element_of<const C>,
            typename = std::enable_if_t<std::is_arithmetic_v<std::remove_const_t<E>>>>
  argument(const C &container) noexcept {
    set(view<const std::remove_const_t<E>, 1>(container.data(), {static_cast<std::int64_t>(container.size())}));
  }
};

// Where a result goes: a view, a vector of its size, a scalar's address.
class destination : public detail::any_tensor {
public:
  template <typename T, int N, typename = std::enable_if_t<!std::is_const_v<T>>>
  destination(const view<T, N> &window) noexcept {
    set(window);
  }
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>> destination(T *address) noexcept {
    data = address;
    type = detail::data_type<T>();
  }
  template <typename C, typename E = detail::element_of<C>,
            typename = std::enable_if_t<std::is_arithmetic_v<E> && !std::is_const_v<E>>>
  destination(C &container) noexcept {
    set(view<E, 1>(container.data(), {static_cast<std::int64_t>(container.size())}));
  }
};

} // namespace ricci

#endif // RICCI_TENSOR_HPP
