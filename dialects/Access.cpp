#include "dialects/Ricci.h"
#include "dialects/Verify.h"

using namespace mlir;
using namespace ricci;

namespace {
// `points` is the type over the index space P, `array` what is accessed at map(p).
template <typename Op> LogicalResult verifyAccess(Op op, RankedTensorType points, RankedTensorType array) {
  AffineMap map = op.getMap();
  if (points.getElementType() != array.getElementType())
    return op.emitOpError() << "has an array of " << array.getElementType() << " and values of "
                            << points.getElementType();
  if (map.getNumDims() != points.getRank())
    return op.emitOpError() << "has a map of " << map.getNumDims() << " dimensions over an index space of rank "
                            << points.getRank();
  if (map.getNumResults() != array.getRank())
    return op.emitOpError() << "has a map with " << map.getNumResults() << " subscripts for an array of rank "
                            << array.getRank();
  if (map.getNumSymbols() != op.getSymbols().size() || map.getNumSymbols() != op.getSymbolAxes().size())
    return op.emitOpError() << "has a map of " << map.getNumSymbols() << " symbols, " << op.getSymbols().size()
                            << " symbol operands and " << op.getSymbolAxes().size() << " lists of coordinates";
  for (auto [symbol, value] : llvm::enumerate(op.getSymbols())) {
    auto type = cast<RankedTensorType>(value.getType());
    ArrayRef<int64_t> axes = op.symbolAxes(symbol);
    if (static_cast<int64_t>(axes.size()) != type.getRank())
      return op.emitOpError() << "reads symbol " << symbol << ", of rank " << type.getRank() << ", at " << axes.size()
                              << " coordinates";
    for (auto [axis, coordinate] : llvm::enumerate(axes)) {
      if (coordinate < 0 || coordinate >= points.getRank())
        return op.emitOpError() << "reads symbol " << symbol << " at coordinate " << coordinate
                                << " of an index space of rank " << points.getRank();
      if (!sizesAgree(type.getDimSize(axis), points.getDimSize(coordinate)))
        return op.emitOpError() << "has " << type.getDimSize(axis) << " values of symbol " << symbol
                                << " along coordinate " << coordinate << ", which has size "
                                << points.getDimSize(coordinate);
    }
  }
  if (static_cast<int64_t>(op.getModes().size()) != array.getRank())
    return op.emitOpError() << "has " << op.getModes().size() << " modes for an array of rank " << array.getRank();
  for (int32_t mode : op.getModes())
    if (!symbolizeAccessMode(mode))
      return op.emitOpError() << "has an unknown mode " << mode;
  return success();
}
} // namespace

LogicalResult GatherOp::verify() {
  if (failed(verifyAccess(*this, getType(), getSource().getType())))
    return failure();
  return verifyDims(*this, getDims(), getType());
}

LogicalResult ScatterOp::verify() {
  if (failed(verifyAccess(*this, getValue().getType(), getType())))
    return failure();
  if (getType().getElementType().isInteger(1))
    return emitOpError("adds, which booleans do not");
  return verifyDims(*this, getDims(), getType());
}

LogicalResult UpdateOp::verify() {
  if (getBase().getType() != getType())
    return emitOpError() << "of " << getBase().getType() << " does not give " << getType();
  return verifyAccess(*this, getValue().getType(), getType());
}
