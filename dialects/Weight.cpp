#include "dialects/Weight.h"

#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

unsigned ricci::weight(Operation *op) {
  if (isa<FillOp, IotaOp, NegOp, NotOp, AndOp, OrOp, AbsOp>(op))
    return 0;
  if (isa<AddOp, SubOp, MulOp, MaxOp, MinOp, CmpOp, SelectOp, ConvertOp, EinsumOp, GatherOp, ReluOp, MaskMulOp, ShrOp,
          SignOp, FloorOp, CeilOp, RoundOp, IsNanOp, IsFiniteOp, UnitOp>(op))
    return 1;
  if (isa<DivOp, SqrtOp, RsqrtOp>(op) && isa<FloatType>(cast<RankedTensorType>(op->getResult(0).getType()).getElementType()))
    return 4;
  if (isa<ThreefryOp>(op))
    return 60;
  if (isa<LgammaOp, DigammaOp, PolygammaOp>(op))
    return 100;
  return 12; // exp and its like
}
