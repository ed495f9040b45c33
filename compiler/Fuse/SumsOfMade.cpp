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

void Clusters::joinSumsOfMade() {
  for (Operation &op : block) {
    auto product = dyn_cast<EinsumOp>(&op);
    const bool isProduct = product && isContraction(product) && !clusterOf.contains(&op) &&
                           rowblocks::isWithVector(product.parseEquation());
    if (!isProduct && !isReduction(&op))
      continue;
    for (const Read &read : readsOf(&op))
      if (auto made = clusterOf.find(read.value.getDefiningOp());
          made != clusterOf.end() && joinSum(&op, read.value, made->second))
        break;
  }
}

// A sum that has loops already leaves them for those that make what it sums.
bool Clusters::joinSum(Operation *sum, Value made, size_t number) {
  Cluster &cluster = list[number];
  auto former = clusterOf.find(sum);
  const bool hasLoops = former != clusterOf.end();
  if ((hasLoops && (former->second == number || !list[former->second].contractions.empty())) ||
      cluster.roots.size() >= mostRoots || static_cast<size_t>(rankOf(made)) != loopSizes(sum).size() ||
      bytesOf(made).value_or(rowblocks::leastBetween) < rowblocks::leastBetween)
    return false;
  Cluster both = cluster;
  both.fit = fitOfSum(sum, cluster);
  if (!joins(both.fit) || (hasLoops && both.fit != Fit::SameElements))
    return false;
  both.roots.push_back(sum);
  sortRoots(both);
  bool moves = false;
  if (anyWaits(both.roots, both, moves) || needsItself(both))
    return false;
  outOfOrder |= moves;
  if (hasLoops)
    llvm::erase(list[former->second].roots, sum);
  else
    addReads(sum);
  clusterOf[sum] = number;
  cluster = std::move(both);
  return true;
}

} // namespace ricci::fuse
