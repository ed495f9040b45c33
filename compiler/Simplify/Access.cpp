#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

bool allExact(ArrayRef<int32_t> modes) {
  return llvm::all_of(modes, [](int32_t mode) { return mode == static_cast<int32_t>(AccessMode::exact); });
}

// The letters of an access whose subscripts are whole coordinates, array[p_2, p_0]: one for each axis of the array.
// `points` has the shape of the index space.
std::optional<std::string> coordinateLetters(AffineMap map, Value array, Value points, StringRef letters) {
  std::string result;
  for (auto [axis, subscript] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(subscript);
    if (!dim || !(sizeOrigin(array, axis) == sizeOrigin(points, dim.getPosition())))
      return std::nullopt;
    result += letters[dim.getPosition()];
  }
  return result;
}

// r[i,j] = x[j,i] is an einsum, and merges as one.
struct GatherIsView : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::string to = indexLetters(op.getType().getRank());
    auto from = coordinateLetters(op.getMap(), op.getSource(), op.getResult(), to);
    if (!from)
      return failure();
    if (isBoolean(op.getSource())) {
      if (*from == to && op.getSource().getType() == op.getType()) {
        rewriter.replaceOp(op, op.getSource());
        return success();
      }
      return failure();
    }
    rewriter.replaceOpWithNewOp<EinsumOp>(op, op.getType(), *from + "->" + to, op.getSource(), op.getDims());
    return success();
  }
};

// r[j,i] += v[i,j] is one too; coordinates that no subscript has are summed.
struct ScatterIsEinsum : OpRewritePattern<ScatterOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterOp op, PatternRewriter &rewriter) const override {
    std::string from = indexLetters(op.getValue().getType().getRank());
    auto to = coordinateLetters(op.getMap(), op.getResult(), op.getValue(), from);
    if (!to)
      return failure();
    rewriter.replaceOpWithNewOp<EinsumOp>(op, op.getType(), from + "->" + *to, op.getValue(), op.getDims());
    return success();
  }
};

// rest where subscript = sign · dim + rest and the rest is free of dim; null where it is not of that form.
AffineExpr restBeside(AffineMap map, AffineExpr subscript, unsigned dim, int64_t sign) {
  AffineExpr rest = simplifyAffineExpr(subscript - getAffineDimExpr(dim, map.getContext()) * sign, map.getNumDims(),
                                       map.getNumSymbols());
  return rest.isFunctionOfDim(dim) ? AffineExpr() : rest;
}

// r[p + c] += v[p] and r[c − p] += v[p] along every axis: an element of r has one source or none, and is read from
// there, r[q] = v[pad(q − c)] and r[q] = v[pad(c − q)]. So nothing is set to zero and stored in between.
struct ScatterIsGather : OpRewritePattern<ScatterOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterOp op, PatternRewriter &rewriter) const override {
    AffineMap map = op.getMap();
    unsigned rank = map.getNumDims();
    bool once = rank == map.getNumResults() &&
                llvm::all_of(op.getSymbolAxes(), [](Attribute axes) { return cast<DenseI64ArrayAttr>(axes).empty(); });
    if (!once)
      return failure();
    SmallVector<AffineExpr> sources(rank);
    SmallVector<int32_t> modes(rank);
    for (auto [axis, subscript] : llvm::enumerate(map.getResults())) {
      if (op.mode(axis) != AccessMode::exact && op.mode(axis) != AccessMode::pad)
        return failure();
      std::optional<unsigned> dim;
      for (unsigned k = 0; k < rank; ++k)
        if (subscript.isFunctionOfDim(k)) {
          if (dim || sources[k])
            return failure();
          dim = k;
        }
      if (!dim)
        return failure();
      AffineExpr target = rewriter.getAffineDimExpr(axis);
      if (AffineExpr rest = restBeside(map, subscript, *dim, 1))
        sources[*dim] = target - rest;
      else if (AffineExpr rest = restBeside(map, subscript, *dim, -1))
        sources[*dim] = rest - target;
      else
        return failure();
      bool whole = sources[*dim] == target && sizeOrigin(op.getValue(), *dim) == sizeOrigin(op.getResult(), axis);
      modes[*dim] = static_cast<int32_t>(whole ? AccessMode::exact : AccessMode::pad);
    }
    rewriter.replaceOpWithNewOp<GatherOp>(op, op.getType(), op.getValue(), op.getSymbols(), op.getDims(),
                                          AffineMap::get(rank, map.getNumSymbols(), sources, op.getContext()),
                                          op.getSymbolAxes(), rewriter.getDenseI32ArrayAttr(modes));
    return success();
  }
};

