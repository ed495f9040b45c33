#include "compiler/Autodiff/Segments.h"

#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Residuals.h"
#include "dialects/Build.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

// The turns, or at least a bound: a loop that repeats a conditional one has that one's limit.
static std::optional<int64_t> mostTurns(ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLower()), upper = getConstantIntValue(loop.getUpper());
  if (lower && upper)
    return std::max<int64_t>(0, *upper - *lower);
  auto size = loop.getUpper().getDefiningOp<ToIndexOp>();
  auto count = size ? size.getSource().getDefiningOp<StopGradOp>() : nullptr;
  auto counting = count ? count.getInput().getDefiningOp<ForOp>() : nullptr;
  return counting && counting.getConditional() ? mostTurns(counting) : std::nullopt;
}

Excess autodiff::exceeds(ForOp loop, const SavedBytes &saved, int64_t most) {
  if (!saved.known && saved.unknown.empty())
    return Excess::Never;
  std::optional<int64_t> turns = mostTurns(loop);
  if (!turns || !saved.unknown.empty())
    return Excess::Perhaps;
  int64_t total;
  if (!llvm::MulOverflow(*turns, saved.known, total) && total <= most)
    return Excess::Never;
  return tripCount(loop).second ? Excess::Perhaps : Excess::Always;
}

namespace {

// A number of turns: known, or a scalar of the program.
struct Count {
  int64_t known = ShapedType::kDynamic;
  Value scalar;
};

class Cutting {
public:
  Cutting(ForOp loop) : loop(loop), builder(loop), loc(loop.getLoc()), carried(loop.getInits().size()) {}

  Segments run(const SavedBytes *saved, int64_t most) {
    measure(saved, most);
    if (restTurns.known != 0) // while the body is still there
      makeRest();
    makeSegments();
    join();
    for (auto [old, result] : llvm::zip_equal(loop.getResults(), made.results))
      old.replaceAllUsesWith(result);
    loop.erase();
    return made;
  }

private:
  Count known(int64_t number) { return {number, buildFill(builder, loc, scalarType, {}, double(number))}; }

  Value indexOf(const Count &count) {
    if (!ShapedType::isDynamic(count.known))
      return arith::ConstantIndexOp::create(builder, loc, count.known);
    return ToIndexOp::create(builder, loc, builder.getIndexType(), count.scalar);
  }

