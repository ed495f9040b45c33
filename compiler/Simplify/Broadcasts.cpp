#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// The order in which all sources have their letters, if it is one, else that of `letters`: f(x_ba) is read along x's rows.
std::string commonOrder(ArrayRef<View> views, StringRef letters) {
  std::string order(letters);
  for (const View &view : views)
    if (view.from.size() == letters.size())
      order = view.from;
  auto isOrdered = [&](const View &view) {
    return llvm::is_sorted(view.from, [&](char x, char y) { return order.find(x) < order.find(y); });
  };
  return llvm::all_of(views, isOrdered) ? order : letters.str();
}

// f(x_a, y_b) repeated along c: computed over (a, b), then repeated; f(x_ba) for sums of products: computed over (b, a), then
// transposed, which costs them nothing. Axes are named by letters; an operand depends on the letters of its source.
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
    if (llvm::all_of(op->getUsers(), [](Operation *user) { return isa<EinsumOp, ElementwiseOpInterface>(user); }))
      needed = commonOrder(views, needed);
    // Nothing repeated or turned, or everything uniform, which is evaluated instead.
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

// A recurrence whose input and factors are repeated along another axis: computed once, then repeated.
struct SinkBroadcastsThroughRecurrence : OpRewritePattern<RecurrenceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecurrenceOp op, PatternRewriter &rewriter) const override {
    std::string axes = indexLetters(op.getType().getRank()), needed;
    SmallVector<View> views;
    for (Value operand : op->getOperands()) {
      View view = uniformValue(operand) ? View{operand, "", axes} : asBroadcast(operand);
      for (char &letter : view.from)
        letter = axes[view.to.find(letter)];
      views.push_back(view);
    }
    int64_t axis = 0; // of the recurrence among the needed ones
    for (auto [position, letter] : llvm::enumerate(axes)) {
      bool own = static_cast<int64_t>(position) == static_cast<int64_t>(op.getAxis());
      axis = own ? needed.size() : axis;
      if (own || llvm::any_of(views, [&](const View &view) { return contains(view.from, letter); }))
        needed += letter;
    }
    if (needed == axes)
      return failure();
    Location loc = op.getLoc();
    Type element = op.getType().getElementType();
    SmallVector<Value> operands;
    for (auto [operand, view] : llvm::zip_equal(op->getOperands(), views)) {
      RankedTensorType type = typeOfAxes(operand, axes, needed, element);
      SmallVector<Value> dims = buildDimsOfAxes(rewriter, loc, operand, axes, needed);
      if (std::optional<Scalar> number = uniformValue(operand))
        operands.push_back(FillOp::create(rewriter, loc, type, number->toAttribute(element), dims));
      else
        operands.push_back(buildView(rewriter, loc, view.source, view.from, needed, type, dims));
    }
    Value small = RecurrenceOp::create(rewriter, loc, operands[0].getType(), axis, operands[0], operands[1],
                                       op.getReverse(), op.getMasked());
    rewriter.replaceOp(op, buildView(rewriter, loc, small, needed, axes, op.getType(),
                                     buildDynamicDims(rewriter, loc, op.getInput())));
    return success();
  }
};

// A read whose subscripts do not depend on some coordinates: read once, then repeated along these. Where that may be no
// time, the subscripts may only have been inside because nothing was read.
struct SinkBroadcastsThroughGather : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    if (isBoolean(op.getSource()))
      return failure(); // its views are gathers
    std::string axes = indexLetters(op.getType().getRank()), needed;
    SmallVector<AffineExpr> coordinates(axes.size());
    SmallVector<int64_t> positions(axes.size());
    bool mayBeEmpty = false;
    for (auto [dim, letter] : llvm::enumerate(axes)) {
      bool used = op.getMap().isFunctionOfDim(dim);
      for (unsigned symbol = 0; symbol < op.getSymbols().size(); ++symbol)
        used |= llvm::is_contained(op.symbolAxes(symbol), static_cast<int64_t>(dim));
      positions[dim] = needed.size();
      coordinates[dim] = rewriter.getAffineDimExpr(needed.size());
      if (used)
        needed += letter;
      else
        mayBeEmpty |= op.getType().isDynamicDim(dim) || op.getType().getDimSize(dim) == 0;
    }
    if (needed == axes)
      return failure();
    Location loc = op.getLoc();
    Value result = op.getResult();
    SmallVector<int32_t> modes(op.getModes());
    for (auto [axis, subscript] : llvm::enumerate(op.getMap().getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(subscript);
      bool whole = dim && sizeOrigin(op.getSource(), axis) == sizeOrigin(result, dim.getPosition());
      if (mayBeEmpty && op.mode(axis) == AccessMode::exact && !whole)
        modes[axis] = static_cast<int32_t>(AccessMode::pad);
    }
    SmallVector<Attribute> symbolAxes;
    for (unsigned symbol = 0; symbol < op.getSymbols().size(); ++symbol) {
      SmallVector<int64_t> read;
      for (int64_t axis : op.symbolAxes(symbol))
        read.push_back(positions[axis]);
      symbolAxes.push_back(rewriter.getDenseI64ArrayAttr(read));
    }
    AffineMap map = op.getMap().replaceDimsAndSymbols(coordinates, {}, needed.size(), op.getMap().getNumSymbols());
    Value small =
        GatherOp::create(rewriter, loc, typeOfAxes(result, axes, needed, op.getType().getElementType()), op.getSource(),
                         op.getSymbols(), carriedDims(op, axes, needed), map, rewriter.getArrayAttr(symbolAxes), modes);
    rewriter.replaceOp(op, buildView(rewriter, loc, small, needed, axes, op.getType(), op.getDims()));
    return success();
  }

  // The dynamic sizes of these axes, which the operation has as operands.
  static SmallVector<Value> carriedDims(GatherOp op, StringRef axes, StringRef letters) {
    SmallVector<Value> dims;
    auto given = op.getDims().begin();
    for (auto [axis, letter] : llvm::enumerate(axes))
      if (op.getType().isDynamicDim(axis)) {
        if (contains(letters, letter))
          dims.push_back(*given);
        ++given;
      }
    return dims;
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
  patterns.add<SinkBroadcasts, SinkBroadcastsThroughReduce, SinkBroadcastsThroughRecurrence,
               SinkBroadcastsThroughGather, ComposeBooleanViews, UniformBooleanViews>(patterns.getContext());
}
