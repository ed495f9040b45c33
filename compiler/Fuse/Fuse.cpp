#include "Fuse.h"

#include "ArgPositions.h"
#include "Clusters.h"
#include "OneHot.h"

#include "dialects/Decision.h"
#include "dialects/KeptSlices.h"
#include "dialects/RowBlocks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace ricci {
namespace {

using namespace mlir;

class FusePass : public PassWrapper<FusePass, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FusePass)
  StringRef getArgument() const override { return "fuse-kernels"; }
  StringRef getDescription() const override { return "Group operations into kernels, each to become loop nests"; }

  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!isa<KernelOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    getOperation().walk([&](Operation *op) {
      if (auto check = dyn_cast<CheckOp>(op))
        reduceCondition(check);
      else if (auto constant = dyn_cast<ConstantOp>(op))
        shrinkSplat(constant);
      else if (auto reduce = dyn_cast<ReduceOp>(op))
        fuse::expandArgReduction(reduce);
      else if (auto scatter = dyn_cast<ScatterOp>(op))
        fuse::expandOneHot(scatter);
      else if (auto barrier = dyn_cast<BarrierOp>(op))
        dropBarrier(barrier);
    });
    for (Block *block : blocks)
      fuseBlock(*block);
  }

private:
  // check(c[i,j]) becomes check(all(c)), so that the condition is never stored.
  void reduceCondition(CheckOp check) {
    const int64_t rank = check.getCondition().getType().getRank();
    if (rank == 0)
      return;
    OpBuilder builder(check);
    SmallVector<int64_t> axes(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    auto scalar = RankedTensorType::get({}, builder.getI1Type());
    check.getConditionMutable().assign(
        ReduceOp::create(builder, check.getLoc(), scalar, ReduceKind::all, axes, check.getCondition(), Value()));
  }

  // Nothing is shared any more, and what stands in order stays so.
  void dropBarrier(BarrierOp barrier) {
    barrier.getResult().replaceAllUsesWith(barrier.getInput());
    barrier.erase();
  }

  // The same number everywhere is a number, not an array.
  void shrinkSplat(ConstantOp constant) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat || splat.getType().getRank() == 0)
      return;
    OpBuilder builder(constant);
    constant.getResult().replaceAllUsesWith(FillOp::create(builder, constant.getLoc(), constant.getType(),
                                                           cast<TypedAttr>(splat.getSplatValue<Attribute>()), ValueRange())
                                                .getResult());
    constant.erase();
  }

  void fuseBlock(Block &block) {
    fuse::Clusters clusters(block);
    if (keepsDecisions(&getContext()))
      clusters.explain();
    clusters.arrange();
    llvm::SetVector<Operation *> replaced;
    for (const fuse::Cluster &cluster : clusters.clusters()) {
      SmallVector<Operation *> members = clusters.members(cluster);
      if (members.size() < 2)
        continue;
      SmallVector<Value> results;
      for (Operation *root : cluster.roots)
        if (clusters.isNeededOutside(root->getResult(0), cluster))
          results.push_back(root->getResult(0));
      build(cluster, members, results);
      replaced.insert(members.begin(), members.end());
    }
    // Users first. All users of floating operations are kernels now, or nobody.
    for (Operation &op : block)
      if (clusters.floats(&op))
        replaced.insert(&op);
    SmallVector<Operation *> dead(replaced.begin(), replaced.end());
    llvm::sort(dead, [&](Operation *x, Operation *y) { return clusters.isBefore(y, x); });
    for (Operation *op : dead)
      op->erase();
  }

  // Copies the members into a kernel at the place of the last root and lets everyone else use the kernel's results.
  void build(const fuse::Cluster &cluster, ArrayRef<Operation *> members, ArrayRef<Value> results) {
    OpBuilder builder(cluster.roots.back());
    SmallVector<Location> locations;
    for (Operation *root : cluster.roots)
      locations.push_back(root->getLoc());
    auto kernel = KernelOp::create(builder, builder.getFusedLoc(locations), TypeRange(ValueRange(results)));
    builder.setInsertionPointToStart(&kernel.getBody().emplaceBlock());
    IRMapping mapping;
    for (Operation *op : members) {
      if (llvm::is_contained(cluster.contractions, op))
        buildAllKept(builder, op->getOperands(), cluster, members, mapping);
      Operation *copy = builder.clone(*op, mapping);
      if (llvm::is_contained(cluster.contractions, op))
        copy->setAttr(rowblocks::contraction, builder.getUnitAttr());
      if (const std::string rows = cluster.rowSums.lookup(op); !rows.empty())
        copy->setAttr(rowblocks::rowSum, builder.getStringAttr(rows));
    }
    if (cluster.outer)
      kernel->setAttr(rowblocks::outerAxes, builder.getI64IntegerAttr(cluster.outer));
    SmallVector<Value> yielded;
    for (Value result : results)
      yielded.push_back(mapping.lookup(result));
    YieldOp::create(builder, kernel.getLoc(), yielded);
    for (auto [number, result] : llvm::enumerate(results))
      Value(result).replaceAllUsesWith(kernel.getResult(number));
  }

  // Of operands that are in place where all slices are kept, whether they are. The cluster's roots are stored.
  void buildAllKept(OpBuilder &builder, ValueRange operands, const fuse::Cluster &cluster,
                    ArrayRef<Operation *> members, const IRMapping &mapping) {
    for (Value operand : operands) {
      Operation *select = operand.getDefiningOp();
      const std::optional<KeptSlices> slices = matchKeptSlices(select);
      if (!slices || !llvm::is_contained(members, select) || llvm::is_contained(cluster.roots, select))
        continue;
      const int64_t rank = cast<RankedTensorType>(slices->kept.getType()).getRank();
      ReduceOp::create(builder, operand.getLoc(), RankedTensorType::get({}, builder.getI1Type()), ReduceKind::all,
                       llvm::to_vector(llvm::seq<int64_t>(0, rank)), mapping.lookupOrDefault(slices->kept), Value());
    }
  }
};

} // namespace

std::unique_ptr<Pass> createFusePass() { return std::make_unique<FusePass>(); }

} // namespace ricci
