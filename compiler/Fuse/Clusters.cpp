#include "Clusters.h"

#include "dialects/StridedView.h"

#include <numeric>
#include <set>

namespace ricci::fuse {

using namespace mlir;

namespace {

// How far back a root looks for a kernel to join.
constexpr size_t window = 64;

// Axes in which `op` reads each of its array operands, given the axes of its result (and of what it reduces over).
SmallVector<Read> operandReads(Operation *op, ArrayRef<int> axes) {
  SmallVector<Read> reads;
  auto readSubscripts = [&](ValueRange symbols, ArrayAttr lists) {
    for (auto [symbol, list] : llvm::zip_equal(symbols, lists)) {
      Read subscript{symbol, {}};
      for (int64_t axis : cast<DenseI64ArrayAttr>(list).asArrayRef())
        subscript.axes.push_back(axes[axis]);
      reads.push_back(std::move(subscript));
    }
  };
  if (auto einsum = dyn_cast<EinsumOp>(op)) {
    Equation equation = einsum.parseEquation();
    equation.inputs.resize(einsum.getInputs().size());
    const std::string names = equation.output + equation.summed();
    for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs)) {
      Read read{input, {}};
      for (char letter : name)
        read.axes.push_back(axes[names.find(letter)]);
      reads.push_back(std::move(read));
    }
  } else if (auto gather = dyn_cast<GatherOp>(op)) {
    Read read{gather.getSource(), {}};
    for (auto [axis, expr] : llvm::enumerate(gather.getMap().getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      const bool same = dim && gather.getSource().getType().getDimSize(axis) ==
                                   gather.getType().getDimSize(dim.getPosition());
      read.axes.push_back(same ? axes[dim.getPosition()] : -1);
    }
    reads.push_back(std::move(read));
    readSubscripts(gather.getSymbols(), gather.getSymbolAxes());
  } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
    Read read{reduce.getInput(), {}};
    size_t kept = 0;
    const size_t first = reduce.getType().getRank();
    for (int64_t axis = 0; axis < reduce.getInput().getType().getRank(); ++axis) {
      const auto *listed = llvm::find(reduce.getAxes(), axis);
      read.axes.push_back(listed == reduce.getAxes().end() ? axes[kept++] : axes[first + (listed - reduce.getAxes().begin())]);
    }
    reads.push_back(read);
    if (reduce.getMask())
      reads.push_back({reduce.getMask(), read.axes});
  } else if (auto recurrence = dyn_cast<RecurrenceOp>(op)) {
    reads.push_back({recurrence.getInput(), SmallVector<int>(axes)});
    reads.push_back(reads.front());
    reads.back().value = recurrence.getFactors();
    reads.back().axes[recurrence.getAxis()] = -1;
  } else if (auto scatter = dyn_cast<ScatterOp>(op)) {
    reads.push_back({scatter.getValue(), SmallVector<int>(axes)});
    readSubscripts(scatter.getSymbols(), scatter.getSymbolAxes());
  } else if (isa<ElementwiseOpInterface>(op)) {
    for (Value operand : op->getOperands())
      reads.push_back({operand, SmallVector<int>(axes)});
  }
  return reads;
}

bool isIdentity(ArrayRef<int> axes) {
  for (auto [number, axis] : llvm::enumerate(axes))
    if (axis != static_cast<int>(number))
      return false;
  return true;
}

// Whether an operation computes its operands one by one, not in vectors: a product cannot start before the last is
// done.
bool goesOneByOne(Operation *op) {
  auto recurrence = dyn_cast<RecurrenceOp>(op);
  return recurrence && recurrence.getAxis() + 1 == static_cast<uint64_t>(recurrence.getType().getRank()) &&
         !recurrence.isSum();
}

// Whether `op` reads an element of `value` for several of its own positions.
bool repeats(Operation *op, Value value) {
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum)
    return isa<GatherOp>(op);
  const SmallVector<int64_t> sizes = loopSizes(op);
  SmallVector<int> axes(sizes.size());
  std::iota(axes.begin(), axes.end(), 0);
  return llvm::any_of(operandReads(op, axes), [&](const Read &read) {
    return read.value == value &&
           llvm::any_of(axes, [&](int axis) { return sizes[axis] != 1 && !llvm::is_contained(read.axes, axis); });
  });
}

} // namespace

