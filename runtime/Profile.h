// Where the time of a run goes: code that is compiled for it says after each step which one that was. One run at a time.
#pragma once

#include <cstdint>
#include <unordered_map>

extern "C" {
struct ricci_profile;
// What ran since the last mark was `step`.
void ricci_mark(ricci_profile *profile, int64_t step);
}

struct ricci_profile {
  // Begins a run; what was kept of the last one is dropped.
  void start();
  // Ends it; the seconds of each step that was marked, all its turns together. The marks themselves are not counted.
  std::unordered_map<int64_t, double> stop();

private:
  friend void ricci_mark(ricci_profile *profile, int64_t step);
  std::unordered_map<int64_t, int64_t> steps; // ticks of each
  int64_t last = 0;       // ticks at the last mark
  int64_t firstTicks = 0; // and at the start, beside the clock
  double firstSeconds = 0;
};
