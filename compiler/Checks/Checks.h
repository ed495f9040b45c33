// Expands ricci.watch into what the later passes know: the position of the first element at fault is a reduction that
// fuses with whatever made the element, so nothing is stored for it; an effect that only happens if there is one stops
// the program with the element, its coordinates and what it came from.
//
// To be run when derivatives are expanded, so that theirs are watched, and before anything is simplified away.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

std::unique_ptr<mlir::Pass> createExpandWatchesPass();

} // namespace ricci
