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

Problem problem(const engine::Error &error) {
  switch (error.status) {
  case engine::Status::WrongProgram:
    return {ExitStatus::WrongProgram, error.text};
  case engine::Status::InvalidArgument:
    return {ExitStatus::Usage, error.text};
  case engine::Status::Io:
    return {ExitStatus::Data, error.text};
  case engine::Status::RunTime:
  case engine::Status::OutOfMemory:
  case engine::Status::Stopped:
    return {ExitStatus::RunTime, error.text};
  case engine::Status::Ok:
  case engine::Status::Fault:
    break;
  }
  return {ExitStatus::Fault, error.message};
}

Problem notInThisVersion(std::string_view what) {
  return problem(ExitStatus::Usage, fmt::format("{} is not in this version", what));
}

} // namespace ricci::driver
