#include "compiler/driver/Signals.h"

#include "compiler/driver/Problem.h"

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace ricci::driver {

namespace {

// Runs in the middle of anything, so it calls nothing but the system.
void onBusError(int, siginfo_t *info, void *) {
  if (info->si_code != BUS_ADRERR) {
    signal(SIGBUS, SIG_DFL); // and the instruction is tried again
    return;
  }
  constexpr std::string_view text = "error: a data file was cut short, or cannot be read any more, while in use\n";
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  _exit(static_cast<int>(ExitStatus::Data));
}

} // namespace

void reportLostData() {
  struct sigaction action{};
  action.sa_sigaction = onBusError;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

} // namespace ricci::driver
