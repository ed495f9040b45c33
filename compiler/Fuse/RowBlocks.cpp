// Contractions that join a cluster of the same rows (dialects/RowBlocks.h): those whose only reader is the cluster,
// those that take its rows as an operand, and those that sum over them; and the clusters of loops that go on with its
// rows.
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

bool beginsWithRows(ArrayRef<int> axes, unsigned outer) {
  if (axes.size() < outer)
    return false;
  for (unsigned axis = 0; axis < outer; ++axis)
    if (axes[axis] != static_cast<int>(axis))
      return false;
  return true;
}

bool isWithin(std::optional<int64_t> bytes, int64_t most) { return !bytes || *bytes <= most; }

bool hasColumns(EinsumOp op, unsigned outer) { return op.getType().getRank() > static_cast<int64_t>(outer); }

// An operand that has the rows of every point of the batch: the places of their letters in it, and the bytes of a row.
struct RowOperand {
  RowOperand(EinsumOp op, unsigned side, StringRef rows) : value(op.getInputs()[side]), bytes(bytesOf(value)) {
    const std::string name = op.parseEquation().inputs[side];
    for (char letter : rows) {
      places.push_back(name.find(letter));
      const int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(places.back());
      if (bytes)
        bytes = *bytes / std::max<int64_t>(size, 1);
    }
  }
  bool operator==(const RowOperand &other) const { return value == other.value && places == other.places; }
  // Whether they lie in memory as runs. A block of columns takes a part of each line and page, and where columns are a
  // power of two apart does not stay in the cache: with 4096 of them twice as slow as to read all of them again.
  bool areRuns() const { return places.back() + 1 < static_cast<size_t>(rankOf(value)); }
  // Whether a block of at least so many of these rows stays in the cache until they are read again.
  bool staysNear(int64_t least) const { return !bytes || *bytes * least <= rowblocks::blockBytes; }

  Value value;
  SmallVector<size_t> places;
  std::optional<int64_t> bytes;
};

// Of a contraction whose result begins with them.
RowOperand rowOperandOf(EinsumOp op, unsigned outer) {
  const Equation equation = op.parseEquation();
  return RowOperand(op, contains(equation.inputs[0], equation.output[outer - 1]) ? 0 : 1,
                    StringRef(equation.output).take_front(outer));
}

int64_t leastRowsOf(EinsumOp op) {
  return rowblocks::isWithVector(op.parseEquation()) ? rowblocks::leastRowsOfVectors : rowblocks::leastRows;
}

unsigned sideOf(EinsumOp op, Value operand) { return op.getInputs()[0] == operand ? 0 : 1; }

