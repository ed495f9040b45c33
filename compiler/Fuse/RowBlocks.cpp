// Contractions that join a cluster of the same rows (dialects/RowBlocks.h): those whose only reader is the cluster, those that take
// its rows as an operand, and those that sum over them; and the clusters of loops that go on with its rows.
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
      return axis + 1;
  return 0;
}

bool hasColumns(EinsumOp op, unsigned outer) { return op.getType().getRank() > static_cast<int64_t>(outer); }

bool isWithin(std::optional<int64_t> bytes, int64_t most) { return !bytes || *bytes <= most; }

bool beginsWithRows(ArrayRef<int> axes, unsigned outer) {
  if (axes.size() < outer)
    return false;
  for (unsigned axis = 0; axis < outer; ++axis)
    if (axes[axis] != static_cast<int>(axis))
      return false;
  return true;
}

// The operand that has the rows, and where they are in it.
struct RowOperand {
  Value value;
  size_t axis;
};

RowOperand rowOperandOf(EinsumOp op, unsigned outer) {
  const Equation equation = op.parseEquation();
  const char row = equation.output[outer - 1];
  const unsigned side = contains(equation.inputs[0], row) ? 0 : 1;
  return {op.getInputs()[side], equation.inputs[side].find(row)};
}

// Whether a contraction sums the rows of `root`, its first axis, with those of another operand, and the sum stays near.
bool sumsRows(EinsumOp op, Operation *root, RowOperand &other) {
  const Equation equation = op.parseEquation();
  const unsigned mine = op.getInputs()[0] == root->getResult(0) ? 0 : 1;
  StringRef name = equation.inputs[mine], rest = equation.inputs[1 - mine];
  if (name.empty() || hasRepeats(name) || hasRepeats(rest) || contains(equation.output, name.front()))
    return false;
  other = {op.getInputs()[1 - mine], rest.find(name.front())};
  return other.axis != StringRef::npos && isWithin(bytesOf(op.getResult()), rowblocks::mostAddedTo);
}

// Whether a block of these rows stays in the cache until they are read again.
bool staysNear(const RowOperand &rows) {
  std::optional<int64_t> bytes = bytesOf(rows.value);
  const int64_t count = cast<RankedTensorType>(rows.value.getType()).getDimSize(rows.axis);
  return !bytes || *bytes / std::max<int64_t>(count, 1) * rowblocks::leastRows <= rowblocks::blockBytes;
}

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
  for (size_t number = 0; number < list.size(); ++number)
    if (!list[number].roots.empty() && !goesAlone(list[number].roots.front()))
      joinContractions(number);
}

SmallVector<EinsumOp> Clusters::contractionsThatRead(Operation *root) const {
  SmallVector<EinsumOp> found;
  for (Operation *user : root->getResult(0).getUsers())
    if (auto op = dyn_cast<EinsumOp>(user); op && op->getBlock() == &block && isContraction(op) && !clusterOf.contains(op))
      found.push_back(op);
  return found;
}

// Contractions that nobody else reads, or all if a sum of the cluster's rows reads what blocks keep from memory, which is added to
// `kept`: rows that a contraction has read before, or that the cluster makes for it.
SmallVector<Operation *> Clusters::productsBefore(const Cluster &cluster, llvm::SetVector<Value> &kept) const {
  SmallVector<RowOperand> summed;
  for (Operation *root : cluster.roots)
    for (EinsumOp op : contractionsThatRead(root))
      if (RowOperand other; sumsRows(op, root, other) && staysNear(other)) {
        summed.push_back(other);
        if (llvm::is_contained(cluster.roots, other.value.getDefiningOp()))
          kept.insert(other.value);
      }
  SmallVector<Operation *> before;
  for (Operation *root : cluster.roots)
    for (const Read &read : reads.find(root)->second) {
      auto op = read.value.getDefiningOp<EinsumOp>();
      if (!op || op->getBlock() != &block || !isContraction(op) || clusterOf.contains(op) || llvm::is_contained(before, op))
        continue;
      const unsigned outer = outerAxesOf(op);
      const RowOperand rows = outer == 1 ? rowOperandOf(op, outer) : RowOperand{};
      if (llvm::any_of(summed, [&](const RowOperand &other) { return other.value == rows.value && other.axis == rows.axis; }))
        kept.insert(rows.value);
      else if ((outer != 1 || kept.empty()) && (isNeededOutside(op.getResult(), cluster) || !hasColumns(op, outer)))
        continue;
      before.push_back(op);
    }
  return before;
}

