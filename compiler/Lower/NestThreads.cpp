// What of a nest its threads share: chunks of results, or of a sum.
#include "NestEmitter.h"
#include "PartialSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Rows that a chunk sums at least where sums run across rows: its sums are written and read once more, 3 % of what is
// read.
constexpr int64_t rowsOfSums = 64;
// Rows that go into the sums at once: as many streams as the processor fetches ahead for, and the sums are loaded and
// stored once.
constexpr int64_t rowsAtOnce = 8;

} // namespace

bool NestEmitter::isShared() const {
  return !group.isInChunk && group.outer.empty() && !group.writer && !(parallel.empty() && reductions.empty());
}

Chunks NestEmitter::chunksOf(ArrayRef<Value> extents, ArrayRef<AffineExpr> dims, unsigned number, Value work) {
  return planChunks(env, evaluator.emit().loc, extents[number], work,
                    dims[number] == vectorDim ? choice.lanes * choice.copies : 1);
}

void NestEmitter::emitShared() {
  const bool sumsAcross = group.roots.front().reduces && vectorIsParallel() && !reductions.empty();
  std::optional<unsigned> number = sumsAcross ? loopToShare(group.reducedExtents, -1) : std::nullopt;
  if (!number)
    return emitSharedResults();
  Emit emit = evaluator.emit();
  const unsigned dim = *number;
  Value work = workOf(emit, choice, group.extents, group.reducedExtents, group.extents.size() + dim);
  const Chunks chunks =
      planChunks(env, emit.loc, group.reducedExtents[dim], work, env.options.chunkWork ? 1 : rowsOfSums);
  if (!chunks.count)
    return emitSharedResults();
  if (constantIndex(chunks.count))
    return emitSharedSums(chunks, dim);
  Value several = arith::CmpIOp::create(env.builder, emit.loc, arith::CmpIPredicate::ugt, chunks.count, emit.index(1));
  evaluator.either(several, [&] { emitSharedSums(chunks, dim); }, [&] { emitSharedResults(); });
}

void NestEmitter::emitSharedSums(const Chunks &chunks, unsigned dim) {
  Emit emit = evaluator.emit();
  Location loc = emit.loc;
  Value elements = emit.product(group.extents);
  SmallVector<Storage> all;
  for (const Root &root : group.roots)
    all.push_back(env.allocate(loc, elementOf(root), {chunks.count, elements}));
  auto beginsWithin = [](const Rider &rider) { return rider.offLines; };
  isRowByRow = isPast && llvm::any_of(group.riders, beginsWithin);
  if (isRowByRow)
    planFetches(/*large=*/true);
  emitChunks(emit, chunks, [&](Value first, Value end, Value chunk) {
    sharedDim = reduced[dim];
    // All of the chunk's where a row's sums fit in registers.
    Value narrow = arith::CmpIOp::create(env.builder, loc, arith::CmpIPredicate::ule, elements,
                                         emit.index(int64_t(choice.lanes) * choice.copies));
    Value rows = arith::SelectOp::create(env.builder, loc, narrow, chunks.length, emit.index(rowsAtOnce));
    if (isRowByRow)
      rows = emit.index(1);
    Value blocks = env.builder.createOrFold<arith::CeilDivUIOp>(loc, emit.sub(end, first), rows);
    for (auto [number, part] : llvm::enumerate(all)) {
      Value own = emit.address(part.pointer, emit.mul(chunk, elements), part.element);
      fill(env, loc, reductions[number], part.element, own, elements, choice.lanes);
      parts.push_back({part.element, group.extents, {}, own});
    }
    AffineExpr block = evaluator.space.newDim();
    evaluator.loop(block, emit.index(0), blocks, 1, /*mayBeEmpty=*/false, {}, [&](ValueRange) {
      Emit inside = evaluator.emit();
      Value row = inside.add(first, inside.mul(evaluator.scalarIndex(block).value, rows));
      share = {row, inside.min(inside.add(row, rows), end)};
      auto columns = [&](ValueRange) {
        emitParallel(0);
        return Values();
      };
      return isRowByRow ? evaluator.fixed(sharedDim, row, {}, columns) : columns({});
    });
    if (streaming)
      emit.fence();
    parts.clear();
    sharedDim = {};
  });
  isRowByRow = false;
  for (auto [number, part] : llvm::enumerate(all))
    addParts(env, loc, reductions[number], part, chunks.count, elements, choice.lanes,
             group.roots[number].memory->pointer);
  for (const Storage &part : all)
    env.free(loc, part.pointer);
}

void NestEmitter::emitSharedResults() {
  const bool vectorIsOurs = vectorIsParallel();
  std::optional<unsigned> number = loopToShare(group.extents, vectorIsOurs ? choice.dim : -1);
  if (!number)
    return emitParallel(0);
  Emit emit = evaluator.emit();
  Value work = workOf(emit, choice, group.extents, group.reducedExtents, number);
  const Chunks chunks = chunksOf(group.extents, parallel, *number, work);
  if (!chunks.count)
    return emitParallel(0);
  emitChunks(emit, chunks, [&](Value first, Value end, Value) {
    sharedDim = parallel[*number];
    share = {first, end};
    emitParallel(0);
    if (streaming)
      emit.fence();
  });
}

void NestEmitter::emitSharedReduction() {
  const int vector = choice.dim;
  std::optional<unsigned> number = loopToShare(group.reducedExtents, vector);
  if (!number)
    return emitParallel(0);
  Emit emit = evaluator.emit();
  Value work = workOf(emit, choice, {}, group.reducedExtents, number);
  const Chunks chunks = chunksOf(group.reducedExtents, reduced, *number, work);
  if (!chunks.count)
    return emitParallel(0);
  SmallVector<Storage> parts;
  for (const Root &root : group.roots)
    parts.push_back(env.allocate(root.op->getLoc(), elementOf(root), {chunks.count}));
  emitChunks(emit, chunks, [&](Value first, Value end, Value chunk) {
    sharedDim = reduced[*number];
    share = {first, end};
    const Values sums = reducedSums();
    for (auto [part, sum] : llvm::zip_equal(parts, sums))
      emit.storeScalar(sum, emit.address(part.pointer, chunk, part.element));
    if (streaming)
      emit.fence();
  });
  for (size_t root = 0; root < group.roots.size(); ++root)
    finishReduction(root, sumOfParts(env, emit.loc, reductions[root], parts[root], chunks.count));
  for (const Storage &part : parts)
    env.free(group.roots.front().op->getLoc(), part.pointer);
}

} // namespace ricci::lower