SmallVector<int64_t> loopSizes(Operation *root) {
  if (auto scatter = dyn_cast<ScatterOp>(root))
    return SmallVector<int64_t>(scatter.getValue().getType().getShape());
  SmallVector<int64_t> sizes(cast<RankedTensorType>(root->getResult(0).getType()).getShape());
  if (auto reduce = dyn_cast<ReduceOp>(root))
    for (int64_t axis : reduce.getAxes())
      sizes.push_back(reduce.getInput().getType().getDimSize(axis));
  if (auto einsum = dyn_cast<EinsumOp>(root)) {
    Equation equation = einsum.parseEquation();
    equation.inputs.resize(einsum.getInputs().size());
    for (char letter : equation.summed())
      for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
        if (size_t axis = name.find(letter); axis != std::string::npos) {
          sizes.push_back(cast<RankedTensorType>(input.getType()).getDimSize(axis));
          break;
        }
  }
  return sizes;
}

Clusters::Clusters(Block &block) : block(block) {
  unsigned number = 0;
  for (Operation &op : block)
    order[&op] = number++;
  classify();
  for (Operation &op : block) {
    if (!isFusable(&op) || floats(&op))
      continue;
    if (isInlinable(&op) && rankOf(op.getResult(0)) == 0)
      continue; // a scalar needs no loop
    addReads(&op);
    size_t home = list.size();
    for (size_t candidate = list.size(); candidate-- > 0 && list.size() - candidate <= window;)
      if (Fit fit = fitOf(&op, list[candidate]); joins(fit)) {
        home = candidate;
        list[candidate].fit = fit;
        bool moves = false;
        waits(&op, list[candidate], moves);
        outOfOrder |= moves;
        break;
      }
    if (home == list.size())
      list.emplace_back();
    list[home].roots.push_back(&op);
    clusterOf[&op] = home;
  }
  for (Operation &op : block)
    if (readsInPlace(&op))
      addReads(&op);
  joinContractions();
  addContractions();
  dropEmptyClusters();
}

// ---------------------------------------------------------------- roots and floating operations

bool Clusters::mustBeStored(Operation *op) const {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    // A contraction reads in place what is a view, and only of what is stored.
    if (user->getBlock() == &block && (isContraction(user) || operandViews.contains(user)))
      return !matchStridedView(op);
    // Of a scatter's operands only the value is computed in its loops.
    auto scatter = dyn_cast<ScatterOp>(user);
    return user->getBlock() != &block || !isFusable(user) || (isInlinable(user) && rankOf(user->getResult(0)) == 0) ||
           (scatter && llvm::is_contained(scatter.getSymbols(), op->getResult(0)));
  });
}

// Producers that are used several times count several times: an upper bound.
unsigned Clusters::costWithProducers(Operation *op) {
  unsigned cost = weight(op), size = 1;
  for (Value operand : op->getOperands())
    if (Operation *producer = operand.getDefiningOp(); producer && floats(producer)) {
      cost = std::min(cost + costs[producer], 1000u);
      size = std::min(size + sizes[producer], 1000u);
    }
  costs[op] = cost;
  sizes[op] = size;
  return cost;
}

// Whether what computes its elements in loops of others would do so several times, or not in vectors.
bool Clusters::isUsedAgain(Operation *op) const {
  return !llvm::hasSingleElement(op->getUsers()) || llvm::any_of(op->getUsers(), [&](Operation *user) {
    return repeats(user, op->getResult(0)) || goesOneByOne(user);
  });
}

// Users first: a view of a view that is stored may be anything.
void Clusters::findOperandViews() {
  for (Operation &op : llvm::reverse(block))
    if (isInlinable(&op) && rankOf(op.getResult(0)) > 0 && matchStridedView(&op) && !mustBeStored(&op) &&
        llvm::any_of(op.getUsers(), [&](Operation *user) { return isContraction(user) || operandViews.contains(user); }))
      operandViews.insert(&op);
}

