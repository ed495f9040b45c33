#include "compiler/Autodiff/Forward.h"

#include "compiler/Autodiff/Custom.h"
#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Rules.h"
#include "dialects/Build.h"
#include "dialects/Derivatives.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

LogicalResult Forward::run(Block &block) {
  SmallVector<Operation *> primals;
  for (Operation &op : block.without_terminator())
    primals.push_back(&op);
  for (Operation *op : primals)
    if (failed(visit(op)))
      return failure();
  return success();
}

Value Forward::tangentOrZeros(Value primal) {
  Value tangent = tangentOf(primal);
  return tangent ? tangent : buildZeros(builder, primal.getLoc(), primal);
}

// ṙ = Σ_k ∂r/∂x_k · ẋ_k
Value Forward::elementwise(ElementwiseOpInterface op) {
  Location loc = op.getLoc();
  // Where x is zero so are the derivatives' products: mask(ẋ, y) + mask(x, ẏ).
  if (auto product = dyn_cast<MaskMulOp>(*op)) {
    Value x = tangentOf(product.getX()), y = tangentOf(product.getY());
    return buildSum(builder, loc, buildChain(builder, loc, x, product.getY(), /*masked=*/true),
                    y ? MaskMulOp::create(builder, loc, product.getX(), y) : Value());
  }
  Value sum;
  for (auto [operand, partial] : llvm::zip_equal(op->getOperands(), op.partials(builder)))
    sum = buildSum(builder, loc, sum, buildChain(builder, loc, tangentOf(operand), partial, /*masked=*/false));
  return sum;
}

LogicalResult Forward::visit(Operation *op) {
  if (auto loop = dyn_cast<ForOp>(op))
    return visitLoop(loop);
  if (auto checkpoint = dyn_cast<CheckpointOp>(op))
    return visitCheckpoint(checkpoint);
  if (auto watch = dyn_cast<WatchOp>(op)) {
    visitWatch(watch);
    return success();
  }
  if (llvm::none_of(op->getOperands(), [&](Value operand) { return tangentOf(operand); }) ||
      llvm::none_of(op->getResults(), isFloat))
    return success();
  builder.setInsertionPointAfter(op);
  if (auto custom = dyn_cast<CustomOp>(op))
    return visitCustom(custom);
  RuleScope scope(builder, "jvp", op);
  if (auto rule = dyn_cast<DifferentiableOpInterface>(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(tangentOf(operand));
    for (auto [result, tangent] : llvm::zip_equal(op->getResults(), rule.jvp(builder, operands)))
      if (tangent)
        set(result, tangent);
    return success();
  }
  auto rule = dyn_cast<ElementwiseOpInterface>(op);
  if (!rule)
    return missingRule(op);
  if (Value tangent = elementwise(rule))
    set(op->getResult(0), tangent);
  return success();
}

LogicalResult Forward::visitCustom(CustomOp op) {
  auto args = llvm::map_to_vector(op.floatingArgs(), [&](Value arg) { return tangentOf(arg); });
  FailureOr<SmallVector<Value>> results = customJvp(builder, op, args);
  if (failed(results))
    return failure();
  for (auto [result, tangent] : llvm::zip_equal(op.floatingResults(), *results))
    if (tangent)
      set(result, tangent);
  return success();
}

// Values and tangents in one: reverse mode through both computes both again.
LogicalResult Forward::visitCheckpoint(CheckpointOp op) {
  Block &body = op.getBody().front();
  if (failed(run(body)))
    return failure();
  Operation *yield = body.getTerminator();
  SmallVector<Value> yielded(yield->getOperands());
  SmallVector<unsigned> moving;
  for (auto [position, value] : llvm::enumerate(yield->getOperands()))
    if (Value tangent = tangentOf(value)) {
      moving.push_back(position);
      yielded.push_back(tangent);
    }
  if (moving.empty())
    return success();
  yield->setOperands(yielded);
  builder.setInsertionPoint(op);
  auto both = CheckpointOp::create(builder, op.getLoc(), TypeRange(ValueRange(yielded)));
  both.getBody().takeBody(op.getBody());
  op.replaceAllUsesWith(both.getResults().take_front(op.getNumResults()));
  for (auto [position, result] : llvm::enumerate(moving))
    set(both.getResult(result), both.getResult(op.getNumResults() + position));
  op.erase();
  return success();
}

// The tangent of a watched value is watched: it comes from the same sources and from their tangents.
void Forward::visitWatch(WatchOp watch) {
  Value tangent = tangentOf(watch.getValue());
  if (!tangent)
    return;
  builder.setInsertionPointAfter(watch);
  RuleScope scope(builder, "jvp", watch);
  SmallVector<Value> sources(watch.getSources());
  SmallVector<Attribute> axes(watch.getAxes().getValue().take_front(sources.size()));
  size_t primals = sources.size();
  for (size_t i = 0; i < primals; ++i)
    if (Value direction = tangentOf(sources[i])) {
      sources.push_back(direction);
      axes.push_back(axes[i]);
    }
  llvm::append_range(axes, watch.getAxes().getValue().drop_front(primals));
  WatchOp::create(builder, watch.getLoc(), "the derivative of " + watch.getWhat().str(), tangent, sources, watch.getWhere(),
                  builder.getArrayAttr(axes), watch.getNames(), sources.size() - primals);
}

LogicalResult Forward::visitLoop(ForOp loop) {
  Values moving;
  for (auto [primal, tangent] : tangents)
    if (tangent)
      moving.insert(primal);
  size_t before = moving.size();
  addDependents(*loop, moving, Flow::Derivative);
  if (moving.size() == before)
    return success();

  Block &body = loop.getBody().front();
  unsigned carried = loop.getInits().size();
  LoopGrowth growth;
  SmallVector<unsigned> grown;
  builder.setInsertionPoint(loop);
  for (unsigned i = 0; i < carried; ++i) {
    Value argument = argumentOf(loop, i);
    if (!moving.contains(argument) || !isFloat(argument))
      continue;
    grown.push_back(i);
    growth.inits.push_back(tangentOrZeros(loop.getInits()[i]));
    set(argument, body.addArgument(argument.getType(), ruleLocation("jvp", loop)));
  }
  if (failed(run(body)))
    return failure();
  builder.setInsertionPoint(body.getTerminator());
  for (unsigned i : grown)
    growth.next.push_back(tangentOrZeros(nextOf(loop, i)));
  SmallVector<unsigned> stacked;
  for (unsigned i = carried; i < loop.getNumResults(); ++i)
    if (Value tangent = tangentOf(nextOf(loop, i))) {
      stacked.push_back(i);
      growth.stacks.push_back({tangent, cast<RankedTensorType>(loop.getResult(i).getType()), dimsOfStack(loop, i)});
    }
  unsigned results = loop.getNumResults(), added = grown.size();
  ForOp both = growLoop(loop, growth);
  for (auto [position, i] : llvm::enumerate(grown))
    set(both.getResult(i), both.getResult(carried + position));
  for (auto [position, i] : llvm::enumerate(stacked))
    set(both.getResult(i + added), both.getResult(results + added + position));
  return success();
}
