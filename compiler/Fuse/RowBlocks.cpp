// Contractions that join a cluster of the same rows (dialects/RowBlocks.h): those whose only reader is the cluster, and those
// that take its rows as an operand.
#include "Clusters.h"

#include "dialects/Decision.h"
#include "dialects/RowBlocks.h"
#include "dialects/StridedView.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// The leading letters of the result that are batch (in both operands) and then rows (in one), or 0 where it does not begin so.
unsigned outerAxesOf(EinsumOp op) {
  const Equation equation = op.parseEquation();
  StringRef left = equation.inputs[0], right = equation.inputs[1];
  if (hasRepeats(left) || hasRepeats(right))
    return 0;
  for (auto [axis, letter] : llvm::enumerate(equation.output))
    if (left.contains(letter) != right.contains(letter))
      return axis + 1 < equation.output.size() ? axis + 1 : 0;
  return 0;
}

bool beginsWithRows(ArrayRef<int> axes, unsigned outer) {
  if (axes.size() < outer)
    return false;
  for (unsigned axis = 0; axis < outer; ++axis)
    if (axes[axis] != static_cast<int>(axis))
      return false;
  return true;
}

// Bytes, if all sizes are known.

bool isWithin(std::optional<int64_t> bytes, int64_t most) { return !bytes || *bytes <= most; }

} // namespace

// Whether every root reads a value of the others, and each of those only in its own rows.
bool Clusters::keepsRows(ArrayRef<Operation *> roots, ArrayRef<Operation *> contractions, unsigned outer) const {
  return llvm::all_of(roots, [&](Operation *root) {
    bool anchored = false;
    for (const Read &read : reads.find(root)->second) {
      Operation *producer = read.value.getDefiningOp();
      if (!producer || (!llvm::is_contained(roots, producer) && !llvm::is_contained(contractions, producer)))
        continue;
      if (!beginsWithRows(read.axes, outer))
        return false;
      anchored = true;
    }
    return anchored && cast<RankedTensorType>(root->getResult(0).getType()).getRank() >= static_cast<int64_t>(outer);
  });
}

void Clusters::joinContractions() {
  for (auto [number, cluster] : llvm::enumerate(list))
    if (!goesAlone(cluster.roots.front()))
      joinContractions(number);
}

