// A value or the reason there is none. The runtime throws nothing: whoever calls decides what an error means.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ricci::runtime {

enum class ErrorKind {
  Io,          // the file is not there, or the system refuses it
  Format,      // its contents are not what the format says
  Unsupported, // well formed, but something Ricci does not read or write
  Mismatch,    // readable, but not the element type or shape that was asked for
  Memory,      // does not fit the memory limit
};

struct Error {
  ErrorKind kind;
  std::string message;
};

template <typename T, typename E = Error> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state.index() == 0; }
  T &operator*() { return *std::get_if<0>(&state); }
  const T &operator*() const { return *std::get_if<0>(&state); }
  T *operator->() { return std::get_if<0>(&state); }
  const T *operator->() const { return std::get_if<0>(&state); }
  E &error() { return *std::get_if<1>(&state); }
  const E &error() const { return *std::get_if<1>(&state); }

private:
  std::variant<T, E> state;
};

template <typename E> class [[nodiscard]] Result<void, E> {
public:
  Result() = default;
  Result(E error) : failure(std::move(error)) {}

  explicit operator bool() const { return !failure; }
  E &error() { return *failure; }
  const E &error() const { return *failure; }

private:
  std::optional<E> failure;
};

using Status = Result<void>;

} // namespace ricci::runtime
