// Reverse mode through a loop:
//
//   c, s = for i in lo..up carrying c { …; yield c' = f(i, c, w), s' = g(i, c, w) }
//
// becomes the same loop that also stacks the values of c at the start of each iteration, and
//
//   c̄, w̄ = for t in lo..up carrying c̄, w̄ { i = lo + up - 1 - t; c = stack[i - lo];
//                                           f and g again, then their pullbacks of c̄ and s̄[i - lo] }
//
// What is captured (w) is not stacked, its cotangent is a carried sum. With no iteration c̄ passes unchanged. Of a carried
// array that the body reads in parts, the parts are stacked: filling an array of n in n steps takes n, not n².
#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Reverse.h"
#include "compiler/Autodiff/Rules.h"
#include "dialects/Build.h"
#include "dialects/Derivatives.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

// Whether adding `value` at the subscripts touches each place at most once: every dimension of the map is alone in a
// subscript of its own, moved by numbers that are the same everywhere.
static bool hitsDistinctPlaces(ScatterOp scatter) {
  AffineMap map = scatter.getMap();
  llvm::BitVector found(map.getNumDims());
  for (auto [axis, subscript] : llvm::enumerate(map.getResults())) {
    if (scatter.mode(axis) != AccessMode::exact && scatter.mode(axis) != AccessMode::pad)
      return false;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
      AffineExpr rest = subscript - getAffineDimExpr(dim, map.getContext());
      bool alone = true;
      for (unsigned other = 0; other < map.getNumDims(); ++other)
        alone &= !rest.isFunctionOfDim(other);
      if (alone)
        found.set(dim);
    }
  }
  for (unsigned symbol = 0; symbol < scatter.getSymbols().size(); ++symbol)
    if (!scatter.symbolAxes(symbol).empty())
      return false;
  return found.all();
}

Value autodiff::accumulate(OpBuilder &builder, Location loc, Value acc, Value term) {
  auto scatter = term.getDefiningOp<ScatterOp>();
  if (!scatter || !hitsDistinctPlaces(scatter))
    return buildSum(builder, loc, acc, term);
  Value value = scatter.getValue();
  Value there = GatherOp::create(builder, loc, value.getType(), acc, scatter.getSymbols(),
                                 buildDynamicDims(builder, loc, value), scatter.getMap(), scatter.getSymbolAxes(),
                                 scatter.getModes());
  Value sum = AddOp::create(builder, loc, there, value);
  return UpdateOp::create(builder, loc, acc.getType(), acc, sum, scatter.getSymbols(), scatter.getMap(),
                          scatter.getSymbolAxes(), scatter.getModes());
}

// stack[row, …]
static Value readRow(OpBuilder &builder, Location loc, Value stack, Value row, Type type, ValueRange dims) {
  unsigned rank = cast<RankedTensorType>(type).getRank();
  SmallVector<AffineExpr> subscripts = {builder.getAffineSymbolExpr(0)};
  for (unsigned axis = 0; axis < rank; ++axis)
    subscripts.push_back(builder.getAffineDimExpr(axis));
  auto map = AffineMap::get(rank, 1, subscripts, builder.getContext());
  SmallVector<int32_t> modes(rank + 1, static_cast<int32_t>(AccessMode::exact));
  Attribute everywhere = builder.getDenseI64ArrayAttr({});
  return GatherOp::create(builder, loc, type, stack, row, dims, AffineMapAttr::get(map),
                          builder.getArrayAttr(everywhere), builder.getDenseI32ArrayAttr(modes));
}

// Masks that arise in the body where it computes from what it carries; they reach the iterations before.
static Mask maskArising(ForOp loop, const Values &active) {
  Mask mask = Mask::None;
  loop.getBody().walk([&](Operation *op) {
    for (auto [position, operand] : llvm::enumerate(op->getOperands()))
      if (active.contains(operand) && loop.getBody().isAncestor(operand.getParentRegion()))
        mask = std::max(mask, maskThrough(op, position, Mask::None));
  });
  return mask;
}

using Copies = DenseMap<Operation *, Operation *>; // to the original

// The body's operations again, without their effects.
static Copies recompute(OpBuilder &builder, ForOp loop, IRMapping &mapping) {
  Copies copies;
  for (Operation &op : loop.getBody().front().without_terminator()) {
    if (isa<CheckOp, WatchOp, HostOp>(op))
      continue;
    copies[repeat(builder, &op, mapping)] = &op;
  }
  return copies;
}

static bool isSmaller(RankedTensorType part, RankedTensorType whole) {
  if (part.hasStaticShape() && whole.hasStaticShape())
    return 2 * part.getNumElements() <= whole.getNumElements();
  return part.getRank() < whole.getRank();
}

