#include "Costs.h"

#include "dialects/StridedView.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// Fewer products than this are faster in a loop nest than in a call that plans.
constexpr int64_t tinyProducts = 128;
// An operand that only fusion keeps small: stored, it would be so many times its source.
constexpr int64_t inflation = 4;
// Stored all the same where every element of it is used so often that the kernels' speed pays for the traffic, and where it
// takes no more memory than 64 MB of f32. MTTKRP with 512 uses went from 4.1 to 0.7 ms (with the
// layout that Order gives it), 3x3 windows with 64 run at 77 % of peak; where below 64 the gain begins was not measured.
constexpr int64_t manyUses = 16;
constexpr int64_t storable = 16 << 20;
// A load from the caches; and one from memory, of a large array that only storing it would make large: a mixture of
// Gaussians and its gradient took 1.4 times as long with 10000×25×32 differences of f64, at a cost of 9, stored for two
// uses.
constexpr unsigned nearLoad = 4, farLoad = 12;
constexpr int64_t farBytes = 8 << 20;

int64_t elements(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
}

// Whether the operation makes a result much larger than what it is made from (windows of an image, pairs of points).
bool inflates(Operation *op) {
  if (isa<FillOp, IotaOp>(op))
    return true;
  Value value = op->getResult(0);
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

// Whether fusion alone keeps `value` from being such a result: elementwise operations have the size of each of their operands,
// so one array of that size is enough for it not to be.
bool isInflated(Value value) {
  SmallVector<Value> work{value};
  DenseSet<Operation *> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !isInlinable(op))
      return false;
    if (!seen.insert(op).second)
      continue;
    if (isa<ElementwiseOpInterface>(op))
      llvm::append_range(work, op->getOperands());
    else if (!inflates(op))
      return false;
  }
  return true;
}

// Loops that sum it compute it as they go; for kernels it would be stored.
bool isComputedForOneUse(Value operand) {
  Operation *op = operand.getDefiningOp();
  return op && isa<ElementwiseOpInterface>(op) && op->hasOneUse();
}

bool hasLetterOutside(StringRef letters, StringRef name) {
  return llvm::any_of(letters, [&](char letter) { return !contains(name, letter); });
}

// A view (windows of an image) that kernels read in place is stored nowhere.
bool isReadInPlace(Value operand) {
  Operation *op = operand.getDefiningOp();
  const std::optional<StridedView> view = op ? matchStridedView(op) : std::nullopt;
  return view && !isInflated(view->source) &&
         llvm::all_of(view->subscripts, [](const StridedView::Subscript &subscript) { return subscript.isInside; });
}

// Each element of an operand is used once for every value of the result's indices that it lacks.
bool isWorthStoring(Value operand, StringRef name, StringRef output, const llvm::SmallDenseMap<char, int64_t> &sizes) {
  int64_t uses = 1;
  for (char letter : output)
    if (!contains(name, letter))
      uses = std::min(manyUses, uses * std::max<int64_t>(sizes.lookup(letter), 1)); // 1 where it is not known
  return uses >= manyUses && elements(operand) >= 0 && (elements(operand) <= storable || isReadInPlace(operand));
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

bool isFusable(Operation *op) { return isInlinable(op) || isReduction(op) || goesAlone(op); }

bool goesAlone(Operation *op) { return isa<RecurrenceOp, ScatterOp>(op); }

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
  llvm::SmallDenseMap<char, int64_t> sizes;
  for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
    for (auto [letter, size] : llvm::zip_equal(name, cast<RankedTensorType>(input.getType()).getShape()))
      sizes[letter] = size;
  auto isUsedOnce = [&](StringRef name) {
    return llvm::all_of(output, [&](char letter) { return contains(name, letter) || sizes.lookup(letter) == 1; });
  };
  for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
    if (isUsedOnce(name) && isComputedForOneUse(input))
      return false;
  for (auto [input, name] : llvm::zip_equal(einsum.getInputs(), equation.inputs))
    if (isInflated(input) && !isWorthStoring(input, name, equation.output, sizes))
      return false;
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

unsigned costOfLoad(Operation *op) {
  Value value = op->getResult(0);
  return bytesOf(value).value_or(farBytes) >= farBytes && isInflated(value) ? farLoad : nearLoad;
}

int64_t rankOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

std::optional<int64_t> bytesOf(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  return type.getNumElements() * std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
}

} // namespace ricci::fuse
