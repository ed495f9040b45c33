#include "Riders.h"

#include "KernelRoots.h"
#include "Reductions.h"

#include "dialects/Decision.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Rows that begin within a vector are stored past the caches one at a time, if so many sums across them stay near: with
// 2001×2001 to 4003×4003 f64 gemver takes 1/1.2 to 1/1.4 of the time of two nests.
constexpr int64_t mostSumsOfRow = 16384;

bool isKnown(Value condition) { return constantIndex(condition).value_or(0); }

const Storage &memoryOf(const Group &group, Value result) {
  auto named = [&](const Root &root) { return root.result == result; };
  const auto *root = llvm::find_if(group.roots, named);
  if (root != group.roots.end())
    return *root->memory;
  for (const Rider &rider : group.riders)
    if (root = llvm::find_if(rider.roots, named); root != rider.roots.end())
      return *root->memory;
  llvm_unreachable("a group's result");
}

unsigned rankOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

// A sum along the row, for the loops of which others may ask.
bool canHost(const Group &group, const VectorChoice &choice) {
  return group.roots.front().reduces && !isArgReduction(group.roots.front().op) && !group.writer &&
         group.extents.empty() && group.reducedExtents.size() == 1 && choice.dim == 0;
}

bool canRide(const Group &group) {
  return !group.roots.front().reduces && !group.writer && group.extents.size() == 1 && group.riders.empty() &&
         (!group.streams || isKnown(group.streams));
}

VectorChoice choiceInRow(Environment &env, const Group &group, unsigned outer, const DenseSet<Value> &known) {
  IndexSpace space(env.builder.getContext());
  const Group inside = insideRows(space, group, outer, known);
  const Loops loops = openLoops(space, inside);
  return chooseVector(env, space, inside, loops.parallel, loops.reduced);
}

bool readsAsSubscript(const IndexSpace &space, const DenseSet<Value> &known) {
  for (unsigned number = 0; number < space.symbolCount(); ++number)
    if (const IndexSpace::Symbol symbol = space.symbol(number);
        symbol.kind == IndexSpace::Symbol::Element && known.contains(symbol.element.tensor))
      return true;
  return false;
}

// Which of the known values a group reads in its row: those of one element a row, and those of which it reads the
// element of the loop at hand. Nothing if it reads others.
struct RowReads {
  SetVector<Value> scalars, elements;
};
std::optional<RowReads> readsInRow(Environment &env, const Group &group, unsigned outer, const DenseSet<Value> &known) {
  IndexSpace space(env.builder.getContext());
  const Group inside = insideRows(space, group, outer, known);
  const Loops loops = openLoops(space, inside);
  Position place(inside.outer);
  llvm::append_range(place, loops.parallel);
  llvm::append_range(place, loops.reduced);
  RowReads reads;
  for (const Element &leaf : leavesOf(env, space, inside, loops.parallel, loops.reduced).arrays) {
    if (!known.contains(leaf.tensor))
      continue;
    const bool isScalar = rankOf(leaf.tensor) == outer;
    if (!isScalar && (leaf.at != place || leaf.guard))
      return std::nullopt;
    (isScalar ? reads.scalars : reads.elements).insert(leaf.tensor);
  }
  return readsAsSubscript(space, known) ? std::nullopt : std::optional(reads);
}

bool ridesWith(Environment &env, const Group &rider, const Group &host, unsigned outer, const DenseSet<Value> &known) {
  if (!canRide(rider) || !sameSizes(rider.extents, host.reducedExtents))
    return false;
  const VectorChoice alone = choiceInRow(env, rider, outer, known), choice = choiceInRow(env, host, outer, known);
  if (!canHost(host, choice) || alone.dim != 0 || alone.lanes != choice.lanes)
    return false;
  DenseSet<Value> all = known;
  addResults(rider, all);
  return readsInRow(env, host, outer, all).has_value();
}

// Whether a sum may read only some of a rider's elements: what an einsum or an elementwise operation reads has the
// sizes of its loops, also where only the run tells them.
bool readsPart(Environment &env, const Group &sum, const Group &rider) {
  SmallVector<Operation *> work;
  for (const Root &root : sum.roots)
    work.push_back(root.op);
  DenseSet<Operation *> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (isa<GatherOp>(op))
      return true;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp();
          producer && !env.find(operand) && seen.insert(producer).second &&
          llvm::none_of(rider.roots, [&](const Root &root) { return root.op == producer; }))
        work.push_back(producer);
  }
  return false;
}

