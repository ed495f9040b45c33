// Contractions in kernels of their own: those that read views of arrays, and those that compute an operand in blocks
// (dialects/OperandBlocks.h).
#include "Clusters.h"

#include "dialects/Decision.h"
#include "dialects/KeptSlices.h"
#include "dialects/OperandBlocks.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// Bytes of an operand from which on a copy costs more than finding out whether there has to be one: smaller ones stay
// in the caches.
constexpr int64_t leastKept = 512 * 1024;

struct Numbers {
  using Number = int64_t;
  using Condition = bool;
  static int64_t number(int64_t x) { return x; }
  static int64_t product(int64_t x, int64_t y) { return x * y; }
  static int64_t difference(int64_t x, int64_t y) { return x - y; }
  static int64_t quotient(int64_t x, int64_t y) { return x / y; }
  static int64_t roundedUp(int64_t x, int64_t y) { return llvm::divideCeil(x, y); }
  static int64_t max(int64_t x, int64_t y) { return std::max(x, y); }
  static bool atMost(int64_t x, int64_t y) { return x <= y; }
  static bool either(bool x, bool y) { return x || y; }
};
using Rule = operandblocks::Rule<Numbers>;

// If all sizes are known.
std::optional<Rule::Traffic> trafficOf(EinsumOp op, unsigned side) {
  const Equation equation = op.parseEquation();
  auto type = cast<RankedTensorType>(op.getInputs()[side].getType());
  std::optional<int64_t> operand = bytesOf(op.getInputs()[side]), result = bytesOf(op.getResult()),
                         other = bytesOf(op.getInputs()[1 - side]);
  if (!operand || !result || !other)
    return std::nullopt;
  SmallVector<Rule::Axis> axes;
  for (auto [letter, size] : llvm::zip_equal(equation.inputs[side], type.getShape()))
    axes.push_back({size, !contains(equation.output, letter), contains(equation.inputs[1 - side], letter)});
  Rule rule;
  rule.cut(axes, type.getElementTypeBitWidth() / 8);
  return rule.traffic(axes, *operand, *result, *other);
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
  const std::optional<Rule::Traffic> traffic = trafficOf(op, side);
  std::string refusal;
  if (Rule rule; traffic && !rule.isLarge(*traffic))
    refusal = "its " + std::to_string(traffic->operand >> 10) + " KB stay in the second-level cache";
  else if (traffic && !rule.staysNear(*traffic))
    refusal = "the blocks of a sum would add to " + megabytes(traffic->result / traffic->parts) +
              " of the result, one after the other, which do not stay in the second-level cache";
  else if (traffic && !rule.readsLittleAgain(*traffic))
    refusal = "blocks would read " + megabytes(traffic->readAgain) +
              " of the other operand again, and to store it is " + megabytes(2 * traffic->operand) +
              " written and read";
  decide(op.getLoc(), [&] {
    const std::string name = "the operand of the product " + op.getEquation().str() + " that " + spelling(found) + " computes is ";
    if (!refusal.empty())
      return Decision{.kind = Decision::Kind::Fusion, .what = name + "stored whole", .reason = refusal, .refused = true};
    Decision decision{.kind = Decision::Kind::Fusion,
                      .what = name + "computed in blocks",
                      .reason = "a block stays in the second-level cache until the product has read it"};
    if (traffic) {
      decision.candidates = {{"in blocks", static_cast<double>(traffic->readAgain)},
                             {"stored whole", 2.0 * static_cast<double>(traffic->operand)}};
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

// Operands of which some slices may be zeros and mostly none is (dialects/KeptSlices.h): the product's kernel reads the
// array itself where all slices count, and makes the copy that it needs where they do not.
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
                      .what = "the product " + op.getEquation().str() +
                              " reads its operand in place, unless zeros of the other one set some of it to zero",
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
