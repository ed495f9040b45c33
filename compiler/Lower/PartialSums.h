// What chunks of a reduction leave, added in order.
#pragma once

#include "Environment.h"
#include "Reductions.h"

namespace ricci::lower {

// The reduction of `count` scalars, in its inner form (Reductions.h).
mlir::Value sumOfParts(Environment &env, mlir::Location loc, const Reduction &reduction, const Storage &parts, mlir::Value count);
// Stores the reduction of `count` arrays of `elements` each, one behind the other, at `to`.
void addParts(Environment &env, mlir::Location loc, const Reduction &reduction, const Storage &parts, mlir::Value count,
              mlir::Value elements, unsigned lanes, mlir::Value to);

// Neutral elements of it, `elements` from `to` on.
void fill(Environment &env, mlir::Location loc, const Reduction &reduction, mlir::Type element, mlir::Value to,
          mlir::Value elements, unsigned lanes);

} // namespace ricci::lower