// The loops of a sum across rows, or of all elements, that are those of a group whose elements it sums, axis by axis.
// Nothing if the sum reads them elsewhere, or would not store them as the group does alone. A sum of all is a number,
// which the code after two branches does not have.
std::optional<SmallVector<unsigned, 2>> loopsInSum(Environment &env, const Group &rider, const Group &sum) {
  if (rider.roots.front().reduces || rider.writer || !rider.riders.empty() ||
      (rider.streams && !isKnown(rider.streams) && sum.extents.empty()) || !sum.roots.front().reduces ||
      isArgReduction(sum.roots.front().op))
    return std::nullopt;
  IndexSpace space(env.builder.getContext());
  Group host = sum;
  addResults(rider, host.known);
  const Loops loops = openLoops(space, host);
  SmallVector<AffineExpr> dims(loops.parallel);
  llvm::append_range(dims, loops.reduced);
  SmallVector<Value> extents(host.extents);
  llvm::append_range(extents, host.reducedExtents);
  std::optional<SmallVector<unsigned, 2>> found;
  for (const Element &leaf : leavesOf(env, space, host, loops.parallel, loops.reduced).arrays) {
    if (!host.known.contains(leaf.tensor))
      continue;
    SmallVector<unsigned, 2> along;
    for (AffineExpr expr : leaf.at)
      along.push_back(llvm::find(dims, expr) - dims.begin());
    if (leaf.guard || along.size() != dims.size() || (found && *found != along))
      return std::nullopt;
    found = std::move(along);
  }
  if (!found || readsAsSubscript(space, host.known))
    return std::nullopt;
  for (unsigned loop = 0; loop < dims.size(); ++loop)
    if (llvm::count(*found, loop) != 1)
      return std::nullopt;
  for (auto [loop, extent] : llvm::zip_equal(*found, rider.extents))
    if (!sameSize(extents[loop], extent) && readsPart(env, sum, rider))
      return std::nullopt;
  const VectorChoice alone = choiceInRow(env, rider, 0, {}), choice = choiceInRow(env, host, 0, {});
  const bool isAlongRows = choice.dim >= 0 && static_cast<unsigned>(choice.dim) == found->back();
  if (!isAlongRows || alone.dim + 1 != static_cast<int>(rider.extents.size()) || alone.lanes != choice.lanes)
    return std::nullopt;
  if (rider.streams && rider.offLines && found->back() < host.extents.size()) {
    Emit emit = env.at(sum.roots.front().op->getLoc());
    const std::optional<int64_t> sums = constantIndex(emit.product(host.extents));
    if (host.reducedExtents.size() != 1 || !sums || *sums > mostSumsOfRow)
      return std::nullopt;
  }
  return found;
}

void explainRider(const Group &rider, const Group &host) {
  Operation *op = rider.roots.front().op;
  decide(op->getLoc(), [&] {
    return Decision{.kind = Decision::Kind::Fusion,
                    .what = spelling(op) + " is stored in the loop of " + spelling(host.roots.front().op),
                    .reason = "that goes along the same elements"};
  });
}

} // namespace

std::vector<Group> withRiders(Environment &env, ArrayRef<Group> groups, unsigned outer) {
  std::vector<DenseSet<Value>> known(1);
  for (const Group &group : groups) {
    known.push_back(known.back());
    addResults(group, known.back());
  }
  std::vector<Group> rows;
  for (size_t number = groups.size(); number-- > 0;) {
    const Group &group = groups[number];
    if (rows.empty() || !ridesWith(env, group, rows.front(), outer, known[number])) {
      rows.insert(rows.begin(), group);
      continue;
    }
    std::vector<Rider> &riders = rows.front().riders;
    riders.insert(riders.begin(), Rider{group.roots, {0}, static_cast<bool>(group.streams), group.offLines});
    explainRider(group, rows.front());
  }
  return rows;
}

