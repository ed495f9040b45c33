#include "compiler/Autodiff/Residuals.h"

#include "compiler/Autodiff/MinCut.h"
#include "compiler/Autodiff/Segments.h"
#include "dialects/Build.h"
#include "dialects/Decision.h"
#include "dialects/Weight.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

// ---------------------------------------------------------------- costs, in additions of one element

// Written in one loop, read in the other, and memory is the scarcer thing: so exp of what is there anyway is computed
// again in f64 (12 against 16), a sum of products is not.
static constexpr double savedByte = 2;
// A row copied into its stack, however short.
static constexpr double savedRow = 16;
// A sum of products runs alone, not as part of a loop nest around.
static constexpr double contraction = 32;
// What is not known counts as large.
static constexpr double unknownSize = 1024, unknownTurns = 64;

static double elements(Type type) {
  double count = 1;
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    for (int64_t size : tensor.getShape())
      count *= ShapedType::isDynamic(size) ? unknownSize : double(size);
  return count;
}

static double bytes(Type type) { return elements(type) * ((getElementTypeOrSelf(type).getIntOrFloatBitWidth() + 7) / 8); }

static double costOf(Operation &op);

static double costOf(Block &block) {
  double sum = 0;
  for (Operation &op : block)
    sum += costOf(op);
  return sum;
}

static double turnsOf(ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLower()), upper = getConstantIntValue(loop.getUpper());
  return lower && upper ? double(std::max<int64_t>(0, *upper - *lower)) : unknownTurns;
}

static double costOf(EinsumOp op) {
  Equation equation = op.parseEquation();
  llvm::SmallDenseMap<char, double> sizes;
  auto collect = [&](StringRef letters, Type type) {
    for (auto [letter, size] : llvm::zip_equal(letters, cast<RankedTensorType>(type).getShape()))
      sizes[letter] = ShapedType::isDynamic(size) ? unknownSize : double(size);
  };
  for (auto [letters, input] : llvm::zip(equation.inputs, op.getInputs()))
    collect(letters, input.getType());
  collect(equation.output, op.getType());
  double points = 1;
  for (auto [letter, size] : sizes)
    points *= size;
  return points * double(op.getInputs().size()) + (equation.summed().empty() ? 0 : contraction);
}

static double costOf(Operation &op) {
  if (auto loop = dyn_cast<ForOp>(op))
    return turnsOf(loop) * costOf(loop.getBody().front());
  if (op.getNumRegions())
    return costOf(op.getRegion(0).front());
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return costOf(einsum);
  if (op.getNumResults() != 1 || !isa<RankedTensorType>(op.getResult(0).getType()) ||
      isa<ConstantOp, FillOp, IotaOp, ToTensorOp, ReshapeOp, StopGradOp, BarrierOp>(op))
    return 0;
  double results = elements(op.getResult(0).getType());
  if (isa<ElementwiseOpInterface>(op))
    return results * weight(&op);
  if (isa<ReduceOp, ScatterOp, UpdateOp>(op))
    return results + elements(op.getOperand(0).getType());
  constexpr double perComparison = 8, perMove = 2;
  if (isa<ArgsortOp>(op))
    return perComparison * results * std::log2(2 + elements(op.getOperand(0).getType()));
  return perMove * results;
}

// ---------------------------------------------------------------- what can be saved

// Where a value from before the loop says the size: that value and an axis of it, or the size itself.
static std::optional<SizeOrigin> originBefore(ForOp loop, Value value, int64_t axis) {
  SizeOrigin origin = sizeOrigin(value, axis);
  if (origin.value && loop.getBody().isAncestor(origin.value.getParentRegion()))
    return std::nullopt;
  return origin;
}

static bool canBeSaved(ForOp loop, Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return false;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis) && !originBefore(loop, value, axis))
      return false;
  return true;
}

std::optional<SmallVector<Value>> autodiff::sizesBefore(ForOp loop, Value value) {
  SmallVector<Value> sizes;
  OpBuilder builder(loop);
  auto type = cast<RankedTensorType>(value.getType());
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!type.isDynamicDim(axis))
      continue;
    std::optional<SizeOrigin> origin = originBefore(loop, value, axis);
    if (!origin)
      return std::nullopt;
    if (!origin->value)
      sizes.push_back(arith::ConstantIndexOp::create(builder, loop.getLoc(), origin->number));
    else if (origin->value.getType().isIndex())
      sizes.push_back(origin->value);
    else
      sizes.push_back(buildDim(builder, loop.getLoc(), origin->value, origin->number));
  }
  return sizes;
}

