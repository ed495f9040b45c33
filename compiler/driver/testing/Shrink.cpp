#include "compiler/driver/testing/Shrink.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace ricci::driver {

namespace {

// Which elements stay when an axis gets shorter: those in front, those at the end, or all but one.
struct Keep {
  enum Which { Front, Back, AllBut } which;
  int64_t position = 0;

  int64_t source(int64_t index, int64_t from, int64_t to) const {
    switch (which) {
    case Front:
      return index;
    case Back:
      return index + from - to;
    case AllBut:
      break;
    }
    return from - to == 1 && index >= position ? index + 1 : index;
  }
};

// Towards 0, the largest step first: 0, then half, then a quarter of the way, … one step.
std::vector<int64_t> towardsZero(int64_t value) {
  std::vector<int64_t> result;
  for (int64_t step = value; step != 0; step /= 2)
    result.push_back(value - step);
  return result;
}

// What is simpler is less: 0, integers, few decimals; then what is nearer to 0; positive.
std::tuple<int, double, bool> complexity(double value) {
  int digits = 0;
  for (double scale = 1; digits < 3 && std::round(value * scale) / scale != value; scale *= 10)
    ++digits;
  return {digits, std::abs(value), std::signbit(value)};
}

std::vector<double> simpler(double value, bool single) {
  std::vector<double> result{0, 1, -value, std::trunc(value)};
  if (std::trunc(value) == value) {
    constexpr double exact = 0x1p53;
    if (std::abs(value) <= exact)
      for (int64_t candidate : towardsZero(static_cast<int64_t>(value)))
        result.push_back(static_cast<double>(candidate));
    else
      result.push_back(value / 2);
  } else {
    result.push_back(std::trunc(value) + std::copysign(1, value));
    for (double scale : {10.0, 100.0})
      for (double rounded : {std::round(value * scale), std::round(value * scale) - std::copysign(1, value)})
        result.push_back(rounded / scale);
  }
  std::erase_if(result, [&](double &candidate) {
    candidate = single ? static_cast<float>(candidate) : candidate;
    return !(complexity(candidate) < complexity(value));
  });
  return result;
}

std::vector<int64_t> simpler(int64_t value) {
  std::vector<int64_t> result = towardsZero(value);
  if (value < 0 && value != INT64_MIN)
    result.push_back(-value);
  return result;
}

class Shrinker {
public:
  Shrinker(const Signature &signature, Arguments arguments, const Fails &fails, size_t mostRuns)
      : signature(signature), best(std::move(arguments)), fails(fails), left(mostRuns) {}

  void run() {
    while (left > 0 && (shrinkSizes() || shrinkArrays() || shrinkElements())) {
    }
  }

  const Signature &signature;
  Arguments best;
  size_t steps = 0;

private:
  bool accepts(const Arguments &candidate) {
    if (left == 0)
      return false;
    --left;
    if (!fails(candidate))
      return false;
    best = candidate;
    ++steps;
    return true;
  }

  // One size, or all that are equal, as where a test takes square matrices.
  bool shrinkSizes() {
    std::set<std::vector<size_t>> groups;
    for (size_t i = 0; i < best.sizes.size(); ++i) {
      std::vector<size_t> equal;
      for (size_t j = 0; j < best.sizes.size(); ++j)
        if (best.sizes[j] == best.sizes[i])
          equal.push_back(j);
      groups.insert(std::move(equal));
    }
    for (size_t i = 0; i < best.sizes.size(); ++i)
      groups.insert({i});
    for (const std::vector<size_t> &group : groups)
      for (int64_t size : towardsZero(best.sizes[group.front()])) {
        std::vector<Keep> keeps{{Keep::Front}, {Keep::Back}};
        if (best.sizes[group.front()] - size == 1)
          for (int64_t position = 1; position <= size; ++position)
            keeps.push_back({Keep::AllBut, position});
        for (const Keep &keep : keeps)
          if (std::optional<Arguments> candidate = resized(group, size, keep); candidate && accepts(*candidate))
            return true;
      }
    return false;
  }

