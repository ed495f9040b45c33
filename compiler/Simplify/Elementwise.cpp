#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// An elementwise operation on uniform operands is uniform.
struct EvaluateUniform : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    SmallVector<Scalar> operands;
    for (Value operand : op->getOperands()) {
      std::optional<Scalar> value = uniformValue(operand);
      if (!value)
        return failure();
      operands.push_back(*value);
    }
    Type type = op->getResult(0).getType();
    TypedAttr number = op.evaluate(operands).toAttribute(getElementTypeOrSelf(type));
    SmallVector<Value> dims = buildDynamicDims(rewriter, op.getLoc(), op->getOperand(0));
    rewriter.replaceOpWithNewOp<FillOp>(op, type, number, dims);
    return success();
  }
};

// What has no elements is uniform, however it is made. Before all other identities: some are each other's inverse there.
struct NoElements : RewritePattern {
  explicit NoElements(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/10, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op->getNumRegions() != 0 || isa<FillOp>(op) || !isPure(op))
      return failure();
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type || !type.hasStaticShape() || type.getNumElements() != 0)
      return failure();
    rewriter.replaceOp(op, buildFill(rewriter, op->getLoc(), type, {}, 0));
    return success();
  }
};

// One form for uniform tensors.
struct SplatIsFill : OpRewritePattern<ConstantOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConstantOp op, PatternRewriter &rewriter) const override {
    auto splat = dyn_cast<SplatElementsAttr>(op.getValue());
    if (!splat)
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, op.getType(), cast<TypedAttr>(splat.getSplatValue<Attribute>()),
                                        ValueRange());
    return success();
  }
};

Value negated(Value value) {
  auto neg = value.getDefiningOp<NegOp>();
  return neg ? neg.getX() : Value();
}

struct SimplifyAdd : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    // x + (-y) = x - y
    if (Value y = negated(op.getY())) {
      rewriter.replaceOpWithNewOp<SubOp>(op, op.getX(), y);
      return success();
    }
    if (Value x = negated(op.getX())) {
      rewriter.replaceOpWithNewOp<SubOp>(op, op.getY(), x);
      return success();
    }
    // x + x = 2x
    if (op.getX() == op.getY()) {
      rewriter.replaceOp(op, buildScaled(rewriter, op.getLoc(), op.getX(), 2));
      return success();
    }
    return failure();
  }
};

struct SimplifySub : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SubOp op, PatternRewriter &rewriter) const override {
    // x - (-y) = x + y
    if (Value y = negated(op.getY())) {
      rewriter.replaceOpWithNewOp<AddOp>(op, op.getX(), y);
      return success();
    }
    // 0 - y = -y
    if (isUniform(op.getX(), 0)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, op.getY());
      return success();
    }
    return failure();
  }
};

struct SimplifyNeg : OpRewritePattern<NegOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NegOp op, PatternRewriter &rewriter) const override {
    // -(x - y) = y - x
    if (auto difference = op.getX().getDefiningOp<SubOp>(); difference && difference->hasOneUse()) {
      rewriter.replaceOpWithNewOp<SubOp>(op, difference.getY(), difference.getX());
      return success();
    }
    // -(c x) = (-c) x, c small enough to be exact in every type
    if (auto product = op.getX().getDefiningOp<MulOp>(); product && product->hasOneUse())
      for (auto [factor, other] : {std::pair(product.getY(), product.getX()), {product.getX(), product.getY()}})
        if (std::optional<Scalar> number = uniformValue(factor); number && std::fabs(number->as<double>()) < 1 << 30) {
          rewriter.replaceOp(op, buildScaled(rewriter, op.getLoc(), other, -number->as<double>()));
          return success();
        }
    return failure();
  }
};

// (-x) ∘ y = -(x ∘ y), (-x) ∘ (-y) = x ∘ y for products and quotients; c ∘ 1 with c = -1.
template <typename Op> struct PullSigns : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (isa<IntegerType>(op.getType().getElementType()) && std::is_same_v<Op, DivOp>)
      return failure(); // floors: the sign matters
    Value x = negated(op.getX()), y = negated(op.getY());
    if (isUniform(op.getY(), -1)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, op.getX());
      return success();
    }
    if (std::is_same_v<Op, MulOp> && isUniform(op.getX(), -1)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, op.getY());
      return success();
    }
    if (x && y) {
      rewriter.replaceOpWithNewOp<Op>(op, x, y);
      return success();
    }
    if (!x && !y)
      return failure();
    Value product = Op::create(rewriter, op.getLoc(), x ? x : op.getX(), y ? y : op.getY());
    rewriter.replaceOpWithNewOp<NegOp>(op, product);
    return success();
  }
};

