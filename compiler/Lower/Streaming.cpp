#include "Streaming.h"

#include "dialects/Decision.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Bytes of a result from which on it is stored past the caches: with what it is computed from it is out of a
// third-level cache then, whose share a core has to itself is smaller than the cache. On Emerald Rapids a sum of two
// arrays gains 1.5 times at 13 MB, 2 at 18 MB. Alone it would gain from 2 MB on, but the next reader finds it in the
// cache.
constexpr int64_t beyondCaches = 12 << 20;
// Bytes of a row up to which the processor's own look-ahead reaches into the next.
constexpr int64_t shortRow = 1024;
// Bytes of an array from which on it is fetched ahead of where it is read: more than a second-level cache holds. Of smaller ones it
// gains nothing, and costs up to a third where they are in the first level.
constexpr int64_t beyondSecondLevel = 4 << 20;
// How far ahead: what a core reads from memory in the time that a line takes. The processor's own look-ahead ends with the page,
// so in pages of 4 KB a sum over 40 MB gains 1.6 times, a sum of two such arrays 1.1 times; in huge pages 1.1 and 1.2 times.
constexpr int64_t fetchDistance = 4096;

// Vectors of a row that begins within one, from which on the way to its first whole one is worth it: an element by
// itself is stored 1.3 to 1.9 times as fast from 4 on; softmax, which takes it in several passes, loses up to a quarter
// with 4, nothing with 9, and gains 1.3 times with 30.
constexpr int64_t leastVectors = 4, leastVectorsInRows = 9;

// Whether `dim` runs along the elements of a row, and nowhere else as along a diagonal.
bool isAlongRow(const IndexSpace &space, const Element &leaf, AffineExpr dim) {
  return !leaf.at.empty() && leaf.at.back() == dim &&
         !space.depends(ArrayRef(leaf.at).drop_back(), cast<AffineDimExpr>(dim).getPosition());
}

int64_t bytesOf(Type element) { return std::max<int64_t>(1, byteSize(element)); }

// Those of an array whose sizes are known.
std::optional<int64_t> bytesOf(Value tensor) {
  const auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  return type.getNumElements() * bytesOf(type.getElementType());
}

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
  Value large = emit.builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::uge, bytes, emit.index(least));
  // Allocated memory is aligned; so are all rows if one is a whole number of vectors. Others have a whole vector
  // somewhere.
  if (array->sizes.size() > 1) {
    const int64_t lanes = env.target.vectorBytes / narrowest;
    Value rest = emit.floorMod(array->sizes.back(), emit.index(lanes));
    if (constantIndex(rest).value_or(0)) {
      group.offLines = true;
      const bool isInRows = group.extents.size() < array->sizes.size();
      if (*constantIndex(array->sizes.back()) < (isInRows ? leastVectorsInRows : leastVectors) * lanes)
        return;
    } else {
      Value whole = emit.builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::eq, rest, emit.index(0));
      large = emit.builder.createOrFold<arith::AndIOp>(loc, large, whole);
    }
  }
  if (constantIndex(large) == 0)
    return;
  group.streams = large;
  decide(loc, [&] {
    const std::string size = std::to_string(least >> 20) + " MB";
    return Decision{.kind = Decision::Kind::Storage,
                    .what = "a result of " + spelling(group.roots.front().op) + " is stored past the caches" +
                            (known ? "" : " where it has " + size + " or more"),
                    .reason = "a plain store would read each line first, and drive out what is still to be read"};
  });
}