  // The number of turns, and with it L, S and what is left.
  void measure(const SavedBytes *saved, int64_t most) {
    auto [number, value] = tripCount(loop);
    if (!value && !saved) {
      int64_t root = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(number))));
      length = known(std::max<int64_t>(1, root));
      count = known(number / length.known);
      done = known(count.known * length.known);
      restTurns = known(number - done.known);
      return;
    }
    Value turns = value ? Value(ToTensorOp::create(builder, loc, scalarType, value)) : known(number).scalar;
    Value real = convert(turns, realType);
    Value root = CeilOp::create(builder, loc, realType, SqrtOp::create(builder, loc, realType, real));
    length.scalar = convert(root, scalarType);
    count.scalar = DivOp::create(builder, loc, turns, length.scalar); // 0 of 0 turns
    if (saved) {
      Value total = MulOp::create(builder, loc, bytesOf(*saved), real);
      Value limit = buildFill(builder, loc, realType, {}, double(most));
      Value large = CmpOp::create(builder, loc, ComparePredicate::gt, total, limit);
      count.scalar = SelectOp::create(builder, loc, large, count.scalar, known(0).scalar);
    }
    done.scalar = MulOp::create(builder, loc, count.scalar, length.scalar);
    restTurns.scalar = SubOp::create(builder, loc, turns, done.scalar);
  }

  Value convert(Value x, Type type) { return ConvertOp::create(builder, loc, type, x); }

  // What one turn saves, in f64: the product with the turns may be larger than any integer.
  Value bytesOf(const SavedBytes &saved) {
    Value sum = buildFill(builder, loc, realType, {}, double(saved.known));
    for (Value value : saved.unknown) {
      auto type = cast<RankedTensorType>(value.getType());
      double fixed = (type.getElementTypeBitWidth() + 7) / 8;
      for (int64_t size : type.getShape())
        fixed *= ShapedType::isDynamic(size) ? 1 : double(size);
      Value bytes = buildFill(builder, loc, realType, {}, fixed);
      SmallVector<Value> sizes = *sizesBefore(loop, value);
      for (Value size : sizes)
        bytes = MulOp::create(builder, loc, bytes, convert(ToTensorOp::create(builder, loc, scalarType, size), realType));
      sum = AddOp::create(builder, loc, sum, bytes);
    }
    return sum;
  }

  // The sizes of a stack of the loop behind its first axis.
  SmallVector<Value> innerDims(unsigned result) {
    SmallVector<Value> dims = dimsOfStack(loop, result);
    if (cast<RankedTensorType>(loop.getResult(result).getType()).isDynamicDim(0))
      dims.erase(dims.begin());
    return dims;
  }

  // A loop with the carried values of this one, and its stacks behind other axes.
  ForOp make(StringRef mark, Value lower, Value upper, ValueRange inits, ArrayRef<Count> axes) {
    SmallVector<Type> types(TypeRange(loop.getResultTypes()).take_front(carried));
    SmallVector<Value> dims;
    for (unsigned i = carried; i < loop.getNumResults(); ++i) {
      SmallVector<int64_t> shape;
      for (const Count &axis : axes) {
        shape.push_back(axis.known);
        if (ShapedType::isDynamic(axis.known))
          dims.push_back(indexOf(axis));
      }
      auto type = cast<RankedTensorType>(loop.getResult(i).getType());
      llvm::append_range(shape, type.getShape().drop_front());
      types.push_back(type.clone(shape));
      llvm::append_range(dims, innerDims(i));
    }
    auto made = ForOp::create(builder, loc, types, lower, upper, inits, dims);
    made->setAttr(mark, builder.getUnitAttr());
    return made;
  }

  Value lowerScalar() { return ToTensorOp::create(builder, loc, scalarType, loop.getLower()); }

  void makeRest() {
    std::optional<int64_t> first = getConstantIntValue(loop.getLower());
    Value lower = indexOf(first && !ShapedType::isDynamic(done.known)
                              ? Count{*first + done.known, Value()}
                              : Count{ShapedType::kDynamic, AddOp::create(builder, loc, lowerScalar(), done.scalar)});
    // Its initial values are set once there are any.
    made.rest = make(wholeAttrName, lower, loop.getUpper(), loop.getInits(), {restTurns});
    IRMapping mapping;
    loop.getBody().cloneInto(&made.rest.getBody(), mapping);
  }

  void makeSegments() {
    OpBuilder::InsertionGuard guard(builder);
    if (made.rest)
      builder.setInsertionPoint(made.rest);
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value lengthIndex = indexOf(length), lower = lowerScalar();
    made.all = make(segmentsAttrName, zero, indexOf(count), loop.getInits(), {count, length});
    Block *block = builder.createBlock(&made.all.getBody());
    Value segment = block->addArgument(scalarType, loc);
    for (unsigned i = 0; i < carried; ++i)
      block->addArgument(loop.getInits()[i].getType(), argumentOf(loop, i).getLoc());
    Value first = AddOp::create(builder, loc, lower, MulOp::create(builder, loc, segment, length.scalar));
    ForOp one = make(wholeAttrName, zero, lengthIndex, block->getArguments().drop_front(), {length});
    YieldOp::create(builder, loc, one.getResults());

    one.getBody().takeBody(loop.getBody());
    Block &body = one.getBody().front();
    builder.setInsertionPointToStart(&body);
    Value turn = AddOp::create(builder, loc, first, body.getArgument(0));
    body.getArgument(0).replaceAllUsesExcept(turn, turn.getDefiningOp());
  }

  // The results: carried ones of the last loop, stacks of both one behind the other.
  void join() {
    made.pieces.push_back(made.all);
    if (made.rest) {
      made.rest.getInitsMutable().assign(made.all.getResults().take_front(carried));
      made.pieces.push_back(made.rest);
    }
    ForOp last = made.rest ? made.rest : made.all;
    made.results.assign(last.getResults().begin(), last.getResults().begin() + carried);
    for (unsigned i = carried; i < loop.getNumResults(); ++i) {
      auto type = cast<RankedTensorType>(loop.getResult(i).getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[0] = done.known;
      SmallVector<Value> dims = innerDims(i);
      if (ShapedType::isDynamic(done.known))
        dims.insert(dims.begin(), indexOf(done));
      Value rows = ReshapeOp::create(builder, loc, type.clone(shape), made.all.getResult(i), dims);
      made.pieces.push_back(rows.getDefiningOp());
      if (made.rest) {
        rows = ConcatOp::create(builder, loc, type, 0, ValueRange{rows, made.rest.getResult(i)});
        made.pieces.push_back(rows.getDefiningOp());
      }
      made.results.push_back(rows);
    }
  }

  ForOp loop;
  OpBuilder builder;
  Location loc;
  const unsigned carried;
  RankedTensorType scalarType = RankedTensorType::get({}, builder.getI64Type());
  RankedTensorType realType = RankedTensorType::get({}, builder.getF64Type());
  Count length, count, done, restTurns; // L, S, S·L, T − S·L
  Segments made;
};

} // namespace

Segments autodiff::cutLoop(ForOp loop, const SavedBytes *saved, int64_t most) { return Cutting(loop).run(saved, most); }
