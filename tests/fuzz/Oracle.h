// What must hold for a program: it is accepted, and compiled code gives what the interpreter gives, with one thread,
// with all threads bit by bit the same, and as a function for any sizes.
#pragma once

#include "tests/fuzz/Supervisor.h"

#include <string>

namespace ricci::fuzz {

// Throws Failure with what does not hold.
void examine(const std::string &text, Progress &progress);

} // namespace ricci::fuzz
