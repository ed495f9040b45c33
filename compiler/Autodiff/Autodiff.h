// Expands ricci.jvp and ricci.vjp, innermost first, so that forms nest to any order. In: functions with derivative
// forms anywhere, loop bodies included. Out: none is left; what nobody uses is gone too, and so is every ricci.custom,
// once its rules have served: its body stands in its place.
//
// Guaranteed: a value is differentiated only on a path from a variable to a result; a branch that is not taken adds
// zero, never NaN; every new operation's location names its rule and the operation it came from.
// What the reversal of each loop saves of a turn and what it computes again are decisions (dialects/Decision.h).
// In a program with ricci.watch, tangents of watched values and what each reverse rule makes are watched too.
// Errors, located: a cast to floating point of an integer or boolean that depends on a variable; an operation without
// a rule; a rule of ricci.custom that is not linear where its transpose is needed. A variable that reaches no result
// has derivative zero: whether the source has a path is lang's to say, here it may have been folded away.
//
//   Forward.h    tangents beside values          Reverse.h     cotangents against the walk, masks
//   Activity.h   what depends on what            Loops.h       loops grown by tangents and stacks, and shrunk
//   Custom.h     rules that the program gives    Residuals.h   what of a loop's turn is saved
//
// The rules themselves stand with the operations: partials in dialects/RicciElementwise.td, the others in
// dialects/Derivatives*.cpp.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

struct AutodiffOptions {
  // A loop that would save more than these bytes is cut in segments. Far more than a cache holds, and little enough for
  // several such loops at a time.
  int64_t mostSaved = int64_t(256) << 20;
};

std::unique_ptr<mlir::Pass> createAutodiffPass(AutodiffOptions options = {});

} // namespace ricci
