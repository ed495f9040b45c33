// Which loop of a nest becomes vectors: the one along which most arrays are read and written consecutively.
#include "Nest.h"

#include "Leaves.h"
#include "Reductions.h"

#include "dialects/Decision.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// What it costs or saves to have `dim` in vectors, for one array.
int score(const IndexSpace &space, ArrayRef<AffineExpr> at, unsigned dim) {
  if (!space.depends(at, dim))
    return 0;
  const bool onlyLast = !space.depends(at.drop_back(), dim);
  AffineExpr slope = space.coefficient(at.back(), dim);
  auto constant = slope ? dyn_cast<AffineConstantExpr>(slope) : AffineConstantExpr();
  if (onlyLast && constant && constant.getValue() == 1)
    return 2;
  if (onlyLast && constant && constant.getValue() == -1)
    return 1; // turned round after loading
  return -8; // a gather costs about as much as that many loads
}

} // namespace

Leaves leavesOf(Environment &env, IndexSpace &space, const Group &group, ArrayRef<AffineExpr> parallel,
                ArrayRef<AffineExpr> reduced) {
  Leaves leaves(env, space, group.known);
  Position at(group.outer);
  llvm::append_range(at, parallel);
  for (const Root &root : group.roots)
    if (root.reduces)
      leaves.expand({root.result, at}, reduced);
    else
      leaves.visit({root.result, at});
  for (const Rider &rider : group.riders)
    if (rider.row.empty())
      for (const Root &root : rider.roots)
        leaves.visit({root.result, placeOf(rider, group, parallel, reduced)});
  return leaves;
}

VectorChoice chooseVector(Environment &env, IndexSpace &space, const Group &group, ArrayRef<AffineExpr> parallel,
                          ArrayRef<AffineExpr> reduced) {
  if (llvm::any_of(group.roots, [](const Root &root) { return root.reduces && isArgReduction(root.op); }))
    return {};
  const Leaves leaves = leavesOf(env, space, group, parallel, reduced);
  int64_t elementBytes = 4;
  Position at(group.outer);
  llvm::append_range(at, parallel);
  for (const Root &root : group.roots)
    elementBytes = std::max(elementBytes, byteSize(cast<RankedTensorType>(root.result.getType()).getElementType()));

  const Position written = group.writer ? targetOf(group.writer, at, space, env).at : at;

  VectorChoice choice;
  int best = std::numeric_limits<int>::min();
  SmallVector<AffineExpr> dims(parallel);
  llvm::append_range(dims, reduced);
  for (auto [number, dim] : llvm::enumerate(dims)) {
    Value extent = number < parallel.size() ? group.extents[number] : group.reducedExtents[number - parallel.size()];
    const std::optional<int64_t> size = constantIndex(extent);
    if (size && *size <= 1)
      continue;
    const unsigned position = cast<AffineDimExpr>(dim).getPosition();
    int total = 0;
    for (const Element &leaf : leaves.arrays)
      total += score(space, leaf.at, position);
    if (number < parallel.size())
      total += static_cast<int>(group.roots.size()) * score(space, written, position);
    // Lanes of a scatter must not meet.
    if (group.writer && isa<ScatterOp>(group.writer) && score(space, written, position) <= 0)
      continue;
    if (size && *size < 4)
      total -= 4; // most lanes would idle
    choice.scores.push_back({number, total});
    if (total >= best) { // the last of equals
      best = total;
      choice.dim = number;
    }
  }
  // What does not vary along the loop is computed outside of it.
  choice.work = leaves.arrays.size();
  unsigned beside = 0; // for each term of a sum, but the same along the vectors
  for (const auto &[position, work] : leaves.operations)
    if (choice.dim < 0 || space.depends(position, cast<AffineDimExpr>(dims[choice.dim]).getPosition()))
      choice.work += work;
    else if (llvm::any_of(reduced, [&](AffineExpr dim) {
               return space.depends(position, cast<AffineDimExpr>(dim).getPosition());
             }))
      beside += work;
  if (choice.dim < 0)
    return choice;
  choice.score = best;

  const unsigned chosen = choice.dim;
  const unsigned position = cast<AffineDimExpr>(dims[chosen]).getPosition();
  for (const Element &leaf : leaves.arrays)
    if (space.depends(leaf.at, position))
      elementBytes = std::max(elementBytes, byteSize(cast<RankedTensorType>(leaf.tensor.getType()).getElementType()));
  choice.lanes = env.target.vectorBytes / elementBytes;
  Value extent = chosen < parallel.size() ? group.extents[chosen] : group.reducedExtents[chosen - parallel.size()];
  const std::optional<int64_t> size = constantIndex(extent);
  if (size)
    choice.lanes = std::min<int64_t>(choice.lanes, llvm::bit_ceil<uint64_t>(*size));
  // Independent sums hide the latency of one; a long body has enough independent work of its own.
  if (group.roots.front().reduces) {
    choice.copies = choice.work <= 4 ? 4 : choice.work <= 12 ? 2 : 1;
    // And what is the same for all vectors is computed once for several: sums of 10000 terms over 25×32 numbers with
    // weights of 25 took 1.5 times as long one vector at a time.
    if (chosen < parallel.size() && 4 * beside > choice.work)
      choice.copies = 4;
    while (size && choice.copies > 1 && *size < choice.copies * choice.lanes)
      choice.copies /= 2;
  }
  return choice;
}