// Whether a sum over the rows of every point of a batch, or over the only rows, stays in the cache while blocks add to
// it, and threads have enough to share.
bool addsUpNear(EinsumOp op, unsigned outer) {
  std::optional<int64_t> points = 1, bytes = bytesOf(op.getResult());
  if (outer == 1)
    return isWithin(bytes, rowblocks::mostPart);
  for (int64_t size : op.getType().getShape().take_front(outer - 1))
    points = points && !ShapedType::isDynamic(size) ? std::optional(*points * size) : std::nullopt;
  return !points || (*points >= rowblocks::leastPoints && (!bytes || *bytes / *points <= rowblocks::mostShared));
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

// Whether each of the roots reads it, if at all, in its own rows.
bool Clusters::readRowsOf(EinsumOp product, ArrayRef<Operation *> roots, unsigned outer) const {
  return llvm::all_of(roots, [&](Operation *root) {
    return llvm::all_of(reads.find(root)->second, [&](const Read &read) {
      return read.value != product.getResult() || beginsWithRows(read.axes, outer);
    });
  });
}

void Clusters::joinContractions() {
  for (size_t number = 0; number < list.size(); ++number)
    if (!list[number].roots.empty() && !goesAlone(list[number].roots.front()))
      joinContractions(number);
  joinSumsOfMade();
  pairProducts();
}

// Products of a matrix with a vector, and those that sum over the same rows of it: both read a block of rows while it
// is in the cache.
void Clusters::pairProducts() {
  for (Operation &op : block) {
    auto product = dyn_cast<EinsumOp>(&op);
    if (!product || !isContraction(product) || clusterOf.contains(product))
      continue;
    const unsigned outer = outerAxesOf(product);
    if (outer == 0 || !rowblocks::isWithVector(product.parseEquation()))
      continue;
    const RowOperand rows = rowOperandOf(product, outer);
    const std::optional<int64_t> bytes = bytesOf(rows.value);
    if (!rows.areRuns() || (bytes && *bytes < rowblocks::leastBetween) ||
        !rows.staysNear(rowblocks::leastRowsOfVectors) || !isWithin(sharedBytes(product, outer), rowblocks::mostShared))
      continue;
    Cluster pair{.roots = {product}, .fit = Fit::SameRows, .contractions = {product}, .outer = outer};
    for (Operation *user : rows.value.getUsers()) {
      auto sum = dyn_cast<EinsumOp>(user);
      if (!sum || sum->getBlock() != &block || !isContraction(sum) || clusterOf.contains(sum) ||
          llvm::is_contained(pair.roots, sum) || !rowblocks::isWithVector(sum.parseEquation()))
        continue;
      std::string letters = rowsSummedBy(sum, rows.value, pair, outer);
      Cluster both = pair;
      both.roots.push_back(sum);
      sortRoots(both);
      both.contractions.push_back(sum);
      both.rowSums[sum] = letters;
      bool moves = false;
      if (letters.empty() || anyWaits(both.roots, both, moves) || needsItself(both))
        continue;
      outOfOrder |= moves;
      pair = std::move(both);
    }
    if (pair.rowSums.empty())
      continue;
    for (Operation *root : pair.roots) {
      clusterOf[root] = list.size();
      addReads(root);
    }
    decide(product.getLoc(), [&] {
      Decision decision{
          .kind = Decision::Kind::Fusion,
          .what = std::to_string(pair.roots.size()) + " products with vectors read the rows of an array together",
          .reason =
              "a block of them stays in the second-level cache, and what sums the rows adds each block to its result"};
      if (bytes) {
        const double again = static_cast<double>(*bytes) * static_cast<double>(pair.rowSums.size());
        decision.candidates = {{"together", 0}, {"one after the other", again}};
        decision.unit = "bytes read again";
      }
      return decision;
    });
    list.push_back(std::move(pair));
  }
}

SmallVector<EinsumOp> Clusters::contractionsThatRead(Operation *root) const {
  SmallVector<EinsumOp> found;
  for (Operation *user : root->getResult(0).getUsers())
    if (auto op = dyn_cast<EinsumOp>(user); op && op->getBlock() == &block && isContraction(op) &&
                                            !clusterOf.contains(op) && !llvm::is_contained(found, op))
      found.push_back(op);
  return found;
}

// What sums over the cluster's rows multiply these with, as far as blocks keep it from memory: `product` reads its
// rows, or the cluster makes them.
SmallVector<Value> Clusters::rowsKeptBy(EinsumOp product, const Cluster &cluster, unsigned outer) const {
  const RowOperand rows = rowOperandOf(product, outer);
  SmallVector<Value> kept;
  for (Operation *root : cluster.roots)
    for (EinsumOp sum : contractionsThatRead(root)) {
      const std::string letters = rowsSummedBy(sum, root->getResult(0), cluster, outer);
      if (letters.empty())
        continue;
      const RowOperand other(sum, 1 - sideOf(sum, root->getResult(0)), letters);
      if ((other == rows && rows.areRuns()) || llvm::is_contained(cluster.roots, other.value.getDefiningOp()))
        kept.push_back(other.value);
    }
  return kept;
}

// Contractions that nobody else reads; and others, if sums over the rows keep arrays from memory with them. These
// arrays go into `kept`.
SmallVector<Operation *> Clusters::productsBefore(const Cluster &cluster, llvm::SetVector<Value> &kept) {
  SmallVector<EinsumOp> own, others;
  for (Operation *root : cluster.roots)
    for (const Read &read : reads.find(root)->second) {
      auto op = read.value.getDefiningOp<EinsumOp>();
      if (!op || op->getBlock() != &block || !isContraction(op) || clusterOf.contains(op) || outerAxesOf(op) == 0)
        continue;
      SmallVector<EinsumOp> &found =
          hasColumns(op, outerAxesOf(op)) && !isNeededOutside(op.getResult(), cluster) ? own : others;
      if (!llvm::is_contained(found, op))
        found.push_back(op);
    }
  Cluster whole = cluster;
  SmallVector<Operation *> before(own.begin(), own.end());
  whole.roots.append(before);
  for (EinsumOp op : own)
    kept.insert_range(rowsKeptBy(op, cluster, outerAxesOf(op)));
  for (EinsumOp op : others) {
    const unsigned outer = outerAxesOf(op);
    const SmallVector<Value> rows = rowsKeptBy(op, cluster, outer);
    if (rows.empty() || (!before.empty() && outer != outerAxesOf(cast<EinsumOp>(before.front()))) ||
        !readRowsOf(op, cluster.roots, outer))
      continue;
    whole.roots.push_back(op);
    bool moves = false;
    if (anyWaits(whole.roots, whole, moves)) {
      refuseRows(op, "something that the rows need waits for all of them");
      whole.roots.pop_back();
      continue;
    }
    outOfOrder |= moves;
    kept.insert_range(rows);
    before.push_back(op);
  }
  return before;
}

void Clusters::refuseRows(EinsumOp product, std::string reason) const {
  decide(product.getLoc(), [&] {
    return Decision{.kind = Decision::Kind::Fusion,
                    .what = "the product " + product.getEquation().str() +
                            " is not computed in blocks of rows with what reads it",
                    .reason = std::move(reason),
                    .refused = true};
  });
}

void Clusters::joinContractions(size_t number) {
  Cluster &cluster = list[number];
  const SmallVector<Operation *> loops(cluster.roots);
  llvm::SetVector<Value> kept;
  const SmallVector<Operation *> before = productsBefore(cluster, kept);
  if (before.empty())
    return;
  auto first = cast<EinsumOp>(before.front());
  const unsigned outer = outerAxesOf(first);
  if (llvm::any_of(before, [&](Operation *op) { return outerAxesOf(cast<EinsumOp>(op)) != outer; }) ||
      !keepsRows(loops, before, outer))
    return;
  // Bytes that blocks keep from being written and read.
  std::optional<int64_t> saved = 0;
  auto save = [&](Value value) {
    std::optional<int64_t> bytes = bytesOf(value);
    saved = saved && bytes ? std::optional(*saved + *bytes) : std::nullopt;
  };
  llvm::for_each(kept, save);
  bool sharesLittle = true;
  for (Operation *op : before) {
    if (!isNeededOutside(op->getResult(0), cluster))
      save(op->getResult(0));
    sharesLittle &= isWithin(sharedBytes(cast<EinsumOp>(op), outer), rowblocks::mostShared);
  }
  if (saved && *saved < rowblocks::leastBetween)
    return refuseRows(first, "all its rows, " + std::to_string(*saved >> 10) + " KB, stay in the second-level cache");
  if (!sharesLittle)
    return refuseRows(first, "the operand that all rows share is larger than " +
                                 std::to_string(rowblocks::mostShared >> 10) +
                                 " KB, and every block would pack it again");

  cluster.outer = outer;
  cluster.fit = Fit::SameRows;
  for (Operation *op : before)
    join(op, number);
  do
    joinReaders(number);
  while (absorbLoops(number));
  joinRowSums(number);
  decide(first.getLoc(), [&] {
    Decision decision{.kind = Decision::Kind::Fusion,
                      .what = std::to_string(cluster.contractions.size()) + " products and what lies between are computed in blocks of rows",
                      .reason = "each needs of the others only the rows at hand, and a block's values stay in the second-level cache"};
    if (!cluster.rowSums.empty())
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

// Whether the cluster needs, directly, a sum over its rows, which is there only after all of them, or what other
// clusters, as a whole, make of its results.
bool Clusters::needsItself(const Cluster &cluster) const {
  DenseSet<Operation *> users;
  usesBefore(cluster, nullptr, users);
  return llvm::any_of(cluster.roots, [&](Operation *root) {
    SmallVector<Operation *> sources;
    collectSources(root, sources);
    return llvm::any_of(sources,
                        [&](Operation *source) { return cluster.rowSums.contains(source) || users.contains(source); });
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
  for (Operation *root : SmallVector<Operation *>(cluster.roots)) {
    if (llvm::is_contained(cluster.contractions, root))
      continue;
    for (EinsumOp op : contractionsThatRead(root)) {
      bool moves = false;
      if (cluster.roots.size() >= mostRoots || waits(op, cluster, moves) || !fits(op, root))
        continue;
      outOfOrder |= moves;
      join(op, number);
    }
  }
}

// Its left or right rows are ours.
void Clusters::joinReaders(size_t number) {
  joinUsers(number, [&](EinsumOp op, Operation *root) { return takesRows(op, root, list[number]); });
}

// The rows of both operands are ours, and it sums over them.
void Clusters::joinRowSums(size_t number) {
  joinUsers(number, [&](EinsumOp op, Operation *root) {
    Cluster &cluster = list[number];
    std::string rows = rowsSummedBy(op, root->getResult(0), cluster, cluster.outer);
    const bool sums = !rows.empty();
    if (sums)
      cluster.rowSums[op] = std::move(rows);
    return sums;
  });
}

bool Clusters::anyWaits(ArrayRef<Operation *> roots, const Cluster &cluster, bool &moves) const {
  return llvm::any_of(roots, [&](Operation *root) {
    bool behind = false;
    const bool result = waits(root, cluster, behind);
    moves |= behind;
    return result;
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
      return llvm::any_of(reads.find(root)->second, [&](const Read &read) {
        return llvm::is_contained(other.roots, read.value.getDefiningOp());
      });
    };
    bool moves = false;
    if (llvm::any_of(cluster.roots, readsOther) || anyWaits(merged.roots, merged, moves))
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
  const unsigned mine = sideOf(op, root->getResult(0));
  if (isMadeIn(cluster, op.getInputs()[1 - mine]))
    return false;
  if (outerAxesOf(op) == 0 || equation.output.size() <= cluster.outer)
    return false;
  StringRef rows = StringRef(equation.output).take_front(cluster.outer);
  return StringRef(equation.inputs[mine]).starts_with(rows) && !StringRef(equation.inputs[1 - mine]).contains(rows.back()) &&
         isWithin(sharedBytes(op, cluster.outer), rowblocks::mostShared);
}

// The letters of the `outer` axes of `rowsOf`, one of its operands, where a contraction sums over the last of them, the
// rows, for every point of the others, a batch; and the other operand has the rows of the block, or is not of the
// cluster. Otherwise none.
std::string Clusters::rowsSummedBy(EinsumOp op, Value rowsOf, const Cluster &cluster, unsigned outer) const {
  const Equation equation = op.parseEquation();
  const unsigned mine = sideOf(op, rowsOf);
  const StringRef name = equation.inputs[mine], others = equation.inputs[1 - mine], output = equation.output;
  const StringRef rows = name.take_front(outer);
  if (name.size() < outer || hasRepeats(name) || hasRepeats(others) || !output.starts_with(rows.drop_back()) ||
      output.contains(rows.back()) || llvm::any_of(rows, [&](char letter) { return !others.contains(letter); }))
    return {};
  const RowOperand other(op, 1 - mine, rows);
  const bool isOurs = llvm::is_contained(cluster.roots, other.value.getDefiningOp());
  if (isOurs ? !others.starts_with(rows) : isMadeIn(cluster, other.value))
    return {};
  return other.staysNear(leastRowsOf(op)) && addsUpNear(op, outer) ? rows.str() : std::string();
}

} // namespace ricci::fuse
