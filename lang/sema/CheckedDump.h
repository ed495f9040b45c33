// The checked program as s-expressions, for tests.
#pragma once

#include "lang/sema/Checked.h"

#include <string>

namespace ricci::lang {

std::string dump(const CheckedProgram &);
std::string dump(const CheckedFn &);
std::string dump(const Expr &);
std::string dump(const Stmt &);

} // namespace ricci::lang
