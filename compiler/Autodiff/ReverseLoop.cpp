// Reverse mode through a loop:
//
//   c, s = for i in lo..up carry c { …; yield c' = f(i, c, w), s' = g(i, c, w) }
//
// becomes the same loop that also stacks, in each turn, the values r that are saved of it, and
//
//   c̄, w̄ = for t in lo..up carry c̄, w̄ { i = lo + up - 1 - t; r = stacks[i - lo];
//                                           what is computed again from r; the pullbacks of c̄ and s̄[i - lo] }
//
// What is saved and what is computed again, Residuals.h decides. What is captured (w) is there anyway; its cotangent is
// a carried sum. With no iteration c̄ passes unchanged. Of a carried array that the body reads in parts, the parts are
// saved: filling an array of n in n steps takes n, not n². What a turn makes of a carried value is what the turn after
// starts with: the reverse loop hands it on.
#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Residuals.h"
#include "compiler/Autodiff/Reverse.h"
#include "compiler/Autodiff/Rules.h"
#include "dialects/Decision.h"
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

// One loop's reversal, step by step; `outer` is the walk that met the loop.
class Reverse::LoopReversal {
public:
  LoopReversal(Reverse &outer, ForOp loop)
      : outer(outer), builder(outer.builder), loc(ruleLocation("vjp", loop)), loop(loop),
        carried(loop.getInits().size()) {}

