#include "Harness.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>

namespace ricci::bench {

namespace {

constexpr int rounds = 9;
constexpr double sampleSeconds = 0.02; // long against the clock's resolution and a context switch

// CPU time, not wall time: all workloads run on the calling thread, and what else runs on the machine is not ours.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds(const std::function<void()> &run, int64_t repeats) {
  double start = now();
  for (int64_t i = 0; i < repeats; ++i)
    run();
  return (now() - start) / static_cast<double>(repeats);
}

int64_t repeatsFor(const std::function<void()> &run) {
  int64_t repeats = 1;
  while (true) {
    double once = seconds(run, repeats);
    if (once * static_cast<double>(repeats) >= sampleSeconds / 4)
      return std::max<int64_t>(1, std::llround(sampleSeconds / once));
    repeats *= 4;
  }
}

Timing timing(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {samples[samples.size() / 2], samples.front(), samples.back()};
}

// The largest difference relative to the largest expected value; infinite if one has a NaN where the other has none.
template <typename T> double difference(const std::vector<T> &got, const std::vector<T> &expected) {
  double most = 0, scale = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(got[i]) != std::isnan(expected[i]))
      return INFINITY;
    most = std::max(most, static_cast<double>(std::abs(got[i] - expected[i])));
    scale = std::max(scale, static_cast<double>(std::abs(expected[i])));
  }
  return scale > 0 ? most / scale : most;
}

} // namespace

Comparison compare(const std::function<void()> &ours, const std::function<void()> &peer) {
  int64_t ourRepeats = repeatsFor(ours), peerRepeats = repeatsFor(peer);
  std::vector<double> our, their, ratios;
  for (int round = 0; round < rounds; ++round) {
    our.push_back(seconds(ours, ourRepeats));
    their.push_back(seconds(peer, peerRepeats));
    ratios.push_back(their.back() / our.back());
  }
  return {timing(our), timing(their), timing(ratios).median};
}

void Report::heading(const std::string &title) {
  ratios.clear();
  std::printf("\n%-34s %10s %8s %9s %9s %9s %8s\n", title.c_str(), "time", "spread", "GFLOP/s", "GB/s", "ns/elem",
              "ratio");
}

template <typename T>
void Report::row(const std::string &name, const Work &work, double bound, const std::function<void()> &ours,
                 const std::function<void()> &peer, const std::vector<T> &got, const std::vector<T> &expected) {
  ours();
  peer();
  if (double off = difference(got, expected); !(off <= bound)) {
    std::printf("%-34s results differ by %.2g, allowed %.2g\n", name.c_str(), off, bound);
    anyFailed = true;
    return;
  }
  Comparison result = compare(ours, peer);
  auto rate = [&](double amount, double scale) {
    char text[32];
    std::snprintf(text, sizeof text, "%9.2f", amount / result.ours.median / scale);
    return amount > 0 ? std::string(text) : std::string(9, ' ');
  };
  std::string each(9, ' ');
  if (work.elements > 0) {
    char text[32];
    std::snprintf(text, sizeof text, "%9.3f", result.ours.median / work.elements * 1e9);
    each = text;
  }
  double spread = (result.ours.most - result.ours.least) / result.ours.median;
  std::printf("%-34s %7.2f us %7.0f%% %s %s %s %8.3f\n", name.c_str(), result.ours.median * 1e6, spread * 100,
              rate(work.flops, 1e9).c_str(), rate(work.bytes, 1e9).c_str(), each.c_str(), result.ratio);
  std::fflush(stdout);
  ratios.push_back(result.ratio);
}

template void Report::row(const std::string &, const Work &, double, const std::function<void()> &,
                          const std::function<void()> &, const std::vector<float> &, const std::vector<float> &);
template void Report::row(const std::string &, const Work &, double, const std::function<void()> &,
                          const std::function<void()> &, const std::vector<double> &, const std::vector<double> &);

void Report::summary() {
  if (ratios.empty())
    return;
  double sum = 0;
  for (double ratio : ratios)
    sum += std::log(ratio);
  std::printf("%-34s geometric mean %.3f, least %.3f\n", "", std::exp(sum / static_cast<double>(ratios.size())),
              *std::min_element(ratios.begin(), ratios.end()));
}

template <typename T> std::vector<T> randomValues(size_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<T> value(-1, 1);
  std::vector<T> values(count);
  for (T &x : values)
    x = value(generator);
  return values;
}
template std::vector<float> randomValues(size_t, uint64_t);
template std::vector<double> randomValues(size_t, uint64_t);

} // namespace ricci::bench
