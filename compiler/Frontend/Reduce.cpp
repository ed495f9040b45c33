// Reductions over indices, with guards.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Reduction;

static StringRef nameOf(Reduction kind) {
  switch (kind) {
  case Reduction::Argmax:
    return "argmax";
  case Reduction::Argmin:
    return "argmin";
  case Reduction::Max:
    return "max";
  case Reduction::Min:
    return "min";
  case Reduction::Sum:
    return "sum";
  case Reduction::Prod:
    return "prod";
  case Reduction::Mean:
    return "mean";
  default:
    return "reduction";
  }
}

static std::optional<Leaf> both(Tensors &tensors, const std::optional<Leaf> &x, const std::optional<Leaf> &y) {
  return x && y ? tensors.conjunction(*x, *y) : x ? x : y;
}

Leaves Emitter::reduce(const lang::ReduceExpr &expr) {
  SmallVector<IndexId> ids;
  std::optional<Leaf> guard;
  for (const lang::Index *index : expr.indices) {
    std::optional<Leaf> inside;
    ids.push_back(enter(*index, inside));
    guard = both(tensors, guard, inside);
  }
  if (!expr.scatter.empty())
    return scatter(expr, ids, guard);
  return reduceUnder(expr, ids, guard);
}

Leaves Emitter::guarded(const lang::Expr &expr, const std::optional<Leaf> &guard) {
  return guard ? under<Leaves>(*guard, [&] { return emit(expr); }) : emit(expr);
}

Leaves Emitter::reduceUnder(const lang::ReduceExpr &expr, ArrayRef<IndexId> ids, std::optional<Leaf> guard) {
  if (expr.guard)
    guard = both(tensors, guard, guarded(*expr.guard, guard).front());
  Leaves body = guarded(*expr.body, guard);
  if (expr.kind == Reduction::Argmax || expr.kind == Reduction::Argmin)
    return positionsOf(expr.kind, body.front(), guard, ids);
  SmallVector<const lang::Type *> types = arraysOf(expr.type);
  Leaves result;
  for (auto [leaf, type] : llvm::zip_equal(body, types)) {
    Leaf value = reduceLeaf(expr.kind, tensors.convert(leaf, element(type->element)), guard, ids);
    // The others give one of their elements, or what they give over nothing.
    bool computes = expr.kind == Reduction::Sum || expr.kind == Reduction::Prod || expr.kind == Reduction::Mean;
    Leaf given = guard && computes ? tensors.select(*guard, leaf, tensors.fill(0, leaf.element())) : leaf;
    result.push_back(computes ? watched(spelling(nameOf(expr.kind)), value, given, /*pointwise=*/true) : value);
  }
  return result;
}

Leaf Emitter::reduceLeaf(Reduction kind, Leaf body, const std::optional<Leaf> &guard, ArrayRef<IndexId> ids) {
  Type type = body.element();
  auto filled = [&](const Leaf &identity) { return guard ? tensors.select(*guard, body, identity) : body; };
  switch (kind) {
  case Reduction::Sum:
    return tensors.sum(filled(tensors.fill(0, type)), ids);
  case Reduction::Mean:
    return meanOf(body, guard, ids);
  case Reduction::Logsumexp:
    return logsumexpOf(body, guard, ids);
  case Reduction::Prod:
    return tensors.reduce(ReduceKind::prod, filled(tensors.fillInteger(1, type)), ids);
  case Reduction::Max:
  case Reduction::Min: {
    if (isa<IntegerType>(type))
      checkNotEmpty(nameOf(kind), guard, ids);
    bool largest = kind == Reduction::Max;
    return tensors.reduce(largest ? ReduceKind::max : ReduceKind::min, filled(tensors.extreme(!largest, type)), ids);
  }
  case Reduction::Any:
    return tensors.reduce(ReduceKind::any, filled(tensors.boolean(false)), ids);
  case Reduction::All:
    return tensors.reduce(ReduceKind::all, filled(tensors.boolean(true)), ids);
  case Reduction::Argmax:
  case Reduction::Argmin:
    break;
  }
  llvm_unreachable("argmax gives positions");
}

