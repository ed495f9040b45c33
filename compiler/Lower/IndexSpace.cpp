#include "IndexSpace.h"

#include "Emit.h"

namespace ricci::lower {

using namespace mlir;

namespace {

bool sameExtent(Value x, Value y) {
  std::optional<int64_t> left = x ? constantIndex(x) : std::nullopt;
  return x == y || (left && y && left == constantIndex(y));
}

} // namespace

AffineExpr IndexSpace::add(Symbol symbol) {
  for (auto [position, known] : llvm::enumerate(symbols))
    if (known.kind == symbol.kind && known.expr == symbol.expr && sameExtent(known.extent, symbol.extent) &&
        known.element.tensor == symbol.element.tensor && known.element.at == symbol.element.at &&
        known.element.guard == symbol.element.guard)
      return getAffineSymbolExpr(position, context);
  symbols.push_back(std::move(symbol));
  return getAffineSymbolExpr(symbols.size() - 1, context);
}

AffineExpr IndexSpace::element(lower::Element element) { return add({Symbol::Element, std::move(element), {}, {}}); }

AffineExpr IndexSpace::clamp(AffineExpr expr, Value extent) { return add({Symbol::Clamp, {}, expr, extent}); }

AffineExpr IndexSpace::wrap(AffineExpr expr, Value extent) { return add({Symbol::Wrap, {}, expr, extent}); }

AffineExpr IndexSpace::size(Value extent) {
  if (std::optional<int64_t> number = constantIndex(extent))
    return constant(*number);
  return add({Symbol::Size, {}, {}, extent});
}

Guard IndexSpace::both(Guard rest, AffineExpr expr, Value extent) {
  std::optional<int64_t> number = constantIndex(extent);
  if (auto known = dyn_cast<AffineConstantExpr>(expr); known && number && known.getValue() >= 0 && known.getValue() < *number)
    return rest;
  for (auto [position, known] : llvm::enumerate(bounds))
    if (known.rest == rest && known.expr == expr && sameExtent(known.extent, extent))
      return position + 1;
  bounds.push_back({rest, expr, extent});
  return bounds.size();
}

bool IndexSpace::depends(AffineExpr expr, unsigned dim) const {
  if (!expr)
    return false;
  switch (expr.getKind()) {
  case AffineExprKind::Constant: return false;
  case AffineExprKind::DimId: return cast<AffineDimExpr>(expr).getPosition() == dim;
  case AffineExprKind::SymbolId: {
    const Symbol &definition = symbol(cast<AffineSymbolExpr>(expr).getPosition());
    return depends(definition.expr, dim) || depends(definition.element.at, dim) || depends(definition.element.guard, dim);
  }
  default: {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return depends(binary.getLHS(), dim) || depends(binary.getRHS(), dim);
  }
  }
}

bool IndexSpace::depends(ArrayRef<AffineExpr> at, unsigned dim) const {
  return llvm::any_of(at, [&](AffineExpr expr) { return depends(expr, dim); });
}

bool IndexSpace::depends(Guard guard, unsigned dim) const {
  for (; guard; guard = bound(guard).rest)
    if (depends(bound(guard).expr, dim))
      return true;
  return false;
}

AffineExpr IndexSpace::coefficient(AffineExpr expr, unsigned dim) const {
  if (!depends(expr, dim))
    return getAffineConstantExpr(0, context);
  if (expr.getKind() == AffineExprKind::DimId)
    return getAffineConstantExpr(1, context);
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return {};
  AffineExpr left = coefficient(binary.getLHS(), dim), right = coefficient(binary.getRHS(), dim);
  if (!left || !right)
    return {};
  if (expr.getKind() == AffineExprKind::Add)
    return left + right;
  if (expr.getKind() == AffineExprKind::Mul) {
    if (!depends(binary.getRHS(), dim))
      return left * binary.getRHS();
    if (!depends(binary.getLHS(), dim))
      return binary.getLHS() * right;
  }
  return {};
}

} // namespace ricci::lower
