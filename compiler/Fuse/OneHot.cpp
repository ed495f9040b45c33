#include "OneHot.h"

#include "dialects/Build.h"
#include "dialects/Decision.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// The axis of the result that the symbol chooses in, if every other axis is one of the value's, in order and of its size.
std::optional<unsigned> chosenAxis(ScatterOp op) {
  if (op.getSymbols().size() != 1 || op.getMap().getNumResults() != op.getMap().getNumDims() + 1)
    return std::nullopt;
  std::optional<unsigned> chosen;
  unsigned next = 0;
  RankedTensorType from = op.getValue().getType(), to = op.getType();
  for (auto [axis, expr] : llvm::enumerate(op.getMap().getResults())) {
    if (isa<AffineSymbolExpr>(expr) && !chosen && (op.mode(axis) == AccessMode::exact || op.mode(axis) == AccessMode::pad)) {
      chosen = axis;
      continue;
    }
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || dim.getPosition() != next || from.getDimSize(next) != to.getDimSize(axis))
      return std::nullopt;
    ++next;
  }
  return chosen;
}

bool isSameSize(Value x, Value y) {
  auto left = x.getDefiningOp<DimOp>(), right = y.getDefiningOp<DimOp>();
  return x == y || (left && right && left.getSource() == right.getSource() && left.getAxis() == right.getAxis());
}

// Run-time sizes are equal if they are known to be the same.
bool sameSizes(OpBuilder &builder, ScatterOp op, unsigned chosen) {
  unsigned next = 0, dynamic = 0;
  for (unsigned axis = 0; axis < op.getType().getRank(); ++axis) {
    const bool isDynamic = op.getType().isDynamicDim(axis);
    if (axis != chosen) {
      Value size = isDynamic ? buildDim(builder, op.getLoc(), op.getValue(), next) : Value();
      const bool same = !isDynamic || isSameSize(size, op.getDims()[dynamic]);
      if (isDynamic && size.use_empty() && size.getDefiningOp())
        size.getDefiningOp()->erase();
      if (!same)
        return false;
      ++next;
    }
    dynamic += isDynamic;
  }
  return true;
}

} // namespace

// Σ_p v_p [q = (p, t_p)] -> v_{q without j} where j = t_{q without j}, else 0
void expandOneHot(ScatterOp op) {
  const bool isTakenIn = !op->use_empty() && llvm::all_of(op->getUsers(), [&](Operation *user) {
    return isa<ElementwiseOpInterface>(user) && user->getBlock() == op->getBlock();
  });
  std::optional<unsigned> chosen = chosenAxis(op);
  OpBuilder builder(op);
  if (!isTakenIn || !chosen || !sameSizes(builder, op, *chosen))
    return;
  Location loc = op.getLoc();
  RankedTensorType full = op.getType();
  auto numbers = cast<RankedTensorType>(withElement(full, cast<RankedTensorType>(op.getSymbols()[0].getType()).getElementType()));
  auto bools = cast<RankedTensorType>(withElement(full, builder.getI1Type()));
  const std::string letters = indexLetters(full.getRank());
  const std::string other = std::string(letters).erase(*chosen, 1);
  std::string symbolLetters;
  for (int64_t axis : op.symbolAxes(0))
    symbolLetters += other[axis];
  auto spread = [&](Value value, const std::string &name, RankedTensorType type) -> Value {
    return EinsumOp::create(builder, loc, type, name + "->" + letters, ValueRange{value}, op.getDims());
  };
  auto line = RankedTensorType::get({full.getDimSize(*chosen)}, builder.getI64Type());
  SmallVector<Value> length;
  if (line.isDynamicDim(0))
    length.push_back(op.getDims()[llvm::count_if(full.getShape().take_front(*chosen), ShapedType::isDynamic)]);
  Value position = IotaOp::create(builder, loc, line, length);
  Value here = CmpOp::create(builder, loc, bools, ComparePredicate::eq, spread(position, {letters[*chosen]}, numbers),
                             spread(op.getSymbols()[0], symbolLetters, numbers));
  Value zero = FillOp::create(builder, loc, full, builder.getZeroAttr(full.getElementType()), op.getDims());
  Value result = SelectOp::create(builder, loc, here, spread(op.getValue(), other, full), zero);
  decide(loc, [&] {
    return Decision{.kind = Decision::Kind::Fusion,
                    .what = "an element for each row, written where a subscript says, is compared with the row's positions",
                    .reason = "so it is computed where it is added, and no array of zeros is written first"};
  });
  op.getResult().replaceAllUsesWith(result);
  op.erase();
}

} // namespace ricci::fuse
