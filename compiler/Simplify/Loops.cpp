#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

YieldOp yieldOf(ForOp loop) { return cast<YieldOp>(loop.getBody().front().back()); }
size_t carriedCount(ForOp loop) { return loop.getInits().size(); }

// A loop with only the carried values and stacks to keep. The dropped arguments have no uses left in the body.
void keepOnly(PatternRewriter &rewriter, ForOp loop, ArrayRef<bool> keep) {
  size_t carried = carriedCount(loop);
  YieldOp yield = yieldOf(loop);
  SmallVector<Value> inits, dims, yielded;
  SmallVector<Type> types;
  SmallVector<int64_t> position(loop.getNumResults(), -1);
  ValueRange allDims = loop.getDims();
  for (size_t i = 0; i < loop.getNumResults(); ++i) {
    size_t dynamic = i < carried ? 0 : cast<RankedTensorType>(loop.getResult(i).getType()).getNumDynamicDims();
    if (keep[i]) {
      position[i] = types.size();
      types.push_back(loop.getResult(i).getType());
      yielded.push_back(yield.getValues()[i]);
      if (i < carried)
        inits.push_back(loop.getInits()[i]);
      llvm::append_range(dims, allDims.take_front(dynamic));
    }
    allDims = allDims.drop_front(dynamic);
  }
  auto slim = ForOp::create(rewriter, loop.getLoc(), types, loop.getLower(), loop.getUpper(), inits, dims,
                            loop.getConditional());
  slim->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  rewriter.modifyOpInPlace(yield, [&] { yield.getValuesMutable().assign(yielded); });
  rewriter.inlineRegionBefore(loop.getBody(), slim.getBody(), slim.getBody().end());
  Block &body = slim.getBody().front();
  for (size_t i = carried; i-- > 0;)
    if (!keep[i])
      body.eraseArgument(i + 1);
  SmallVector<Value> results;
  for (size_t i = 0; i < loop.getNumResults(); ++i)
    results.push_back(keep[i] ? slim.getResult(position[i]) : Value());
  for (auto [old, now] : llvm::zip_equal(loop.getResults(), results))
    if (now)
      rewriter.replaceAllUsesWith(old, now);
  rewriter.eraseOp(loop);
}

// Carried values and stacks that reach no used result, no effect, and do not decide how often the loop runs.
struct DropUnused : OpRewritePattern<ForOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForOp loop, PatternRewriter &rewriter) const override {
    size_t carried = carriedCount(loop);
    Block &body = loop.getBody().front();
    YieldOp yield = yieldOf(loop);
    SmallVector<bool> keep(loop.getNumResults(), false);
    DenseSet<Operation *> needed;
    SmallVector<Value> worklist;
    auto need = [&](Operation *op) {
      for (Operation *at = op; at && at->getBlock(); at = at->getParentOp())
        if (at->getBlock() == &body) {
          if (needed.insert(at).second)
            at->walk([&](Operation *inner) { llvm::append_range(worklist, inner->getOperands()); });
          return;
        }
    };
    auto keepResult = [&](size_t i) {
      if (!keep[i]) {
        keep[i] = true;
        worklist.push_back(yield.getValues()[i]);
      }
    };
    for (Operation &op : body.without_terminator())
      if (!isMemoryEffectFree(&op))
        need(&op);
    if (loop.getConditional())
      keepResult(0);
    for (size_t i = 0; i < loop.getNumResults(); ++i)
      if (!loop.getResult(i).use_empty())
        keepResult(i);
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (auto argument = dyn_cast<BlockArgument>(value)) {
        if (argument.getOwner() == &body && argument.getArgNumber() > 0)
          keepResult(argument.getArgNumber() - 1);
      } else {
        need(value.getDefiningOp());
      }
    }
    if (llvm::all_of(keep, [](bool kept) { return kept; }))
      return failure();
    // What only served dropped values goes with them.
    for (size_t i = 0; i < carried; ++i)
      if (!keep[i])
        rewriter.replaceAllUsesWith(body.getArgument(i + 1), loop.getInits()[i]);
    keepOnly(rewriter, loop, keep);
    return success();
  }
};

// A carried value that every iteration yields unchanged is its initial value; so is one that starts as a number and is
// yielded as the same number.
struct ForwardUnchanged : OpRewritePattern<ForOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForOp loop, PatternRewriter &rewriter) const override {
    Block &body = loop.getBody().front();
    YieldOp yield = yieldOf(loop);
    bool changed = false;
    for (size_t i = 0; i < carriedCount(loop); ++i) {
      Value init = loop.getInits()[i], argument = body.getArgument(i + 1), next = yield.getValues()[i];
      std::optional<Scalar> first = uniformValue(init), later = uniformValue(next);
      bool sameNumber = first && later && *first == *later;
      if (next != argument && next != init && !sameNumber)
        continue;
      if (argument.use_empty() && loop.getResult(i).use_empty())
        continue;
      rewriter.replaceAllUsesWith(argument, init);
      rewriter.replaceAllUsesWith(loop.getResult(i), init);
      changed = true;
    }
    return success(changed);
  }
};

