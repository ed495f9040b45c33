#include "Streaming.h"

#include "dialects/Decision.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Bytes of a result from which on it is stored past the caches: such an array is out of the second-level cache, and of most of
// a shared last level, before anyone reads it. Below, the next reader finds a part of it.
constexpr int64_t beyondCaches = 32 << 20;
// Bytes of a row up to which the processor's own look-ahead reaches into the next.
constexpr int64_t shortRow = 1024;
// Bytes of an array from which on it is fetched ahead of where it is read: more than a second-level cache holds. Of smaller ones it
// gains nothing, and costs up to a third where they are in the first level.
constexpr int64_t beyondSecondLevel = 4 << 20;
// How far ahead: what a core reads from memory in the time that a line takes. The processor's own look-ahead ends with the page,
// so in pages of 4 KB a sum over 40 MB gains 1.6 times, a sum of two such arrays 1.1 times; in huge pages 1.1 and 1.2 times.
constexpr int64_t fetchDistance = 4096;

int64_t bytesOf(Type element) { return std::max<int64_t>(1, byteSize(element)); }

} // namespace

void planStreaming(Environment &env, Location loc, Group &group) {
  if (group.extents.empty() || group.writer)
    return;
  const Storage *array = nullptr;
  int64_t narrowest = 8;
  for (const Root &root : group.roots)
    if (!root.reduces && root.memory && root.memory->isFresh && !root.memory->outer) {
      array = &*root.memory;
      narrowest = std::min(narrowest, bytesOf(array->element));
    }
  if (!array)
    return;
  Emit emit = env.at(loc);
  Value bytes = emit.mul(emit.product(array->sizes), emit.index(bytesOf(array->element)));
  const int64_t least = env.options.streamBytes ? env.options.streamBytes : beyondCaches;
  const std::optional<int64_t> known = constantIndex(bytes);
  if (known && *known < least)
    return;
  Value large = arith::CmpIOp::create(emit.builder, loc, arith::CmpIPredicate::uge, bytes, emit.index(least));
  // Allocated memory is aligned; so are all rows if one is a whole number of vectors.
  if (array->sizes.size() > 1) {
    Value rest = emit.floorMod(array->sizes.back(), emit.index(env.target.vectorBytes / narrowest));
    Value whole = arith::CmpIOp::create(emit.builder, loc, arith::CmpIPredicate::eq, rest, emit.index(0));
    large = arith::AndIOp::create(emit.builder, loc, large, whole);
  }
  group.streams = large;
  decide(loc, [&] {
    const std::string size = std::to_string(least >> 20) + " MB";
    return Decision{.kind = Decision::Kind::Storage,
                    .what = "a result of " + spelling(group.roots.front().op) + " is stored past the caches" +
                            (known ? "" : " where it has " + size + " or more"),
                    .reason = "a plain store would read each line first, and drive out what is still to be read"};
  });
}

void planPrefetch(Environment &env, std::vector<Group> &groups, unsigned outer, unsigned innermost) {
  struct Best {
    Group *group;
    unsigned work;
  };
  llvm::MapVector<Value, Best> best;
  DenseSet<Value> known;
  for (Group &group : groups) {
    IndexSpace space(env.builder.getContext());
    const Group inside = insideRows(space, group, outer, known);
    const auto [parallel, reduced] = openLoops(space, inside);
    const VectorChoice choice = chooseVector(env, space, inside, parallel, reduced);
    for (const Root &root : group.roots)
      known.insert(root.result);
    if (choice.dim < 0)
      continue;
    const bool isParallel = static_cast<size_t>(choice.dim) < parallel.size();
    AffineExpr dim = isParallel ? parallel[choice.dim] : reduced[choice.dim - parallel.size()];
    Value extent = isParallel ? group.extents[choice.dim] : group.reducedExtents[choice.dim - parallel.size()];
    for (const Element &leaf : leavesOf(env, space, inside, parallel, reduced).arrays) {
      const Storage *array = env.find(leaf.tensor);
      if (!array || !array->pointer || array->outer || leaf.guard || leaf.at.empty() || leaf.at.back() != dim ||
          !llvm::is_contained(leaf.at, inside.outer[innermost]))
        continue;
      if (std::optional<int64_t> length = constantIndex(extent); length && *length * bytesOf(array->element) <= shortRow)
        continue;
      auto [entry, isNew] = best.try_emplace(leaf.tensor, Best{&group, choice.work});
      if (!isNew && entry->second.work < choice.work)
        entry->second = {&group, choice.work};
    }
  }
  for (auto [array, chosen] : best) {
    chosen.group->ahead.push_back(array);
    chosen.group->innermost = innermost;
  }
}

SmallVector<Fetch> fetchesOf(Environment &env, IndexSpace &space, const Group &group, ArrayRef<AffineExpr> parallel,
                             ArrayRef<AffineExpr> reduced, AffineExpr vectorDim, bool large) {
  SmallVector<Fetch> fetches;
  if (!group.outer.empty()) {
    if (group.ahead.empty())
      return fetches;
    AffineExpr row = group.outer[group.innermost];
    for (Element leaf : leavesOf(env, space, group, parallel, reduced).arrays) {
      if (leaf.guard || !llvm::is_contained(group.ahead, leaf.tensor))
        continue;
      for (AffineExpr &expr : leaf.at)
        expr = expr.replace(row, row + 1);
      fetches.push_back({std::move(leaf), 0});
    }
    return fetches;
  }
  Position order(parallel);
  llvm::append_range(order, reduced);
  if (order.back() != vectorDim)
    return fetches;
  const int64_t least = env.options.streamBytes ? env.options.streamBytes : beyondSecondLevel;
  for (Element &leaf : leavesOf(env, space, group, parallel, reduced).arrays) {
    const auto type = cast<RankedTensorType>(leaf.tensor.getType());
    const bool isLong = type.hasStaticShape() ? type.getNumElements() * bytesOf(type.getElementType()) >= least : large;
    if (isLong && !leaf.guard && leaf.at == order)
      fetches.push_back({std::move(leaf), fetchDistance});
  }
  return fetches;
}

} // namespace ricci::lower
