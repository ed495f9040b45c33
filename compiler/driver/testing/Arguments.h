// Arguments for a function of any signature: sizes and elements, drawn from a seed, as arrays and as text.
#pragma once

#include "compiler/driver/testing/Random.h"
#include "lang/sema/Checked.h"
#include "runtime/Array.h"

#include <optional>
#include <string>
#include <vector>

namespace ricci::driver {

// One array of the arguments: `reals` of floating elements, `integers` of all others.
struct Elements {
  runtime::Shape shape;
  std::vector<double> reals;
  std::vector<int64_t> integers;

  size_t count() const { return reals.size() + integers.size(); }
};

struct Arguments {
  std::vector<int64_t> sizes;     // as Signature::sizes
  std::vector<Elements> elements; // as Signature::leaves
};

class Signature {
public:
  explicit Signature(const lang::CheckedFn &function);

  struct Leaf {
    const lang::Type *type;
    std::optional<size_t> size; // an i64 that is this one of the sizes
  };
  const std::vector<lang::Symbol> &sizes() const { return symbols; }
  const std::vector<Leaf> &leaves() const { return arrays; }

  // Of all leaves. Nothing if an axis, of the value too, would be negative or larger than any memory.
  std::optional<std::vector<runtime::Shape>> shapes(const std::vector<int64_t> &sizes) const;

  // For property tests: sizes from 0 to 20, one in four like another one; elements normal, small integers, or values at
  // the edge of things: ±0, ±1, ½. Nothing if no sizes fit.
  std::optional<Arguments> drawAny(Random &random) const;
  // For derivatives: sizes from 1 to 4, reals from the unit normal distribution times `scale`, integers from 0 to
  // `mostInteger`.
  std::optional<Arguments> drawModerate(Random &random, double scale, int64_t mostInteger) const;

  std::vector<runtime::Array> toArrays(const Arguments &arguments, bool widen = false) const;
  // A line for each size and argument: `N = 2`, `x = [1.0, 2.0]`.
  std::string text(const Arguments &arguments) const;

private:
  template <class DrawSize> std::optional<Arguments> drawSizes(DrawSize drawSize) const;

  const lang::CheckedFn &function;
  std::vector<lang::Symbol> symbols;
  std::vector<Leaf> arrays;
};

} // namespace ricci::driver
