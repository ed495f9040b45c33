// Lines of the fused program in locations: where a pass after fusion has to say which part of it something came from, it says
// the line that the part has in the printed program. Locations have them only where somebody asked (`ricci inspect`).
#pragma once

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"

namespace ricci {

// The file that such lines are of.
inline constexpr llvm::StringLiteral fusedFile = "<fused>";

// The line in a location; 0 if there is none.
inline unsigned fusedLine(mlir::Location location) {
  unsigned line = 0;
  location->walk([&](mlir::Location part) {
    auto file = mlir::dyn_cast<mlir::FileLineColLoc>(part);
    if (!file || file.getFilename() != fusedFile)
      return mlir::WalkResult::advance();
    line = file.getLine();
    return mlir::WalkResult::interrupt();
  });
  return line;
}

// Adds the line to the operation's location, behind the places that it names.
inline void setFusedLine(mlir::Operation *op, unsigned line) {
  mlir::MLIRContext *context = op->getContext();
  op->setLoc(mlir::FusedLoc::get(context, {op->getLoc(), mlir::FileLineColLoc::get(context, fusedFile, line, 1)}));
}

} // namespace ricci
