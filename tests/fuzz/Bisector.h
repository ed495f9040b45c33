// Names the part of the compiler after which a program's answer is another.
#pragma once

#include <string>

namespace ricci::fuzz {

// "Simplify, rewrite 7: SinkBroadcasts"; or what is wrong where no answer is.
std::string culprit(const std::string &text);

} // namespace ricci::fuzz
