// Whether an expression depends on a variable differentiably: `grad[w](l)` after `let l = f(w)` does not.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/sema/Checked.h"

namespace ricci::lang {

// Reports E0601 if no path leads from the variable to `body`, E0606 if one leads through a cast of an integer or bool
// that depends on it to floating point.
bool checkDependence(const Expr &body, const DiffVariable &, DiagnosticEngine &, const SourceManager &);

} // namespace ricci::lang
