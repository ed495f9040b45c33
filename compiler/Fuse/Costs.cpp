#include "Costs.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// Fewer products than this are faster in a loop nest than in a call that plans.
constexpr int64_t tinyProducts = 128;
// An operand that only fusion keeps small: stored, it would be so many times its source.
constexpr int64_t inflation = 4;

int64_t elements(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
}

// Whether `value` is much larger than the arrays it is computed from (windows of an image, pairs of points).
bool isInflated(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isInlinable(op) && isa<ElementwiseOpInterface>(op)) {
    // Through elementwise operations, all of one size, to what made the size.
    Operation *next = nullptr;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && isInlinable(producer) && !isa<FillOp>(producer))
        next = producer;
    op = next;
  }
  if (!op || !isa<GatherOp, EinsumOp>(op) || !isInlinable(op))
    return false;
  int64_t largest = 1;
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType())) {
      const int64_t count = elements(operand);
      if (count < 0 || elements(value) < 0)
        return cast<RankedTensorType>(value.getType()).getRank() > cast<RankedTensorType>(op->getOperand(0).getType()).getRank();
      largest = std::max(largest, count);
    }
  return elements(value) > inflation * largest;
}

bool hasLetterOutside(StringRef letters, StringRef name) {
  return llvm::any_of(letters, [&](char letter) { return !contains(name, letter); });
}

} // namespace

bool isInlinable(Operation *op) {
  if (isa<ElementwiseOpInterface, GatherOp, IotaOp, FillOp>(op))
    return true;
  auto einsum = dyn_cast<EinsumOp>(op);
  return einsum && einsum.parseEquation().summed().empty();
}

bool isReduction(Operation *op) {
  if (isa<ReduceOp>(op))
    return true;
  auto einsum = dyn_cast<EinsumOp>(op);
  return einsum && !einsum.parseEquation().summed().empty() && !isContraction(op);
}

bool isFusable(Operation *op) { return isInlinable(op) || isReduction(op) || isa<RecurrenceOp>(op); }

bool isContraction(Operation *op) {
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum || einsum.getInputs().size() != 2 || !isa<FloatType>(einsum.getType().getElementType()))
    return false;
  const Equation equation = einsum.parseEquation();
  StringRef left = equation.inputs[0], right = equation.inputs[1], output = equation.output;
  const std::string summed = equation.summed();
  const bool sharesSum = llvm::any_of(summed, [&](char letter) { return contains(left, letter) && contains(right, letter); });
  const bool covered = llvm::none_of(output, [&](char letter) { return !contains(left, letter) && !contains(right, letter); });
  if (!sharesSum || !covered || hasRepeats(output) || (!hasLetterOutside(output, left) && !hasLetterOutside(output, right)))
    return false;
  if (isInflated(einsum.getInputs()[0]) || isInflated(einsum.getInputs()[1]))
    return false;
  llvm::SmallDenseMap<char, int64_t> sizes;
  for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
    for (auto [letter, size] : llvm::zip_equal(name, cast<RankedTensorType>(input.getType()).getShape()))
      sizes[letter] = size;
  int64_t products = 1;
  for (auto [letter, size] : sizes) {
    if (ShapedType::isDynamic(size))
      return true;
    products *= std::min(size, tinyProducts);
    if (products >= tinyProducts)
      return true;
  }
  return false;
}

} // namespace ricci::fuse