// A read that may fall outside, but by static sizes does not.
struct GatherStaysInside : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    SmallVector<int32_t> modes(op.getModes());
    for (auto [axis, subscript] : llvm::enumerate(op.getMap().getResults()))
      if (op.mode(axis) != AccessMode::exact && staysInside(op, subscript, op.getSource().getType().getDimSize(axis)))
        modes[axis] = static_cast<int32_t>(AccessMode::exact);
    if (modes == op.getModes())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.setModes(modes); });
    return success();
  }

  // 0 ≤ subscript < size for sums of ±d and a constant.
  static bool staysInside(GatherOp op, AffineExpr subscript, int64_t size) {
    AffineMap map = op.getMap();
    int64_t least = 0, greatest = 0;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
      if (!subscript.isFunctionOfDim(dim))
        continue;
      int64_t extent = op.getType().getDimSize(dim);
      if (ShapedType::isDynamic(extent) || extent == 0)
        return false;
      AffineExpr rest = restBeside(map, subscript, dim, 1);
      if (rest)
        greatest += extent - 1;
      else if ((rest = restBeside(map, subscript, dim, -1)))
        least -= extent - 1;
      else
        return false;
      subscript = rest;
    }
    auto constant = dyn_cast<AffineConstantExpr>(subscript);
    return constant && !ShapedType::isDynamic(size) && constant.getValue() + least >= 0 &&
           constant.getValue() + greatest < size;
  }
};

// An access like `op` of another array, with fewer axes.
GatherOp gatherFrom(PatternRewriter &rewriter, GatherOp op, Value source, AffineMap map, ArrayRef<int32_t> modes) {
  auto type = op.getType().clone(tensorType(source).getElementType());
  return GatherOp::create(rewriter, op.getLoc(), type, source, op.getSymbols(), op.getDims(), map, op.getSymbolAxes(),
                          modes);
}

// The axes of a slice's result in the order of the array's axes, if that is not their order already: every subscript
// is of one coordinate, every coordinate in one subscript.
std::optional<SmallVector<unsigned>> transposition(GatherOp op) {
  AffineMap map = op.getMap();
  SmallVector<unsigned> order;
  for (AffineExpr subscript : map.getResults()) {
    std::optional<unsigned> only;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      if (subscript.isFunctionOfDim(dim)) {
        if (only || llvm::is_contained(order, dim))
          return std::nullopt;
        only = dim;
      }
    if (!only)
      return std::nullopt;
    order.push_back(*only);
  }
  if (order.size() != map.getNumDims() || llvm::is_sorted(order))
    return std::nullopt;
  return order;
}

// r[i,j] = x[j + c, i] for a sum of products x that nothing else reads: the sum is computed in the order in which it is
// read.
struct SliceOfEinsumInOrder : OpRewritePattern<GatherOp> {
  explicit SliceOfEinsumInOrder(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/2) {}
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<SmallVector<unsigned>> order = transposition(op);
    auto einsum = op.getSource().getDefiningOp<EinsumOp>();
    if (!order || !einsum || !einsum->hasOneUse() || matchView(op.getSource()))
      return failure();
    Equation equation = einsum.parseEquation();
    if (hasRepeats(equation.output))
      return failure();
    // order[axis] is where the axis goes to.
    const std::string was = equation.output;
    SmallVector<AffineExpr> subscripts(order->size());
    SmallVector<int32_t> modes(order->size());
    for (auto [axis, place] : llvm::enumerate(*order)) {
      equation.output[place] = was[axis];
      subscripts[place] = op.getMap().getResult(axis);
      modes[place] = op.getModes()[axis];
    }
    RankedTensorType type = typeOfAxes(einsum.getResult(), was, equation.output, tensorType(op.getSource()).getElementType());
    Value source = EinsumOp::create(rewriter, einsum.getLoc(), type, equation.str(), einsum.getInputs(),
                                    buildDimsOfAxes(rewriter, einsum.getLoc(), einsum.getResult(), was, equation.output));
    auto map = AffineMap::get(op.getMap().getNumDims(), op.getMap().getNumSymbols(), subscripts, op.getContext());
    rewriter.replaceOp(op, gatherFrom(rewriter, op, source, map, modes));
    return success();
  }
};

