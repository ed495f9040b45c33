// Ricci for C++17: engine, module, function over the C interface of ricci.h. What can fail gives a `result`, or throws
// `ricci::error` where a value is called for; what is noexcept gives a status and allocates nothing.
//
//   ricci::engine eng;
//   auto mod = eng.compile_file("logreg.ricci").value();
//   auto loss = mod.get<double(view<double, 1>, view<double, 2>, view<double, 1>)>("loss").value();
//   double value = loss(w, X, y);
//   auto slope = loss.value_and_grad({"w"}).value();
//
// Arrays are windows on the host's memory (`view`), of any strides; nothing is copied that has no gaps.
#ifndef RICCI_RICCI_HPP
#define RICCI_RICCI_HPP

#include <array>
#include <cstdlib>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ricci.h"

#if defined(__cpp_exceptions)
#define RICCI_THROW(exception) throw exception
#else
#define RICCI_THROW(exception) std::abort()
#endif

namespace ricci {

enum class status : ricci_status {
  ok = RICCI_OK,
  wrong_program = RICCI_WRONG_PROGRAM,
  invalid_argument = RICCI_INVALID_ARGUMENT,
  io_error = RICCI_IO_ERROR,
  run_time_error = RICCI_RUN_TIME_ERROR,
  out_of_memory = RICCI_OUT_OF_MEMORY,
  stopped = RICCI_STOPPED,
  fault = RICCI_FAULT,
};

enum class stage {
  ricci = RICCI_STAGE_RICCI,
  grad = RICCI_STAGE_GRAD,
  simplified = RICCI_STAGE_SIMPLIFIED,
  fused = RICCI_STAGE_FUSED,
  loops = RICCI_STAGE_LOOPS,
  vector = RICCI_STAGE_VECTOR,
  llvm = RICCI_STAGE_LLVM,
  assembly = RICCI_STAGE_ASM,
};

// ---------------------------------------------------------------- errors

struct span {
  std::string code, message, file, help;
  std::uint32_t line = 0, column = 0, end_line = 0, end_column = 0;
};

class error : public std::exception {
public:
  error(ricci::status status, ricci_error *from) : state(std::make_shared<contents>()) {
    state->status = status;
    state->code = ricci_error_code(from);
    state->message = ricci_error_message(from);
    state->text = ricci_error_text(from);
    state->json = ricci_error_json(from);
    for (size_t i = 0; i < ricci_error_span_count(from); ++i) {
      ricci_span one = RICCI_SPAN_INIT;
      ricci_error_span(from, i, &one);
      state->spans.push_back(
          {one.code, one.message, one.file, one.help, one.line, one.column, one.end_line, one.end_column});
    }
    ricci_error_release(from);
  }
  error(ricci::status status, std::string message) : state(std::make_shared<contents>()) {
    state->status = status;
    state->text = "error: " + message + "\n";
    state->message = std::move(message);
  }

