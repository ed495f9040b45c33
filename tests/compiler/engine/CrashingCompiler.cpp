// A compiler process that goes wrong after it has read its request, in the ways that LLVM may.
#include "llvm/Support/ErrorHandling.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

static volatile int depth = 0;
static int recurse(int n) {
  volatile char frame[4096] = {};
  frame[n % 4096] = static_cast<char>(n);
  depth = depth + 1;
  return recurse(n + 1) + frame[(n * 7) % 4096];
}

int main(int argc, char **argv) {
  char buffer[4096];
  while (std::fread(buffer, 1, sizeof buffer, stdin) > 0) {
  }
  const char *how = argc > 1 ? argv[1] : "";
  if (!std::strcmp(how, "abort"))
    std::abort();
  if (!std::strcmp(how, "segmentation"))
    *reinterpret_cast<volatile int *>(std::strtoul("8", nullptr, 10)) = 1;
  if (!std::strcmp(how, "fatal"))
    llvm::reportFatalInternalError("planted");
  if (!std::strcmp(how, "recursion"))
    return recurse(0);
  if (!std::strcmp(how, "half")) {
    // The answer says that code of a thousand bytes follows.
    const int64_t numbers[] = {0, 1000};
    std::fwrite(numbers, sizeof numbers, 1, stdout);
    std::fflush(stdout);
    ::kill(getpid(), SIGKILL);
  }
  if (!std::strcmp(how, "nonsense"))
    std::puts("this is no answer");
  return 0;
}
