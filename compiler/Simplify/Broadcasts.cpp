#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// f(x_a, y_b) repeated along c: computed over (a, b), then repeated. Axes are named by letters; an operand depends on
// the letters of its source.
struct SinkBroadcasts : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    Value result = op->getResult(0);
    int64_t rank = tensorType(result).getRank();
    std::string axes = indexLetters(rank), needed;
    SmallVector<View> views;
    for (Value operand : op->getOperands()) {
      if (uniformValue(operand)) {
        views.push_back({operand, "", axes});
        continue;
      }
      View view = asBroadcast(operand);
      // The view's letters are its own; rename them by axis.
      for (char &letter : view.from)
        letter = axes[view.to.find(letter)];
      view.to = axes;
      views.push_back(view);
    }
    for (char letter : axes)
      if (llvm::any_of(views, [&](const View &view) { return contains(view.from, letter); }))
        needed += letter;
    // Nothing repeated, or everything uniform, which is evaluated instead.
    if (needed == axes ||
        llvm::all_of(op->getOperands(), [](Value operand) { return uniformValue(operand).has_value(); }))
      return failure();

    Location loc = op.getLoc();
    Value shaped = op->getOperand(0);
    auto typeOver = [&](Value value) { return typeOfAxes(shaped, axes, needed, tensorType(value).getElementType()); };
    SmallVector<Value> dims = buildDimsOfAxes(rewriter, loc, shaped, axes, needed), operands;
    for (auto [operand, view] : llvm::zip_equal(op->getOperands(), views)) {
      RankedTensorType type = typeOver(operand);
      if (std::optional<Scalar> number = uniformValue(operand))
        operands.push_back(FillOp::create(rewriter, loc, type, number->toAttribute(type.getElementType()), dims));
      else
        operands.push_back(buildView(rewriter, loc, view.source, view.from, needed, type, dims));
    }
    IRMapping mapping;
    mapping.map(op->getOperands(), operands);
    Operation *small = rewriter.clone(*op, mapping);
    small->getResult(0).setType(typeOver(result));
    rewriter.replaceOp(op, buildView(rewriter, loc, small->getResult(0), needed, axes, tensorType(result),
                                     buildDynamicDims(rewriter, loc, shaped)));
    return success();
  }
};

// A reduction over axes that the reduced array has, repeated along others: reduced first, then repeated.
struct SinkBroadcastsThroughReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    View view = asBroadcast(op.getInput());
    if (!view.adds() || op.getMask())
      return failure();
    // Axes of the source in the order of the result, so that positions keep their meaning.
    std::string ordered, kept, result;
    SmallVector<int64_t> axes;
    for (char letter : view.to)
      if (contains(view.from, letter))
        ordered += letter;
    for (int64_t axis : op.getAxes()) {
      size_t position = ordered.find(view.to[axis]);
      if (position == std::string::npos)
        return failure();
      axes.push_back(position);
    }
    for (auto [axis, letter] : llvm::enumerate(view.to)) {
      if (llvm::is_contained(op.getAxes(), static_cast<int64_t>(axis)))
        continue;
      result += letter;
      if (contains(view.from, letter))
        kept += letter;
    }
    Location loc = op.getLoc();
    Value input = op.getInput();
    Type element = tensorType(input).getElementType(), resultElement = op.getType().getElementType();
    Value source = buildView(rewriter, loc, view.source, view.from, ordered,
                             typeOfAxes(input, view.to, ordered, element),
                             buildDimsOfAxes(rewriter, loc, input, view.to, ordered));
    Value reduced = ReduceOp::create(rewriter, loc, typeOfAxes(input, view.to, kept, resultElement), op.getKind(), axes,
                                     source, Value());
    rewriter.replaceOp(op, buildView(rewriter, loc, reduced, kept, result, op.getType(),
                                     buildDimsOfAxes(rewriter, loc, input, view.to, result)));
    return success();
  }
};

// Views of views of booleans; those of numbers are einsums, which merge by themselves.
struct ComposeBooleanViews : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<View> outer = matchView(op.getResult());
    std::optional<View> inner = outer ? matchView(outer->source) : std::nullopt;
    if (!inner)
      return failure();
    // The letter of the outer result that each letter of the inner source becomes.
    std::string from;
    for (char letter : inner->from)
      from += outer->from[inner->to.find(letter)];
    rewriter.replaceOp(op,
                       buildView(rewriter, op.getLoc(), inner->source, from, outer->to, op.getType(), op.getDims()));
    return success();
  }
};

// A rearrangement of something uniform is uniform.
struct UniformBooleanViews : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<View> view = matchView(op.getResult());
    std::optional<Scalar> number = view ? uniformValue(view->source) : std::nullopt;
    if (!number)
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, op.getType(), number->toAttribute(op.getType().getElementType()),
                                        op.getDims());
    return success();
  }
};

} // namespace

void simplify::populateBroadcastPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkBroadcasts, SinkBroadcastsThroughReduce, ComposeBooleanViews, UniformBooleanViews>(
      patterns.getContext());
}