void Clusters::joinContractions(size_t number) {
  Cluster &cluster = list[number];
  const SmallVector<Operation *> loops(cluster.roots);
  // Before: read by nobody else.
  SmallVector<Operation *> before;
  for (Operation *root : loops)
    for (const Read &read : reads.find(root)->second)
      if (auto op = read.value.getDefiningOp<EinsumOp>();
          op && op->getBlock() == &block && isContraction(op) && !clusterOf.contains(op) && !llvm::is_contained(before, op) &&
          !isNeededOutside(op.getResult(), cluster))
        before.push_back(op);
  if (before.empty())
    return;
  const unsigned outer = outerAxesOf(cast<EinsumOp>(before.front()));
  if (!outer || llvm::any_of(before, [&](Operation *op) { return outerAxesOf(cast<EinsumOp>(op)) != outer; }) ||
      !keepsRows(loops, before, outer))
    return;
  std::optional<int64_t> between = 0;
  bool sharesLittle = true;
  for (Operation *op : before) {
    std::optional<int64_t> bytes = bytesOf(op->getResult(0));
    between = between && bytes ? std::optional(*between + *bytes) : std::nullopt;
    sharesLittle &= isWithin(sharedBytes(cast<EinsumOp>(op), outer), rowblocks::mostShared);
  }
  auto refuse = [&](std::string reason, std::string edit) {
    decide(before.front()->getLoc(), [&] {
      return Decision{.kind = Decision::Kind::Fusion,
                      .what = "the product " + cast<EinsumOp>(before.front()).getEquation().str() +
                              " is not computed in blocks of rows with what reads it",
                      .reason = std::move(reason),
                      .edit = std::move(edit),
                      .refused = true};
    });
  };
  if (between && *between < rowblocks::leastBetween)
    return refuse("all its rows, " + std::to_string(*between >> 10) + " KB, stay in the second-level cache", "");
  if (!sharesLittle)
    return refuse("the operand that all rows share is larger than " + std::to_string(rowblocks::mostShared >> 10) +
                      " KB, and every block would pack it again",
                  "");

  cluster.outer = outer;
  cluster.fit = Fit::SameRows;
  auto join = [&](Operation *op) {
    cluster.roots.push_back(op);
    cluster.contractions.push_back(op);
    clusterOf[op] = number;
    addReads(op);
  };
  for (Operation *op : before)
    join(op);
  // After: its left or right rows are ours.
  for (Operation *root : loops)
    for (Operation *user : root->getResult(0).getUsers())
      if (auto op = dyn_cast<EinsumOp>(user); op && op->getBlock() == &block && isContraction(op) && !clusterOf.contains(op) &&
                                              cluster.roots.size() < mostRoots && takesRows(op, root, cluster)) {
        bool moves = false;
        if (waits(op, cluster, moves))
          continue;
        outOfOrder |= moves;
        join(op);
      }
  llvm::sort(cluster.roots, [&](Operation *x, Operation *y) { return isBefore(x, y); });
  decide(before.front()->getLoc(), [&] {
    Decision decision{.kind = Decision::Kind::Fusion,
                      .what = std::to_string(cluster.contractions.size()) + " products and what lies between are computed in blocks of rows",
                      .reason = "each needs of the others only the rows at hand, and a block's values stay in the second-level cache"};
    if (between)
      decision.candidates = {{"blocks of rows", 0}, {"one after the other", 2.0 * *between}};
    else
      decision.reason += "; the sizes, known at run time, decide: rows between of at least " +
                         std::to_string(rowblocks::leastBetween >> 10) + " KB, shared operands of at most " +
                         std::to_string(rowblocks::mostShared >> 10) + " KB";
    decision.unit = "bytes written and read again";
    return decision;
  });
}

// Of the operand without the rows, for one point of the batch.
std::optional<int64_t> Clusters::sharedBytes(EinsumOp op, unsigned outer) const {
  const Equation equation = op.parseEquation();
  const char row = equation.output[outer - 1];
  const unsigned shared = StringRef(equation.inputs[0]).contains(row) ? 1 : 0;
  std::optional<int64_t> bytes = bytesOf(op.getInputs()[shared]);
  auto type = cast<RankedTensorType>(op.getInputs()[shared].getType());
  for (auto [letter, size] : llvm::zip_equal(equation.inputs[shared], type.getShape()))
    if (bytes && StringRef(equation.output).take_front(outer).contains(letter))
      bytes = *bytes / std::max<int64_t>(size, 1);
  return bytes;
}

// Whether a contraction's result begins with the rows of `root`, which is one of its operands, and the other operand is not of the
// cluster and the same for all rows.
bool Clusters::takesRows(EinsumOp op, Operation *root, const Cluster &cluster) const {
  const Equation equation = op.parseEquation();
  const unsigned mine = op.getInputs()[0] == root->getResult(0) ? 0 : 1;
  Value other = op.getInputs()[1 - mine];
  while (operandViews.contains(other.getDefiningOp()))
    other = matchStridedView(other.getDefiningOp())->source;
  if (other == root->getResult(0) || llvm::is_contained(cluster.roots, other.getDefiningOp()))
    return false;
  if (outerAxesOf(op) == 0 || equation.output.size() <= cluster.outer)
    return false;
  StringRef rows = StringRef(equation.output).take_front(cluster.outer);
  return StringRef(equation.inputs[mine]).starts_with(rows) && !StringRef(equation.inputs[1 - mine]).contains(rows.back()) &&
         isWithin(sharedBytes(op, cluster.outer), rowblocks::mostShared);
}

} // namespace ricci::fuse
