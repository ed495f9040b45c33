// Linear recurrences along an axis. Where further axes follow, all lines advance together, a vector at a time, and the
// elements before are read from memory; along the last axis they stay in registers.
#pragma once

#include "Evaluator.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

// Writes the operation's result to `result` and defines it. The result may lie where the input does, if the factors do
// not.
void lowerRecurrence(Environment &env, RecurrenceOp op, const Storage &result);

// The element at `at` from the input's element there and the result's element before it, which is in memory.
Computed followElement(Evaluator &evaluator, RecurrenceOp op, const Position &at, Computed input);

} // namespace ricci::lower
