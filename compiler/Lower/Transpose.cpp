#include "Transpose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace ricci::lower {

using namespace mlir;

void transpose(OpBuilder &builder, Location loc, MutableArrayRef<Value> square) {
  int64_t n = square.size();
  for (int64_t span = 1; span < n; span *= 2)
    for (int64_t i = 0; i < n; ++i) {
      if (i & span)
        continue;
      SmallVector<int64_t> low, high;
      for (int64_t lane = 0; lane < n; ++lane) {
        low.push_back(lane & span ? n + lane - span : lane);
        high.push_back(lane & span ? n + lane : lane + span);
      }
      Value first = square[i], second = square[i + span];
      square[i] = vector::ShuffleOp::create(builder, loc, first, second, low);
      square[i + span] = vector::ShuffleOp::create(builder, loc, first, second, high);
    }
}

namespace {

// All elements of `parts`, a power of two of them, one after the other.
Value concatenate(OpBuilder &builder, Location loc, SmallVector<Value> parts) {
  for (; parts.size() > 1; parts.resize(parts.size() / 2)) {
    const int64_t elements = cast<VectorType>(parts.front().getType()).getNumElements();
    const auto all = llvm::to_vector(llvm::seq<int64_t>(0, 2 * elements));
    for (size_t i = 0; i < parts.size() / 2; ++i)
      parts[i] = vector::ShuffleOp::create(builder, loc, parts[2 * i], parts[2 * i + 1], all);
  }
  return parts.front();
}

} // namespace

SmallVector<Value> transposeRuns(OpBuilder &builder, Location loc, ArrayRef<Value> runs) {
  const int64_t lanes = runs.size(), run = cast<VectorType>(runs.front().getType()).getNumElements();
  // Vector i holds the runs i, i + run, i + 2 run …, each in a lane of its own.
  SmallVector<Value> rows;
  for (int64_t i = 0; i < run; ++i) {
    SmallVector<Value> parts;
    for (int64_t part = i; part < lanes; part += run)
      parts.push_back(runs[part]);
    rows.push_back(concatenate(builder, loc, parts));
  }
  // Within each lane two halves of the rows are shuffled like cards; as often as a run can be halved.
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    const int64_t place = lane % run, card = lane - place + place / 2 + place % 2 * lanes;
    low.push_back(card);
    high.push_back(card + run / 2);
  }
  for (int64_t turns = run; turns > 1; turns /= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < run / 2; ++i)
      for (ArrayRef<int64_t> order : {low, high})
        next.push_back(vector::ShuffleOp::create(builder, loc, rows[i], rows[i + run / 2], order));
    rows = std::move(next);
  }
  return rows;
}

} // namespace ricci::lower
