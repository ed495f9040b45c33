// How many outer loops the nests of a kernel can share.
#include "KernelRoots.h"

#include "Leaves.h"
#include "Reductions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Vectors of a row that its nests keep in registers: with 16 numbers in rows of unknown length a softmax took 1.45
// (f32) and 1.2 times (f64) as long in loops. From three on loops cost little.
constexpr unsigned mostFewVectors = 2;
// Shorter sums lose little by any order of their terms.
constexpr int64_t shortSum = 64;

struct Rows {
  Environment &env;
  ArrayRef<Group> groups;

  // The first dimensions of all results have the same sizes.
  unsigned commonRank() const {
    unsigned rank = groups.front().extents.size();
    for (const Group &group : groups) {
      rank = std::min<unsigned>(rank, group.extents.size());
      for (unsigned axis = 0; axis < rank; ++axis)
        if (!sameSize(group.extents[axis], groups.front().extents[axis]))
          rank = axis;
    }
    return rank;
  }

  // Whether every group needs of the others' results only the row at hand, vectorises as well as it does alone, and
  // goes through memory as well.
  bool fits(unsigned rank) const {
    IndexSpace space(env.builder.getContext());
    Position outer;
    for (unsigned axis = 0; axis < rank; ++axis)
      outer.push_back(space.newDim());
    DenseSet<Value> known;
    for (const Group &whole : groups) {
      Group group = whole;
      group.known = known;
      SmallVector<AffineExpr> parallel, reduced;
      for (size_t axis = 0; axis < group.extents.size(); ++axis)
        parallel.push_back(axis < rank ? outer[axis] : space.newDim());
      for (size_t axis = 0; axis < group.reducedExtents.size(); ++axis)
        reduced.push_back(space.newDim());
      if (!readsOnlyRows(group, space, outer, parallel, reduced))
        return false;
      const VectorChoice alone = chooseVector(env, space, group, parallel, reduced);
      group.outer = outer;
      group.extents.erase(group.extents.begin(), group.extents.begin() + rank);
      const VectorChoice inside = chooseVector(env, space, group, ArrayRef(parallel).drop_front(rank), reduced);
      if (inside.score < 0 && alone.score >= 0)
        return false;
      if (stepsOverRows(group, space, outer, ArrayRef(parallel).drop_front(rank), reduced))
        return false;
      for (const Root &root : group.roots)
        known.insert(root.result);
    }
    return true;
  }

  // Whether a row's sum takes a piece here and there of an array that holds all rows' terms side by side: alone it
  // would go through the array once. 10000 terms of 25 rows of 32 numbers took three times as long row by row.
  bool stepsOverRows(const Group &group, IndexSpace &space, ArrayRef<AffineExpr> outer, ArrayRef<AffineExpr> parallel,
                     ArrayRef<AffineExpr> reduced) const {
    auto isLong = [](Value extent) { return constantIndex(extent).value_or(shortSum) >= shortSum; };
    if (llvm::none_of(group.reducedExtents, isLong))
      return false;
    auto dependsOn = [&](AffineExpr expr, ArrayRef<AffineExpr> dims) {
      return llvm::any_of(dims,
                          [&](AffineExpr dim) { return space.depends(expr, cast<AffineDimExpr>(dim).getPosition()); });
    };
    return llvm::any_of(leavesOf(env, space, group, parallel, reduced).arrays, [&](const Element &leaf) {
      auto *sum = llvm::find_if(leaf.at, [&](AffineExpr expr) { return dependsOn(expr, reduced); });
      return llvm::any_of(ArrayRef(sum, leaf.at.end()), [&](AffineExpr expr) { return dependsOn(expr, outer); });
    });
  }

  bool readsOnlyRows(const Group &group, IndexSpace &space, ArrayRef<AffineExpr> outer, ArrayRef<AffineExpr> parallel,
                     ArrayRef<AffineExpr> reduced) const {
    Leaves leaves(env, space, group.known);
    for (const Root &root : group.roots) {
      Element element{root.result, Position(parallel)};
      root.reduces ? leaves.expand(element, reduced) : leaves.visit(element);
    }
    // Subscripts are read too; what they are made of may have more of them.
    for (unsigned number = 0; number < space.symbolCount(); ++number)
      if (const IndexSpace::Symbol symbol = space.symbol(number); symbol.kind == IndexSpace::Symbol::Element)
        leaves.visit(symbol.element);
    return llvm::all_of(leaves.arrays, [&](const Element &leaf) {
      return !group.known.contains(leaf.tensor) || ArrayRef(leaf.at).take_front(outer.size()) == outer;
    });
  }
};

// The extent that all groups have vectors along, with the lanes of one, and no masks yet.
std::optional<FewVectors> alongVectors(Environment &env, ArrayRef<Group> groups, unsigned outer) {
  std::optional<FewVectors> found;
  bool differ = false;
  forEachInRow(env, groups, outer, {},
               [&](size_t, IndexSpace &, const Group &inside, const Loops &loops, const VectorChoice &choice) {
                 if (choice.dim < 0)
                   return;
                 Value extent = vectorLoopOf(inside, choice, loops.parallel, loops.reduced).extent;
                 differ |= found && (found->lanes != choice.lanes || !sameSize(found->extent, extent));
                 found = FewVectors{extent, choice.lanes, {}};
               });
  return differ ? std::nullopt : found;
}

