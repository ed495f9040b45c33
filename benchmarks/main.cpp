// ricci-bench [NAME…]: times Ricci against its peers; names select suites, none means all.
#include "Harness.h"
#include "Peers.h"

#include <cstdio>
#include <cstring>

using namespace ricci::bench;

int main(int argc, char **argv) {
  static const Suite suites[] = {
      {"gemm", runContractions}, {"gemv", runMatrixVector}, {"tensor", runTensorContractions}, {"program", runPrograms}};
  for (int i = 1; i < argc; ++i) {
    bool known = false;
    for (const Suite &suite : suites)
      known |= std::strcmp(argv[i], suite.name) == 0;
    if (!known) {
      std::fprintf(stderr, "ricci-bench: there is no suite `%s`; there are:", argv[i]);
      for (const Suite &suite : suites)
        std::fprintf(stderr, " %s", suite.name);
      std::fputc('\n', stderr);
      return 2;
    }
  }
  useOneThread();
  Report report;
  for (const Suite &suite : suites) {
    bool chosen = argc == 1;
    for (int i = 1; i < argc; ++i)
      chosen |= std::strcmp(argv[i], suite.name) == 0;
    if (chosen)
      suite.run(report);
  }
  return report.failed() ? 1 : 0;
}