std::optional<unsigned> autodiff::stackOfResult(ForOp loop, Value value) {
  for (unsigned i = loop.getInits().size(); i < loop.getNumResults(); ++i)
    if (nextOf(loop, i) == value && !loop.getResult(i).use_empty())
      return i;
  return std::nullopt;
}

// ---------------------------------------------------------------- the choice

namespace {

// A cut that parts what is needed from what is there for nothing. A value on the needed side is wanted, an operation
// there is done again. Arcs: from a value to its operation the cost of saving it, from an operation to the sink that of
// doing it, from an operation to its operands more than anything.
class Choice {
public:
  Choice(ForOp loop, ArrayRef<Value> needed, bool carriedOnly)
      : loop(loop), needed(needed), carriedOnly(carriedOnly), body(loop.getBody().front()) {
    for (Operation &op : body)
      if (op.getNumRegions() == 0 && llvm::all_of(op.getOperands(), [&](Value operand) {
            return operand.getParentBlock() != &body || invariant.contains(operand.getDefiningOp());
          }))
        invariant.insert(&op);
  }

  Residuals run() {
    // The second time it is known which carried values are saved.
    solve();
    solve();
    Residuals result;
    for (BlockArgument argument : body.getArguments().drop_front())
      if (saved.contains(argument))
        result.saved.push_back(argument);
    for (Operation &op : body) {
      if (again.contains(&op))
        result.again.push_back(&op);
      for (Value value : op.getResults())
        if (wanted.contains(value) && !again.contains(&op)) {
          std::optional<unsigned> position = followedPosition(value);
          position ? result.followed.push_back(*position) : result.saved.push_back(value);
        }
    }
    return result;
  }

private:
  // The carried value whose next one this is, if that is saved when the turn after starts with it.
  std::optional<unsigned> followedPosition(Value value) {
    for (unsigned i = 0; i < loop.getInits().size(); ++i)
      if (nextOf(loop, i) == value && saved.contains(argumentOf(loop, i)))
        return i;
    return std::nullopt;
  }

  int64_t capacity(double cost) const { return int64_t(std::min(std::ceil(cost), 1e15)); }

  int64_t costToSave(Value value) {
    if (!canBeSaved(loop, value))
      return Network::unlimited;
    double read = bytes(value.getType());
    if (stackOfResult(loop, value) || followedPosition(value))
      return capacity(read);
    if (carriedOnly && !isa<BlockArgument>(value))
      return Network::unlimited;
    return capacity(savedByte * read + savedRow);
  }

  unsigned nodeOf(Value value) {
    auto [found, isNew] = valueNodes.try_emplace(value, 0);
    if (!isNew)
      return found->second;
    unsigned node = found->second = network->addNode();
    if (Operation *op = value.getDefiningOp())
      network->addArc(node, nodeOf(op), costToSave(value));
    else
      network->addArc(node, Network::sink, costToSave(value));
    return node;
  }

  unsigned nodeOf(Operation *op) {
    auto [found, isNew] = opNodes.try_emplace(op, 0);
    if (!isNew)
      return found->second;
    unsigned node = found->second = network->addNode();
    network->addArc(node, Network::sink, invariant.contains(op) ? 0 : capacity(costOf(*op)));
    work.push_back(op);
    return node;
  }

  void solve() {
    Network fresh;
    network = &fresh;
    valueNodes.clear();
    opNodes.clear();
    auto isFree = [&](Value value) { return value.getParentBlock() != &body || value == body.getArgument(0); };
    SmallVector<Value> sources(needed);
    llvm::append_range(sources, saved);
    for (Value value : sources)
      if (!isFree(value))
        network->addArc(Network::source, nodeOf(value), Network::unlimited);
    while (!work.empty()) {
      Operation *op = work.pop_back_val();
      SmallVector<Value> uses(op->getOperands());
      llvm::append_range(uses, capturedBy(op));
      for (Value use : uses)
        if (!isFree(use))
          network->addArc(opNodes.lookup(op), nodeOf(use), Network::unlimited);
    }
    llvm::BitVector side = network->cut();
    saved.clear();
    wanted.clear();
    again.clear();
    for (auto [value, node] : valueNodes)
      if (side.test(node))
        isa<BlockArgument>(value) ? saved.insert(value) : wanted.insert(value);
    for (auto [op, node] : opNodes)
      if (side.test(node))
        again.insert(op);
  }

