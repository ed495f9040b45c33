// Functions that are called: of types known to the compiler of the host, or at run time only.
#ifndef RICCI_FUNCTION_HPP
#define RICCI_FUNCTION_HPP

#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensor.hpp"

namespace ricci {

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
  //   grad, value_and_grad  nothing more        jvp, hvp  a direction for each name        vjp  a cotangent of the
  //   value
  result<any_function> grad(std::initializer_list<const char *> names, const stop_token *stop = nullptr) const {
    return derivative(RICCI_GRAD, names, stop);
  }
  result<any_function> value_and_grad(std::initializer_list<const char *> names,
                                      const stop_token *stop = nullptr) const {
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
  static bool fit(const ricci_leaf *leaves) {
    return leaves[0].rank == given_back<R>::rank && same(leaves[0].dtype, given_back<R>::dtype());
  }
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
      ricci_status done =
          ricci_function_call(get(), in, sizeof...(Args), managed, detail::results<R>::count, nullptr, &error);
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

} // namespace ricci

#endif // RICCI_FUNCTION_HPP
