#pragma once

#include <string>

namespace ricci {

// What code is made for, in LLVM's words. Without a triple it is this machine.
struct Machine {
  std::string triple, cpu, features;
  bool operator==(const Machine &) const = default;
};

// This machine with its name and features spelled out.
const Machine &hostMachine();

// The vector registers that a machine has, as far as code is made for them.
struct VectorUnit {
  unsigned bytes; // 64 (AVX-512), 32 (AVX2), 16
  bool neon;      // AArch64's
};

} // namespace ricci
