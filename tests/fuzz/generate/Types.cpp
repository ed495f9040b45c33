#include "tests/fuzz/generate/Types.h"

#include <algorithm>

namespace ricci::fuzz {

bool Size::isNumber() const {
  bool result = false;
  dim.forEachSymbol([&](const lang::Symbol &symbol) { result |= symbol->kind != lang::SymbolInfo::Size; });
  return result;
}

int64_t count(const Shape &shape) {
  int64_t result = 1;
  for (const Size &size : shape)
    result *= size.value;
  return result;
}

std::string text(const Shape &shape) {
  std::string result;
  for (const Size &size : shape)
    result += (result.empty() ? "" : ",") + size.text();
  return result;
}

std::string ArrayType::text() const {
  std::string name(lang::scalarName(element));
  return shape.empty() ? name : name + "[" + fuzz::text(shape) + "]";
}

Facts Facts::with(const Facts &other) const {
  return {std::min(low, other.low),     std::max(high, other.high),   infinite || other.infinite,
          undefined || other.undefined, fromReals || other.fromReals, reads | other.reads};
}

Facts Facts::within(double newLow, double newHigh) const {
  Facts result = *this;
  result.low = newLow;
  result.high = newHigh;
  return result;
}

} // namespace ricci::fuzz