void planPrefetch(Environment &env, MutableArrayRef<Group> groups, unsigned outer, unsigned innermost) {
  struct Reader {
    Group *group;
    unsigned work;
  };
  llvm::MapVector<Value, SmallVector<Reader>> readers;
  auto add = [&](size_t number, IndexSpace &space, const Group &inside, const Loops &loops,
                 const VectorChoice &choice) {
    if (choice.dim < 0)
      return;
    const auto [dim, extent] = vectorLoopOf(inside, choice, loops.parallel, loops.reduced);
    for (const Element &leaf : leavesOf(env, space, inside, loops.parallel, loops.reduced).arrays) {
      const Storage *array = env.find(leaf.tensor);
      if (!array || !array->pointer || array->outer || leaf.guard || !isAlongRow(space, leaf, dim) ||
          !llvm::is_contained(leaf.at, inside.outer[innermost]))
        continue;
      if (std::optional<int64_t> length = constantIndex(extent); length && *length * bytesOf(array->element) <= shortRow)
        continue;
      SmallVector<Reader> &all = readers[leaf.tensor];
      if (all.empty() || all.back().group != &groups[number])
        all.push_back({&groups[number], choice.work});
    }
  };
  forEachInRow(env, groups, outer, {}, add);
  for (auto &[array, all] : readers) {
    int64_t total = 0, before = 0, first = 0;
    for (const Reader &reader : all)
      total += reader.work;
    for (const Reader &reader : all) {
      before += reader.work;
      const int64_t end = (before * 8 + total / 2) / total;
      if (end > first)
        reader.group->ahead.push_back({array, first, end - first});
      reader.group->innermost = innermost;
      first = end;
    }
  }
}

SmallVector<Fetch> fetchesOf(Environment &env, IndexSpace &space, const Group &group, ArrayRef<AffineExpr> parallel,
                             ArrayRef<AffineExpr> reduced, const VectorChoice &choice, const Position &order,
                             bool large) {
  SmallVector<Fetch> fetches;
  const auto [vectorDim, extent] = vectorLoopOf(group, choice, parallel, reduced);
  if (!group.outer.empty()) {
    if (group.ahead.empty())
      return fetches;
    AffineExpr row = group.outer[group.innermost];
    for (Element leaf : leavesOf(env, space, group, parallel, reduced).arrays) {
      const auto *part = llvm::find_if(group.ahead, [&](const RowPart &part) { return part.array == leaf.tensor; });
      if (leaf.guard || part == group.ahead.end() || !isAlongRow(space, leaf, vectorDim))
        continue;
      for (AffineExpr &expr : leaf.at)
        expr = expr.replace(row, row + 1);
      leaf.at.back() = space.constant(0);
      const bool isFar = bytesOf(leaf.tensor).value_or(0) >= beyondSecondLevel;
      fetches.push_back({std::move(leaf), 0, *part, extent, isFar});
    }
    return fetches;
  }
  if (order.back() != vectorDim)
    return fetches;
  const int64_t least = env.options.streamBytes ? env.options.streamBytes : beyondSecondLevel;
  for (Element &leaf : leavesOf(env, space, group, parallel, reduced).arrays) {
    // What a scatter adds may be long if nothing else is known: the fetch costs up to 6 % where all is in the first level, and gains
    // 40 % where it is not.
    const std::optional<int64_t> bytes = bytesOf(leaf.tensor);
    const bool isLong = bytes ? *bytes >= least : large || isa_and_present<ScatterOp>(group.writer);
    if (isLong && !leaf.guard && leaf.at == order)
      fetches.push_back({std::move(leaf), fetchDistance});
  }
  return fetches;
}

void emitFetch(Evaluator &evaluator, const Fetch &fetch, AffineExpr vectorDim, unsigned copy) {
  Emit emit = evaluator.emit();
  const auto [array, first, count] = fetch.part;
  if (!array) {
    const int64_t bytes = bytesOf(cast<RankedTensorType>(fetch.element.tensor.getType()).getElementType());
    return evaluator.prefetch(fetch.element, emit.index(fetch.bytesAhead / bytes));
  }
  // As many vectors fetch a line as the step comes to lines.
  if (llvm::divideCeil(copy * count, 8) == llvm::divideCeil((copy + 1) * count, 8))
    return;
  Value at = evaluator.scalarIndex(vectorDim).value;
  if (count < 8) {
    Value eighths = emit.add(emit.mul(fetch.length, emit.index(first)), emit.mul(at, emit.index(count)));
    at = arith::ShRUIOp::create(emit.builder, emit.loc, eighths, emit.index(3));
  }
  // A first-level cache has few lines under way at a time: a row of a far array waits in the second (softmax 8 %,
  // logsumexp 14 % faster). In near ones that costs 10 %.
  evaluator.prefetch(fetch.element, at, /*intoFirstLevel=*/!fetch.isFar);
}

} // namespace ricci::lower
