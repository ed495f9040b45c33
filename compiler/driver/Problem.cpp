#include "compiler/driver/Problem.h"

#include <fmt/format.h>

namespace ricci::driver {

Problem problem(ExitStatus status, std::string_view message) { return {status, fmt::format("error: {}\n", message)}; }

Problem problem(const runtime::Error &error) {
  switch (error.kind) {
  case runtime::ErrorKind::Memory:
    return problem(ExitStatus::RunTime, error.message);
  case runtime::ErrorKind::Mismatch:
    return problem(ExitStatus::WrongProgram, error.message);
  case runtime::ErrorKind::Io:
  case runtime::ErrorKind::Format:
  case runtime::ErrorKind::Unsupported:
    break;
  }
  return problem(ExitStatus::Data, error.message);
}

Problem notInThisVersion(std::string_view what) {
  return problem(ExitStatus::Usage, fmt::format("{} is not in this version", what));
}

} // namespace ricci::driver