// (x · s) · t = x · (s · t) for scalars s, t: numbers and what is repeated along every axis.
struct GatherScalarFactors : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  static bool isScalar(Value value) {
    if (uniformValue(value))
      return true;
    View view = asBroadcast(value);
    return view.from.empty() && !view.to.empty();
  }

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    bool xIsScalar = isScalar(op.getX()), yIsScalar = isScalar(op.getY());
    if (xIsScalar == yIsScalar)
      return failure();
    Value outer = xIsScalar ? op.getX() : op.getY(), rest = xIsScalar ? op.getY() : op.getX();
    auto inner = rest.getDefiningOp<MulOp>();
    if (!inner || !inner->hasOneUse() || isScalar(inner.getX()) == isScalar(inner.getY()))
      return failure();
    bool first = isScalar(inner.getX());
    Value scalars = MulOp::create(rewriter, op.getLoc(), first ? inner.getX() : inner.getY(), outer);
    rewriter.replaceOpWithNewOp<MulOp>(op, first ? inner.getY() : inner.getX(), scalars);
    return success();
  }
};

// (s ∘ y) · c = (s · c) ∘ y where s is repeated along an axis, so that s · c is computed on fewer elements. A finite c
// other than 0 keeps the zeros of s.
struct ScaleSmallFactor : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [number, rest] : {std::pair(op.getX(), op.getY()), {op.getY(), op.getX()}}) {
      std::optional<Scalar> factor = uniformValue(number);
      auto inner = rest.getDefiningOp<MaskMulOp>();
      if (!factor || !inner || !inner->hasOneUse() || !asBroadcast(inner.getX()).adds() ||
          !std::isfinite(factor->as<double>()) || factor->as<double>() == 0)
        continue;
      Value scaled = MulOp::create(rewriter, op.getLoc(), inner.getX(), number);
      rewriter.replaceOpWithNewOp<MaskMulOp>(op, scaled, inner.getY());
      return success();
    }
    return failure();
  }
};

// x / c = x · (1/c) where 1/c is exact: c a power of two.
struct DivideByPowerOfTwo : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    std::optional<Scalar> number = uniformValue(op.getY());
    if (!number || !isa<FloatType>(op.getType().getElementType()))
      return failure();
    double divisor = number->as<double>();
    int exponent;
    if (!std::isfinite(divisor) || std::fabs(std::frexp(divisor, &exponent)) != 0.5 || std::abs(exponent) > 100)
      return failure();
    rewriter.replaceOp(op, buildScaled(rewriter, op.getLoc(), op.getX(), 1 / divisor));
    return success();
  }
};

// x / √n = x · (1/√n) where n is a size (the scores of an attention): the inverse is neither so large nor so small that
// more than a rounding would change. What is divided by a size itself may come out whole, and stays.
struct DivideByRootOfSize : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;

  static bool isRootOfSize(Value value) {
    auto root = value.getDefiningOp<SqrtOp>();
    auto number = root ? root.getX().getDefiningOp<ConvertOp>() : ConvertOp();
    return number && isa<FloatType>(number.getType().getElementType()) && number.getX().getDefiningOp<ToTensorOp>();
  }

  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    const View divisor = asBroadcast(op.getY());
    if (!divisor.from.empty() || divisor.to.empty() || !isRootOfSize(divisor.source))
      return failure();
    Value one = buildFill(rewriter, op.getLoc(), divisor.source.getType(), {}, 1);
    Value inverse = DivOp::create(rewriter, op.getLoc(), one, divisor.source);
    Value factor = buildView(rewriter, op.getLoc(), inverse, "", divisor.to, op.getType(),
                             buildDynamicDims(rewriter, op.getLoc(), op.getY()));
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getX(), factor);
    return success();
  }
};