  ForOp loop;
  ArrayRef<Value> needed;
  const bool carriedOnly;
  Block &body;
  Network *network = nullptr;
  llvm::DenseMap<Value, unsigned> valueNodes;
  llvm::DenseMap<Operation *, unsigned> opNodes;
  SmallVector<Operation *> work;
  llvm::DenseSet<Operation *> invariant; // the same in every turn: will be moved out of both loops
  Values saved;                          // of what is carried in
  Values wanted;                         // of what the body computes
  llvm::DenseSet<Operation *> again;
};

} // namespace

Residuals autodiff::chooseResiduals(ForOp loop, ArrayRef<Value> needed, bool carriedOnly) {
  return Choice(loop, needed, carriedOnly).run();
}

// ---------------------------------------------------------------- decisions

// "512 bytes a turn in 10 turns", "8·?·? bytes a turn"
static std::string bytesOf(ForOp loop, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t known = (type.getElementTypeBitWidth() + 7) / 8;
  std::string unknown;
  for (int64_t size : type.getShape())
    ShapedType::isDynamic(size) ? void(unknown += "·?") : void(known *= size);
  std::optional<int64_t> lower = getConstantIntValue(loop.getLower()), upper = getConstantIntValue(loop.getUpper());
  std::string turns =
      lower && upper ? " in " + std::to_string(std::max<int64_t>(0, *upper - *lower)) + " turns" : std::string();
  return std::to_string(known) + unknown + " bytes a turn" + turns;
}

// "`h`" by the name in its location, "the value of `tanh`"
static std::string nameOf(ForOp loop, Value value) {
  if (Operation *op = value.getDefiningOp())
    return "the value of " + spelling(op);
  for (unsigned i = 0; i < loop.getInits().size(); ++i)
    if (auto name = dyn_cast<NameLoc>(argumentOf(loop, i).getLoc());
        name && argumentOf(loop, i) == value && !name.getName().getValue().contains(' '))
      return ("`" + name.getName().getValue() + "`").str();
  return "a carried value";
}

// Of one turn, in additions of one element.
static std::vector<Candidate> waysToHave(ForOp loop, Value value) {
  double save = bytes(value.getType()) * (stackOfResult(loop, value) ? 1 : savedByte) + savedRow;
  std::vector<Candidate> ways{{"save", save}};
  if (Operation *op = value.getDefiningOp())
    ways.push_back({"compute again from its operands", costOf(*op)});
  return ways;
}

void autodiff::explainResiduals(ForOp loop, ArrayRef<Value> needed, const Residuals &residuals) {
  const std::string unit = "additions a turn";
  for (Value value : residuals.saved)
    decide(value.getLoc(), [&] {
      Decision decision{.kind = Decision::Kind::Residual,
                        .what = "reverse mode saves " + nameOf(loop, value) + ", " + bytesOf(loop, value),
                        .reason = "that costs less than to compute it again",
                        .edit = "`checkpoint` around what computes it saves nothing of it",
                        .candidates = waysToHave(loop, value),
                        .unit = unit};
      if (isa<BlockArgument>(value))
        decision.reason = "it is carried in";
      else if (stackOfResult(loop, value))
        decision.reason = "it is a result anyway";
      if (isa<BlockArgument>(value) || stackOfResult(loop, value))
        decision.edit.clear();
      return decision;
    });
  for (unsigned i : residuals.followed)
    decide(nextOf(loop, i).getLoc(), [&] {
      return Decision{.kind = Decision::Kind::Residual,
                      .what = "reverse mode hands " + nameOf(loop, nextOf(loop, i)) + " on from turn to turn",
                      .reason = "it is what the next one saves"};
    });
  for (Value value : needed)
    if (Operation *op = value.getDefiningOp(); llvm::is_contained(residuals.again, op) && costOf(*op) > 0)
      decide(value.getLoc(), [&] {
        const bool isSegment = loop->hasAttr(segmentsAttrName);
        return Decision{.kind = Decision::Kind::Residual,
                        .what = "reverse mode computes " + nameOf(loop, value) + " again, " + bytesOf(loop, value),
                        .reason = isSegment ? "of a segment only what is carried is saved" : "that costs less than to save it",
                        .edit = isSegment ? "" : "given back as a result of the loop, all turns together, it is saved",
                        .candidates = waysToHave(loop, value),
                        .chosen = 1,
                        .unit = unit};
      });
}
