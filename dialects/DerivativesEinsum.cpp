// Derivatives of sums and other reductions.
#include "dialects/Build.h"
#include "dialects/Derivatives.h"
#include "dialects/Equation.h"
#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

// ---------------------------------------------------------------- einsum: linear in each operand

static Equation equationOf(EinsumOp op) {
  Equation equation = op.parseEquation();
  if (equation.inputs.size() < op.getInputs().size())
    equation.inputs.push_back(""); // "->…" with one scalar
  return equation;
}

static void setAnnihilating(EinsumOp op, ArrayRef<int64_t> positions) {
  if (!positions.empty() && op.getInputs().size() > 1)
    op->setAttr(annihilatingAttrName, DenseI64ArrayAttr::get(op.getContext(), positions));
}

// ṙ = Σ_k einsum(…, ẋ_k, …)
SmallVector<Value> EinsumOp::jvp(OpBuilder &builder, ValueRange tangents) {
  Value sum;
  for (auto [position, input] : llvm::enumerate(getInputs())) {
    if (!tangents[position])
      continue;
    SmallVector<Value> factors(getInputs());
    factors[position] = tangents[position];
    auto term = EinsumOp::create(builder, getLoc(), getType(), getEquation(), factors, getDims());
    if (Attribute annihilating = (*this)->getAttr(annihilatingAttrName))
      term->setAttr(annihilatingAttrName, annihilating);
    sum = buildSum(builder, getLoc(), sum, term);
  }
  return {sum};
}

// With r[O] = Σ Π_j x_j[T_j]: x̄_k[T_k] = Σ r̄[O] Π_{j≠k} x_j[T_j]. An index of T_k that stands nowhere else was summed,
// so x̄_k is repeated along it; one of O alone was repeated, so it is summed; a repeated one in T_k was a diagonal, so
// x̄_k is embedded on it, and the other way round.
SmallVector<Value> EinsumOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  Equation equation = equationOf(*this);
  auto annihilating = (*this)->getAttrOfType<DenseI64ArrayAttr>(annihilatingAttrName);
  SmallVector<Value> result((*this)->getNumOperands());
  for (auto [position, input] : llvm::enumerate(getInputs())) {
    if (!wanted[position])
      continue;
    Equation transposed;
    transposed.inputs.push_back(equation.output);
    transposed.output = equation.inputs[position];
    SmallVector<Value> factors = {cotangents[0]};
    SmallVector<int64_t> positions;
    if (masked)
      positions.push_back(0);
    for (auto [other, factor] : llvm::enumerate(getInputs())) {
      if (other == position)
        continue;
      if (annihilating && llvm::is_contained(annihilating.asArrayRef(), other))
        positions.push_back(factors.size());
      transposed.inputs.push_back(equation.inputs[other]);
      factors.push_back(factor);
    }
    if (factors.size() == 1 && transposed.inputs[0] == transposed.output && !hasRepeats(transposed.output)) {
      result[position] = cotangents[0];
      continue;
    }
    SmallVector<Value> dims = buildDynamicDims(builder, getLoc(), input);
    auto pullback = EinsumOp::create(builder, getLoc(), input.getType(), transposed.str(), factors, dims);
    setAnnihilating(pullback, positions);
    result[position] = pullback;
  }
  return result;
}

// ---------------------------------------------------------------- reductions

namespace {
// The letters of a reduction's input and result.
struct Letters {
  std::string all, kept;
  explicit Letters(ReduceOp op) : all(indexLetters(cast<RankedTensorType>(op.getInput().getType()).getRank())) {
    for (auto [axis, letter] : llvm::enumerate(all))
      if (!llvm::is_contained(op.getAxes(), static_cast<int64_t>(axis)))
        kept += letter;
  }
};
} // namespace

static bool isExtremum(ReduceOp op) { return op.getKind() == ReduceKind::max || op.getKind() == ReduceKind::min; }

// An einsum with the type and the dynamic sizes of `like`, over another element type perhaps.
static Value einsumLike(OpBuilder &builder, ReduceOp op, const std::string &equation, ValueRange inputs, Value like) {
  auto type = cast<RankedTensorType>(like.getType()).clone(getElementTypeOrSelf(inputs[0]));
  return EinsumOp::create(builder, op.getLoc(), type, equation, inputs, buildDynamicDims(builder, op.getLoc(), like));
}

// The places where the extremum is attained, and how many they are in each group: they share equally.
static std::pair<Value, Value> attained(OpBuilder &builder, ReduceOp op, const Letters &letters) {
  Location loc = op.getLoc();
  Value input = op.getInput();
  Value best = einsumLike(builder, op, letters.kept + "->" + letters.all, op.getResult(), input);
  Value is = CmpOp::create(builder, loc, ComparePredicate::eq, input, best);
  Value one = buildFillLike(builder, loc, input.getType(), input, 1);
  Value marks = SelectOp::create(builder, loc, is, one, buildZeros(builder, loc, input));
  return {is, einsumLike(builder, op, letters.all + "->" + letters.kept, marks, op.getResult())};
}

