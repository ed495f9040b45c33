// Sums of what loops make and store, products with a vector among them: in the same loops they save reading it again.
// From 2000×2000 f64 on gemver is 1.5 times as fast for it, a matrix with its product 1.9 times, 10^7 exponentials with
// their sum 2.2 times. Below a megabyte there is nothing to gain.
#include "Clusters.h"

#include "dialects/RowBlocks.h"

#include <algorithm>

namespace ricci::fuse {

using namespace mlir;

// How a sum of what the cluster makes goes with its loops: along their rows, or across them.
Fit Clusters::fitOfSum(Operation *sum, const Cluster &cluster) const {
  if (goesAlone(cluster.roots.front()) || !cluster.contractions.empty())
    return Fit::Alone;
  const bool sumsAcross = cluster.fit == Fit::SameElements;
  const SmallVector<int64_t> sizes = loopSizes(sum);
  const size_t rank = rankOf(sum->getResult(0));
  // The axes that it sums come first in what it sums, and are numbered after those of its result.
  SmallVector<int64_t> made(sizes);
  std::rotate(made.begin(), made.begin() + rank, made.end());
  bool isAlong = rank > 0 && !sumsAcross, isAcross = true;
  for (Operation *root : cluster.roots) {
    isAlong &= rankOf(root->getResult(0)) > 0 && loopSizes(root).front() == sizes.front();
    isAcross &= isInlinable(root) ? loopSizes(root) == made : sumsAcross;
  }
  for (const Read &read : readsOf(sum)) {
    if (!llvm::is_contained(cluster.roots, read.value.getDefiningOp()))
      continue;
    isAlong &= !read.axes.empty() && read.axes.front() == 0;
    isAcross &= read.axes.size() == sizes.size();
    for (auto [place, axis] : llvm::enumerate(read.axes))
      isAcross &= static_cast<size_t>(axis) == (place + rank) % sizes.size();
  }
  return isAlong ? Fit::SameRows : isAcross ? Fit::SameElements : Fit::OtherPlaces;
}

// `op` if it is a product of a matrix with a vector, or the first of some reductions, which share loops with nothing else.
SmallVector<Operation *> Clusters::sumsAlone(Operation *op) const {
  if (auto home = clusterOf.find(op); home != clusterOf.end()) {
    ArrayRef<Operation *> roots = list[home->second].roots;
    const bool areSums = roots.front() == op && llvm::all_of(roots, isReduction);
    return areSums ? SmallVector<Operation *>(roots) : SmallVector<Operation *>();
  }
  auto product = dyn_cast<EinsumOp>(op);
  const bool isSum = product && isContraction(product) && rowblocks::isWithVector(product.parseEquation());
  return isSum ? SmallVector<Operation *>{op} : SmallVector<Operation *>();
}

void Clusters::joinSumsOfMade() {
  for (Operation &op : block)
    if (const SmallVector<Operation *> sums = sumsAlone(&op); !sums.empty())
      for (const Read &read : readsOf(&op))
        if (auto made = clusterOf.find(read.value.getDefiningOp());
            made != clusterOf.end() && joinSums(sums, read.value, made->second))
          break;
}

bool Clusters::joinSums(ArrayRef<Operation *> sums, Value made, size_t number) {
  Cluster &cluster = list[number];
  if (llvm::is_contained(sums, made.getDefiningOp()) || cluster.roots.size() + sums.size() > mostRoots ||
      bytesOf(made).value_or(rowblocks::leastBetween) < rowblocks::leastBetween)
    return false;
  Cluster both = cluster;
  both.roots.append(sums.begin(), sums.end());
  sortRoots(both);
  for (Operation *sum : sums) {
    const bool sumsAll = static_cast<size_t>(rankOf(made)) == loopSizes(sum).size();
    both.fit = sumsAll ? fitOfSum(sum, cluster) : Fit::OtherPlaces;
    if (!joins(both.fit))
      return false;
  }
  bool moves = false;
  if (anyWaits(both.roots, both, moves))
    return false;
  outOfOrder |= moves;
  if (auto former = clusterOf.find(sums.front()); former != clusterOf.end())
    list[former->second].roots.clear();
  for (Operation *sum : sums) {
    clusterOf[sum] = number;
    addReads(sum);
  }
  cluster = std::move(both);
  return true;
}

} // namespace ricci::fuse
