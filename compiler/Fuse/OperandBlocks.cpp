// Contractions in kernels of their own: those that read views of arrays, and those that compute an operand in blocks
// (dialects/OperandBlocks.h).
#include "Clusters.h"

#include "dialects/Decision.h"
#include "dialects/KeptSlices.h"
#include "dialects/OperandBlocks.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// Bytes of an operand from which on a copy costs more than finding out whether there has to be one: smaller ones stay in the caches.
constexpr int64_t leastKept = 512 * 1024;

struct Traffic {
  int64_t addedTo = 0;   // bytes of the result that the blocks of a sum add to, one after the other
  int64_t readAgain = 0; // bytes of the other operand
};

// If all sizes are known.
std::optional<Traffic> trafficOf(EinsumOp op, unsigned side) {
  const Equation equation = op.parseEquation();
  auto type = cast<RankedTensorType>(op.getInputs()[side].getType());
  std::optional<int64_t> result = bytesOf(op.getResult()), other = bytesOf(op.getInputs()[1 - side]);
  if (!type.hasStaticShape() || !result || !other)
    return std::nullopt;
  int64_t room = operandblocks::blockBytes * 8 / type.getElementTypeBitWidth(), sums = 1, parts = 1, repeats = 1;
  for (int64_t axis = type.getRank(); axis-- > 0;) {
    const char letter = equation.inputs[side][axis];
    const bool isSummed = !contains(equation.output, letter);
    int64_t most = std::max<int64_t>(room, 1);
    if (axis + 1 == type.getRank())
      most = isSummed ? operandblocks::summedRow : operandblocks::freeRow;
    const int64_t size = std::max<int64_t>(type.getDimSize(axis), 1), blocks = llvm::divideCeil(size, most);
    room /= llvm::divideCeil(size, blocks);
    (isSummed ? sums : parts) *= blocks;
    if (!contains(equation.inputs[1 - side], letter))
      repeats *= blocks;
  }
  return Traffic{sums > 1 ? *result / parts : 0, *other * (repeats - 1)};
}

std::string megabytes(int64_t bytes) { return std::to_string(bytes >> 20) + " MB"; }

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
        !producer->hasOneUse() || rankOf(input) < 2)
      continue; // a vector is small beside what it is multiplied with
    if (found && bytesOf(input).value_or(0) <= bytesOf(found->getResult(0)).value_or(0))
      continue;
    found = producer;
    side = number;
  }
  if (!found)
    return nullptr;
  const std::optional<int64_t> bytes = bytesOf(found->getResult(0));
  const std::optional<Traffic> traffic = trafficOf(op, side);
  std::string refusal;
  if (bytes && *bytes < operandblocks::leastBytes)
    refusal = "its " + std::to_string(*bytes >> 10) + " KB stay in the second-level cache";
  else if (traffic && traffic->addedTo > operandblocks::mostAddedTo)
    refusal = "the blocks of a sum would add to " + megabytes(traffic->addedTo) +
              " of the result, one after the other, which do not stay in the second-level cache";
  else if (bytes && traffic && traffic->readAgain > 2 * *bytes)
    refusal = "blocks would read " + megabytes(traffic->readAgain) + " of the other operand again, and to store it is " +
              megabytes(2 * *bytes) + " written and read";
  decide(op.getLoc(), [&] {
    const std::string name = "the operand of the product " + op.getEquation().str() + " that " + spelling(found) + " computes is ";
    if (!refusal.empty())
      return Decision{.kind = Decision::Kind::Fusion, .what = name + "stored whole", .reason = refusal, .refused = true};
    Decision decision{.kind = Decision::Kind::Fusion,
                      .what = name + "computed in blocks",
                      .reason = "a block stays in the second-level cache until the product has read it"};
    if (bytes && traffic) {
      decision.candidates = {{"in blocks", static_cast<double>(traffic->readAgain)}, {"stored whole", 2.0 * static_cast<double>(*bytes)}};
      decision.unit = "bytes written and read again";
    } else {
      decision.reason += "; the sizes, known at run time, decide: an operand of at least " +
                         std::to_string(operandblocks::leastBytes >> 10) + " KB, at most " + megabytes(operandblocks::mostAddedTo) +
                         " of the result that the blocks of a sum add to";
    }
    return decision;
  });
  return refusal.empty() ? found : nullptr;
}

// Operands of which some slices may be zeros and mostly none is (dialects/KeptSlices.h): the product's kernel reads the array itself where
// all slices count, and makes the copy that it needs where they do not.
void Clusters::readKeptInPlace(EinsumOp op) {
  for (Value input : op.getInputs()) {
    Operation *select = input.getDefiningOp();
    const std::optional<KeptSlices> slices = matchKeptSlices(select);
    auto home = clusterOf.find(select);
    if (!slices || home == clusterOf.end() || !select->hasOneUse() || bytesOf(input).value_or(leastKept) < leastKept ||
        floats(slices->source.getDefiningOp()))
      continue;
    llvm::erase(list[home->second].roots, select);
    clusterOf.erase(home);
    floating.insert(select);
    operandViews.insert(select);
    decide(op.getLoc(), [&] {
      return Decision{.kind = Decision::Kind::Fusion,
                      .what = "the product " + op.getEquation().str() + " reads its operand in place, unless zeros of the other one set some of it to zero",
                      .reason = "what a zero annihilates is copied only where there is such a zero"};
    });
  }
}

void Clusters::dropEmptyClusters() {
  llvm::erase_if(list, [](const Cluster &cluster) { return cluster.roots.empty(); });
  for (auto [number, cluster] : llvm::enumerate(list))
    for (Operation *root : cluster.roots)
      clusterOf[root] = number;
}

// A kernel for each that has not joined one.
void Clusters::addContractions() {
  for (Operation &op : block) {
    if (!isContraction(&op) || clusterOf.contains(&op))
      continue;
    readKeptInPlace(cast<EinsumOp>(op));
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
