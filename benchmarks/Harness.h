// Pairs of implementations timed against each other: checked first, then run in turn, so that what disturbs the machine
// disturbs both.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ricci::bench {

// Seconds of one run: the median over the rounds, and the extremes.
struct Timing {
  double median, least, most;
};

struct Comparison {
  Timing ours, peer;
  double ratio; // median over the rounds of peer / ours; above 1 we are faster
};

Comparison compare(const std::function<void()> &ours, const std::function<void()> &peer);

// What a run does, for the rates; 0 is left out of the table.
struct Work {
  double flops = 0, bytes = 0, elements = 0;
};

// Prints one row. A workload whose results differ from the peer's by more than `bound` relative to the largest value
// is not timed; it counts as failed.
class Report {
public:
  void heading(const std::string &title);
  template <typename T>
  void row(const std::string &name, const Work &work, double bound, const std::function<void()> &ours,
           const std::function<void()> &peer, const std::vector<T> &got, const std::vector<T> &expected);

  // Geometric mean of the ratios since the last heading, printed as a row.
  void summary();
  bool failed() const { return anyFailed; }

private:
  std::vector<double> ratios;
  bool anyFailed = false;
};

extern template void Report::row(const std::string &, const Work &, double, const std::function<void()> &,
                                 const std::function<void()> &, const std::vector<float> &, const std::vector<float> &);
extern template void Report::row(const std::string &, const Work &, double, const std::function<void()> &,
                                 const std::function<void()> &, const std::vector<double> &,
                                 const std::vector<double> &);

// Values in [-1, 1].
template <typename T> std::vector<T> randomValues(size_t count, uint64_t seed);
extern template std::vector<float> randomValues(size_t, uint64_t);
extern template std::vector<double> randomValues(size_t, uint64_t);

// A group of workloads that `ricci-bench NAME` selects.
struct Suite {
  const char *name;
  void (*run)(Report &);
};
void runContractions(Report &report);
void runMatrixVector(Report &report);
void runTensorContractions(Report &report);
void runPrograms(Report &report);

} // namespace ricci::bench
