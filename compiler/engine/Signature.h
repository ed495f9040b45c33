// What compiled code takes and gives: arrays as the leaves of the signature, structs and tuples flattened depth first.
#pragma once

#include "lang/sema/Type.h"
#include "runtime/DType.h"

#include <string>
#include <vector>

namespace ricci::engine {

struct Leaf {
  std::string name; // of a parameter: w, p.w1, t.0; of a result: empty, or the path in it
  runtime::DType dtype;
  std::vector<int64_t> sizes;       // of each axis; -1 where it is the arguments' to say
  std::vector<std::string> symbols; // the same as the source has them: "N", "3", "N+1"

  std::string text() const; // f64[N,3]
};

struct Signature {
  std::string name;
  std::vector<Leaf> parameters, results;

  std::string text() const; // loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64
};

runtime::DType dtypeOf(lang::Scalar element);
// The leaves of a value of this type; `name` is that of the whole.
void addLeaves(const lang::Type &type, const std::string &name, std::vector<Leaf> &leaves);

} // namespace ricci::engine