// Constant exponents: x⁰ = 1, x¹ = x, x² = x·x, x³ = x·x·x, x⁻¹ = 1/x.
template <typename Op> struct ExpandPower : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    std::optional<Scalar> number = uniformValue(op->getOperand(1));
    if (!number)
      return failure();
    double exponent = number->template as<double>();
    Value x = op.getX();
    auto one = [&] { return buildFillLike(rewriter, op.getLoc(), op.getType(), x, 1); };
    if (exponent == 0) {
      rewriter.replaceOp(op, one());
    } else if (exponent == 1) {
      rewriter.replaceOp(op, x);
    } else if (exponent == 2 || exponent == 3) {
      Value square = MulOp::create(rewriter, op.getLoc(), x, x);
      rewriter.replaceOp(op, exponent == 2 ? square : Value(MulOp::create(rewriter, op.getLoc(), square, x)));
    } else if (exponent == -1 && isa<FloatType>(op.getType().getElementType())) {
      rewriter.replaceOpWithNewOp<DivOp>(op, one(), x);
    } else {
      return failure();
    }
    return success();
  }
};

struct SimplifySelect : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SelectOp op, PatternRewriter &rewriter) const override {
    // select(¬c, x, y) = select(c, y, x)
    if (auto inverse = op.getCondition().getDefiningOp<NotOp>()) {
      rewriter.replaceOpWithNewOp<SelectOp>(op, inverse.getX(), op.getY(), op.getX());
      return success();
    }
    if (!isBoolean(op.getX()))
      return failure();
    // select(c, true, false) = c, select(c, false, true) = ¬c
    if (isUniform(op.getX(), 1) && isUniform(op.getY(), 0)) {
      rewriter.replaceOp(op, op.getCondition());
      return success();
    }
    if (isUniform(op.getX(), 0) && isUniform(op.getY(), 1)) {
      rewriter.replaceOpWithNewOp<NotOp>(op, op.getCondition());
      return success();
    }
    return failure();
  }
};

// Where one factor is a finite number, nothing needs masking.
struct SimplifyMaskMul : OpRewritePattern<MaskMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MaskMulOp op, PatternRewriter &rewriter) const override {
    std::optional<Scalar> x = uniformValue(op.getX()), y = uniformValue(op.getY());
    if ((x && x->as<double>() != 0) || (y && std::isfinite(y->as<double>()))) {
      rewriter.replaceOpWithNewOp<MulOp>(op, op.getX(), op.getY());
      return success();
    }
    // (-x) ∘ y = -(x ∘ y)
    Value negatedX = negated(op.getX()), negatedY = negated(op.getY());
    if (!negatedX && !negatedY)
      return failure();
    Value product = MaskMulOp::create(rewriter, op.getLoc(), negatedX ? negatedX : op.getX(),
                                      negatedY ? negatedY : op.getY());
    rewriter.replaceOp(op, negatedX && negatedY ? product : Value(NegOp::create(rewriter, op.getLoc(), product)));
    return success();
  }
};

// log(eˣ) = x, and log(eˣ / s) = x - log s for any s > 0; s is a sum of exponentials wherever this pays (softmax).
struct LogOfExp : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    if (auto exp = op.getX().getDefiningOp<ExpOp>()) {
      rewriter.replaceOp(op, exp.getX());
      return success();
    }
    auto ratio = op.getX().getDefiningOp<DivOp>();
    auto exp = ratio ? ratio.getX().getDefiningOp<ExpOp>() : ExpOp();
    if (!exp)
      return failure();
    Value logarithm = LogOp::create(rewriter, op.getLoc(), ratio.getY());
    rewriter.replaceOpWithNewOp<SubOp>(op, exp.getX(), logarithm);
    return success();
  }
};

// What holds needs no check.
struct DropHeldCheck : OpRewritePattern<CheckOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CheckOp op, PatternRewriter &rewriter) const override {
    // A check of the same condition further up in the block stops the program first.
    bool holds = isUniform(op.getCondition(), 1) || llvm::any_of(op.getCondition().getUsers(), [&](Operation *user) {
                   return isa<CheckOp>(user) && user->getBlock() == op->getBlock() && user->isBeforeInBlock(op);
                 });
    if (!holds)
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void simplify::populateElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<NoElements, EvaluateUniform, SplatIsFill, SimplifyAdd, SimplifySub, SimplifyNeg, PullSigns<MulOp>,
               PullSigns<DivOp>, GatherScalarFactors, ScaleSmallFactor, DivideByPowerOfTwo, DivideByRootOfSize,
               ExpandPower<PowOp>, ExpandPower<PowiOp>, ExpandPower<IpowOp>, SimplifySelect, LogOfExp, SimplifyMaskMul,
               DropHeldCheck>(patterns.getContext());
}
