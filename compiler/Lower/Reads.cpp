#include "Reads.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// The subscripts of an access at point `at`, each brought inside its axis as its mode says.
template <typename AccessOp>
Target resolve(AccessOp op, Value array, ArrayRef<AffineExpr> at, Guard guard, IndexSpace &space, Environment &env) {
  SmallVector<AffineExpr> symbols;
  for (auto [symbol, axes] : llvm::zip_equal(op.getSymbols(), op.getSymbolAxes())) {
    Element element{symbol, {}, guard};
    for (int64_t axis : cast<DenseI64ArrayAttr>(axes).asArrayRef())
      element.at.push_back(at[axis]);
    symbols.push_back(space.element(std::move(element)));
  }
  const AffineMap map = op.getMap();
  SmallVector<Value> sizes = env.sizesOf(array);
  Target target{{}, guard};
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    AffineExpr subscript = expr.replaceDimsAndSymbols(at, symbols);
    const std::optional<int64_t> size = constantIndex(sizes[axis]);
    switch (static_cast<AccessMode>(op.getModes()[axis])) {
    case AccessMode::exact: break;
    case AccessMode::pad: target.guard = space.both(target.guard, subscript, sizes[axis]); break;
    case AccessMode::clamp:
    case AccessMode::wrap:
      // An empty axis has no nearest element.
      if (!size || *size == 0)
        target.guard = space.both(target.guard, space.constant(0), sizes[axis]);
      subscript = static_cast<AccessMode>(op.getModes()[axis]) == AccessMode::clamp ? space.clamp(subscript, sizes[axis])
                                                                                   : space.wrap(subscript, sizes[axis]);
      break;
    }
    target.at.push_back(subscript);
  }
  return target;
}

SmallVector<Element> readsOfEinsum(EinsumOp op, const Element &element, ArrayRef<AffineExpr> reduced, IndexSpace &space,
                                   Environment &env, Guard &guard) {
  Equation equation = op.parseEquation();
  equation.inputs.resize(op.getInputs().size());
  DenseMap<char, AffineExpr> letters;
  for (auto [letter, at] : llvm::zip_equal(equation.output, element.at)) {
    auto [first, isNew] = letters.try_emplace(letter, at);
    if (!isNew) // only the diagonal is not zero
      guard = space.both(guard, at - first->second, env.at(op.getLoc()).index(1));
  }
  for (auto [letter, at] : llvm::zip_equal(equation.summed(), reduced))
    letters[letter] = at;
  SmallVector<Element> reads;
  for (auto [input, name] : llvm::zip_equal(op.getInputs(), equation.inputs)) {
    Element read{input, {}, guard};
    for (char letter : name)
      read.at.push_back(letters.at(letter));
    reads.push_back(std::move(read));
  }
  return reads;
}

} // namespace

bool isInlinable(Operation *op) {
  if (isa<ElementwiseOpInterface, GatherOp, IotaOp, FillOp>(op))
    return true;
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return einsum.parseEquation().summed().empty();
  return false;
}

bool isExpensive(Operation *op) {
  return isa<PowOp, PowiOp, Atan2Op, ThreefryOp, CbrtOp, ExpOp, Expm1Op, LogOp, Log1pOp, Log2Op, SinOp, CosOp, TanOp,
             AsinOp, AcosOp, AtanOp, SinhOp, CoshOp, TanhOp, AsinhOp, AcoshOp, AtanhOp, SigmoidOp, SoftplusOp, GeluOp,
             SiluOp, ErfOp, ErfcOp, LgammaOp, DigammaOp, PolygammaOp>(op);
}

SmallVector<Value> reducedExtents(Operation *op, Environment &env) {
  SmallVector<Value> extents;
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    SmallVector<Value> sizes = env.sizesOf(reduce.getInput());
    for (int64_t axis : reduce.getAxes())
      extents.push_back(sizes[axis]);
  }
  if (auto einsum = dyn_cast<EinsumOp>(op)) {
    const Equation equation = einsum.parseEquation();
    for (char letter : equation.summed())
      for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
        if (size_t axis = name.find(letter); axis != std::string::npos) {
          extents.push_back(env.sizesOf(input)[axis]);
          break;
        }
  }
  return extents;
}

SmallVector<Element> readsOf(const Element &element, ArrayRef<AffineExpr> reduced, IndexSpace &space, Environment &env,
                             Guard &guard) {
  Operation *op = element.tensor.getDefiningOp();
  guard = element.guard;
  SmallVector<Element> reads;
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return readsOfEinsum(einsum, element, reduced, space, env, guard);
  if (auto gather = dyn_cast<GatherOp>(op)) {
    Target target = resolve(gather, gather.getSource(), element.at, element.guard, space, env);
    guard = target.guard;
    reads.push_back({gather.getSource(), std::move(target.at), guard});
  } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
    Element read{reduce.getInput(), {}, guard};
    size_t kept = 0;
    for (int64_t axis = 0; axis < reduce.getInput().getType().getRank(); ++axis) {
      const auto *listed = llvm::find(reduce.getAxes(), axis);
      read.at.push_back(listed == reduce.getAxes().end() ? element.at[kept++]
                                                         : reduced[listed - reduce.getAxes().begin()]);
    }
    reads.push_back(read);
    if (reduce.getMask())
      reads.push_back({reduce.getMask(), read.at, guard});
  } else if (isa<ElementwiseOpInterface>(op)) {
    for (Value operand : op->getOperands())
      reads.push_back({operand, element.at, guard});
  }
  return reads;
}

Target targetOf(Operation *access, ArrayRef<AffineExpr> at, IndexSpace &space, Environment &env) {
  if (auto scatter = dyn_cast<ScatterOp>(access))
    return resolve(scatter, scatter.getResult(), at, 0, space, env);
  if (isa<RecurrenceOp>(access))
    return {Position(at), 0};
  auto update = cast<UpdateOp>(access);
  return resolve(update, update.getBase(), at, 0, space, env);
}

} // namespace ricci::lower
