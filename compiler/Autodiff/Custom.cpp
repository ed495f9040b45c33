#include "compiler/Autodiff/Custom.h"

#include "compiler/Autodiff/Rules.h"
#include "dialects/Build.h"
#include "dialects/Derivatives.h"
#include "dialects/Equation.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

namespace {

// A rule of `op`, its operations copied to the builder's place.
class Rule {
public:
  static Rule jvp(OpBuilder &builder, CustomOp op) { return {builder, op, op.getJvp(), "jvp", op.floatingArgs()}; }
  static Rule vjp(OpBuilder &builder, CustomOp op) { return {builder, op, op.getVjp(), "vjp", op.floatingResults()}; }

  bool exists() const { return !region.empty(); }
  // The rule at `given`, one for each floating argument (jvp) or result (vjp).
  SmallVector<Cotangent> apply(ArrayRef<Cotangent> given);
  // Its transpose at `seeds`, one for each value that it yields.
  FailureOr<SmallVector<Cotangent>> transpose(ArrayRef<Cotangent> seeds);

private:
  Rule(OpBuilder &builder, CustomOp op, Region &region, StringRef mode, SmallVector<Value> inputs)
      : builder(builder), op(op), region(region), mode(mode), name(ruleName(mode, op)), inputs(std::move(inputs)) {}

  Value zerosFor(Value input) { return buildZeros(builder, locationOf(op), input); }
  Location locationOf(Operation *origin) { return NameLoc::get(name, origin->getLoc()); }
  void place(ValueRange linear);
  void propagate(Operation *operation);
  void annihilate(Operation *operation, Mask mask);
  void replace(Value product, Value by);

  OpBuilder &builder;
  CustomOp op;
  Region &region;
  StringRef mode;
  StringAttr name;
  SmallVector<Value> inputs; // what the tangents or cotangents belong to

