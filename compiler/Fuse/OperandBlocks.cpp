// Contractions in kernels of their own: those that read views of arrays, and those that compute an operand in blocks
// (dialects/OperandBlocks.h).
#include "Clusters.h"

#include "dialects/Decision.h"
#include "dialects/OperandBlocks.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

std::optional<int64_t> bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() ? std::optional(type.getNumElements() * type.getElementTypeBitWidth() / 8) : std::nullopt;
}

// Bytes that blocks read and write again, if all sizes are known: the result for every block of the sum but the first, the other operand
// for every block of what it lacks.
std::optional<int64_t> bytesAgain(EinsumOp op, unsigned side) {
  const Equation equation = op.parseEquation();
  auto type = cast<RankedTensorType>(op.getInputs()[side].getType());
  std::optional<int64_t> result = bytesOf(op.getResult()), other = bytesOf(op.getInputs()[1 - side]);
  if (!type.hasStaticShape() || !result || !other)
    return std::nullopt;
  int64_t room = operandblocks::blockBytes * 8 / type.getElementTypeBitWidth(), sums = 1, repeats = 1;
  for (int64_t axis = type.getRank(); axis-- > 0;) {
    const char letter = equation.inputs[side][axis];
    const bool isSummed = !contains(equation.output, letter);
    int64_t most = std::max<int64_t>(room, 1);
    if (axis + 1 == type.getRank())
      most = isSummed ? operandblocks::summedRow : operandblocks::freeRow;
    const int64_t size = std::max<int64_t>(type.getDimSize(axis), 1), blocks = llvm::divideCeil(size, most);
    room /= llvm::divideCeil(size, blocks);
    if (isSummed)
      sums *= blocks;
    else if (!contains(equation.inputs[1 - side], letter))
      repeats *= blocks;
  }
  return 2 * *result * (sums - 1) + *other * (repeats - 1);
}

} // namespace

// A contraction with views among its operands.
bool Clusters::readsInPlace(Operation *op) const {
  return isContraction(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
    return operandViews.contains(operand.getDefiningOp());
  });
}

// The operand, the larger of two, that is computed for this contraction alone, by one function of elements in a kernel of its own.
Operation *Clusters::computedFor(EinsumOp op) const {
  Operation *found = nullptr;
  unsigned side = 0;
  for (auto [number, input] : llvm::enumerate(op.getInputs())) {
    Operation *producer = input.getDefiningOp();
    auto home = producer ? clusterOf.find(producer) : clusterOf.end();
    if (home == clusterOf.end() || list[home->second].roots.size() != 1 || !isa<ElementwiseOpInterface>(producer) ||
        !producer->hasOneUse())
      continue;
    if (found && bytesOf(input).value_or(0) <= bytesOf(found->getResult(0)).value_or(0))
      continue;
    found = producer;
    side = number;
  }
  if (!found)
    return nullptr;
  const std::optional<int64_t> bytes = bytesOf(found->getResult(0)), again = bytesAgain(op, side);
  const bool isSmall = bytes && *bytes < operandblocks::leastBytes, isDear = bytes && again && *again >= 2 * *bytes;
  decide(op.getLoc(), [&] {
    const std::string name = "the operand of the product " + op.getEquation().str() + " that " + spelling(found) + " computes is ";
    Decision decision{.kind = Decision::Kind::Fusion, .what = name + "computed in blocks", .reason = ""};
    if (isSmall || isDear) {
      decision.what = name + "stored whole";
      decision.refused = true;
    }
    if (isSmall)
      decision.reason = "its " + std::to_string(*bytes >> 10) + " KB stay in the second-level cache";
    else if (isDear)
      decision.reason = "blocks would read and write the result and the other operand again, which is more than to store it";
    else if (bytes)
      decision.reason = "a block stays in the second-level cache until the product has read it";
    else
      decision.reason = "if it has at least " + std::to_string(operandblocks::leastBytes >> 10) +
                        " KB and blocks read and write less again than to store it would; the sizes, known at run time, decide";
    if (bytes && again && !isSmall) {
      decision.candidates = {{"in blocks", double(*again)}, {"stored whole", 2.0 * double(*bytes)}};
      decision.chosen = isDear ? 1 : 0;
      decision.unit = "bytes written and read again";
    }
    return decision;
  });
  return isSmall || isDear ? nullptr : found;
}

// A kernel for each that has not joined one.
void Clusters::addContractions() {
  for (Operation &op : block) {
    if (!isContraction(&op) || clusterOf.contains(&op))
      continue;
    if (Operation *computed = computedFor(cast<EinsumOp>(op))) {
      Cluster &home = list[clusterOf[&op] = clusterOf.lookup(computed)];
      home.roots.push_back(&op);
      home.contractions = {&op};
    } else if (readsInPlace(&op)) {
      clusterOf[&op] = list.size();
      list.push_back({.roots = {&op}, .contractions = {&op}});
    }
    if (clusterOf.contains(&op) && !reads.contains(&op))
      addReads(&op);
  }
}

} // namespace ricci::fuse
