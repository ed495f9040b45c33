#include "Leaves.h"

namespace ricci::lower {

using namespace mlir;

void Leaves::visit(const Element &element) {
  std::vector<const void *> key{element.tensor.getAsOpaquePointer()};
  for (AffineExpr expr : element.at)
    key.push_back(expr.getAsOpaquePointer());
  if (!seen.insert(std::move(key)).second)
    return;
  if (env.find(element.tensor) || known.contains(element.tensor)) {
    arrays.push_back(element);
    return;
  }
  constexpr unsigned longBody = 8;
  operations.emplace_back(element.at, isExpensive(element.tensor.getDefiningOp()) ? longBody : 1);
  expand(element, {});
}

void Leaves::expand(const Element &element, ArrayRef<AffineExpr> reduced) {
  Guard guard = 0;
  for (const Element &read : readsOf(element, reduced, space, env, guard))
    visit(read);
}

} // namespace ricci::lower