void Clusters::classify() {
  findOperandViews();
  for (Operation &op : block) {
    if (!isInlinable(&op) || rankOf(op.getResult(0)) == 0 || mustBeStored(&op))
      continue;
    const unsigned cost = costWithProducers(&op);
    if (operandViews.contains(&op) || ((cost <= costOfLoad(&op) || !isUsedAgain(&op)) && sizes[&op] <= longest))
      floating.insert(&op);
  }
}

void Clusters::collectReads(Value value, ArrayRef<int> axes, SmallVectorImpl<Read> &reads,
                            DenseSet<Value> &seen) const {
  Operation *op = value.getDefiningOp();
  if (!op || !floats(op)) {
    reads.push_back({value, SmallVector<int>(axes)});
    return;
  }
  if (!seen.insert(value).second && isIdentity(axes))
    return;
  for (const Read &read : operandReads(op, axes))
    collectReads(read.value, read.axes, reads, seen);
}

SmallVector<Read> Clusters::readsOf(Operation *root) const {
  SmallVector<int> axes(llvm::to_vector(llvm::seq<int>(0, loopSizes(root).size())));
  SmallVector<Read> result;
  DenseSet<Value> seen;
  for (const Read &read : operandReads(root, axes))
    collectReads(read.value, read.axes, result, seen);
  return result;
}

void Clusters::addReads(Operation *root) {
  for (const Read &read : reads[root] = readsOf(root))
    readers[read.value].insert(root);
}

// ---------------------------------------------------------------- clusters

// What, before `root` if there is one, is made from the cluster's results outside of it; clusters as a whole. False if
// some of it has to stay before the root.
bool Clusters::usesBefore(const Cluster &cluster, Operation *root, DenseSet<Operation *> &users) const {
  SmallVector<Operation *> work(cluster.roots);
  while (!work.empty()) {
    Operation *made = work.pop_back_val();
    for (Operation *user : made->getUsers()) {
      Operation *here = block.findAncestorOpInBlock(*user);
      if ((root && order.lookup(here) >= order.lookup(root)) || llvm::is_contained(cluster.roots, here) ||
          !users.insert(here).second)
        continue;
      if (root && !isMemoryEffectFree(here))
        return false;
      work.push_back(here);
      if (auto other = clusterOf.find(here); other != clusterOf.end())
        for (Operation *together : list[other->second].roots)
          if (users.insert(together).second)
            work.push_back(together);
    }
  }
  return true;
}

// The operations that are not floating from which `op` is made.
void Clusters::collectSources(Operation *op, SmallVectorImpl<Operation *> &sources) const {
  DenseSet<Operation *> seen;
  SmallVector<Operation *> work{op};
  while (!work.empty())
    work.pop_back_val()->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *producer = operand.getDefiningOp();
        if (!producer || producer->getBlock() != &block || !seen.insert(producer).second)
          continue;
        (floats(producer) ? work : sources).push_back(producer);
      }
    });
}

// The kernel will stand where its last root stands, and what uses its results behind that: so the root must not need what
// the cluster's results are used for. `moves`: something has to go behind.
bool Clusters::waits(Operation *root, const Cluster &cluster, bool &moves) const {
  DenseSet<Operation *> users;
  if (!usesBefore(cluster, root, users))
    return true;
  SmallVector<Operation *> sources;
  collectSources(root, sources);
  moves = llvm::any_of(users, [&](Operation *user) { return !floats(user); });
  return llvm::any_of(sources, [&](Operation *source) { return users.contains(source); });
}

