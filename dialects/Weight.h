// What an operation costs, for passes that choose between computing and keeping.
#pragma once

namespace mlir {
class Operation;
}

namespace ricci {

// Arithmetic of one element, in additions; operands not counted.
unsigned weight(mlir::Operation *op);

} // namespace ricci