void explainVector(Location loc, const Group &group, const VectorChoice &choice) {
  if (group.extents.empty() && group.reducedExtents.empty())
    return; // one element
  decide(loc, [&] {
    const size_t kept = group.extents.size();
    auto loop = [&](unsigned number) {
      const bool sums = number >= kept;
      const size_t axis = sums ? number - kept : group.outer.size() + number;
      Value extent = sums ? group.reducedExtents[number - kept] : group.extents[number];
      std::optional<int64_t> size = constantIndex(extent);
      return (sums ? "reduced axis " : "axis ") + std::to_string(axis) + (size ? " of " + std::to_string(*size) : "");
    };
    Decision decision{.kind = Decision::Kind::Vector, .what = "", .reason = "", .unit = "points"};
    Operation *op = group.writer ? group.writer : group.roots.front().op;
    const std::string name = op ? spelling(op) : "an argument's elements";
    for (auto [number, points] : choice.scores)
      decision.candidates.push_back({loop(number), double(points)});
    if (choice.dim < 0) {
      decision.what = "the loops of " + name + " have no vectors";
      decision.reason = choice.scores.empty() ? "there is no loop of more than one turn that vectors could run along"
                                              : "lanes along any loop would write the same element";
      decision.refused = true;
      return decision;
    }
    for (auto [number, candidate] : llvm::enumerate(choice.scores))
      if (candidate.first == static_cast<unsigned>(choice.dim))
        decision.chosen = number;
    decision.what = "the loops of " + name + " have vectors of " + std::to_string(choice.lanes) + " lanes along " +
                    loop(choice.dim) + (choice.copies > 1 ? ", " + std::to_string(choice.copies) + " at a time" : "");
    decision.reason = choice.score < 0 ? "fewest arrays are gathered there" : "most arrays are contiguous there";
    if (choice.score < 0)
      decision.edit = "arrays whose last index is that of the loop are read whole vectors at a time";
    return decision;
  });
}

Value workOf(Emit emit, const VectorChoice &choice, ArrayRef<Value> extents, ArrayRef<Value> reducedExtents,
             std::optional<unsigned> without) {
  Value work = emit.index(std::max(choice.work, 1u));
  for (size_t number = 0; number < extents.size() + reducedExtents.size(); ++number) {
    if (number == without)
      continue;
    Value extent = number < extents.size() ? extents[number] : reducedExtents[number - extents.size()];
    if (static_cast<int>(number) == choice.dim)
      extent = emit.builder.createOrFold<arith::DivUIOp>(emit.loc, emit.add(extent, emit.index(choice.lanes - 1)),
                                                         emit.index(choice.lanes));
    work = emit.mul(work, extent);
  }
  return work;
}

std::optional<unsigned> loopToShare(ArrayRef<Value> extents, int vectorDim) {
  constexpr int64_t many = 16; // threads there may be
  std::optional<unsigned> some;
  for (auto [number, extent] : llvm::enumerate(extents)) {
    const int64_t size = constantIndex(extent).value_or(many);
    if (static_cast<int>(number) == vectorDim || size <= 1)
      continue;
    if (size >= many)
      return number;
    if (!some)
      some = number;
  }
  if (!some && vectorDim >= 0 && static_cast<size_t>(vectorDim) < extents.size())
    some = vectorDim;
  return some;
}

} // namespace ricci::lower
