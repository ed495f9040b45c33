#include "compiler/Simplify/Simplify.h"

#include "compiler/Simplify/Patterns.h"
#include "dialects/Ricci.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace ricci;

namespace {
// Counts the rewrites that patterns make.
struct RewriteCounter : RewriterBase::Listener {
  void notifyPatternEnd(const Pattern &pattern, LogicalResult status) override {
    if (failed(status))
      return;
    ++count;
    if (onRewrite)
      onRewrite(pattern.getDebugName());
  }
  std::function<void(StringRef)> onRewrite;
  int64_t count = 0;
};

struct SimplifyPass : PassWrapper<SimplifyPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SimplifyPass)

  explicit SimplifyPass(SimplifyOptions options) : options(std::move(options)) {}

  StringRef getArgument() const final { return "simplify"; }
  StringRef getDescription() const final {
    return "Rewrite by identities, share common subexpressions, empty loops, order contractions by cost";
  }

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet identities(context);
    simplify::populateElementwisePatterns(identities);
    simplify::populateEinsumPatterns(identities);
    simplify::populateBroadcastPatterns(identities);
    simplify::populateAccessPatterns(identities);
    simplify::populateScatterPatterns(identities);
    simplify::populateLoopPatterns(identities);
    patterns = std::move(identities);
    return success();
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    dropStopGrads(rewriter);
    DominanceInfo dominance(getOperation());
    // Each round's sharing and hoisting opens new identities; in practice the third finds nothing.
    constexpr int rounds = 8;
    // Two identities that undo each other would never end; programs need about two rewrites an operation.
    constexpr int64_t rewritesPerOperation = 50, rewritesAtLeast = 1000;
    int64_t operations = 0;
    getOperation().walk([&](Operation *) { ++operations; });
    const int64_t most = rewritesAtLeast + rewritesPerOperation * operations;
    RewriteCounter counter;
    counter.onRewrite = options.onRewrite;
    GreedyRewriteConfig config;
    config.enableConstantCSE(true).setListener(&counter);
    for (int round = 0; round < rounds; ++round) {
      config.setMaxNumRewrites(options.rewrites ? *options.rewrites - counter.count : most);
      // Not converging within the limit only means that something could be simpler.
      (void)applyPatternsGreedily(getOperation(), patterns, config);
      if (options.rewrites && counter.count >= *options.rewrites)
        return;
      bool shared = false;
      eliminateCommonSubExpressions(rewriter, dominance, getOperation(), &shared);
      bool hoisted = simplify::hoistInvariants(rewriter, getOperation());
      shared |= simplify::shareCheckedSizes(getOperation());
      if (!shared && !hoisted)
        break;
    }
    simplify::orderContractions(rewriter, getOperation());
    simplify::shareContractions(rewriter, getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
    if (simplify::shareCheckedSizes(getOperation()))
      eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }

private:
  // Once no derivative is left to take, it is the identity.
  void dropStopGrads(RewriterBase &rewriter) {
    bool hasForms = false;
    SmallVector<StopGradOp> stops;
    getOperation().walk([&](Operation *op) {
      hasForms |= isa<JvpOp, VjpOp>(op);
      if (auto stop = dyn_cast<StopGradOp>(op))
        stops.push_back(stop);
    });
    if (hasForms)
      return;
    for (StopGradOp stop : stops)
      rewriter.replaceOp(stop, stop.getInput());
  }

  SimplifyOptions options;
  FrozenRewritePatternSet patterns;
};

struct MergeEinsumsPass : PassWrapper<MergeEinsumsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MergeEinsumsPass)

  StringRef getArgument() const final { return "merge-einsums"; }
  StringRef getDescription() const final { return "Put sums of products together where derivatives are to be taken"; }

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet identities(context);
    simplify::populateEinsumPatterns(identities);
    patterns = std::move(identities);
    return success();
  }

  void runOnOperation() override {
    bool hasForms = false;
    getOperation().walk([&](Operation *op) { hasForms |= isa<JvpOp, VjpOp>(op); });
    if (hasForms)
      (void)applyPatternsGreedily(getOperation(), patterns); // unfinished is as right as finished
  }

private:
  FrozenRewritePatternSet patterns;
};
} // namespace

std::unique_ptr<Pass> ricci::createSimplifyPass(SimplifyOptions options) {
  return std::make_unique<SimplifyPass>(std::move(options));
}
std::unique_ptr<Pass> ricci::createMergeEinsumsPass() { return std::make_unique<MergeEinsumsPass>(); }