  SmallVector<Operation *> placed;
  Operation *yield = nullptr;  // the copy's end, there as long as what it yields may be replaced
  Values linear;               // the tangents or cotangents, and what depends on them
  DenseMap<Value, Mask> masks; // theirs, outside of loops
};

void Rule::place(ValueRange given) {
  IRMapping mapping;
  SmallVector<Value> arguments(op.getArgs());
  llvm::append_range(arguments, op.getResults());
  llvm::append_range(arguments, given);
  mapping.map(region.getArguments(), arguments);
  // Constants of the rule are so for outer derivatives too.
  for (Value value : capturedBy(region))
    if (isa<RankedTensorType>(value.getType()) && !isa_and_nonnull<ConstantOp, FillOp, IotaOp>(value.getDefiningOp()))
      mapping.map(value, StopGradOp::create(builder, locationOf(op), value).getResult());
  for (Operation &original : region.front()) {
    Operation *copy = builder.clone(original, mapping);
    copy->walk([&](Operation *inner) { inner->setLoc(locationOf(inner)); });
    placed.push_back(copy);
  }
  yield = placed.pop_back_val();
}

SmallVector<Cotangent> Rule::apply(ArrayRef<Cotangent> given) {
  SmallVector<Value> values;
  for (auto [input, cotangent] : llvm::zip_equal(inputs, given)) {
    // Zeros have the strongest mask.
    Mask mask = cotangent.value ? cotangent.mask : Mask::Contractions;
    values.push_back(cotangent.value ? cotangent.value : zerosFor(input));
    auto [entry, isFirst] = masks.try_emplace(values.back(), mask);
    entry->second = isFirst ? mask : maskOfSum(entry->second, mask); // one value may belong to several results
  }
  place(values);
  linear.insert(values.begin(), values.end());
  for (Operation *operation : placed)
    propagate(operation);
  SmallVector<Cotangent> results;
  for (Value value : yield->getOperands())
    results.push_back(isUniform(value, 0) ? Cotangent{} : Cotangent{value, masks.lookup(value)});
  yield->erase();
  return results;
}

FailureOr<SmallVector<Cotangent>> Rule::transpose(ArrayRef<Cotangent> seeds) {
  SmallVector<Value> zeros;
  for (Value input : inputs)
    zeros.push_back(zerosFor(input));
  place(zeros);
  linear.insert(zeros.begin(), zeros.end());
  for (Operation *operation : placed)
    addDependents(*operation, linear, Flow::Derivative);
  Reverse reverse(builder, std::move(linear), {});
  for (auto [value, seed] : llvm::zip_equal(yield->getOperands(), seeds))
    reverse.add(value, seed);
  yield->erase();
  if (failed(reverse.run(placed)))
    return failure();
  SmallVector<Cotangent> results;
  for (Value zero : zeros)
    results.push_back(reverse.take(zero));
  // The derivative of a linear map does not depend on where it is taken.
  Values moved(zeros.begin(), zeros.end());
  if (!zeros.empty())
    for (Operation &created :
         llvm::make_range(zeros.front().getDefiningOp()->getIterator(), builder.getInsertionPoint()))
      addDependents(created, moved, Flow::Derivative);
  if (llvm::any_of(results, [&](const Cotangent &result) { return moved.contains(result.value); }))
    return op.emitError() << "the other mode does not follow from the " << mode << " of '" << op.getName()
                          << "', which is not linear in its " << (mode == "vjp" ? "cotangents" : "tangents");
  return results;
}

// ---------------------------------------------------------------- masks

// What depends linearly on masked values is masked, and its products keep their zeros.
void Rule::propagate(Operation *operation) {
  std::optional<Mask> given;
  SmallVector<Value> uses(operation->getOperands());
  llvm::append_range(uses, capturedBy(operation));
  for (Value use : uses)
    if (linear.contains(use))
      given = given ? maskOfSum(*given, masks.lookup(use)) : masks.lookup(use);
  if (!given)
    return;
  Mask mask = *given;
  for (auto [position, operand] : llvm::enumerate(operation->getOperands()))
    if (linear.contains(operand))
      mask = std::max(mask, maskThrough(operation, position, *given));
  addDependents(*operation, linear, Flow::Derivative);
  for (Value result : operation->getResults())
    if (linear.contains(result))
      masks[result] = mask;
  if (*given != Mask::None)
    operation->walk([&](Operation *inner) { annihilate(inner, *given); });
}

void Rule::annihilate(Operation *operation, Mask mask) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(operation);
  Location loc = operation->getLoc();
  auto multiply = [&](Value g, Value partial) {
    Value product =
        isUniform(g, 0) ? buildZeros(builder, loc, g) : buildChain(builder, loc, g, partial, /*masked=*/true);
    if (product)
      replace(operation->getResult(0), product);
  };
  if (auto product = dyn_cast<MulOp>(operation)) {
    Value x = product.getX(), y = product.getY();
    if (linear.contains(x) != linear.contains(y))
      linear.contains(x) ? multiply(x, y) : multiply(y, x);
  } else if (auto quotient = dyn_cast<DivOp>(operation)) {
    Value x = quotient.getX(), y = quotient.getY();
    if (linear.contains(x) && !linear.contains(y))
      multiply(x, DivOp::create(builder, loc, buildFillLike(builder, loc, y.getType(), y, 1), y));
  } else if (auto einsum = dyn_cast<EinsumOp>(operation)) {
    SmallVector<int64_t> positions;
    for (auto [position, input] : llvm::enumerate(einsum.getInputs()))
      if (linear.contains(input))
        positions.push_back(position);
    if (positions.size() != 1 || einsum.getInputs().size() == 1)
      return;
    if (isUniform(einsum.getInputs()[positions[0]], 0))
      return replace(einsum.getResult(), buildFill(builder, loc, einsum.getType(), einsum.getDims(), 0));
    if (mask == Mask::Products && !einsum.parseEquation().summed().empty())
      return;
    if (auto before = einsum->getAttrOfType<DenseI64ArrayAttr>(annihilatingAttrName))
      for (int64_t position : before.asArrayRef())
        if (position != positions[0])
          positions.push_back(position);
    einsum->setAttr(annihilatingAttrName, builder.getDenseI64ArrayAttr(positions));
  }
}

void Rule::replace(Value product, Value by) {
  linear.insert(by);
  if (auto known = masks.find(product); known != masks.end()) {
    masks.try_emplace(by, known->second);
    masks.erase(product);
  }
  linear.erase(product);
  product.replaceAllUsesWith(by);
  product.getDefiningOp()->erase();
}

} // namespace

FailureOr<SmallVector<Value>> autodiff::customJvp(OpBuilder &builder, CustomOp op, ArrayRef<Value> tangents) {
  auto given = llvm::map_to_vector(tangents, [](Value tangent) { return Cotangent{tangent}; });
  Rule rule = Rule::jvp(builder, op);
  FailureOr<SmallVector<Cotangent>> results =
      rule.exists() ? rule.apply(given) : Rule::vjp(builder, op).transpose(given);
  if (failed(results))
    return failure();
  return llvm::map_to_vector(*results, [](const Cotangent &result) { return result.value; });
}

FailureOr<SmallVector<Cotangent>> autodiff::customVjp(OpBuilder &builder, CustomOp op, ArrayRef<Cotangent> cotangents) {
  Rule rule = Rule::vjp(builder, op);
  return rule.exists() ? rule.apply(cotangents) : Rule::jvp(builder, op).transpose(cotangents);
}