std::optional<Group> withRider(Environment &env, const Group &rider, const Group &sum) {
  const std::optional<SmallVector<unsigned, 2>> loops = loopsInSum(env, rider, sum);
  if (!loops)
    return std::nullopt;
  Group host = sum;
  host.riders.push_back({rider.roots, *loops, /*streams=*/false, rider.offLines});
  host.streams = rider.streams;
  explainRider(rider, host);
  return host;
}

std::optional<LateGroup> lateGroup(Environment &env, ArrayRef<Group> groups, unsigned outer) {
  if (groups.size() < 2 || !canRide(groups.back()) || !groups.back().streams)
    return std::nullopt;
  const Group &last = groups.back();
  LateGroup late;
  unsigned most = 0;
  DenseMap<Value, size_t> writers;
  DenseSet<Value> known;
  for (auto [number, group] : llvm::enumerate(groups.drop_back()))
    for (Value result : resultsOf(group)) {
      writers[result] = number;
      known.insert(result);
    }
  const VectorChoice own = choiceInRow(env, last, outer, known);
  forEachInRow(env, groups.drop_back(), outer, {},
               [&](size_t number, IndexSpace &, const Group &inside, const Loops &, const VectorChoice &choice) {
                 if (canHost(inside, choice) && sameSizes(inside.reducedExtents, last.extents) && own.dim == 0 &&
                     own.lanes == choice.lanes && choice.work >= most) {
                   most = choice.work;
                   late.host = number;
                 }
               });
  if (!most)
    return std::nullopt;
  std::optional<RowReads> reads = readsInRow(env, last, outer, known);
  // The row's own elements are there until the host stores those of the next.
  if (!reads || llvm::any_of(reads->elements, [&](Value value) { return writers[value] < late.host; }))
    return std::nullopt;
  late.scalars = reads->scalars.takeVector();
  for (Value element : reads->elements)
    late.elements.emplace_back(element, memoryOf(groups[writers[element]], element));
  Operation *op = last.roots.front().op;
  decide(op->getLoc(), [&] {
    return Decision{.kind = Decision::Kind::Storage,
                    .what = "a row of " + spelling(op) + " is stored in the loop of " +
                            spelling(groups[late.host].roots.front().op) + " of the next row",
                    .reason = "the processor computes while memory is written"};
  });
  return late;
}

void emitLateRows(Environment &env, Evaluator &evaluator, ArrayRef<Group> groups, const LateGroup &late,
                  const Position &row, unsigned axis, Value first, Value end) {
  Emit emit = evaluator.emit();
  std::vector<Group> rows = groups.drop_back().vec();
  Group last = groups.back();
  Position before(row), final(row);
  for (Position *other : {&before, &final})
    (*other)[axis] = evaluator.space.newDim();
  rows[late.host].riders.insert(rows[late.host].riders.begin(),
                                Rider{last.roots, {0}, true, last.offLines, before, late.elements});
  // Before there is a row its place takes what comes of nothing, and is stored again by the next.
  SmallVector<Value> nothing;
  for (Value scalar : late.scalars)
    nothing.push_back(emit.constant(getElementTypeOrSelf(scalar), 0));
  auto rememberAt = [&](const Position &place, ValueRange scalars) {
    for (auto [scalar, value] : llvm::zip_equal(late.scalars, scalars))
      evaluator.remember({scalar, place}, {value, evaluator.depth()});
  };
  const SmallVector<Value> scalars =
      evaluator.loop(row[axis], first, end, 1, /*mayBeEmpty=*/false, nothing, [&](ValueRange carried) {
        Emit inside = evaluator.emit();
        Value previous = inside.max(inside.sub(evaluator.scalarIndex(row[axis]).value, inside.index(1)), first);
        return evaluator.fixed(before[axis], previous, carried, [&](ValueRange carried) {
          rememberAt(before, carried);
          emitRow(env, evaluator, rows, row);
          SmallVector<Value> next;
          for (Value scalar : late.scalars)
            next.push_back(evaluator.element({scalar, row}).value);
          return next;
        });
      });
  evaluator.fixed(final[axis], emit.sub(end, emit.index(1)), scalars, [&](ValueRange carried) {
    rememberAt(final, carried);
    last.outer = final;
    for (const Group &group : rows)
      addResults(group, last.known);
    emitNest(env, evaluator, last);
    return SmallVector<Value>();
  });
}

} // namespace ricci::lower