// Two carried values with the same start and the same next value are one.
struct MergeEqual : OpRewritePattern<ForOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForOp loop, PatternRewriter &rewriter) const override {
    Block &body = loop.getBody().front();
    YieldOp yield = yieldOf(loop);
    bool changed = false;
    auto forward = [&](Value from, Value to) {
      if (from.use_empty() || from.getType() != to.getType())
        return;
      rewriter.replaceAllUsesWith(from, to);
      changed = true;
    };
    size_t carried = carriedCount(loop);
    for (size_t i = 0; i < loop.getNumResults(); ++i)
      for (size_t j = i + 1; j < loop.getNumResults(); ++j) {
        if (yield.getValues()[i] != yield.getValues()[j] || (i < carried) != (j < carried))
          continue;
        if (i < carried) {
          if (loop.getInits()[i] != loop.getInits()[j])
            continue;
          forward(body.getArgument(j + 1), body.getArgument(i + 1));
        }
        forward(loop.getResult(j), loop.getResult(i));
      }
    return success(changed);
  }
};

// A stack of one value that does not depend on the iteration is that value repeated.
struct RepeatInvariantStacks : OpRewritePattern<ForOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForOp loop, PatternRewriter &rewriter) const override {
    YieldOp yield = yieldOf(loop);
    bool changed = false;
    rewriter.setInsertionPointAfter(loop);
    for (size_t i = carriedCount(loop); i < loop.getNumResults(); ++i) {
      Value stack = loop.getResult(i), value = yield.getValues()[i];
      if (stack.use_empty() || loop.getBody().isAncestor(value.getParentRegion()))
        continue;
      std::string letters = indexLetters(tensorType(stack).getRank());
      SmallVector<Value> dims = buildDynamicDims(rewriter, loop.getLoc(), stack);
      rewriter.replaceAllUsesWith(stack, buildView(rewriter, loop.getLoc(), value, letters.substr(1), letters,
                                                   tensorType(stack), dims));
      changed = true;
    }
    return success(changed);
  }
};

// Costs nothing where it is used: fusion writes no memory for it.
bool isFree(Operation *op) {
  return isa<FillOp, ConstantOp, IotaOp, DimOp, ToIndexOp, ToTensorOp>(op) || op->hasTrait<OpTrait::ConstantLike>() ||
         (op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) && matchView(op->getResult(0)));
}

} // namespace

void simplify::populateLoopPatterns(RewritePatternSet &patterns) {
  patterns.add<DropUnused, ForwardUnchanged, MergeEqual, RepeatInvariantStacks>(patterns.getContext());
}

// Operations are total, so moving one out of a loop that does not run is safe. What is free stays, with a copy outside
// where something that moves needs it.
bool simplify::hoistInvariants(RewriterBase &rewriter, Operation *root) {
  bool changed = false;
  // Inner loops first: what leaves them may leave the outer one too.
  root->walk<WalkOrder::PostOrder>([&](ForOp loop) {
    Block &body = loop.getBody().front();
    DenseSet<Operation *> invariant;
    for (Operation &op : body.without_terminator()) {
      bool fixed = isMemoryEffectFree(&op);
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands()) {
          Operation *origin = operand.getDefiningOp();
          bool outside = !loop.getBody().isAncestor(operand.getParentRegion());
          bool within = op.isAncestor(operand.getParentBlock()->getParentOp());
          fixed &= outside || within || (origin && invariant.contains(origin));
        }
      });
      if (fixed)
        invariant.insert(&op);
    }
    // Free operands of what moves are copied on demand, in order.
    IRMapping copies;
    rewriter.setInsertionPoint(loop);
    std::function<Value(Value)> outsideOf = [&](Value value) -> Value {
      Operation *origin = value.getDefiningOp();
      if (!origin || origin->getBlock() != &body)
        return value;
      if (!copies.contains(value)) {
        IRMapping operands;
        for (Value operand : origin->getOperands())
          operands.map(operand, outsideOf(operand));
        copies.map(origin->getResults(), rewriter.clone(*origin, operands)->getResults());
      }
      return copies.lookup(value);
    };
    SmallVector<Operation *> moving;
    for (Operation &op : body.without_terminator())
      if (invariant.contains(&op) && !isFree(&op))
        moving.push_back(&op);
    for (Operation *op : moving) {
      op->walk([&](Operation *inner) {
        rewriter.modifyOpInPlace(inner, [&] {
          for (OpOperand &operand : inner->getOpOperands())
            operand.set(outsideOf(operand.get()));
        });
      });
      rewriter.moveOpBefore(op, loop);
      changed = true;
    }
  });
  return changed;
}
