#include "compiler/Autodiff/Reverse.h"

#include "compiler/Autodiff/Custom.h"
#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Rules.h"
#include "dialects/Decision.h"
#include "dialects/Derivatives.h"
#include "dialects/Equation.h"

#include "mlir/IR/IRMapping.h"

#include <numeric>

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

// ---------------------------------------------------------------- sums of cotangents

void Reverse::add(Value primal, Cotangent cotangent) {
  if (!cotangent.value || !active.contains(primal))
    return;
  auto [entry, isFirst] = sums.try_emplace(primal);
  Sum &sum = entry->second;
  sum.terms.push_back(cotangent.value);
  sum.mask = isFirst ? cotangent.mask : maskOfSum(sum.mask, cotangent.mask);
}

Mask Reverse::maskOf(Value primal) const {
  auto found = sums.find(primal);
  return found == sums.end() ? Mask::None : found->second.mask;
}

SmallVector<Value> Reverse::takeTerms(Value primal) {
  auto found = sums.find(primal);
  if (found == sums.end())
    return {};
  SmallVector<Value> terms(found->second.terms.begin(), found->second.terms.end());
  sums.erase(found);
  return terms;
}

Cotangent Reverse::take(Value primal) {
  Cotangent result{Value(), maskOf(primal)};
  auto loc = NameLoc::get(builder.getStringAttr("sum of cotangents"), primal.getLoc());
  for (Value term : takeTerms(primal))
    result.value = buildSum(builder, loc, result.value, term);
  return result;
}

// ---------------------------------------------------------------- masks

bool autodiff::isByIndex(Value condition) {
  SmallVector<Value> work = {condition};
  DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getArgNumber() != 0 || !isa<ForOp>(argument.getOwner()->getParentOp()))
        return false;
      continue; // a loop's counter
    }
    Operation *op = value.getDefiningOp();
    if (isa<DimOp>(op))
      continue;
    // Floats are data, and so are literal arrays.
    auto constant = dyn_cast<ConstantOp>(op);
    if (isFloat(value) || op->getNumRegions() != 0 || isa<ConcatOp>(op) ||
        (constant && !isa<SplatElementsAttr>(constant.getValue())))
      return false;
    llvm::append_range(work, op->getOperands());
  }
  return true;
}

Mask autodiff::maskThrough(Operation *op, unsigned operand, Mask mask) {
  if (auto select = dyn_cast<SelectOp>(op))
    return std::max(mask, isByIndex(select.getCondition()) ? Mask::Products : Mask::Contractions);
  // The second factor is multiplied by one that is masked, for reasons not known here.
  if (isa<MaskMulOp>(op))
    return operand == 1 ? Mask::Contractions : mask;
  if (auto recurrence = dyn_cast<RecurrenceOp>(op))
    return operand == 1 && recurrence.getMasked() ? Mask::Contractions : mask;
  if (auto einsum = dyn_cast<EinsumOp>(op)) {
    auto annihilating = op->getAttrOfType<DenseI64ArrayAttr>(annihilatingAttrName);
    if (annihilating && !llvm::is_contained(annihilating.asArrayRef(), operand))
      return Mask::Contractions;
    Equation equation = einsum.parseEquation();
    bool diagonal = operand < equation.inputs.size() && hasRepeats(equation.inputs[operand]);
    return diagonal ? std::max(mask, Mask::Products) : mask;
  }
  // Whatever a rule does, at most.
  if (auto custom = dyn_cast<CustomOp>(op)) {
    for (Region *rule : {&custom.getVjp(), &custom.getJvp()})
      rule->walk([&](Operation *inner) {
        for (unsigned position = 0; position < inner->getNumOperands(); ++position)
          mask = std::max(mask, maskThrough(inner, position, Mask::None));
      });
    return mask;
  }
  // Elements not read, replaced, or not the largest.
  bool chooses = isa<GatherOp, ScatterOp, ReduceOp, MaxOp, MinOp, ReluOp>(op) || (isa<UpdateOp>(op) && operand == 0);
  return chooses ? std::max(mask, Mask::Products) : mask;
}

// ---------------------------------------------------------------- the walk

LogicalResult Reverse::run(Block &block) {
  return run(llvm::map_to_vector(block, [](Operation &op) { return &op; }));
}

LogicalResult Reverse::run(ArrayRef<Operation *> operations) {
  for (Operation *op : llvm::reverse(operations))
    if (failed(visit(op)))
      return failure();
  return success();
}