  ricci::status status() const noexcept { return state->status; }
  const std::string &code() const noexcept { return state->code; } // "E0101", "R0003", or empty
  const std::string &message() const noexcept { return state->message; }
  const std::string &text() const noexcept { return state->text; } // for people
  const std::string &json() const noexcept { return state->json; }
  const std::vector<span> &spans() const noexcept { return state->spans; }
  const char *what() const noexcept override { return state->text.c_str(); }

private:
  struct contents {
    ricci::status status;
    std::string code, message, text, json;
    std::vector<span> spans;
  };
  std::shared_ptr<contents> state; // copying an exception must not throw
};

// A value, or the error in its place.
template <typename T> class [[nodiscard]] result {
public:
  result(T value) : state(std::in_place_index<0>, std::move(value)) {}
  result(ricci::error error) : state(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return state.index() == 0; }
  bool has_value() const noexcept { return state.index() == 0; }
  // Throws the error, if there is one.
  T &value() & { return check(), *std::get_if<0>(&state); }
  const T &value() const & { return check(), *std::get_if<0>(&state); }
  T &&value() && { return check(), std::move(*std::get_if<0>(&state)); }
  T &operator*() & noexcept { return *std::get_if<0>(&state); }
  const T &operator*() const & noexcept { return *std::get_if<0>(&state); }
  T &&operator*() && noexcept { return std::move(*std::get_if<0>(&state)); }
  T *operator->() noexcept { return std::get_if<0>(&state); }
  const T *operator->() const noexcept { return std::get_if<0>(&state); }
  const ricci::error &error() const noexcept { return *std::get_if<1>(&state); }

private:
  void check() const {
    if (state.index() != 0)
      RICCI_THROW(*std::get_if<1>(&state));
  }
  std::variant<T, ricci::error> state;
};

template <> class [[nodiscard]] result<void> {
public:
  result() = default;
  result(ricci::error error) : failure(std::make_unique<ricci::error>(std::move(error))) {}
  explicit operator bool() const noexcept { return !failure; }
  void value() const {
    if (failure)
      RICCI_THROW(*failure);
  }
  const ricci::error &error() const noexcept { return *failure; }

private:
  std::unique_ptr<ricci::error> failure;
};

namespace detail {

template <typename T> struct released;
#define RICCI_RELEASED(type)                                                                                          \
  template <> struct released<type> {                                                                                 \
    void operator()(type *handle) const noexcept { type##_release(handle); }                                          \
  };
RICCI_RELEASED(ricci_engine)
RICCI_RELEASED(ricci_module)
RICCI_RELEASED(ricci_function)
RICCI_RELEASED(ricci_workspace)
RICCI_RELEASED(ricci_stop)
RICCI_RELEASED(ricci_text)
#undef RICCI_RELEASED

template <typename T> std::shared_ptr<T> shared(T *handle) { return std::shared_ptr<T>(handle, released<T>()); }

inline std::string text_of(ricci_text *text) {
  std::string copy(ricci_text_data(text), ricci_text_size(text));
  ricci_text_release(text);
  return copy;
}

template <typename T> constexpr DLDataType data_type() {
  using U = std::remove_const_t<T>;
  static_assert(std::is_same_v<U, double> || std::is_same_v<U, float> || std::is_same_v<U, std::int64_t> ||
                    std::is_same_v<U, std::int32_t> || std::is_same_v<U, bool>,
                "elements are double, float, int64_t, int32_t or bool");
  if constexpr (std::is_same_v<U, bool>)
    return {kDLBool, 8, 1};
  else
    return {std::is_floating_point_v<U> ? std::uint8_t(kDLFloat) : std::uint8_t(kDLInt), std::uint8_t(8 * sizeof(U)), 1};
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

// ---------------------------------------------------------------- arrays

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
    return {const_cast<std::remove_const_t<T> *>(memory),   {kDLCPU, 0}, N, detail::data_type<T>(),
            const_cast<std::int64_t *>(shape.data()), const_cast<std::int64_t *>(steps.data()),
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
    return {by_value ? const_cast<unsigned char *>(scalar) : data, {kDLCPU, 0}, rank, type,
            const_cast<std::int64_t *>(sizes), const_cast<std::int64_t *>(strides), 0};
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
  template <typename C, typename E = detail::element_of<const C>, typename = std::enable_if_t<std::is_arithmetic_v<std::remove_const_t<E>>>>
  argument(const C &container) noexcept {
    set(view<const std::remove_const_t<E>, 1>(container.data(), {static_cast<std::int64_t>(container.size())}));
  }
};

// Where a result goes: a view, a vector of its size, a scalar's address.
class destination : public detail::any_tensor {
public:
  template <typename T, int N, typename = std::enable_if_t<!std::is_const_v<T>>> destination(const view<T, N> &window) noexcept {
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

// ---------------------------------------------------------------- stopping

// Copies are the same token.
class stop_token {
public:
  stop_token() : handle(detail::shared(ricci_stop_create())) {
    if (!handle)
      RICCI_THROW(std::bad_alloc());
  }
  void request() const noexcept { ricci_stop_request(handle.get()); }
  void reset() const noexcept { ricci_stop_reset(handle.get()); }
  bool requested() const noexcept { return ricci_stop_requested(handle.get()) != 0; }
  const ricci_stop *get() const noexcept { return handle.get(); }

private:
  std::shared_ptr<ricci_stop> handle;
};

// ---------------------------------------------------------------- functions

class workspace {
public:
  explicit workspace(ricci_workspace *handle) : handle(handle) {}
  ricci_workspace *get() const noexcept { return handle.get(); }

private:
  std::unique_ptr<ricci_workspace, detail::released<ricci_workspace>> handle;
};

// A function whose types are known at run time only. Immutable; copies are the same function.
class any_function {
public:
  // `keep` lives as long as the function.
  explicit any_function(ricci_function *handle, std::shared_ptr<const void> keep = nullptr)
      : keep(std::move(keep)), handle(detail::shared(handle)) {}
  ricci_function *get() const noexcept { return handle.get(); }

  std::string signature() const { return ricci_function_signature(handle.get()); }
  size_t parameter_count() const noexcept { return ricci_function_parameter_count(handle.get()); }
  size_t result_count() const noexcept { return ricci_function_result_count(handle.get()); }

  result<std::vector<tensor>> call(std::initializer_list<argument> arguments, const stop_token *stop = nullptr) const {
    tensors<argument> in(arguments);
    std::vector<DLManagedTensorVersioned *> managed(result_count());
    ricci_error *error = nullptr;
    ricci_status done = ricci_function_call(handle.get(), in.data(), in.size(), managed.data(), managed.size(),
                                            stop ? stop->get() : nullptr, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    std::vector<tensor> results;
    results.reserve(managed.size());
    for (DLManagedTensorVersioned *one : managed)
      results.emplace_back(one);
    return results;
  }

  // Memory for calls with arguments of the shapes of these, on which the function is run once, without its effects.
  result<ricci::workspace> workspace(std::initializer_list<argument> arguments) const {
    tensors<argument> in(arguments);
    ricci_workspace *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_workspace_create(handle.get(), in.data(), in.size(), &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return ricci::workspace(made);
  }

  // Allocates nothing and throws nothing. After a failure the destinations hold anything.
  status call_into(const ricci::workspace &memory, std::initializer_list<argument> arguments,
                   std::initializer_list<destination> results, const stop_token *stop = nullptr) const noexcept {
    tensors<argument> in(arguments);
    tensors<destination> out(results);
    return status(ricci_function_call_into(handle.get(), memory.get(), in.data(), in.size(), out.data(), out.size(),
                                           stop ? stop->get() : nullptr, nullptr));
  }
  status call_into(const ricci::workspace &memory, std::initializer_list<argument> arguments,
                   std::initializer_list<destination> results, const stop_token &stop) const noexcept {
    return call_into(memory, arguments, results, &stop);
  }

  // With respect to parameters or fields of them ("p.w1"). Its arguments are the function's, then
  //   grad, value_and_grad  nothing more        jvp, hvp  a direction for each name        vjp  a cotangent of the value
  result<any_function> grad(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_GRAD, names, stop);
  }
  result<any_function> value_and_grad(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_VALUE_GRAD, names, stop);
  }
  result<any_function> jvp(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_JVP, names, stop);
  }
  result<any_function> vjp(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_VJP, names, stop);
  }
  result<any_function> hvp(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_HVP, names, stop);
  }

  // What it is made of and costs, as JSON.
  std::string report() const {
    ricci_text *text = nullptr;
    ricci_error *error = nullptr;
    if (ricci_status done = ricci_function_report(handle.get(), &text, &error); done != RICCI_OK)
      RICCI_THROW(ricci::error(status(done), error));
    return detail::text_of(text);
  }

private:
  // The tensors of a list, on the stack.
  template <typename T> class tensors {
  public:
    explicit tensors(std::initializer_list<T> list) noexcept : count(list.size()) {
      size_t i = 0;
      for (const T &one : list)
        if (i < most)
          all[i++] = one.dlpack();
    }
    // More than there is room for fit no function here, and are told so.
    const DLTensor *data() const noexcept { return count <= most ? all : nullptr; }
    size_t size() const noexcept { return count; }

  private:
    static constexpr size_t most = 64;
    DLTensor all[most];
    size_t count;
  };

  result<any_function> derivative(ricci_derivative form, std::initializer_list<const char *> names,
                                  const stop_token *stop) const {
    ricci_function *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_function_derivative(handle.get(), form, names.begin(), names.size(),
                                                  stop ? stop->get() : nullptr, &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return any_function(made, keep);
  }

  std::shared_ptr<const void> keep;
  std::shared_ptr<ricci_function> handle;
};

namespace detail {

// How a C++ type stands for parameters and results.
template <typename T> struct passed { // a scalar
  static_assert(std::is_arithmetic_v<T>, "parameters are scalars and views");
  using type = T;
  static constexpr int rank = 0;
  static constexpr DLDataType dtype() { return data_type<T>(); }
  static DLTensor tensor(const T &value) noexcept {
    return {const_cast<T *>(&value), {kDLCPU, 0}, 0, dtype(), nullptr, nullptr, 0};
  }
};
template <typename T, int N> struct passed<view<T, N>> {
  using type = view<const std::remove_const_t<T>, N>;
  static constexpr int rank = N;
  static constexpr DLDataType dtype() { return data_type<T>(); }
  static DLTensor tensor(const type &window) noexcept { return window.tensor(); }
};

template <typename T> struct given_back { // a scalar
  static_assert(std::is_arithmetic_v<T>, "results are scalars, arrays and tuples of them");
  static constexpr int rank = 0;
  static constexpr DLDataType dtype() { return data_type<T>(); }
  static T take(ricci::tensor &&owner) { return *static_cast<const T *>(owner.dlpack().data); }
};
template <typename T, int N> struct given_back<array<T, N>> {
  static constexpr int rank = N;
  static constexpr DLDataType dtype() { return data_type<T>(); }
  static array<T, N> take(ricci::tensor &&owner) { return array<T, N>(std::move(owner)); }
};

template <typename R> struct results {
  static constexpr size_t count = 1;
  static bool fit(const ricci_leaf *leaves) { return leaves[0].rank == given_back<R>::rank && same(leaves[0].dtype, given_back<R>::dtype()); }
  static R take(DLManagedTensorVersioned **managed) { return given_back<R>::take(tensor(managed[0])); }
};
template <typename... Rs> struct results<std::tuple<Rs...>> {
  static constexpr size_t count = sizeof...(Rs);
  static bool fit(const ricci_leaf *leaves) {
    size_t i = 0;
    return ((leaves[i].rank == given_back<Rs>::rank && same(leaves[i++].dtype, given_back<Rs>::dtype())) && ...);
  }
  static std::tuple<Rs...> take(DLManagedTensorVersioned **managed) {
    size_t i = 0;
    return std::tuple<Rs...>{given_back<Rs>::take(tensor(managed[i++]))...};
  }
};

} // namespace detail

// A function of known types, checked once when it is got: parameters are scalars and views, the result a scalar, an
// array<T, N> or a std::tuple of them.
template <typename Signature> class function;
template <typename R, typename... Args> class function<R(Args...)> : public any_function {
public:
  // The types must be the function's.
  static result<function> check(any_function made) {
    ricci_function *handle = made.get();
    bool fits = made.parameter_count() == sizeof...(Args) && made.result_count() == detail::results<R>::count;
    if (fits) {
      size_t i = 0;
      fits = (parameter_fits<Args>(handle, i++) && ...);
      ricci_leaf leaves[detail::results<R>::count];
      for (size_t number = 0; number < detail::results<R>::count; ++number) {
        leaves[number] = RICCI_LEAF_INIT;
        ricci_function_result(handle, number, &leaves[number]);
      }
      fits = fits && detail::results<R>::fit(leaves);
    }
    if (!fits)
      return ricci::error(status::invalid_argument, "the C++ signature is not that of " + made.signature());
    return function(std::move(made));
  }

  // Throws ricci::error.
  R operator()(const typename detail::passed<Args>::type &...arguments) const {
    const DLTensor in[sizeof...(Args) + 1] = {detail::passed<Args>::tensor(arguments)..., DLTensor{}};
    ricci_error *error = nullptr;
    if constexpr (std::is_arithmetic_v<R>) {
      R value{};
      const DLTensor out = detail::passed<R>::tensor(value);
      ricci_status done = ricci_function_call_into(get(), nullptr, in, sizeof...(Args), &out, 1, nullptr, &error);
      if (done != RICCI_OK)
        RICCI_THROW(ricci::error(status(done), error));
      return value;
    } else {
      DLManagedTensorVersioned *managed[detail::results<R>::count] = {};
      ricci_status done = ricci_function_call(get(), in, sizeof...(Args), managed, detail::results<R>::count, nullptr, &error);
      if (done != RICCI_OK)
        RICCI_THROW(ricci::error(status(done), error));
      return detail::results<R>::take(managed);
    }
  }

private:
  explicit function(any_function made) : any_function(std::move(made)) {}

  template <typename T> static bool parameter_fits(ricci_function *handle, size_t number) {
    ricci_leaf leaf = RICCI_LEAF_INIT;
    return ricci_function_parameter(handle, number, &leaf) == RICCI_OK && leaf.rank == detail::passed<T>::rank &&
           detail::same(leaf.dtype, detail::passed<T>::dtype());
  }
};

// ---------------------------------------------------------------- modules and engines

// A program that has been checked. Immutable; copies are the same module.
class module {
public:
  explicit module(ricci_module *handle, std::shared_ptr<const void> keep = nullptr)
      : keep(std::move(keep)), handle(detail::shared(handle)) {}

  std::vector<std::string> functions() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < ricci_module_function_count(handle.get()); ++i)
      names.emplace_back(ricci_module_function_name(handle.get(), i));
    return names;
  }

  // Compiles the function, or a derivative by its name: f_grad_w, f_value_grad_w_b, f_jvp_w, f_vjp_w, f_hvp_w.
  result<any_function> get(const std::string &name, const stop_token *stop = nullptr) const {
    ricci_function *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done =
        ricci_module_function(handle.get(), name.c_str(), stop ? stop->get() : nullptr, &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return any_function(made, keep);
  }
  template <typename Signature>
  result<function<Signature>> get(const std::string &name, const stop_token *stop = nullptr) const {
    result<any_function> made = get(name, stop);
    return made ? function<Signature>::check(std::move(*made)) : made.error();
  }

  // A function at a stage of its compilation.
  result<std::string> ir(const std::string &name, ricci::stage stage) const {
    ricci_text *text = nullptr;
    ricci_error *error = nullptr;
    ricci_status done =
        ricci_module_ir(handle.get(), name.c_str(), static_cast<ricci_stage>(stage), &text, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return detail::text_of(text);
  }

  // Functions and derivatives by their names to STEM.o, STEM.h and libSTEM.so in the folder, which need no Ricci. `machine`:
  // "aarch64-linux-gnu", "x86_64-linux-gnu/x86-64-v3", "x86-64-v2"; empty: this one. `serial`: no OpenMP runtime either.
  result<void> export_aot(const std::string &folder, std::initializer_list<const char *> names, const std::string &machine = "",
                          bool serial = false) const {
    ricci_export_options options = RICCI_EXPORT_OPTIONS_INIT;
    options.machine = machine.empty() ? nullptr : machine.c_str();
    options.serial = serial;
    ricci_error *error = nullptr;
    ricci_status done =
        ricci_module_export(handle.get(), folder.c_str(), names.begin(), names.size(), &options, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return {};
  }

private:
  std::shared_ptr<const void> keep;
  std::shared_ptr<ricci_module> handle;
};

struct engine_options {
  int threads = 0;                // of a call; 0: as many as the process may use
  std::int64_t memory_limit = 0;  // of a call, in bytes; 0: none
  std::string cache_directory;    // for compiled code; empty: none
  std::int64_t cache_bytes = 0;   // at most; 0: 256 MiB
  std::string library_directory;  // holds std/; empty: where Ricci is installed
  std::string compiler;           // a command to compile in, such as "ricci compile-worker"; empty: this process
  ricci_allocator allocator{};    // without functions: the process'
  ricci_executor executor{};      // without a function: OpenMP
  std::function<void(std::string_view)> print; // of what functions print; must not throw
  bool colour = false;            // of texts for people
};

// Compiles. Safe to use from any number of threads; copies are the same engine.
class engine {
public:
  engine() : engine(engine_options()) {}
  // Throws ricci::error.
  explicit engine(engine_options options) : engine(create(std::move(options)).value()) {}

  static result<engine> create(engine_options options = {}) {
    auto text = [](const std::string &from) { return from.empty() ? nullptr : from.c_str(); };
    auto kept = std::make_shared<engine_options>(std::move(options));
    ricci_engine_options given = RICCI_ENGINE_OPTIONS_INIT;
    given.threads = kept->threads;
    given.memory_limit = kept->memory_limit;
    given.cache_directory = text(kept->cache_directory);
    given.cache_bytes = kept->cache_bytes;
    given.library_directory = text(kept->library_directory);
    given.compiler = text(kept->compiler);
    given.allocator = kept->allocator.allocate ? &kept->allocator : nullptr;
    given.executor = kept->executor.run ? &kept->executor : nullptr;
    given.colour = kept->colour;
    if (kept->print) {
      given.print = [](void *user, const char *from, size_t size) {
        static_cast<engine_options *>(user)->print(std::string_view(from, size));
      };
      given.print_user = kept.get();
    }
    ricci_engine *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_engine_create(&given, &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return engine(std::move(kept), made);
  }

  result<module> compile(const std::string &name, std::string_view text) const {
    ricci_module *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_compile(handle.get(), name.c_str(), text.data(), text.size(), &made, &error);
    return finish(done, made, error);
  }
  result<module> compile_file(const std::string &path) const {
    ricci_module *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_compile_file(handle.get(), path.c_str(), &made, &error);
    return finish(done, made, error);
  }

private:
  engine(std::shared_ptr<engine_options> options, ricci_engine *made)
      : options(std::move(options)), handle(detail::shared(made)) {}

  result<module> finish(ricci_status done, ricci_module *made, ricci_error *error) const {
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return module(made, options);
  }

  std::shared_ptr<engine_options> options; // what functions print goes there, so they keep it
  std::shared_ptr<ricci_engine> handle;
};

} // namespace ricci

#undef RICCI_THROW
#endif // RICCI_RICCI_HPP