// Rows of unknown length in code for one vector, for two, or for any number. Arrays that are stored past the caches
// want whole vectors.
void eitherFewVectors(Environment &env, Location loc, const std::optional<FewVectors> &along, ArrayRef<Group> groups,
                      unsigned count, llvm::function_ref<void(const std::optional<FewVectors> &)> emitRows) {
  Emit emit = env.at(loc);
  const std::optional<int64_t> size = along ? constantIndex(along->extent) : std::nullopt;
  if (!along || count > mostFewVectors || (size && *size > mostFewVectors * along->lanes))
    return emitRows({});
  FewVectors few = *along;
  const unsigned vectors = size ? llvm::divideCeil(*size, few.lanes) : count;
  for (unsigned number = 0; number < vectors; ++number) {
    const int64_t first = int64_t(number) * few.lanes;
    few.masks.push_back(size && *size >= first + few.lanes
                            ? Value()
                            : emit.firstLanes(emit.sub(few.extent, emit.index(first)), few.lanes));
  }
  if (size)
    return emitRows(few);
  Value fits =
      arith::CmpIOp::create(env.builder, loc, arith::CmpIPredicate::ule, few.extent, emit.index(count * few.lanes));
  Value no = emit.constant(env.builder.getBoolAttr(false));
  for (const Group &group : groups)
    if (group.streams)
      fits = arith::SelectOp::create(env.builder, loc, group.streams, no, fits);
  auto inFewVectors = [&] {
    emitRows(few);
    for (const Group &group : groups)
      for (Value result : resultsOf(group))
        env.forget(result);
  };
  emit.either(fits, inFewVectors, [&] { eitherFewVectors(env, loc, along, groups, count + 1, emitRows); });
}

} // namespace

unsigned sharedRank(Environment &env, ArrayRef<Group> groups) {
  if (groups.size() < 2 || llvm::none_of(groups, [](const Group &group) { return group.roots.front().reduces; }))
    return 0;
  const Rows rows{env, groups};
  unsigned rank = rows.commonRank();
  while (rank && !rows.fits(rank))
    --rank;
  return rank;
}

SmallVector<Value> resultsOf(const Group &group) {
  SmallVector<Value> results;
  auto add = [&](ArrayRef<Root> roots) {
    for (const Root &root : roots)
      results.push_back(root.result);
  };
  add(group.roots);
  for (const Rider &rider : group.riders)
    if (rider.row.empty())
      add(rider.roots);
  return results;
}

void addResults(const Group &group, DenseSet<Value> &known) {
  for (Value result : resultsOf(group))
    known.insert(result);
}

Loops openLoops(IndexSpace &space, const Group &group) {
  Loops loops;
  for (size_t axis = 0; axis < group.extents.size(); ++axis)
    loops.parallel.push_back(space.newDim());
  for (size_t axis = 0; axis < group.reducedExtents.size(); ++axis)
    loops.reduced.push_back(space.newDim());
  return loops;
}

Group insideRows(IndexSpace &space, Group group, unsigned rows, const DenseSet<Value> &known) {
  for (unsigned axis = 0; axis < rows; ++axis)
    group.outer.push_back(space.newDim());
  group.known = known;
  return group;
}

void forEachInRow(Environment &env, ArrayRef<Group> groups, unsigned rows, DenseSet<Value> known, RowVisitor visit) {
  for (auto [number, group] : llvm::enumerate(groups)) {
    IndexSpace space(env.builder.getContext());
    const Group inside = insideRows(space, group, rows, known);
    const Loops loops = openLoops(space, inside);
    visit(number, space, inside, loops, chooseVector(env, space, inside, loops.parallel, loops.reduced));
    addResults(group, known);
  }
}

VectorLoop vectorLoopOf(const Group &group, const VectorChoice &choice, ArrayRef<AffineExpr> parallel,
                        ArrayRef<AffineExpr> reduced) {
  const size_t number = choice.dim, kept = parallel.size();
  return number < kept ? VectorLoop{parallel[number], group.extents[number]}
                       : VectorLoop{reduced[number - kept], group.reducedExtents[number - kept]};
}

Value rowWork(Environment &env, Location loc, ArrayRef<Group> groups, unsigned outer, DenseSet<Value> known) {
  Emit emit = env.at(loc);
  Value work = emit.index(0);
  forEachInRow(env, groups, outer, std::move(known),
               [&](size_t, IndexSpace &, const Group &inside, const Loops &, const VectorChoice &choice) {
                 work = emit.add(work, workOf(emit, choice, inside.extents, inside.reducedExtents));
               });
  return work;
}

void inFewVectors(Environment &env, Location loc, ArrayRef<Group> groups, unsigned outer,
                  llvm::function_ref<void(const std::optional<FewVectors> &)> emitRows) {
  eitherFewVectors(env, loc, alongVectors(env, groups, outer), groups, /*count=*/1, emitRows);
}

void emitRow(Environment &env, Evaluator &evaluator, MutableArrayRef<Group> groups, const Position &dims,
             std::optional<FewVectors> few) {
  DenseSet<Value> known;
  if (few)
    few->dim = evaluator.space.newDim();
  for (Group &group : groups) {
    group.outer = dims;
    group.known = known;
    group.few = few;
    evaluator.setLocation(group.roots.front().op->getLoc());
    emitNest(env, evaluator, group);
    addResults(group, known);
    auto define = [&](ArrayRef<Root> roots) {
      for (const Root &root : roots)
        if (root.memory)
          env.define(root.result, *root.memory);
    };
    if (!group.extents.empty())
      define(group.roots);
    for (const Rider &rider : group.riders)
      if (rider.row.empty())
        define(rider.roots);
  }
}

} // namespace ricci::lower
