#include "compiler/Autodiff/Rules.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

StringAttr autodiff::ruleName(StringRef mode, Operation *primal) {
  std::string name = (mode + " of " + primal->getName().stripDialect()).str();
  if (auto custom = dyn_cast<CustomOp>(primal))
    name += (" " + custom.getName()).str();
  return StringAttr::get(primal->getContext(), name);
}

Location autodiff::ruleLocation(StringRef mode, Operation *primal) {
  return NameLoc::get(ruleName(mode, primal), primal->getLoc());
}

RuleScope::RuleScope(OpBuilder &builder, StringRef mode, Operation *primal)
    : builder(builder), location(ruleLocation(mode, primal)) {
  Block *block = builder.getInsertionBlock();
  Block::iterator point = builder.getInsertionPoint();
  before = point == block->begin() ? nullptr : &*std::prev(point);
}

SmallVector<Operation *> RuleScope::created() const {
  Block *block = builder.getInsertionBlock();
  Block::iterator first = before ? std::next(before->getIterator()) : block->begin();
  SmallVector<Operation *> result;
  for (Operation &op : llvm::make_range(first, builder.getInsertionPoint()))
    result.push_back(&op);
  return result;
}

RuleScope::~RuleScope() {
  for (Operation *op : created())
    op->setLoc(location);
}

std::string autodiff::nameOfRule(Operation *op) {
  std::string derivatives, name = spelling(op);
  Location location = op->getLoc();
  while (auto rule = dyn_cast<NameLoc>(location)) {
    StringRef text = rule.getName();
    if (text.consume_front("vjp of ") || text.consume_front("jvp of ")) {
      derivatives += "the derivative of ";
      text.consume_front("custom ");
      name = spelling(text);
    }
    location = rule.getChildLoc();
  }
  return derivatives + name;
}

LogicalResult autodiff::missingRule(Operation *op) {
  return op->emitError() << "'" << op->getName() << "' has no derivative rule";
}