void Clusters::joinContractions(size_t number) {
  Cluster &cluster = list[number];
  const SmallVector<Operation *> loops(cluster.roots);
  llvm::SetVector<Value> kept;
  const SmallVector<Operation *> before = productsBefore(cluster, kept);
  if (before.empty())
    return;
  const unsigned outer = outerAxesOf(cast<EinsumOp>(before.front()));
  if (!outer || llvm::any_of(before, [&](Operation *op) { return outerAxesOf(cast<EinsumOp>(op)) != outer; }) ||
      !keepsRows(loops, before, outer))
    return;
  // Bytes that blocks keep from being written and read.
  std::optional<int64_t> saved = 0;
  auto save = [&](Value value) {
    std::optional<int64_t> bytes = bytesOf(value);
    saved = saved && bytes ? std::optional(*saved + *bytes) : std::nullopt;
  };
  llvm::for_each(kept, save);
  bool sharesLittle = true, isRead = false;
  for (Operation *op : before) {
    if (isNeededOutside(op->getResult(0), cluster))
      isRead = true;
    else
      save(op->getResult(0));
    sharesLittle &= isWithin(sharedBytes(cast<EinsumOp>(op), outer), rowblocks::mostShared);
  }
  auto refuse = [&](std::string reason) {
    decide(before.front()->getLoc(), [&] {
      return Decision{.kind = Decision::Kind::Fusion,
                      .what = "the product " + cast<EinsumOp>(before.front()).getEquation().str() +
                              " is not computed in blocks of rows with what reads it",
                      .reason = std::move(reason),
                      .refused = true};
    });
  };
  if (saved && *saved < rowblocks::leastBetween)
    return refuse("all its rows, " + std::to_string(*saved >> 10) + " KB, stay in the second-level cache");
  if (!sharesLittle)
    return refuse("the operand that all rows share is larger than " + std::to_string(rowblocks::mostShared >> 10) +
                  " KB, and every block would pack it again");
  if (isRead) {
    Cluster whole{loops};
    whole.roots.append(before);
    bool moves = false;
    if (llvm::any_of(loops, [&](Operation *root) { return waits(root, whole, moves); }))
      return refuse("something that the rows need waits for all of them");
    outOfOrder |= moves;
  }

  cluster.outer = outer;
  cluster.fit = Fit::SameRows;
  for (Operation *op : before)
    join(op, number);
  do
    joinReaders(number);
  while (absorbLoops(number));
  joinRowSums(number);
  decide(before.front()->getLoc(), [&] {
    Decision decision{.kind = Decision::Kind::Fusion,
                      .what = std::to_string(cluster.contractions.size()) + " products and what lies between are computed in blocks of rows",
                      .reason = "each needs of the others only the rows at hand, and a block's values stay in the second-level cache"};
    if (llvm::any_of(cluster.contractions, [&](Operation *op) { return rowSums.contains(op); }))
      decision.reason += "; what sums the rows adds each block to its result";
    if (saved)
      decision.candidates = {{"blocks of rows", 0}, {"one after the other", 2.0 * *saved}};
    else
      decision.reason += "; the sizes, known at run time, decide: rows between of at least " +
                         std::to_string(rowblocks::leastBetween >> 10) + " KB, shared operands of at most " +
                         std::to_string(rowblocks::mostShared >> 10) + " KB";
    decision.unit = "bytes written and read again";
    return decision;
  });
}

void Clusters::join(Operation *contraction, size_t number) {
  Cluster &cluster = list[number];
  cluster.roots.push_back(contraction);
  cluster.contractions.push_back(contraction);
  clusterOf[contraction] = number;
  addReads(contraction);
  sortRoots(cluster);
}

void Clusters::sortRoots(Cluster &cluster) const {
  llvm::sort(cluster.roots, [&](Operation *x, Operation *y) { return isBefore(x, y); });
}

// Joins the contractions that read the cluster's loops, where they need no later value.
void Clusters::joinUsers(size_t number, llvm::function_ref<bool(EinsumOp, Operation *root)> fits) {
  Cluster &cluster = list[number];
  for (Operation *root : SmallVector<Operation *>(cluster.roots))
    for (Operation *user : root->getResult(0).getUsers()) {
      auto op = dyn_cast<EinsumOp>(user);
      bool moves = false;
      if (!op || op->getBlock() != &block || !isContraction(op) || clusterOf.contains(op) || cluster.roots.size() >= mostRoots ||
          llvm::is_contained(cluster.contractions, root) || waits(op, cluster, moves) || !fits(op, root))
        continue;
      outOfOrder |= moves;
      join(op, number);
    }
}

// Its left or right rows are ours.
void Clusters::joinReaders(size_t number) {
  joinUsers(number, [&](EinsumOp op, Operation *root) { return takesRows(op, root, list[number]); });
}

// The rows of both operands are ours, and it sums over them.
void Clusters::joinRowSums(size_t number) {
  joinUsers(number, [&](EinsumOp op, Operation *root) {
    std::string rows = rowsSummedBy(op, root, list[number]);
    const bool sums = !rows.empty();
    if (sums)
      rowSums[op] = std::move(rows);
    return sums;
  });
}