// r[i,j] = x[j + c, i] is a slice along x's own axes, which reads and writes neighbours together, then a view, which
// costs nothing where a sum reads it.
struct SliceInOrder : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<SmallVector<unsigned>> order = transposition(op);
    if (!order || isBoolean(op.getSource()))
      return failure();
    const std::string to = indexLetters(order->size());
    std::string from;
    SmallVector<unsigned> place(order->size());
    SmallVector<AffineExpr> renamed(order->size());
    for (auto [axis, dim] : llvm::enumerate(*order)) {
      from += to[dim];
      place[dim] = axis;
      renamed[dim] = rewriter.getAffineDimExpr(axis);
    }
    SmallVector<Attribute> symbolAxes;
    for (Attribute axes : op.getSymbolAxes()) {
      SmallVector<int64_t> moved;
      for (int64_t coordinate : cast<DenseI64ArrayAttr>(axes).asArrayRef())
        moved.push_back(place[coordinate]);
      symbolAxes.push_back(rewriter.getDenseI64ArrayAttr(moved));
    }
    AffineMap map = op.getMap().replaceDimsAndSymbols(renamed, {}, op.getMap().getNumDims(), op.getMap().getNumSymbols());
    // One dynamic size for each unknown axis of the result, in order.
    SmallVector<Value> sizes(order->size()), dims;
    for (unsigned dim = 0, known = 0; dim < order->size(); ++dim)
      if (op.getType().isDynamicDim(dim))
        sizes[dim] = op.getDims()[known++];
    for (unsigned dim : *order)
      if (sizes[dim])
        dims.push_back(sizes[dim]);
    RankedTensorType type = typeOfAxes(op.getResult(), to, from, op.getType().getElementType());
    Value slice = GatherOp::create(rewriter, op.getLoc(), type, op.getSource(), op.getSymbols(), dims, map,
                                   rewriter.getArrayAttr(symbolAxes), op.getModes());
    rewriter.replaceOp(op, buildView(rewriter, op.getLoc(), slice, from, to, op.getType(), op.getDims()));
    return success();
  }
};

// A read of something uniform: the number, where no read can fall outside.
struct GatherOfUniform : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<Scalar> number = uniformValue(op.getSource());
    if (!number || (!allExact(op.getModes()) && number->as<double>() != 0))
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, op.getType(), number->toAttribute(op.getType().getElementType()),
                                        op.getDims());
    return success();
  }
};

// A read of a broadcast reads its source: the subscripts on repeated axes do not matter while they are inside.
struct GatherOfBroadcast : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    std::optional<View> view = matchView(op.getSource());
    if (!view || !view->isBroadcast())
      return failure();
    SmallVector<AffineExpr> subscripts;
    SmallVector<int32_t> modes;
    for (char letter : view->from) {
      size_t axis = view->to.find(letter);
      subscripts.push_back(op.getMap().getResult(axis));
      modes.push_back(op.getModes()[axis]);
    }
    for (auto [axis, letter] : llvm::enumerate(view->to))
      if (!contains(view->from, letter) && op.mode(axis) != AccessMode::exact)
        return failure();
    auto map = AffineMap::get(op.getMap().getNumDims(), op.getMap().getNumSymbols(), subscripts, op.getContext());
    rewriter.replaceOp(op, gatherFrom(rewriter, op, view->source, map, modes));
    return success();
  }
};