// Where the reverse loop reads parts of a carried array, gets these parts from stacks of their own.
static void stackParts(ForOp loop, Block &block, const Copies &copies, const DenseSet<Operation *> &entries, Value row) {
  SmallVector<GatherOp> reads;
  LoopGrowth growth;
  for (GatherOp read : block.getOps<GatherOp>()) {
    Value source = read.getSource();
    while (auto update = source.getDefiningOp<UpdateOp>())
      source = update.getBase();
    if (!copies.contains(read) || !source.getDefiningOp() || !entries.contains(source.getDefiningOp()) ||
        !isSmaller(read.getType(), read.getSource().getType()))
      continue;
    auto original = cast<GatherOp>(copies.lookup(read));
    if (llvm::any_of(original.getDims(), [&](Value dim) { return loop->isAncestor(dim.getParentBlock()->getParentOp()); }))
      continue;
    reads.push_back(read);
    growth.stacks.push_back(stackOf(loop, original.getResult(), original.getDims()));
  }
  unsigned first = loop.getNumResults();
  loop = growLoop(loop, growth);
  for (auto [position, read] : llvm::enumerate(reads)) {
    OpBuilder builder(read);
    SmallVector<Value> dims(read.getDims());
    Value part = readRow(builder, read.getLoc(), loop.getResult(first + position), row, read.getType(), dims);
    read.replaceAllUsesWith(part);
    read.erase();
  }
}

// One loop's reversal, step by step; `outer` is the walk that met the loop.
class Reverse::LoopReversal {
public:
  LoopReversal(Reverse &outer, ForOp loop)
      : outer(outer), builder(outer.builder), loc(ruleLocation("vjp", loop)), loop(loop),
        carried(loop.getInits().size()), results(loop.getNumResults()) {}

  LogicalResult run() {
    findWanted();
    growForward();
    startReverse();
    recomputeBody();
    Reverse pullback(inside, std::move(innerActive), outer.watches);
    seed(pullback);
    if (failed(pullback.run(*block)))
      return failure();
    yield(pullback);
    SmallVector<Value> inits(loop.getInits());
    eraseDead(*block);
    stackParts(loop, *block, copies, entries, row);
    for (auto [position, i] : llvm::enumerate(back))
      outer.add(inits[i], {reverse.getResult(position), mask});
    for (auto [position, value] : llvm::enumerate(captured))
      outer.add(value, {reverse.getResult(back.size() + position), sumMasks[position]});
    return success();
  }

private:
  // Where cotangents flow: through which carried values, to which captured ones.
  void findWanted() {
    Values wanted;
    for (Value result : loop.getResults())
      if (outer.sums.contains(result))
        wanted.insert(result);
    addSources(*loop, wanted);
    for (unsigned i = 0; i < carried; ++i) {
      Value argument = argumentOf(loop, i);
      if (outer.active.contains(argument) && (wanted.contains(argument) || wanted.contains(loop.getResult(i))))
        back.push_back(i);
    }
    for (Value value : capturedBy(loop))
      if (outer.active.contains(value) && wanted.contains(value))
        captured.push_back(value);
  }

  // Stacks everything that is carried; what the reverse loop turns out not to read, eraseDead takes away.
  void growForward() {
    LoopGrowth growth;
    OpBuilder before(loop);
    for (unsigned i = 0; i < carried; ++i) {
      initDims.push_back(buildDynamicDims(before, loc, loop.getInits()[i]));
      growth.stacks.push_back(stackOf(loop, argumentOf(loop, i), initDims[i]));
    }
    for (Value result : loop.getResults()) {
      resultCotangents.push_back(outer.take(result));
      outer.active.erase(result);
    }
    loop = growLoop(loop, growth);
  }

  // The reverse loop with its counters; it starts from the results' cotangents and the captured values' sums so far.
  void startReverse() {
    mask = maskArising(loop, outer.active);
    SmallVector<Value> inits;
    for (unsigned i : back) {
      Cotangent &last = resultCotangents[i];
      mask = std::max(mask, last.mask);
      inits.push_back(last.value ? last.value : buildZeros(builder, loc, loop.getInits()[i]));
    }
    for (Value value : captured) {
      // Zeros have the strongest mask.
      sumMasks.push_back(outer.sums.contains(value) ? outer.maskOf(value) : Mask::Contractions);
      Cotangent sum = outer.take(value);
      inits.push_back(sum.value ? sum.value : buildZeros(builder, loc, value));
    }
    auto scalar = RankedTensorType::get({}, builder.getI64Type());
    Value upper = ToTensorOp::create(builder, loc, scalar, loop.getUpper()), lower;
    Value last = SubOp::create(builder, loc, upper, buildFill(builder, loc, scalar, {}, 1));
    if (getConstantIntValue(loop.getLower()) != 0) {
      lower = ToTensorOp::create(builder, loc, scalar, loop.getLower());
      last = AddOp::create(builder, loc, last, lower);
    }
    reverse = ForOp::create(builder, loc, TypeRange(ValueRange(inits)), loop.getLower(), loop.getUpper(), inits, ValueRange());
    block = &reverse.getBody().emplaceBlock();
    Value counter = block->addArgument(scalar, loc);
    for (Value init : inits)
      block->addArgument(init.getType(), loc);
    inside.setInsertionPointToEnd(block);
    index = SubOp::create(inside, loc, last, counter);
    row = lower ? Value(SubOp::create(inside, loc, index, lower)) : index;
  }

