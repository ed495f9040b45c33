// The texts of Host.h, taken apart.
#pragma once

#include "runtime/Value.h"

namespace ricci::runtime {

// Assembles the operand at text[position…] and moves position behind it. The value borrows the arrays' memory.
Result<Value> parseOperand(std::string_view text, size_t &position, std::span<const Array> arrays);

// One run of text, or one operand with its format.
struct PrintSegment {
  std::string text;
  std::optional<Value> value;
  std::string format;
};
Result<std::vector<PrintSegment>> parsePrint(std::string_view spec, std::span<const Array> arrays);

struct EffectOption {
  std::string name;
  std::string value;
};
Result<std::vector<EffectOption>> parseOptions(std::string_view spec);

} // namespace ricci::runtime