// x[f(g(p))]: two affine reads are one, if the outer one stays inside and reads the inner's symbols at coordinates.
struct GatherOfGather : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getSource().getDefiningOp<GatherOp>();
    if (!inner || !allExact(op.getModes()))
      return failure();
    AffineMap outerMap = op.getMap(), innerMap = inner.getMap();
    unsigned outerSymbols = outerMap.getNumSymbols();
    // Symbols: the outer ones, then the inner ones, read at the outer coordinates.
    SmallVector<Value> symbols(op.getSymbols());
    SmallVector<Attribute> axes(op.getSymbolAxes().getValue());
    for (auto [number, symbol] : llvm::enumerate(inner.getSymbols())) {
      SmallVector<int64_t> coordinates;
      for (int64_t coordinate : inner.symbolAxes(number)) {
        auto dim = dyn_cast<AffineDimExpr>(outerMap.getResult(coordinate));
        if (!dim || !(sizeOrigin(inner.getResult(), coordinate) == sizeOrigin(op.getResult(), dim.getPosition())))
          return failure();
        coordinates.push_back(dim.getPosition());
      }
      symbols.push_back(symbol);
      axes.push_back(rewriter.getDenseI64ArrayAttr(coordinates));
    }
    SmallVector<AffineExpr> subscripts, shifted;
    for (unsigned symbol = 0; symbol < innerMap.getNumSymbols(); ++symbol)
      shifted.push_back(rewriter.getAffineSymbolExpr(outerSymbols + symbol));
    for (AffineExpr subscript : innerMap.getResults())
      subscripts.push_back(simplifyAffineExpr(subscript.replaceDimsAndSymbols(outerMap.getResults(), shifted),
                                              outerMap.getNumDims(), outerSymbols + innerMap.getNumSymbols()));
    auto map = AffineMap::get(outerMap.getNumDims(), outerSymbols + innerMap.getNumSymbols(), subscripts,
                              op.getContext());
    rewriter.replaceOpWithNewOp<GatherOp>(op, op.getType(), inner.getSource(), symbols, op.getDims(), map,
                                          rewriter.getArrayAttr(axes), inner.getModes());
    return success();
  }
};

// A slice that lies in one part of a concatenation is a slice of that part.
struct SliceOfConcat : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getSource().getDefiningOp<ConcatOp>();
    if (!concat)
      return failure();
    int64_t axis = concat.getAxis();
    // The subscript d + c, or the constant c.
    AffineExpr subscript = op.getMap().getResult(axis);
    int64_t first = 0, count = 1;
    AffineExpr variable = subscript;
    if (auto sum = dyn_cast<AffineBinaryOpExpr>(subscript); sum && sum.getKind() == AffineExprKind::Add)
      if (auto offset = dyn_cast<AffineConstantExpr>(sum.getRHS())) {
        first = offset.getValue();
        variable = sum.getLHS();
      }
    if (auto constant = dyn_cast<AffineConstantExpr>(variable)) {
      first += constant.getValue();
    } else if (auto dim = dyn_cast<AffineDimExpr>(variable)) {
      count = op.getType().getDimSize(dim.getPosition());
      if (ShapedType::isDynamic(count))
        return failure();
    } else {
      return failure();
    }
    for (Value part : concat.getInputs()) {
      int64_t size = tensorType(part).getDimSize(axis);
      if (ShapedType::isDynamic(size) || first < 0)
        return failure();
      if (first >= size) {
        first -= size;
        subscript = subscript - size;
        continue;
      }
      if (first + count > size)
        return failure();
      SmallVector<AffineExpr> subscripts(op.getMap().getResults());
      subscripts[axis] = subscript;
      auto map = AffineMap::get(op.getMap().getNumDims(), op.getMap().getNumSymbols(), subscripts, op.getContext());
      rewriter.replaceOp(op, gatherFrom(rewriter, op, part, map, op.getModes()));
      return success();
    }
    return failure();
  }
};

