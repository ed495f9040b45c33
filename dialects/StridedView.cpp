#include "dialects/StridedView.h"

#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

namespace {

using Subscript = StridedView::Subscript;

// Adds `factor` times the expression; false unless it is a sum of whole multiples.
bool addTo(Subscript &subscript, AffineExpr expr, int64_t factor) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    subscript.start += factor * constant.getValue();
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    subscript.ofAxes[dim.getPosition()] += factor;
    return true;
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    subscript.ofSymbols[symbol.getPosition()] += factor;
    return true;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (binary.getKind() == AffineExprKind::Add)
    return addTo(subscript, binary.getLHS(), factor) && addTo(subscript, binary.getRHS(), factor);
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return binary.getKind() == AffineExprKind::Mul && constant &&
         addTo(subscript, binary.getLHS(), factor * constant.getValue());
}

bool movesAlongAll(const StridedView &view, size_t rank) {
  return llvm::all_of(llvm::seq<size_t>(0, rank), [&](size_t axis) {
    return llvm::any_of(view.subscripts, [&](const Subscript &subscript) { return subscript.ofAxes[axis] != 0; });
  });
}

// "abb->ab", "ab->ba"
std::optional<StridedView> viewOf(EinsumOp op) {
  const Equation equation = op.parseEquation();
  if (op.getInputs().size() != 1 || !equation.summed().empty() || hasRepeats(equation.output))
    return std::nullopt;
  StridedView view{op.getInputs()[0], {}, {}};
  for (char letter : equation.inputs[0]) {
    Subscript subscript;
    subscript.ofAxes.resize(equation.output.size());
    subscript.ofAxes[equation.output.find(letter)] = 1;
    view.subscripts.push_back(std::move(subscript));
  }
  return view;
}

std::optional<StridedView> viewOf(GatherOp op) {
  StridedView view{op.getSource(), op.getSymbols(), {}};
  if (llvm::any_of(op.getSymbolAxes(), [](Attribute axes) { return !cast<DenseI64ArrayAttr>(axes).empty(); }))
    return std::nullopt;
  const AffineMap map = op.getMap();
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    const AccessMode mode = op.mode(axis);
    if (mode != AccessMode::exact && mode != AccessMode::pad)
      return std::nullopt;
    Subscript subscript;
    subscript.isInside = mode == AccessMode::exact;
    subscript.ofAxes.resize(map.getNumDims());
    subscript.ofSymbols.resize(map.getNumSymbols());
    if (!addTo(subscript, expr, 1))
      return std::nullopt;
    view.subscripts.push_back(std::move(subscript));
  }
  return view;
}

} // namespace

std::optional<StridedView> ricci::matchStridedView(Operation *op) {
  std::optional<StridedView> view;
  if (auto einsum = dyn_cast_or_null<EinsumOp>(op))
    view = viewOf(einsum);
  else if (auto gather = dyn_cast_or_null<GatherOp>(op))
    view = viewOf(gather);
  if (!view || !movesAlongAll(*view, cast<RankedTensorType>(op->getResult(0).getType()).getRank()))
    return std::nullopt;
  return view;
}
