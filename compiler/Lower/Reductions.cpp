#include "Reductions.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

namespace ricci::lower {

using namespace mlir;

bool isReduction(Operation *op) {
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return !einsum.parseEquation().summed().empty();
  return isa<ReduceOp>(op);
}

bool isArgReduction(Operation *op) {
  auto reduce = dyn_cast<ReduceOp>(op);
  return reduce && (reduce.getKind() == ReduceKind::argmax || reduce.getKind() == ReduceKind::argmin);
}

Reduction::Reduction(Operation *op) : kind(Sum) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    switch (reduce.getKind()) {
    case ReduceKind::prod: kind = Prod; break;
    case ReduceKind::max: kind = Max; break;
    case ReduceKind::min: kind = Min; break;
    case ReduceKind::any: kind = Any; break;
    case ReduceKind::all: kind = All; break;
    case ReduceKind::argmax:
    case ReduceKind::argmin: llvm_unreachable("carries a position too");
    }
}

Value Reduction::enter(OpBuilder &builder, Location loc, Value term) const {
  if (kind != Max || !isa<FloatType>(getElementTypeOrSelf(term)))
    return term;
  return arith::NegFOp::create(builder, loc, term);
}

Value Reduction::leave(OpBuilder &builder, Location loc, Value total) const { return enter(builder, loc, total); }

// The lesser of two, NaN if either is, -0 of both zeros. Where two are equal or one is NaN the bits of both together are the
// answer: of zeros -0 if either is, and a NaN's exponent and mantissa survive. LLVM's own takes half as many instructions again.
Value Reduction::least(OpBuilder &builder, Location loc, Value x, Value y) const {
  Type type = x.getType(), bits = builder.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.clone(bits);
  Value less = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, y, x);
  Value lesser = arith::SelectOp::create(builder, loc, less, y, x);
  Value alike = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UEQ, y, x);
  Value both = arith::OrIOp::create(builder, loc, arith::BitcastOp::create(builder, loc, bits, x),
                                    arith::BitcastOp::create(builder, loc, bits, y));
  return arith::SelectOp::create(builder, loc, alike, arith::BitcastOp::create(builder, loc, type, both), lesser);
}

Value Reduction::identity(OpBuilder &builder, Location loc, Type type) const {
  Type element = getElementTypeOrSelf(type);
  TypedAttr start;
  if (auto real = dyn_cast<FloatType>(element)) {
    start = kind == Max || kind == Min
                ? builder.getFloatAttr(real, llvm::APFloat::getInf(real.getFloatSemantics()))
                : builder.getFloatAttr(real, kind == Prod ? 1 : 0);
  } else {
    const unsigned bits = element.getIntOrFloatBitWidth();
    llvm::APInt number(bits, kind == Prod || kind == All ? 1 : 0);
    if (kind == Max)
      number = llvm::APInt::getSignedMinValue(bits);
    if (kind == Min)
      number = llvm::APInt::getSignedMaxValue(bits);
    start = builder.getIntegerAttr(element, number);
  }
  if (auto vector = dyn_cast<VectorType>(type))
    start = DenseElementsAttr::get(vector, Attribute(start));
  return arith::ConstantOp::create(builder, loc, start);
}

Value Reduction::combine(OpBuilder &builder, Location loc, Value x, Value y) const {
  if (isa<FloatType>(getElementTypeOrSelf(x)))
    switch (kind) {
    case Sum: return arith::AddFOp::create(builder, loc, x, y);
    case Prod: return arith::MulFOp::create(builder, loc, x, y);
    default: return least(builder, loc, x, y);
    }
  switch (kind) {
  case Sum: return arith::AddIOp::create(builder, loc, x, y);
  case Prod: return arith::MulIOp::create(builder, loc, x, y);
  case Max: return arith::MaxSIOp::create(builder, loc, x, y);
  case Min: return arith::MinSIOp::create(builder, loc, x, y);
  case Any: return arith::OrIOp::create(builder, loc, x, y);
  case All: return arith::AndIOp::create(builder, loc, x, y);
  }
  llvm_unreachable("all kinds are listed");
}

Value Reduction::acrossLanes(OpBuilder &builder, Location loc, Value vector) const {
  using vector::CombiningKind;
  const bool isReal = isa<FloatType>(getElementTypeOrSelf(vector));
  CombiningKind combining = CombiningKind::ADD;
  switch (kind) {
  case Sum: combining = CombiningKind::ADD; break;
  case Prod: combining = CombiningKind::MUL; break;
  case Max:
  case Min:
    if (isReal)
      return leastOfLanes(builder, loc, vector);
    combining = kind == Max ? CombiningKind::MAXSI : CombiningKind::MINSI;
    break;
  case Any: combining = CombiningKind::OR; break;
  case All: combining = CombiningKind::AND; break;
  }
  // Pairwise instead of lane after lane.
  auto order = isReal ? arith::FastMathFlags::reassoc : arith::FastMathFlags::none;
  return vector::ReductionOp::create(builder, loc, combining, vector, order);
}

// Each lane with the one half of the vector away, then a quarter. LLVM's own goes on with scalars, and takes four times
// as many instructions.
Value Reduction::leastOfLanes(OpBuilder &builder, Location loc, Value vector) const {
  const int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t distance = lanes / 2; distance; distance /= 2) {
    SmallVector<int64_t> others;
    for (int64_t lane = 0; lane < lanes; ++lane)
      others.push_back(lane ^ distance);
    vector = least(builder, loc, vector, vector::ShuffleOp::create(builder, loc, vector, vector, others));
  }
  return vector::ExtractOp::create(builder, loc, vector, 0);
}

} // namespace ricci::lower
