// The compiler recurses as deep as programs nest, up to bounds that fit a stack of a size it knows. The host's threads
// may have any: so it runs on one of its own.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace ricci::engine {

// Calls work(argument) on a thread with enough stack, and returns when it has. What it throws is thrown here;
// std::bad_alloc if there is no thread to be had.
void callOnLargeStack(void (*work)(void *), void *argument);

// The result of `body()`, from there.
template <typename Body> auto onLargeStack(Body body) {
  struct State {
    Body &body;
    std::optional<std::invoke_result_t<Body>> result;
  } state{body, {}};
  callOnLargeStack(
      [](void *opaque) {
        auto &state = *static_cast<State *>(opaque);
        state.result.emplace(state.body());
      },
      &state);
  return std::move(*state.result);
}

} // namespace ricci::engine