// A topological order, as near to the one that is there as can be. What has effects keeps its place among its like.
void Clusters::arrange() {
  if (!outOfOrder)
    return;
  struct Unit {
    SmallVector<Operation *> ops;
    unsigned place = 0, waitsFor = 0;
    SmallVector<size_t> users;
  };
  std::vector<Unit> units(list.size());
  DenseMap<Operation *, size_t> unitOf;
  for (Operation &op : block.without_terminator()) {
    if (floats(&op))
      continue;
    auto cluster = clusterOf.find(&op);
    const size_t unit = cluster != clusterOf.end() ? cluster->second : units.size();
    if (unit == units.size())
      units.emplace_back();
    units[unit].ops.push_back(&op);
    units[unit].place = order.lookup(&op);
    unitOf[&op] = unit;
  }
  auto follows = [&](size_t later, size_t earlier) {
    if (later == earlier || llvm::is_contained(units[earlier].users, later))
      return;
    units[earlier].users.push_back(later);
    ++units[later].waitsFor;
  };
  std::optional<size_t> lastEffect;
  for (Operation &op : block.without_terminator()) {
    if (floats(&op))
      continue;
    SmallVector<Operation *> sources;
    collectSources(&op, sources);
    for (Operation *source : sources)
      follows(unitOf.lookup(&op), unitOf.lookup(source));
    if (isMemoryEffectFree(&op))
      continue;
    if (lastEffect)
      follows(unitOf.lookup(&op), *lastEffect);
    lastEffect = unitOf.lookup(&op);
  }
  std::set<std::pair<unsigned, size_t>> ready;
  for (auto [number, unit] : llvm::enumerate(units))
    if (!unit.waitsFor)
      ready.insert({unit.place, number});
  while (!ready.empty()) {
    const size_t number = ready.begin()->second;
    ready.erase(ready.begin());
    for (Operation *op : units[number].ops)
      op->moveBefore(block.getTerminator());
    for (size_t user : units[number].users)
      if (--units[user].waitsFor == 0)
        ready.insert({units[user].place, user});
  }
}

bool Clusters::isNeededOutside(Value value, const Cluster &cluster) const {
  if (auto found = readers.find(value); found != readers.end())
    for (Operation *reader : found->second)
      if (!llvm::is_contained(cluster.roots, reader))
        return true;
  return llvm::any_of(value.getUsers(), [&](Operation *user) { return !floats(user) && !reads.contains(user); });
}

Fit Clusters::fitOf(Operation *root, const Cluster &cluster) const {
  if (goesAlone(root) || goesAlone(cluster.roots.front()))
    return Fit::Alone;
  const SmallVector<int64_t> sizes = loopSizes(root);
  const SmallVector<Read> &mine = reads.find(root)->second;
  bool dependent = false, shares = false, aligned = true;
  for (Operation *member : cluster.roots) {
    Value value = member->getResult(0);
    for (const Read &read : mine) {
      if (read.value == value) {
        dependent = true;
        aligned &= !read.axes.empty() && read.axes.front() == 0;
      }
      for (const Read &other : reads.find(member)->second)
        shares |= read.value == other.value && rankOf(read.value) > 0;
    }
  }
  if (!shares && !dependent)
    return Fit::Unrelated;
  if (dependent && !aligned)
    return Fit::OtherPlaces;
  Operation *last = cluster.roots.back();
  const bool samePositions = loopSizes(last) == sizes && isReduction(last) == isReduction(root) &&
                             rankOf(last->getResult(0)) == rankOf(root->getResult(0));
  const bool sameRows = dependent && rankOf(root->getResult(0)) > 0 && llvm::all_of(cluster.roots, [&](Operation *member) {
    return rankOf(member->getResult(0)) > 0 && loopSizes(member).front() == sizes.front();
  });
  if (!samePositions && !sameRows)
    return Fit::OtherLoops;
  if (cluster.roots.size() >= mostRoots)
    return Fit::Full;
  bool moves = false;
  if (waits(root, cluster, moves))
    return Fit::Waits;
  return samePositions ? Fit::SamePositions : Fit::SameRows;
}

SmallVector<Operation *> Clusters::members(const Cluster &cluster) const {
  llvm::SetVector<Operation *> found;
  SmallVector<Operation *> work(cluster.roots);
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (!found.insert(op))
      continue;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && floats(producer))
        work.push_back(producer);
  }
  SmallVector<Operation *> result(found.begin(), found.end());
  llvm::sort(result, [&](Operation *x, Operation *y) { return order.lookup(x) < order.lookup(y); });
  return result;
}

} // namespace ricci::fuse
