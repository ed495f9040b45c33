// Inference of index ranges (rule 3): bare uses fix a range, affine uses bound it, in rounds. Goes in: the indices of
// one binder without a range, with the subscripts they occur in. Comes out: each one's upper bound (the lower is 0), or
// why there is none.
#pragma once

#include "lang/Source.h"
#include "lang/sema/Bounds.h"

#include <string>
#include <vector>

namespace ricci::lang {

// 0 ≤ subscript < size
struct RangeUse {
  Dim subscript, size;
  Span span;
  std::string array; // as the source calls it, may be empty
};

struct RangeUnknown {
  Symbol symbol;
  bool left = false; // of a left side: its range may depend on no index
  std::vector<RangeUse> uses;
};

struct RangeResult {
  enum Status {
    Solved,
    NoUse,         // nothing bounds it
    Conflict,      // bare uses `first` and `second` disagree
    StartsOutside, // 0 is out of bounds in `first`
    Undetermined,  // `first` depends on something that is not known there
  } status = NoUse;
  Dim upper;
  std::vector<std::pair<RangeUse, RangeUse>> equalities; // bare uses that only the run can compare
  RangeUse first, second;
};

// Adds what it finds to `ranges`.
std::vector<RangeResult> solveRanges(const std::vector<RangeUnknown> &, SymbolRanges &ranges, const std::vector<Dim> &facts);

} // namespace ricci::lang
