// Ricci source, evaluated on given inputs in the two ways that must agree: by the reference interpreter on what the
// Frontend makes of it, derivative forms expanded, and by compiled code.
#pragma once

#include "runtime/Array.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ricci::test {

using SharedArray = std::shared_ptr<const runtime::Array>;
using Inputs = std::vector<std::pair<std::string, SharedArray>>;

SharedArray f64(runtime::Shape shape, const std::vector<double> &elements);
SharedArray i64(runtime::Shape shape, const std::vector<int64_t> &elements);
// Of any floating or integer type, as f64.
std::vector<double> numbers(const runtime::Array &);

struct Evaluated {
  std::vector<runtime::Array> values; // leaves of the expression
  std::string error;                  // diagnostics, a fault, or "CODE: message" of the run; empty if all went well
  std::string printed;
};

// How far the program is brought before it is interpreted.
enum class After { Autodiff, Simplify, Fuse };

// The value of `expression` in the scope of `source`; its free names are the inputs.
Evaluated interpretSource(const std::string &source, const std::string &expression, const Inputs &inputs);
Evaluated interpretAfter(After, const std::string &source, const std::string &expression, const Inputs &inputs);
Evaluated runSource(const std::string &source, const std::string &expression, const Inputs &inputs);
// The same, stopping at the first NaN or infinity; ricci.watch is interpreted literally, before it is expanded.
Evaluated interpretWatched(const std::string &source, const std::string &expression, const Inputs &inputs);
Evaluated runWatched(const std::string &source, const std::string &expression, const Inputs &inputs);
// The function `name` of `source` with dynamic sizes, called with the inputs as its arguments.
Evaluated interpretFunction(const std::string &source, const std::string &name, const Inputs &inputs);
Evaluated runFunction(const std::string &source, const std::string &name, const Inputs &inputs);

} // namespace ricci::test
