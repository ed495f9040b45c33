#include "dialects/KeptSlices.h"

#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

std::optional<KeptSlices> ricci::matchKeptSlices(Operation *op) {
  auto select = dyn_cast_or_null<SelectOp>(op);
  if (!select)
    return std::nullopt;
  const auto operands = select->getOperands();
  auto mask = operands[0].getDefiningOp<GatherOp>();
  auto zeros = operands[2].getDefiningOp<FillOp>();
  auto zero = zeros ? dyn_cast<FloatAttr>(zeros.getValue()) : FloatAttr();
  // Each axis of the booleans is read along an axis of its own.
  if (!zero || !zero.getValue().isZero() || !mask || !mask.getSymbols().empty() ||
      !mask.getMap().isProjectedPermutation() || mask.getSource().getType().getRank() == 0 ||
      mask.getSource().getType().getRank() >= mask.getType().getRank())
    return std::nullopt;
  for (auto [axis, subscript] : llvm::enumerate(mask.getMap().getResults()))
    if (mask.getSource().getType().getDimSize(axis) !=
        mask.getType().getDimSize(cast<AffineDimExpr>(subscript).getPosition()))
      return std::nullopt;
  return KeptSlices{operands[1], mask.getSource()};
}

Operation *ricci::allKept(const KeptSlices &slices) {
  for (Operation *user : slices.kept.getUsers())
    if (auto reduce = dyn_cast<ReduceOp>(user);
        reduce && reduce.getKind() == ReduceKind::all && reduce.getType().getRank() == 0)
      return user;
  return nullptr;
}
