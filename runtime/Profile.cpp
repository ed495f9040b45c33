#include "runtime/Profile.h"

#include <chrono>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A counter that is read in a few nanoseconds and runs at one speed.
int64_t ticks() {
#if defined(__x86_64__)
  return static_cast<int64_t>(__rdtsc());
#else
  return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

} // namespace

void ricci_mark(ricci_profile *profile, int64_t step) {
  const int64_t now = ticks();
  profile->steps[step] += now - profile->last;
  profile->last = ticks();
}

void ricci_profile::start() {
  steps.clear();
  firstSeconds = seconds();
  firstTicks = last = ticks();
}

std::unordered_map<int64_t, double> ricci_profile::stop() {
  const int64_t end = ticks();
  const double elapsed = seconds() - firstSeconds;
  const double perTick = end > firstTicks ? elapsed / static_cast<double>(end - firstTicks) : 0;
  std::unordered_map<int64_t, double> result;
  for (const auto &[step, taken] : steps)
    result[step] = static_cast<double>(taken) * perTick;
  return result;
}