// f(x)[p] = f(x[p]), which computes f only where it is read. A read outside gives 0: then f(0) must be 0.
struct GatherBeforeElementwise : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto function = op.getSource().getDefiningOp<ElementwiseOpInterface>();
    if (!function || !isSmaller(op) || !(function->hasOneUse() || isReadOnceAtMost(op.getSource())))
      return failure();
    if (!allExact(op.getModes())) {
      SmallVector<Scalar> zeros;
      for (Value operand : function->getOperands())
        zeros.push_back(Scalar::of(tensorType(operand).getElementType(), 0));
      if (!(function.evaluate(zeros).as<double>() == 0))
        return failure();
    }
    SmallVector<Value> operands;
    for (Value operand : function->getOperands())
      operands.push_back(gatherFrom(rewriter, op, operand, op.getMap(), op.getModes()));
    IRMapping mapping;
    mapping.map(function->getOperands(), operands);
    Operation *moved = rewriter.clone(*function, mapping);
    moved->getResult(0).setType(op.getType());
    rewriter.replaceOp(op, moved->getResults());
    return success();
  }

  // By slices (the gates of an LSTM, say) that together have no more elements than it.
  static bool isReadOnceAtMost(Value value) {
    if (!tensorType(value).hasStaticShape())
      return false;
    int64_t left = tensorType(value).getNumElements();
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      auto read = dyn_cast<GatherOp>(user);
      if (!read || !read.getType().hasStaticShape() || llvm::is_contained(read.getSymbols(), value))
        return false;
      left -= read.getType().getNumElements();
      return left >= 0;
    });
  }

  static bool isSmaller(GatherOp op) {
    RankedTensorType from = op.getSource().getType(), to = op.getType();
    if (from.hasStaticShape() && to.hasStaticShape())
      return to.getNumElements() < from.getNumElements();
    return to.getRank() < from.getRank();
  }
};

// reshape, concat and update of one number everywhere
struct StructureOfUniform : RewritePattern {
  explicit StructureOfUniform(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    ValueRange sources;
    if (auto concat = dyn_cast<ConcatOp>(op))
      sources = concat.getInputs();
    else if (auto reshape = dyn_cast<ReshapeOp>(op))
      sources = reshape->getOperands().take_front(1);
    else if (auto update = dyn_cast<UpdateOp>(op))
      sources = update->getOperands().take_front(2);
    else
      return failure();
    std::optional<Scalar> first = uniformValue(sources.front());
    if (!first)
      return failure();
    for (Value source : sources.drop_front())
      if (std::optional<Scalar> other = uniformValue(source); !other || !(*other == *first))
        return failure();
    Value result = op->getResult(0);
    SmallVector<Value> dims;
    if (auto reshape = dyn_cast<ReshapeOp>(op))
      dims = SmallVector<Value>(reshape.getDims());
    else if (tensorType(result).hasStaticShape())
      ;
    else if (auto update = dyn_cast<UpdateOp>(op))
      dims = buildDynamicDims(rewriter, op->getLoc(), update.getBase());
    else
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, result.getType(),
                                        first->toAttribute(tensorType(result).getElementType()), dims);
    return success();
  }
};

// concat(x) = x; concat(concat(x, y), z) = concat(x, y, z) along one axis
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() == 1 && op.getInputs().front().getType() == op.getType()) {
      rewriter.replaceOp(op, op.getInputs().front());
      return success();
    }
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner.getAxis() == op.getAxis() && inner->hasOneUse())
        llvm::append_range(inputs, inner.getInputs());
      else
        inputs.push_back(input);
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), op.getAxisAttr(), inputs);
    return success();
  }
};

} // namespace

void simplify::populateAccessPatterns(RewritePatternSet &patterns) {
  patterns.add<GatherIsView, SliceOfEinsumInOrder, SliceInOrder, GatherStaysInside, ScatterIsEinsum, ScatterIsGather, GatherOfUniform, GatherOfBroadcast,
               GatherOfGather, SliceOfConcat, GatherBeforeElementwise, StructureOfUniform, FlattenConcat>(
      patterns.getContext());
}
