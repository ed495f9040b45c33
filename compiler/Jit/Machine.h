#pragma once

#include <string>

namespace ricci {

// What code is made for, in LLVM's words. Without a triple it is this machine.
struct Machine {
  std::string triple, cpu, features;
};

// This machine with its name and features spelled out.
const Machine &hostMachine();

} // namespace ricci
