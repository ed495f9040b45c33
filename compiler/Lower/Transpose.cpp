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

} // namespace ricci::lower