// Takes in loops that go on with the cluster's rows, and with nothing that waits for all of them.
bool Clusters::absorbLoops(size_t number) {
  Cluster &cluster = list[number];
  for (Cluster &other : list) {
    if (&other == &cluster || other.roots.empty() || !other.contractions.empty() || goesAlone(other.roots.front()) ||
        cluster.roots.size() + other.roots.size() > mostRoots || !keepsRows(other.roots, cluster.roots, cluster.outer))
      continue;
    Cluster merged = cluster;
    merged.roots.append(other.roots);
    sortRoots(merged);
    auto readsOther = [&](Operation *root) {
      return llvm::any_of(reads.find(root)->second,
                          [&](const Read &read) { return llvm::is_contained(other.roots, read.value.getDefiningOp()); });
    };
    bool moves = false;
    auto mustWait = [&](Operation *root) {
      bool behind = false;
      const bool result = waits(root, merged, behind);
      moves |= behind;
      return result;
    };
    if (llvm::any_of(cluster.roots, readsOther) || llvm::any_of(merged.roots, mustWait))
      continue;
    outOfOrder |= moves;
    for (Operation *root : other.roots)
      clusterOf[root] = number;
    other.roots.clear();
    cluster = std::move(merged);
    return true;
  }
  return false;
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

bool Clusters::isMadeIn(const Cluster &cluster, Value operand) const {
  while (operandViews.contains(operand.getDefiningOp()))
    operand = matchStridedView(operand.getDefiningOp())->source;
  return llvm::is_contained(cluster.roots, operand.getDefiningOp());
}

// Whether a contraction's result begins with the rows of `root`, which is one of its operands, and the other operand is not of the
// cluster and the same for all rows.
bool Clusters::takesRows(EinsumOp op, Operation *root, const Cluster &cluster) const {
  const Equation equation = op.parseEquation();
  const unsigned mine = op.getInputs()[0] == root->getResult(0) ? 0 : 1;
  if (isMadeIn(cluster, op.getInputs()[1 - mine]))
    return false;
  if (outerAxesOf(op) == 0 || equation.output.size() <= cluster.outer)
    return false;
  StringRef rows = StringRef(equation.output).take_front(cluster.outer);
  return StringRef(equation.inputs[mine]).starts_with(rows) && !StringRef(equation.inputs[1 - mine]).contains(rows.back()) &&
         isWithin(sharedBytes(op, cluster.outer), rowblocks::mostShared);
}

// Whether a contraction sums the rows of `root`, and the other operand has the rows of the block, or is not of the cluster.
bool Clusters::sumsRowsOf(EinsumOp op, Operation *root, const Cluster &cluster) const {
  RowOperand other;
  return cluster.outer == 1 && sumsRows(op, root, other) && staysNear(other) &&
         (!isMadeIn(cluster, other.value) || (llvm::is_contained(cluster.roots, other.value.getDefiningOp()) && other.axis == 0));
}

// The letters of the batch and the rows, where a contraction sums over the rows of `root` for every point of a batch that is large
// enough for threads to share it. Otherwise none.
std::string Clusters::rowsSummedBy(EinsumOp op, Operation *root, const Cluster &cluster) const {
  const Equation equation = op.parseEquation();
  const unsigned mine = op.getInputs()[0] == root->getResult(0) ? 0 : 1;
  const StringRef rows = StringRef(equation.inputs[mine]).take_front(cluster.outer), output = equation.output;
  const StringRef others = equation.inputs[1 - mine];
  if (cluster.outer == 1)
    return sumsRowsOf(op, root, cluster) ? rows.str() : "";
  if (hasRepeats(equation.inputs[mine]) || hasRepeats(others) || !output.starts_with(rows.drop_back()) ||
      output.contains(rows.back()) || llvm::any_of(rows, [&](char letter) { return !others.contains(letter); }))
    return {};
  Value other = op.getInputs()[1 - mine];
  const bool isOurs = llvm::is_contained(cluster.roots, other.getDefiningOp());
  if (isOurs ? !others.starts_with(rows) : isMadeIn(cluster, other))
    return {};
  std::optional<int64_t> points = 1, bytes = bytesOf(op.getResult());
  for (int64_t size : cast<RankedTensorType>(op.getType()).getShape().take_front(cluster.outer - 1))
    points = points && !ShapedType::isDynamic(size) ? std::optional(*points * size) : std::nullopt;
  if (points && *points < rowblocks::leastPoints)
    return {};
  if (points && bytes && *bytes / *points > rowblocks::mostShared)
    return {};
  return rows.str();
}

} // namespace ricci::fuse
