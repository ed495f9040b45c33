// What reverse mode needs of a loop's turn once that is over: which values are saved, a row of a stack for each turn,
// and which are computed again from those, the turn's number and what the loop captures. In: the values that the
// reversed turn uses. Out: what costs least, the time to write and read a value against that of the operations it takes
// to compute it again (as weighted in Residuals.cpp); operations give bitwise what they gave before.
#pragma once

#include "compiler/Autodiff/Activity.h"

#include <optional>

namespace ricci::autodiff {

struct Residuals {
  // Values of the body, what is carried into it among them, in order.
  llvm::SmallVector<mlir::Value> saved;
  // Operations of the body, in order.
  llvm::SmallVector<mlir::Operation *> again;
  // Positions of carried values: what the turn makes of them is what is saved as carried into the turn after.
  llvm::SmallVector<unsigned> followed;
};

// `carriedOnly`: of what the loop does not stack anyway, only carried values may be saved.
Residuals chooseResiduals(ForOp loop, llvm::ArrayRef<mlir::Value> needed, bool carriedOnly);

// States as a decision for each value what is done to have it, and why.
void explainResiduals(ForOp loop, llvm::ArrayRef<mlir::Value> needed, const Residuals &);

// The dynamic sizes of a value of the loop's body as values from before the loop, if they are the same in every turn.
// May build operations there.
std::optional<llvm::SmallVector<mlir::Value>> sizesBefore(ForOp loop, mlir::Value value);

// The result that is a stack of the value, if the loop has one that is used.
std::optional<unsigned> stackOfResult(ForOp loop, mlir::Value value);

} // namespace ricci::autodiff