LogicalResult Reverse::visit(Operation *op) {
  if (llvm::none_of(op->getResults(), [&](Value result) { return sums.contains(result); }))
    return success();
  if (auto loop = dyn_cast<ForOp>(op))
    return visitLoop(loop.getConditional() ? counted(loop) : loop);
  if (auto checkpoint = dyn_cast<CheckpointOp>(op))
    return visitCheckpoint(checkpoint);
  // What does not come from an active value keeps its cotangent: it may be where the walk was to arrive.
  if (llvm::none_of(op->getOperands(), [&](Value operand) { return active.contains(operand); }))
    return success();
  if (auto custom = dyn_cast<CustomOp>(op))
    return visitCustom(custom);
  SmallVector<Cotangent> results;
  for (Value result : op->getResults())
    results.push_back(take(result));
  RuleScope scope(builder, "vjp", op);
  SmallVector<Value> cotangents;
  if (auto rule = dyn_cast<DifferentiableOpInterface>(op))
    cotangents = structural(rule, results);
  else if (auto rule = dyn_cast<ElementwiseOpInterface>(op))
    cotangents = elementwise(rule, results.front());
  else
    return missingRule(op);
  // Where only indices decide what is zero, no factor of a contraction is infinite there and finite elsewhere.
  if (results.front().mask == Mask::Products)
    for (Operation *created : scope.created())
      if (auto einsum = dyn_cast<EinsumOp>(created))
        if (auto annihilating = einsum->getAttrOfType<DenseI64ArrayAttr>(annihilatingAttrName))
          if (!einsum.parseEquation().summed().empty()) {
            SmallVector<int64_t> positions(annihilating.asArrayRef());
            llvm::erase(positions, 0);
            einsum->removeAttr(annihilatingAttrName);
            if (!positions.empty())
              einsum->setAttr(annihilatingAttrName, builder.getDenseI64ArrayAttr(positions));
          }
  for (auto [position, operand] : llvm::enumerate(op->getOperands()))
    add(operand, {cotangents[position], maskThrough(op, position, results.front().mask)});
  if (options.watches)
    watch(op, {results.front().value}, cotangents);
  return success();
}

ForOp Reverse::counted(ForOp loop) {
  SmallVector<Sum> cotangents;
  for (Value result : loop.getResults()) {
    cotangents.push_back(sums.lookup(result));
    sums.erase(result);
    active.erase(result);
  }
  loop = repeatCounted(loop);
  addDependents(*loop, active, Flow::Derivative);
  for (auto [result, sum] : llvm::zip_equal(loop.getResults(), cotangents))
    if (!sum.terms.empty())
      sums[result] = sum;
  return loop;
}

LogicalResult Reverse::visitCustom(CustomOp op) {
  SmallVector<Value> args = op.floatingArgs();
  auto results = llvm::map_to_vector(op.floatingResults(), [&](Value result) { return take(result); });
  FailureOr<SmallVector<Cotangent>> cotangents = customVjp(builder, op, results);
  if (failed(cotangents))
    return failure();
  for (auto [arg, cotangent] : llvm::zip_equal(args, *cotangents))
    add(arg, cotangent);
  if (options.watches)
    watch(op, llvm::map_to_vector(results, [](const Cotangent &result) { return result.value; }),
          llvm::map_to_vector(*cotangents, [](const Cotangent &cotangent) { return cotangent.value; }));
  return success();
}

