// What a scatter adds: nothing outside of its result, whatever the conditions on it say.
#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// r[s_p] += select(0 ≤ s_p < size, v_p, 0) is r[s_p] += v_p where what lies outside falls away anyway.
struct ScatterStaysInside : OpRewritePattern<ScatterOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterOp op, PatternRewriter &rewriter) const override {
    auto select = op.getValue().getDefiningOp<SelectOp>();
    std::optional<Scalar> otherwise = select ? uniformValue(select.getY()) : std::nullopt;
    if (!otherwise || otherwise->as<double>() != 0)
      return failure();
    Value condition = select.getCondition();
    // Of all coordinates, or of some and repeated along the others.
    auto repeated = condition.getDefiningOp<GatherOp>();
    SmallVector<int64_t> coordinates;
    if (repeated) {
      for (auto [axis, subscript] : llvm::enumerate(repeated.getMap().getResults())) {
        auto dim = dyn_cast<AffineDimExpr>(subscript);
        if (!dim || repeated.mode(axis) != AccessMode::exact)
          return failure();
        coordinates.push_back(dim.getPosition());
      }
      condition = repeated.getSource();
    } else {
      llvm::append_range(coordinates, llvm::seq<int64_t>(0, tensorType(condition).getRank()));
    }
    Value rest = withoutImplied(op, coordinates, condition, rewriter);
    if (rest == condition)
      return failure();
    Value value = select.getX();
    if (rest && repeated)
      rest = GatherOp::create(rewriter, repeated.getLoc(), repeated.getType(), rest, repeated.getSymbols(),
                              repeated.getDims(), repeated.getMap(), repeated.getSymbolAxes(), repeated.getModes());
    if (rest)
      value = SelectOp::create(rewriter, select.getLoc(), rest, value, select.getY());
    rewriter.modifyOpInPlace(op, [&] { op.getValueMutable().assign(value); });
    return success();
  }

  // The conjunction without what holds wherever something is added; null if nothing is left.
  static Value withoutImplied(ScatterOp op, ArrayRef<int64_t> coordinates, Value condition, PatternRewriter &rewriter) {
    if (auto both = condition.getDefiningOp<AndOp>()) {
      Value x = withoutImplied(op, coordinates, both.getX(), rewriter);
      Value y = withoutImplied(op, coordinates, both.getY(), rewriter);
      if (!x || !y)
        return x ? x : y;
      return x == both.getX() && y == both.getY() ? condition : AndOp::create(rewriter, both.getLoc(), x, y).getResult();
    }
    auto bound = condition.getDefiningOp<CmpOp>();
    return bound && isImplied(op, coordinates, bound) ? Value() : condition;
  }

  // A bound of s where the scatter's subscript is s or s + c and falls away outside.
  static bool isImplied(ScatterOp op, ArrayRef<int64_t> coordinates, CmpOp bound) {
    for (auto [axis, subscript] : llvm::enumerate(op.getMap().getResults()))
      for (auto [number, symbol] : llvm::enumerate(op.getSymbols())) {
        auto offset = dyn_cast<AffineConstantExpr>(subscript - getAffineSymbolExpr(number, op.getContext()));
        if (offset && op.mode(axis) == AccessMode::pad && symbol == bound.getX() &&
            op.symbolAxes(number) == coordinates && holdsInside(sizeOrigin(op.getResult(), axis), offset.getValue(), bound))
          return true;
      }
    return false;
  }

  // s ≥ y or s < y wherever 0 ≤ s + offset < size
  static bool holdsInside(const SizeOrigin &size, int64_t offset, CmpOp bound) {
    const bool least = bound.getPredicate() == ComparePredicate::ge;
    if (!least && bound.getPredicate() != ComparePredicate::lt)
      return false;
    if (std::optional<Scalar> y = uniformValue(bound.getY()))
      return least ? y->as<int64_t>() <= -offset : !size.value && y->as<int64_t>() >= size.number - offset;
    auto number = asBroadcast(bound.getY()).source.getDefiningOp<ToTensorOp>();
    auto dim = number ? number.getSource().getDefiningOp<DimOp>() : DimOp();
    return !least && dim && offset == 0 && sizeOrigin(dim.getSource(), dim.getAxis()) == size;
  }
};

} // namespace

void simplify::populateScatterPatterns(RewritePatternSet &patterns) {
  patterns.add<ScatterStaysInside>(patterns.getContext());
}