  LogicalResult run() {
    findWanted();
    startReverse();
    ReverseOptions options = outer.options;
    options.inLoop = true;
    Reverse pullback(inside, std::move(innerActive), options);
    seed(pullback);
    if (failed(pullback.run(loop.getBody().front())))
      return failure();
    yield(pullback);
    eraseDead(*block);
    SmallVector<Value> needed = neededValues();
    Residuals residuals = chooseResiduals(loop, needed, /*carriedOnly=*/loop->hasAttr(segmentsAttrName));
    if (!loop->hasAttr(segmentsAttrName) && !loop->hasAttr(wholeAttrName))
      if (std::optional<Segments> segments = cutWhereLarge(residuals)) {
        giveUp();
        return outer.visitCut(*segments, resultCotangents);
      }
    explainResiduals(loop, needed, residuals);
    provide(residuals);
    for (auto [position, i] : llvm::enumerate(back))
      outer.add(loop.getInits()[i], {reverse.getResult(position), mask});
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
      if (outer.active.contains(argument) && (wanted.contains(argument) || wanted.contains(loop.getResult(i)))) {
        back.push_back(i);
        innerActive.insert(argument);
      }
    }
    for (Value value : capturedBy(loop))
      if (outer.active.contains(value) && wanted.contains(value)) {
        captured.push_back(value);
        innerActive.insert(value);
      }
    mask = maskArising(loop, outer.active);
    addDependents(loop.getBody().front(), innerActive, Flow::Derivative);
    for (Value result : loop.getResults()) {
      resultCotangents.push_back(outer.take(result));
      outer.active.erase(result);
    }
    // The walk outside meets none of what is inside, and operations there will be replaced.
    loop.walk([&](Block *inside) {
      for (Value argument : inside->getArguments())
        outer.active.erase(argument);
      for (Operation &op : *inside)
        for (Value result : op.getResults())
          outer.active.erase(result);
    });
  }

  // The reverse loop with its counters; it starts from the results' cotangents and the captured values' sums so far.
  void startReverse() {
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
      sumsBefore.push_back(sum);
      inits.push_back(sum.value ? sum.value : buildZeros(builder, loc, value));
    }
    auto scalar = RankedTensorType::get({}, builder.getI64Type());
    Value upper = ToTensorOp::create(builder, loc, scalar, loop.getUpper());
    last = SubOp::create(builder, loc, upper, buildFill(builder, loc, scalar, {}, 1));
    if (getConstantIntValue(loop.getLower()) != 0) {
      lower = ToTensorOp::create(builder, loc, scalar, loop.getLower());
      last = AddOp::create(builder, loc, last, lower);
    }
    reverse = ForOp::create(builder, loc, TypeRange(ValueRange(inits)), loop.getLower(), loop.getUpper(), inits,
                            ValueRange());
    reverse->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
    block = &reverse.getBody().emplaceBlock();
    block->addArgument(scalar, loc);
    for (Value init : inits)
      block->addArgument(init.getType(), loc);
    inside.setInsertionPointToEnd(block);
    countBackwards();
  }

  // The number of the turn that is undone, and of its row in the stacks.
  void countBackwards() {
    index = SubOp::create(inside, loc, last, block->getArgument(0));
    row = lower ? Value(SubOp::create(inside, loc, index, lower)) : index;
  }

  // Cotangents of what the body yields: carried ones from the iteration after, stacked ones from their rows.
  void seed(Reverse &pullback) {
    for (auto [position, i] : llvm::enumerate(back))
      pullback.add(nextOf(loop, i), {block->getArgument(position + 1), mask});
    for (unsigned i = carried; i < loop.getNumResults(); ++i) {
      Cotangent &stack = resultCotangents[i];
      if (!stack.value)
        continue;
      SmallVector<Value> dims = dimsOfStack(loop, i);
      if (cast<RankedTensorType>(loop.getResult(i).getType()).isDynamicDim(0))
        dims.erase(dims.begin());
      Value next = nextOf(loop, i);
      pullback.add(next, {readRow(pullback.builder, loc, stack.value, row, next.getType(), dims), stack.mask});
    }
  }

  // Cotangents of what was carried in, and the sums of captured values' ones.
  void yield(Reverse &pullback) {
    SmallVector<Value> yielded;
    for (unsigned i : back) {
      Value entry = argumentOf(loop, i);
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

  // What the reverse loop still takes from the forward one's body.
  SmallVector<Value> neededValues() {
    return llvm::filter_to_vector(capturedBy(reverse.getBody()), [&](Value value) {
      return value.getParentBlock() == &loop.getBody().front();
    });
  }

  // Cuts the loop if what it saves is too much, or may be.
  std::optional<Segments> cutWhereLarge(const Residuals &residuals) {
    SavedBytes saved;
    for (Value value : residuals.saved) {
      auto type = cast<RankedTensorType>(value.getType());
      if (stackOfResult(loop, value))
        continue;
      if (type.hasStaticShape())
        saved.known += type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
      else
        saved.unknown.push_back(value);
    }
    int64_t most = outer.options.mostSaved;
    Excess excess = exceeds(loop, saved, most);
    if (excess == Excess::Always)
      return cutLoop(loop, nullptr, most);
    // Where that is not known before the program runs there is code for both: not for loops in loops, which would
    // double with each level, nor for long ones.
    constexpr unsigned longest = 300;
    unsigned operations = 0;
    loop.getBody().walk([&](Operation *) { ++operations; });
    if (excess == Excess::Never || outer.options.inLoop || operations > longest)
      return std::nullopt;
    return cutLoop(loop, &saved, most);
  }

  // As if nothing had been done here.
  void giveUp() {
    for (auto [position, value] : llvm::enumerate(captured))
      outer.add(value, sumsBefore[position]);
    reverse.erase();
  }

  // Gives that to the reverse loop.
  void provide(const Residuals &residuals) {
    Block &body = loop.getBody().front();
    IRMapping mapping;
    inside.setInsertionPointToStart(block);
    countBackwards();
    mapping.map(body.getArgument(0), index);
    LoopGrowth stacks, handedOn;
    SmallVector<unsigned> results;
    SmallVector<SmallVector<Value>> sizes;
    for (Value value : residuals.saved) {
      sizes.push_back(*sizesBefore(loop, value));
      std::optional<unsigned> known = stackOfResult(loop, value);
      results.push_back(known ? *known : loop.getNumResults() + stacks.stacks.size());
      if (!known)
        stacks.stacks.push_back(stackOf(loop, value, sizes.back()));
    }
    loop = growLoop(loop, stacks);
    for (auto [value, result, dims] : llvm::zip_equal(residuals.saved, results, sizes))
      mapping.map(value, readRow(inside, loc, loop.getResult(result), row, value.getType(), dims));
    for (unsigned i : residuals.followed) {
      handedOn.inits.push_back(loop.getResult(i));
      handedOn.next.push_back(mapping.lookup(argumentOf(loop, i)));
      mapping.map(nextOf(loop, i), block->addArgument(loop.getResult(i).getType(), loc));
    }
    for (Operation *op : residuals.again)
      repeat(inside, op, mapping);
    reverse.getBody().walk([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        operand.set(mapping.lookupOrDefault(operand.get()));
    });
    reverse = growLoop(reverse, handedOn);
  }

  Reverse &outer;
  OpBuilder &builder;
  Location loc;
  ForOp loop;
  const unsigned carried; // by the loop as it was

  SmallVector<unsigned> back;  // carried values with a cotangent, carried first by the reverse loop
  SmallVector<Value> captured; // values with a cotangent, its sums carried next
  SmallVector<Mask> sumMasks;
  SmallVector<Cotangent> sumsBefore;
  Mask mask = Mask::None; // of the carried cotangents
  SmallVector<Cotangent> resultCotangents;
  Values innerActive;

  ForOp reverse;
  Block *block = nullptr;
  OpBuilder inside{builder.getContext()};
  Value lower, last; // of the turns; no lower one is 0
  Value index, row;
};

LogicalResult Reverse::visitLoop(ForOp loop) { return LoopReversal(*this, loop).run(); }

LogicalResult Reverse::visitCut(Segments segments, ArrayRef<Cotangent> cotangents) {
  decide(segments.all.getLoc(), [&] {
    const bool isKnown = getConstantIntValue(segments.all.getUpper()).has_value();
    return Decision{.kind = Decision::Kind::Residual,
                    .what = "reverse mode cuts this loop of T turns in about √T segments and runs each again before it "
                            "undoes it",
                    .reason = (isKnown ? "it would save more than " : "where it would save more than ") +
                              std::to_string(options.mostSaved >> 20) + " MiB"};
  });
  for (Operation *piece : segments.pieces)
    addDependents(*piece, active, Flow::Derivative);
  for (auto [result, cotangent] : llvm::zip_equal(segments.results, cotangents))
    add(result, cotangent);
  return run(segments.pieces);
}
