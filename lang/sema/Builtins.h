// The built-in functions by name.
#pragma once

#include <string>
#include <vector>

namespace ricci::lang {

// A scalar function that lifts; its name is the dialect's.
struct ElementwiseFunction {
  const char *name;
  unsigned arity = 1;
  bool floating = true;   // defined on f32 and f64 only
  bool predicate = false; // gives bool
};

const ElementwiseFunction *findElementwise(const std::string &name);

bool isBuiltin(const std::string &name);
// Known to the language, not to this version.
bool isLaterBuiltin(const std::string &name);
std::vector<std::string> builtinNames();

} // namespace ricci::lang