// E[kept, p] = Π_{j≠p} x[kept, j]: the product of the others, a product again, hence right beside zeros to any order.
// In the result the kept axes come first, then the reduced ones.
static Value productOfOthers(OpBuilder &builder, ReduceOp op, const Letters &letters) {
  Location loc = op.getLoc();
  Value input = op.getInput();
  std::string places = letters.all;
  SmallVector<int64_t> axes(op.getAxes());
  llvm::sort(axes);
  Equation used;
  used.output = letters.all;
  SmallVector<std::pair<int64_t, char>> here;
  for (int64_t axis : axes) {
    char letter = used.fresh();
    used.output += letter;
    places += letter;
    here.push_back({axis, letter});
  }
  // x[…] repeated for every place p; where j = p it counts as 1.
  auto sizeOf = [&](char letter) -> OpFoldResult {
    size_t at = letters.all.find(letter);
    int64_t axis = at != std::string::npos ? int64_t(at) : 0;
    for (auto [original, fresh] : here)
      if (fresh == letter)
        axis = original;
    int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(axis);
    if (!ShapedType::isDynamic(size))
      return builder.getIndexAttr(size);
    return buildDim(builder, loc, input, axis);
  };
  Value factors = buildEinsum(builder, loc, letters.all + "->" + places, input, sizeOf);
  Value same;
  for (auto [axis, letter] : here) {
    int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(axis);
    SmallVector<Value> dims;
    if (ShapedType::isDynamic(size))
      dims.push_back(buildDim(builder, loc, input, axis));
    Value iota = IotaOp::create(builder, loc, RankedTensorType::get({size}, builder.getI64Type()), dims);
    Value j = buildEinsum(builder, loc, std::string(1, letters.all[axis]) + "->" + places, iota, sizeOf);
    Value p = buildEinsum(builder, loc, std::string(1, letter) + "->" + places, iota, sizeOf);
    Value equal = CmpOp::create(builder, loc, ComparePredicate::eq, j, p);
    same = same ? Value(AndOp::create(builder, loc, same, equal)) : equal;
  }
  if (!same) // no axis is reduced: a product of one factor
    return buildFillLike(builder, loc, input.getType(), input, 1);
  Value one = buildFillLike(builder, loc, factors.getType(), factors, 1);
  Value others = SelectOp::create(builder, loc, same, one, factors);
  SmallVector<int64_t> shape;
  auto full = cast<RankedTensorType>(factors.getType());
  for (int64_t axis = 0; axis < full.getRank(); ++axis)
    if (!llvm::is_contained(axes, axis))
      shape.push_back(full.getDimSize(axis));
  return ReduceOp::create(builder, loc, full.clone(shape), ReduceKind::prod, axes, others, Value());
}

// The letters of productOfOthers' result in terms of the input's.
static std::string othersLetters(ReduceOp op, const Letters &letters) {
  std::string result = letters.kept;
  SmallVector<int64_t> axes(op.getAxes());
  llvm::sort(axes);
  for (int64_t axis : axes)
    result += letters.all[axis];
  return result;
}

// prod: ṙ = Σ_p ẋ[p] Π_{j≠p} x[j]; max, min: the mean of ẋ over the places that attain it.
SmallVector<Value> ReduceOp::jvp(OpBuilder &builder, ValueRange tangents) {
  Letters letters(*this);
  if (getKind() == ReduceKind::prod) {
    Value others = productOfOthers(builder, *this, letters);
    std::string equation = othersLetters(*this, letters) + "," + letters.all + "->" + letters.kept;
    return {einsumLike(builder, *this, equation, {others, tangents[0]}, getResult())};
  }
  if (!isExtremum(*this))
    return {Value()};
  auto [is, count] = attained(builder, *this, letters);
  Value there = SelectOp::create(builder, getLoc(), is, tangents[0], buildZeros(builder, getLoc(), tangents[0]));
  Value sum = einsumLike(builder, *this, letters.all + "->" + letters.kept, there, getResult());
  return {DivOp::create(builder, getLoc(), sum, count)};
}

// prod: x̄[p] = r̄ Π_{j≠p} x[j]; max, min: r̄ shared by the places that attain it.
SmallVector<Value> ReduceOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> result((*this)->getNumOperands());
  Letters letters(*this);
  if (getKind() == ReduceKind::prod) {
    Value others = productOfOthers(builder, *this, letters);
    std::string equation = letters.kept + "," + othersLetters(*this, letters) + "->" + letters.all;
    Value pullback = einsumLike(builder, *this, equation, {cotangents[0], others}, getInput());
    if (masked)
      setAnnihilating(pullback.getDefiningOp<EinsumOp>(), {0});
    result[0] = pullback;
  } else if (isExtremum(*this)) {
    auto [is, count] = attained(builder, *this, letters);
    Value each = DivOp::create(builder, getLoc(), cotangents[0], count);
    Value share = einsumLike(builder, *this, letters.kept + "->" + letters.all, each, getInput());
    result[0] = SelectOp::create(builder, getLoc(), is, share, buildZeros(builder, getLoc(), share));
  }
  return result;
}
