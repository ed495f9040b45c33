// The functions behind the rows of Productions.def. Each makes its part of the program by the services of the
// generator, or declines, before it has written anything, where it does not apply.
#pragma once

#include "tests/fuzz/generate/Generator.h"

namespace ricci::fuzz::productions {

#define ANY(name, weight) std::optional<Value> name(Generator &, const ArrayType &want);
#define REAL(name, weight) std::optional<Value> name(Generator &, const ArrayType &want);
#define INTEGER(name, weight) std::optional<Value> name(Generator &, const ArrayType &want);
#define BOOLEAN(name, weight) std::optional<Value> name(Generator &, const ArrayType &want);
#define SUBSCRIPT(name, weight) std::optional<Places> name(Generator &, const Size &axis);
#define STATEMENT(name, weight) bool name(Generator &);
#define DECLARATION(name, weight) bool name(Generator &);
#include "tests/fuzz/generate/Productions.def"

} // namespace ricci::fuzz::productions
