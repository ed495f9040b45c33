#include "tests/fuzz/Agreement.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace ricci::fuzz {

using runtime::Array;

// How far a result may be off on its own: functions by their stated ulp, a sum by its order.
static constexpr double kUlps = 32;
// Rounding moves results at random by less than this, so that a few runs say what real rounding may do.
static constexpr double kNoise = 8;
// What few runs spread over may be less than what can be.
static constexpr double kMargin = 8;
static constexpr unsigned kRuns = 8, kMoreRuns = 64;

// Something about the answers as a whole; empty if they have the same form and can be compared.
static std::string formDifference(const Answer &expected, const Answer &actual) {
  if (expected.error != actual.error)
    return fmt::format("in how it ends: {} for {}", actual.error.empty() ? "a value" : "error " + actual.error,
                       expected.error.empty() ? "a value" : "error " + expected.error);
  if (expected.values.size() != actual.values.size())
    return fmt::format("in form: {} arrays for {}", actual.values.size(), expected.values.size());
  for (size_t leaf = 0; leaf < expected.values.size(); ++leaf)
    if (expected.values[leaf].dtype() != actual.values[leaf].dtype() ||
        expected.values[leaf].shape() != actual.values[leaf].shape())
      return fmt::format("in form: result {} is {} for {}", leaf, runtime::describe(actual.values[leaf].type()),
                         runtime::describe(expected.values[leaf].type()));
  return "";
}

std::string difference(const Answer &expected, const Answer &actual) {
  if (std::string form = formDifference(expected, actual); !form.empty())
    return form;
  for (size_t leaf = 0; leaf < expected.values.size(); ++leaf)
    if (std::memcmp(expected.values[leaf].data(), actual.values[leaf].data(),
                    static_cast<size_t>(expected.values[leaf].bytes())) != 0)
      return fmt::format("in bits: result {}", leaf);
  return "";
}

Reference::Reference(Interpretation given, const std::vector<Array> &inputs)
    : interpretation(std::move(given)), inputs(inputs) {
  exact = interpretation.run(inputs);
  for (const Array &array : exact.values)
    spread.emplace_back(array.size(), 0.0);
}

// Distance of two numbers, as far as rounding is concerned.
static double distance(double x, double y) {
  if (x == y || (std::isnan(x) && std::isnan(y)))
    return 0;
  double result = std::abs(x - y);
  return std::isnan(result) ? std::numeric_limits<double>::infinity() : result;
}

void Reference::perturb(unsigned times) {
  for (; times > 0; --times) {
    Answer noisy = interpretation.run(inputs, {kNoise, ++perturbed});
    for (size_t leaf = 0; leaf < spread.size(); ++leaf)
      for (size_t i = 0; i < spread[leaf].size(); ++i) {
        // A run that ends in an error, or in another size, says that anything may be.
        bool same = leaf < noisy.values.size() && noisy.values[leaf].shape() == exact.values[leaf].shape();
        double moved = same ? runtime::dispatch(exact.values[leaf].dtype(),
                                                [&](auto zero) {
                                                  using T = decltype(zero);
                                                  return distance(double(noisy.values[leaf].as<T>()[i]),
                                                                  double(exact.values[leaf].as<T>()[i]));
                                                })
                            : std::numeric_limits<double>::infinity();
        spread[leaf][i] = std::max(spread[leaf][i], moved);
      }
  }
}

std::string Reference::beyond(const Answer &actual) const {
  for (size_t leaf = 0; leaf < exact.values.size(); ++leaf) {
    std::string found = runtime::dispatch(exact.values[leaf].dtype(), [&](auto zero) -> std::string {
      using T = decltype(zero);
      auto expected = exact.values[leaf].as<T>(), given = actual.values[leaf].as<T>();
      for (size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] == given[i])
          continue;
        double allowed = kMargin * spread[leaf][i];
        if constexpr (std::is_floating_point_v<T>)
          if (std::isfinite(expected[i]))
            allowed += kUlps * double(std::numeric_limits<T>::epsilon()) * std::abs(double(expected[i])) +
                       double(std::numeric_limits<T>::min());
        if (!(distance(double(expected[i]), double(given[i])) <= allowed))
          return fmt::format("in {}: result {}, element {}: {} for {}",
                             std::isfinite(double(given[i])) == std::isfinite(double(expected[i])) ? "value"
                                                                                                   : "being finite",
                             leaf, i, given[i], expected[i]);
      }
      return "";
    });
    if (!found.empty())
      return found;
  }
  return "";
}

std::string Reference::difference(const Answer &actual) {
  if (std::string form = formDifference(exact, actual); !form.empty())
    return form;
  const std::string plain = beyond(actual);
  std::string found = plain;
  for (unsigned runs : {kRuns, kMoreRuns})
    if (!found.empty() && perturbed < runs) {
      perturb(runs - perturbed);
      found = beyond(actual);
    }
  if (found.empty() && !plain.empty())
    unstable = plain;
  return found;
}

} // namespace ricci::fuzz
