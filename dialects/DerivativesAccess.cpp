// Derivatives of reading and writing by subscript: gather and scatter are each other's transposes, with the same map,
// symbols and modes.
#include "dialects/Build.h"
#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

// ---------------------------------------------------------------- gather: r[p] = x[m(p)]

SmallVector<Value> GatherOp::jvp(OpBuilder &builder, ValueRange tangents) {
  return {GatherOp::create(builder, getLoc(), getType(), tangents[0], getSymbols(), getDims(), getMap(),
                           getSymbolAxes(), getModes())};
}

// x̄[q] = Σ_{p: m(p) = q} r̄[p]
SmallVector<Value> GatherOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> result((*this)->getNumOperands());
  result[0] = ScatterOp::create(builder, getLoc(), getSource().getType(), cotangents[0], getSymbols(),
                                buildDynamicDims(builder, getLoc(), getSource()), getMap(), getSymbolAxes(), getModes());
  return result;
}

// ---------------------------------------------------------------- scatter: r[q] = Σ_{p: m(p) = q} v[p]

SmallVector<Value> ScatterOp::jvp(OpBuilder &builder, ValueRange tangents) {
  return {ScatterOp::create(builder, getLoc(), getType(), tangents[0], getSymbols(), getDims(), getMap(),
                            getSymbolAxes(), getModes())};
}

// v̄[p] = r̄[m(p)]
SmallVector<Value> ScatterOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> result((*this)->getNumOperands());
  result[0] = GatherOp::create(builder, getLoc(), getValue().getType(), cotangents[0], getSymbols(),
                               buildDynamicDims(builder, getLoc(), getValue()), getMap(), getSymbolAxes(), getModes());
  return result;
}

// ---------------------------------------------------------------- update: r = b outside the image of m, r[m(p)] = v[p]

static Value replace(OpBuilder &builder, UpdateOp op, Value base, Value value) {
  return UpdateOp::create(builder, op.getLoc(), op.getType(), base, value, op.getSymbols(), op.getMap(),
                          op.getSymbolAxes(), op.getModes());
}

SmallVector<Value> UpdateOp::jvp(OpBuilder &builder, ValueRange tangents) {
  Value base = tangents[0], value = tangents[1];
  if (!base && !value)
    return {Value()};
  base = base ? base : buildZeros(builder, getLoc(), getBase());
  value = value ? value : buildZeros(builder, getLoc(), getValue());
  return {replace(builder, *this, base, value)};
}

// b̄ = r̄ with zeros at the image of m, v̄[p] = r̄[m(p)], which is read first so that r̄ may be overwritten
SmallVector<Value> UpdateOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> result((*this)->getNumOperands());
  if (wanted[1])
    result[1] = GatherOp::create(builder, getLoc(), getValue().getType(), cotangents[0], getSymbols(),
                                 buildDynamicDims(builder, getLoc(), getValue()), getMap(), getSymbolAxes(), getModes());
  if (wanted[0])
    result[0] = replace(builder, *this, cotangents[0], buildZeros(builder, getLoc(), getValue()));
  return result;
}

// ---------------------------------------------------------------- concat: each part is a slice of the whole

SmallVector<Value> ConcatOp::jvp(OpBuilder &builder, ValueRange tangents) {
  SmallVector<Value> parts;
  for (auto [input, tangent] : llvm::zip_equal(getInputs(), tangents))
    parts.push_back(tangent ? tangent : buildZeros(builder, getLoc(), input));
  return {ConcatOp::create(builder, getLoc(), getType(), getAxis(), parts)};
}

// x̄_k = r̄[…, offset_k + i, …] with offset_k the sizes of the parts before it
SmallVector<Value> ConcatOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> result((*this)->getNumOperands());
  auto scalar = RankedTensorType::get({}, builder.getI64Type());
  int64_t rank = getType().getRank(), axis = getAxis(), known = 0;
  Value unknown; // the part of the offset that only run time tells, an i64 scalar
  for (auto [position, input] : llvm::enumerate(getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (wanted[position]) {
      SmallVector<AffineExpr> subscripts;
      for (int64_t k = 0; k < rank; ++k)
        subscripts.push_back(builder.getAffineDimExpr(k));
      subscripts[axis] = subscripts[axis] + known;
      SmallVector<Value> symbols;
      SmallVector<Attribute> symbolAxes;
      if (unknown) {
        subscripts[axis] = subscripts[axis] + builder.getAffineSymbolExpr(0);
        symbols.push_back(unknown);
        symbolAxes.push_back(builder.getDenseI64ArrayAttr({}));
      }
      auto map = AffineMap::get(rank, symbols.size(), subscripts, builder.getContext());
      SmallVector<int32_t> modes(rank, static_cast<int32_t>(AccessMode::exact));
      result[position] = GatherOp::create(builder, getLoc(), type, cotangents[0], symbols,
                                          buildDynamicDims(builder, getLoc(), input), AffineMapAttr::get(map),
                                          builder.getArrayAttr(symbolAxes), builder.getDenseI32ArrayAttr(modes));
    }
    if (!type.isDynamicDim(axis)) {
      known += type.getDimSize(axis);
      continue;
    }
    Value size = ToTensorOp::create(builder, getLoc(), scalar, buildDim(builder, getLoc(), input, axis));
    unknown = unknown ? Value(AddOp::create(builder, getLoc(), unknown, size)) : size;
  }
  return result;
}
