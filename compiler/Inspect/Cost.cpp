#include "compiler/Inspect/Cost.h"

#include "compiler/Inspect/Count.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::inspect;

namespace {

// An integer of at least 0 that stays at the largest.
struct Saturating {
  int64_t number;
  Saturating(int64_t number) : number(number) {}
  Saturating operator+(Saturating other) const {
    return number > INT64_MAX - other.number ? INT64_MAX : number + other.number;
  }
  Saturating operator*(Saturating other) const {
    return llvm::SaturatingMultiply<uint64_t>(number, other.number) >> 63 ? INT64_MAX : number * other.number;
  }
};

Saturating sizeOf(Value tensor, int64_t axis) {
  int64_t size = cast<RankedTensorType>(tensor.getType()).getDimSize(axis);
  return ShapedType::isDynamic(size) ? 0 : size;
}

Saturating turnsOf(ForOp op) {
  APInt lower, upper;
  if (op.getConditional() || !matchPattern(op.getLower(), m_ConstantInt(&lower)) ||
      !matchPattern(op.getUpper(), m_ConstantInt(&upper)))
    return 1;
  return std::max<int64_t>(0, upper.getSExtValue() - lower.getSExtValue());
}

} // namespace

Cost ricci::measureCost(ModuleOp module) {
  const Counter<Saturating> counter(sizeOf, turnsOf);
  Work<Saturating> sum;
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    for (Block &block : function.getBody())
      sum = sum + counter.count(block);
  return {sum.flops.number, sum.doubleFlops.number, sum.bytes.number};
}
