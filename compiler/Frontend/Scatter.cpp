// `sum[i where e(i) == left index](…)`: in linear time, the left index replaced by e(i).
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

Leaves Emitter::scatter(const lang::ReduceExpr &expr, ArrayRef<IndexId> ids, std::optional<Leaf> guard) {
  struct Term {
    unsigned symbol;
    IndexId left;
    Leaf subscript;
  };
  SmallVector<Term> terms;
  for (const lang::ScatterTerm &term : expr.scatter) {
    Leaf subscript = tensors.convert(guarded(*term.subscript, guard).front(), builder.getI64Type());
    auto narrow = [&](const Leaf &condition) { guard = guard ? tensors.conjunction(*guard, condition) : condition; };
    const Binding &binding = symbols[term.left->symbol->id];
    if (!std::holds_alternative<IndexId>(binding)) {
      // An enclosing scatter has already fixed this index.
      narrow(tensors.compare(ComparePredicate::eq, subscript, symbolNumber(term.left->symbol)));
      continue;
    }
    IndexId left = std::get<IndexId>(binding);
    // Other values fall away.
    Leaf lower = tensors.number(tensors.lower(left));
    Leaf upper = tensors.number(tensors.add(tensors.lower(left), tensors.extent(left)));
    narrow(tensors.compare(ComparePredicate::ge, subscript, lower));
    narrow(tensors.compare(ComparePredicate::lt, subscript, upper));
    terms.push_back({term.left->symbol->id, left, subscript});
  }
  if (terms.empty())
    return reduceUnder(expr, ids, guard);

  std::optional<Leaf> outerReach = reach;
  for (const Term &term : terms) {
    substitutions.push_back({term.left, term.subscript});
    symbols[term.symbol] = term.subscript;
  }
  if (reach)
    reach = substituted(*reach);
  guard = substituted(*guard);
  if (expr.guard) {
    Leaf rest = guarded(*expr.guard, guard).front();
    guard = guard ? tensors.conjunction(*guard, rest) : rest;
  }
  Leaves body = guarded(*expr.body, guard);
  reach = outerReach;
  substitutions.truncate(substitutions.size() - terms.size());
  for (const Term &term : terms)
    symbols[term.symbol] = term.left;

  SmallVector<const lang::Type *> types = arraysOf(expr.type);
  Leaves result;
  for (auto [leaf, type] : llvm::zip_equal(body, types)) {
    Type target = element(type->element);
    Leaf value = tensors.select(*guard, tensors.convert(leaf, target), tensors.fill(0, target));
    SmallVector<AxisForm> forms;
    SmallVector<IndexId> into;
    for (const Term &term : terms) {
      AxisForm form;
      form.numbers.push_back({term.subscript, Size(1)});
      form.constant = tensors.sub(0, tensors.lower(term.left));
      form.mode = AccessMode::pad;
      forms.push_back(form);
      into.push_back(term.left);
    }
    for (unsigned axis = 0; axis < value.own.size(); ++axis) {
      AxisForm form;
      form.own = axis;
      forms.push_back(form);
    }
    result.push_back(watched("`sum`", tensors.scatter(value, forms, into, ids), value, /*pointwise=*/true));
  }
  return result;
}