// The sum over what passed, divided by how many did; none gives 0/0 = NaN.
Leaf Emitter::meanOf(const Leaf &body, const std::optional<Leaf> &guard, ArrayRef<IndexId> ids) {
  Type type = body.element();
  if (!guard) {
    Size count = tensors.product(tensors.sizesOf(ids));
    return tensors.div(tensors.sum(body, ids), tensors.convert(tensors.number(count), type));
  }
  Leaf zero = tensors.fill(0, type), one = tensors.fill(1, type);
  Leaf count = tensors.sum(tensors.select(*guard, one, zero), ids);
  return tensors.div(tensors.sum(tensors.select(*guard, body, zero), ids), count);
}

// log Σ exp x = m + log Σ exp (x − m) with m = max x, a constant to differentiation. Where m is infinite or NaN it is
// the result, and the formula is kept away from it.
Leaf Emitter::logsumexpOf(Leaf body, const std::optional<Leaf> &guard, ArrayRef<IndexId> ids) {
  Type type = body.element();
  if (guard)
    body = tensors.select(*guard, body, tensors.extreme(false, type));
  Leaf greatest = tensors.reduce(ReduceKind::max, tensors.stopGradient(body), ids);
  Leaf finite = tensors.isFinite(greatest);
  Leaf shift = tensors.select(finite, greatest, tensors.fill(0, type));
  Leaf total = tensors.sum(tensors.apply("exp", {tensors.sub(body, shift)}), ids);
  Leaf safe = tensors.select(finite, total, tensors.fill(1, type));
  return tensors.select(finite, tensors.add(tensors.apply("log", {safe}), shift), greatest);
}

void Emitter::checkNotEmpty(StringRef what, const std::optional<Leaf> &guard, ArrayRef<IndexId> ids) {
  if (guard) {
    check(tensors.reduce(ReduceKind::any, *guard, ids), code::empty, what + " over no elements");
    return;
  }
  Size count = tensors.product(tensors.sizesOf(ids));
  if (!count.isStatic() || count.constant() == 0)
    check(tensors.compare(ComparePredicate::gt, tensors.number(count), tensors.number(0)), code::empty,
          what + " over no elements");
}

// The row-major position within the indices, taken apart: one number for each index.
Leaves Emitter::positionsOf(Reduction kind, const Leaf &body, const std::optional<Leaf> &guard, ArrayRef<IndexId> ids) {
  checkNotEmpty(nameOf(kind), guard, ids);
  Leaf position = tensors.reduce(kind == Reduction::Argmax ? ReduceKind::argmax : ReduceKind::argmin, body, ids,
                                 guard ? &*guard : nullptr);
  Leaves result;
  for (IndexId id : llvm::reverse(ids)) {
    Leaf coordinate = position;
    if (id != ids.front()) {
      Leaf extent = tensors.number(tensors.extent(id));
      coordinate = tensors.apply("rem", {position, extent});
      position = tensors.div(position, extent);
    }
    result.push_back(tensors.lower(id).is(0) ? coordinate : tensors.add(coordinate, tensors.number(tensors.lower(id))));
  }
  std::reverse(result.begin(), result.end());
  return result;
}

Leaf Emitter::reduceOwn(ReduceKind kind, const Leaf &leaf, unsigned axes) {
  SmallVector<IndexId> ids;
  for (unsigned axis = 0; axis < axes; ++axis)
    ids.push_back(tensors.newIndex(leaf.own[axis], 0));
  return tensors.reduce(kind, tensors.ownToIndices(leaf, ids), ids);
}

Leaf Emitter::sumOwn(const Leaf &leaf, unsigned axes) {
  SmallVector<IndexId> ids;
  for (unsigned axis = 0; axis < axes; ++axis)
    ids.push_back(tensors.newIndex(leaf.own[axis], 0));
  return tensors.sum(tensors.ownToIndices(leaf, ids), ids);
}