  // The body again, on what was carried into the iteration.
  void recomputeBody() {
    mapping.map(loop.getBody().getArgument(0), index);
    innerActive.insert(captured.begin(), captured.end());
    for (unsigned i = 0; i < carried; ++i) {
      Value argument = argumentOf(loop, i);
      Value entry = readRow(inside, loc, loop.getResult(results + i), row, argument.getType(), initDims[i]);
      mapping.map(argument, entry);
      entries.insert(entry.getDefiningOp());
      if (llvm::is_contained(back, i))
        innerActive.insert(entry);
    }
    copies = recompute(inside, loop, mapping);
    addDependents(*block, innerActive, Flow::Derivative);
  }

  // Cotangents of what the body yields: carried ones from the iteration after, stacked ones from their rows.
  void seed(Reverse &pullback) {
    for (auto [position, i] : llvm::enumerate(back))
      pullback.add(mapping.lookupOrDefault(nextOf(loop, i)), {block->getArgument(position + 1), mask});
    for (unsigned i = carried; i < results; ++i) {
      Cotangent &stack = resultCotangents[i];
      if (!stack.value)
        continue;
      Value next = mapping.lookupOrDefault(nextOf(loop, i));
      SmallVector<Value> dims = dimsOfStack(loop, i);
      if (cast<RankedTensorType>(loop.getResult(i).getType()).isDynamicDim(0))
        dims.erase(dims.begin());
      pullback.add(next, {readRow(pullback.builder, loc, stack.value, row, next.getType(), dims), stack.mask});
    }
  }

  // Cotangents of what was carried in, and the sums of captured values' ones.
  void yield(Reverse &pullback) {
    SmallVector<Value> yielded;
    for (unsigned i : back) {
      Value entry = mapping.lookup(argumentOf(loop, i));
      // Scatters last: they are added in place to what is there.
      SmallVector<Value> terms = pullback.takeTerms(entry);
      Value cotangent;
      for (bool scatters : {false, true})
        for (Value term : terms)
          if (isa_and_nonnull<ScatterOp>(term.getDefiningOp()) == scatters)
            cotangent = cotangent ? accumulate(pullback.builder, loc, cotangent, term) : term;
      yielded.push_back(cotangent ? cotangent : buildZeros(pullback.builder, loc, entry));
    }
    for (auto [position, value] : llvm::enumerate(captured)) {
      Mask added = pullback.maskOf(value);
      Value sum = block->getArgument(1 + back.size() + position);
      SmallVector<Value> terms = pullback.takeTerms(value);
      for (Value term : terms)
        sum = accumulate(pullback.builder, loc, sum, term);
      yielded.push_back(sum);
      if (!terms.empty())
        sumMasks[position] = std::min(sumMasks[position], added);
    }
    YieldOp::create(pullback.builder, loc, yielded);
  }

  Reverse &outer;
  OpBuilder &builder;
  Location loc;
  ForOp loop;
  const unsigned carried, results; // of the loop as it was

  SmallVector<unsigned> back;   // carried values with a cotangent, carried first by the reverse loop
  SmallVector<Value> captured;  // values with a cotangent, its sums carried next
  SmallVector<Mask> sumMasks;
  Mask mask = Mask::None;       // of the carried cotangents
  SmallVector<Cotangent> resultCotangents;
  SmallVector<SmallVector<Value>> initDims;

  ForOp reverse;
  Block *block = nullptr;
  OpBuilder inside{builder.getContext()};
  Value index, row;             // of the iteration undone; of its values in the stacks
  IRMapping mapping;            // from the body to its copy
  Copies copies;
  DenseSet<Operation *> entries; // reads of what was carried in
  Values innerActive;
};

LogicalResult Reverse::visitLoop(ForOp loop) { return LoopReversal(*this, loop).run(); }