  std::optional<Arguments> resized(const std::vector<size_t> &group, int64_t size, const Keep &keep) const {
    Arguments result = best;
    for (size_t i : group)
      result.sizes[i] = size;
    std::optional<std::vector<runtime::Shape>> shapes = signature.shapes(result.sizes);
    if (!shapes)
      return std::nullopt;
    for (size_t i = 0; i < result.elements.size(); ++i) {
      result.elements[i] =
          resized(best.elements[i], isFloating(signature.leaves()[i].type->element), (*shapes)[i], keep);
      if (signature.leaves()[i].size)
        result.elements[i].integers.front() = result.sizes[*signature.leaves()[i].size];
    }
    return result;
  }

  // An axis of K-N gets longer with a smaller N: what is new there is 0.
  static Elements resized(const Elements &whole, bool isReal, const runtime::Shape &shape, const Keep &keep) {
    Elements result{shape, {}, {}};
    if (std::ranges::find(shape, 0) != shape.end())
      return result;
    runtime::Shape index(shape.size(), 0);
    for (bool more = true; more;) {
      int64_t position = 0;
      bool inside = true;
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        int64_t source = keep.source(index[axis], whole.shape[axis], shape[axis]);
        inside &= source >= 0 && source < whole.shape[axis];
        position = position * whole.shape[axis] + source;
      }
      auto place = static_cast<size_t>(position);
      if (isReal)
        result.reals.push_back(inside ? whole.reals[place] : 0);
      else
        result.integers.push_back(inside ? whole.integers[place] : 0);
      more = false;
      for (size_t axis = shape.size(); axis-- > 0 && !more;) {
        more = ++index[axis] < shape[axis];
        if (!more)
          index[axis] = 0;
      }
    }
    return result;
  }

  bool isSize(size_t leaf) const { return signature.leaves()[leaf].size.has_value(); }

  // All elements of one array to 0.
  bool shrinkArrays() {
    for (size_t i = 0; i < best.elements.size(); ++i) {
      Arguments candidate = best;
      Elements &elements = candidate.elements[i];
      bool isZero = std::ranges::all_of(elements.reals, [](double x) { return x == 0 && !std::signbit(x); }) &&
                    std::ranges::all_of(elements.integers, [](int64_t x) { return x == 0; });
      if (isZero || isSize(i))
        continue;
      std::ranges::fill(elements.reals, 0);
      std::ranges::fill(elements.integers, 0);
      if (accepts(candidate))
        return true;
    }
    return false;
  }

  // Every element once, so that large arrays come along evenly.
  bool shrinkElements() {
    bool simplified = false;
    for (size_t i = 0; i < best.elements.size(); ++i) {
      bool single = signature.leaves()[i].type->element == lang::Scalar::F32;
      for (size_t k = 0; k < best.elements[i].count() && !isSize(i); ++k)
        simplified |= best.elements[i].reals.empty()
                          ? shrinkElement(i, &Elements::integers, k, simpler(best.elements[i].integers[k]))
                          : shrinkElement(i, &Elements::reals, k, simpler(best.elements[i].reals[k], single));
    }
    return simplified;
  }

  template <class T>
  bool shrinkElement(size_t leaf, std::vector<T> Elements::*numbers, size_t k, const std::vector<T> &candidates) {
    Arguments candidate = best;
    for (T number : candidates) {
      (candidate.elements[leaf].*numbers)[k] = number;
      if (accepts(candidate))
        return true;
    }
    return false;
  }

  const Fails &fails;
  size_t left;
};

} // namespace

Arguments shrink(const Signature &signature, Arguments arguments, const Fails &fails, size_t mostRuns, size_t &steps) {
  Shrinker shrinker(signature, std::move(arguments), fails, mostRuns);
  shrinker.run();
  steps = shrinker.steps;
  return std::move(shrinker.best);
}

} // namespace ricci::driver