// The body is computed again once the cotangents are there, from barriers before what it captures, and undone at once.
// That is a checkpoint too, so that outer derivatives keep none of it either.
LogicalResult Reverse::visitCheckpoint(CheckpointOp op) {
  Location loc = ruleLocation("vjp", op);
  decide(op.getLoc(), [] {
    return Decision{.kind = Decision::Kind::Residual,
                    .what = "reverse mode computes all of the checkpoint again",
                    .reason = "the program asks for it",
                    .edit = "without `checkpoint` what costs less is chosen for each value"};
  });
  SmallVector<Cotangent> given;
  SmallVector<Value> after;
  for (Value result : op.getResults()) {
    given.push_back(take(result));
    if (given.back().value)
      after.push_back(given.back().value);
  }
  auto place = CheckpointOp::create(builder, loc, TypeRange()); // until the results are known
  OpBuilder inside = OpBuilder::atBlockEnd(&place.getBody().emplaceBlock());
  IRMapping mapping;
  Values again;
  SmallVector<std::pair<Value, Value>> wanted; // what is captured, and its barrier
  for (Value value : capturedBy(op)) {
    bool costsNothing = isa_and_nonnull<ConstantOp, FillOp, IotaOp>(value.getDefiningOp()) && !active.contains(value);
    if (!isa<RankedTensorType>(value.getType()) || costsNothing)
      continue;
    Value barrier = BarrierOp::create(inside, loc, value, after);
    mapping.map(value, barrier);
    if (active.contains(value)) {
      wanted.push_back({value, barrier});
      again.insert(barrier);
    }
  }
  SmallVector<Operation *> copies;
  for (Operation &inner : op.getBody().front().without_terminator())
    if (!isa<CheckOp, WatchOp, HostOp>(inner)) {
      copies.push_back(repeat(inside, &inner, mapping));
      addDependents(*copies.back(), again, Flow::Derivative);
    }
  Reverse pullback(inside, std::move(again), options);
  for (auto [value, cotangent] : llvm::zip_equal(op.getBody().front().getTerminator()->getOperands(), given))
    pullback.add(mapping.lookupOrDefault(value), cotangent);
  if (failed(pullback.run(copies)))
    return failure();

  SmallVector<std::pair<Value, Mask>> reached;
  SmallVector<Value> cotangents;
  for (auto [value, barrier] : wanted)
    if (Cotangent cotangent = pullback.take(barrier); cotangent.value) {
      reached.push_back({value, cotangent.mask});
      cotangents.push_back(cotangent.value);
    }
  YieldOp::create(pullback.builder, loc, cotangents);
  auto undone = CheckpointOp::create(builder, loc, TypeRange(ValueRange(cotangents)));
  undone.getBody().takeBody(place.getBody());
  place.erase();
  for (auto [to, result] : llvm::zip_equal(reached, undone.getResults()))
    add(to.first, {result, to.second});
  return success();
}

// x̄_k = r̄ · ∂r/∂x_k
SmallVector<Value> Reverse::elementwise(ElementwiseOpInterface op, Cotangent result) {
  Location loc = op.getLoc();
  bool masked = result.mask != Mask::None;
  if (auto product = dyn_cast<MaskMulOp>(*op)) {
    // Zero where x is, like the product itself.
    Value y = active.contains(product.getY()) ? MaskMulOp::create(builder, loc, product.getX(), result.value) : Value();
    return {buildChain(builder, loc, result.value, product.getY(), masked), y};
  }
  SmallVector<Value> partials = op.partials(builder);
  SmallVector<Value> cotangents(partials.size());
  for (auto [position, operand] : llvm::enumerate(op->getOperands()))
    if (active.contains(operand))
      cotangents[position] = buildChain(builder, loc, result.value, partials[position], masked);
  return cotangents;
}

SmallVector<Value> Reverse::structural(DifferentiableOpInterface op, ArrayRef<Cotangent> results) {
  SmallVector<bool> wanted;
  for (Value operand : op->getOperands())
    wanted.push_back(active.contains(operand));
  return op.vjp(builder, results.front().value, wanted, results.front().mask != Mask::None);
}

// Operations that only choose or move numbers are at fault for none. Cotangents need no `where`: they are zero where a
// branch was not taken.
void Reverse::watch(Operation *op, ValueRange results, ValueRange cotangents) {
  bool pointwise = isa<ElementwiseOpInterface>(op);
  if (isa<SelectOp>(op) || !(pointwise || isa<EinsumOp, ReduceOp, CustomOp>(op)))
    return;
  SmallVector<Value> sources = llvm::to_vector(llvm::make_filter_range(op->getOperands(), isFloat));
  size_t primals = sources.size();
  llvm::append_range(sources, llvm::make_filter_range(results, [](Value result) { return result != Value(); }));
  SmallVector<Attribute> axes;
  for (Value source : sources) {
    SmallVector<int64_t> numbers(cast<RankedTensorType>(source.getType()).getRank(), -1);
    if (pointwise)
      std::iota(numbers.begin(), numbers.end(), 0);
    axes.push_back(builder.getDenseI64ArrayAttr(numbers));
  }
  for (Value cotangent : cotangents)
    if (cotangent && !llvm::is_contained(sources, cotangent))
      WatchOp::create(builder, op->getLoc(), "the derivative of " + nameOfRule(op), cotangent, sources, Value(),
                      builder.getArrayAttr(axes), builder.getArrayAttr({}), sources.size() - primals);
}
