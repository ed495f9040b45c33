// Sizes that a check states to be equal are one value behind it: what compares sizes by value sees that loops are the
// same.
#include "compiler/Simplify/Patterns.h"
#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

bool simplify::shareCheckedSizes(Operation *root) {
  bool changed = false;
  root->walk([&](CheckOp check) {
    auto compare = check.getCondition().getDefiningOp<CmpOp>();
    if (!compare || compare.getPredicate() != ComparePredicate::eq)
      return;
    auto left = compare->getOperand(0).getDefiningOp<ToTensorOp>(),
         right = compare->getOperand(1).getDefiningOp<ToTensorOp>();
    if (!left || !right)
      return;
    left.getSource().replaceUsesWithIf(right.getSource(), [&](OpOperand &use) {
      Operation *user = check->getBlock()->findAncestorOpInBlock(*use.getOwner());
      const bool isBehind = user && check->isBeforeInBlock(user);
      changed |= isBehind;
      return isBehind;
    });
  });
  return changed;
}
