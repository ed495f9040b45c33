// The pass: derivative forms are checked and expanded, innermost first.
#include "compiler/Autodiff/Autodiff.h"

#include "compiler/Autodiff/Forward.h"
#include "compiler/Autodiff/Loops.h"
#include "compiler/Autodiff/Reverse.h"
#include "dialects/Build.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

namespace {

bool isForm(Operation *op) { return isa<JvpOp, VjpOp>(op); }

// The variable that a form's argument is (a part of): the root of its location's name, "w" for loc("w.bias").
StringRef variableOf(BlockArgument argument) {
  if (auto name = dyn_cast<NameLoc>(argument.getLoc()))
    return name.getName().getValue().split('.').first;
  return "";
}

std::string quoted(StringRef variable) {
  return variable.empty() ? "the variable" : ("`" + variable + "`").str();
}

// The first argument that the value depends on, as differentiation sees it.
BlockArgument sourceOf(Value value, Block &body) {
  for (BlockArgument argument : body.getArguments()) {
    Values dependent = {argument};
    addDependents(body, dependent, Flow::Data);
    if (dependent.contains(value))
      return argument;
  }
  return {};
}

// Numbers become floating point without a derivative only where they do not depend on a variable.
LogicalResult checkCasts(Block &body) {
  Values useful(body.getTerminator()->operand_begin(), body.getTerminator()->operand_end());
  addSources(body, useful);
  Values dependent(body.args_begin(), body.args_end());
  addDependents(body, dependent, Flow::Data);
  WalkResult result = body.walk([&](Operation *op) {
    if (!isa<ConvertOp, UnitOp>(op) || isFloat(op->getOperand(0)) || !isFloat(op->getResult(0)))
      return WalkResult::advance();
    if (!useful.contains(op->getResult(0)) || !dependent.contains(op->getOperand(0)))
      return WalkResult::advance();
    bool isBool = getElementTypeOrSelf(op->getOperand(0)).isInteger(1);
    op->emitError() << "cast to floating point of " << (isBool ? "a boolean" : "an integer") << " that depends on "
                    << quoted(variableOf(sourceOf(op->getOperand(0), body)))
                    << ": it carries no derivative; stop_grad(…) makes it a constant";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

// Puts the body in the operation's place.
void inlineBody(Operation *op, ValueRange inputs) {
  Block &body = op->getRegion(0).front();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
    argument.replaceAllUsesWith(input);
  Operation *yield = body.getTerminator();
  op->replaceAllUsesWith(yield->getOperands());
  yield->erase();
  op->getBlock()->getOperations().splice(op->getIterator(), body.getOperations());
  op->erase();
}

LogicalResult expand(JvpOp form) {
  Block &body = form.getBody().front();
  Forward forward(form.getContext());
  for (auto [argument, tangent] : llvm::zip_equal(body.getArguments(), form.getTangents()))
    forward.set(argument, tangent);
  if (failed(forward.run(body)))
    return failure();
  Operation *yield = body.getTerminator();
  OpBuilder builder(yield);
  SmallVector<Value> results(yield->getOperands());
  for (Value value : yield->getOperands()) {
    Value tangent = forward.tangentOf(value);
    results.push_back(tangent ? tangent : buildZeros(builder, form.getLoc(), value));
  }
  yield->setOperands(results);
  eraseDead(body);
  inlineBody(form, form.getPrimals());
  return success();
}

LogicalResult expand(VjpOp form, ReverseOptions options) {
  Block &body = form.getBody().front();
  Values active(body.args_begin(), body.args_end());
  addDependents(body, active, Flow::Derivative);
  Operation *yield = body.getTerminator();
  OpBuilder builder(yield);
  Reverse reverse(builder, active, options);
  for (auto [value, cotangent] : llvm::zip_equal(yield->getOperands(), form.getCotangents()))
    reverse.add(value, {cotangent});
  if (failed(reverse.run(body)))
    return failure();
  SmallVector<Value> results(yield->getOperands());
  for (BlockArgument argument : body.getArguments()) {
    Value cotangent = reverse.take(argument).value;
    results.push_back(cotangent ? cotangent : buildZeros(builder, form.getLoc(), argument));
  }
  yield->setOperands(results);
  eraseDead(body);
  inlineBody(form, form.getPrimals());
  return success();
}

struct AutodiffPass : PassWrapper<AutodiffPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AutodiffPass)

  explicit AutodiffPass(AutodiffOptions options) { mostSaved = options.mostSaved; }
  AutodiffPass(const AutodiffPass &other) : PassWrapper(other) {}

  Option<int64_t> mostSaved{*this, "most-saved", llvm::cl::desc("Bytes that a loop may save before it is cut in segments")};

  StringRef getArgument() const override { return "expand-derivatives"; }
  StringRef getDescription() const override {
    return "Expand ricci.jvp and ricci.vjp, innermost first, and dissolve ricci.custom and ricci.checkpoint";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<RicciDialect, arith::ArithDialect>();
  }

  void runOnOperation() override {
    SmallVector<Operation *> forms;
    // What is made of a watched program is watched.
    ReverseOptions options{.mostSaved = mostSaved};
    getOperation()->walk<WalkOrder::PostOrder>([&](Operation *op) {
      if (isForm(op))
        forms.push_back(op);
      options.watches |= isa<WatchOp>(op);
    });
    for (Operation *form : forms) {
      if (failed(checkCasts(form->getRegion(0).front())))
        return signalPassFailure();
      auto forward = dyn_cast<JvpOp>(form);
      if (failed(forward ? expand(forward) : expand(cast<VjpOp>(form), options)))
        return signalPassFailure();
    }
    // No rule is needed any more, no loop is cut, and what is computed again stands behind barriers.
    SmallVector<Operation *> wrappers;
    getOperation()->walk([&](Operation *op) {
      if (isa<CustomOp, CheckpointOp>(op))
        wrappers.push_back(op);
      for (StringRef mark : {segmentsAttrName, wholeAttrName})
        op->removeAttr(mark);
    });
    for (Operation *op : wrappers)
      inlineBody(op, op->getOperands());
    if (forms.empty() && wrappers.empty())
      return markAllAnalysesPreserved();
    expandAnnihilating(getOperation());
    for (Region &region : getOperation()->getRegions())
      for (Block &block : region)
        eraseDead(block);
  }
};

} // namespace

std::unique_ptr<Pass> ricci::createAutodiffPass(AutodiffOptions options) {
  return std::make_unique<AutodiffPass>(options);
}
