// What can fail gives a `result`: a value, or the error in its place, which says what went wrong as data and as text.
#ifndef RICCI_RESULT_HPP
#define RICCI_RESULT_HPP

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ricci.h"

// Without exceptions there is nowhere to go from a value that is not there: ask for it first.
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
#define RICCI_RELEASED(type)                                                                                           \
  template <> struct released<type> {                                                                                  \
    void operator()(type *handle) const noexcept { type##_release(handle); }                                           \
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

} // namespace detail

} // namespace ricci

#endif // RICCI_RESULT_HPP
