// The derivative forms, composed of ricci.jvp and ricci.vjp.
//
// Variables are broadcast over every index that the body depends on: the body at one point sees the variable of that
// point only, so a gradient inside indices is one for each of their values.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::DiffForm;

struct Emitter::Closure {
  std::unique_ptr<Region> region = std::make_unique<Region>();
  Leaves results;

  // Ends the body with its results over the whole context.
  void yield(Tensors &tensors, ArrayRef<IndexId> context, ArrayRef<Sizes> sizes) {
    Tensors::RegionScope scope(tensors);
    tensors.builder.setInsertionPointToEnd(&region->front());
    SmallVector<Value> values;
    for (auto [leaf, own] : llvm::zip_equal(results, sizes))
      values.push_back(tensors.broadcast(leaf, context, own).tensor);
    YieldOp::create(tensors.builder, tensors.location, values);
  }
};

// The part of a variable that a path leads to: its first leaf and how many there are.
static std::pair<unsigned, unsigned> partOf(const lang::DiffVariable &variable) {
  const lang::Type *type = &variable.variable->type;
  unsigned offset = 0;
  for (unsigned field : variable.path) {
    offset += leafOffset(*type, field);
    type = &type->fields[field];
  }
  return {offset, leafCount(*type)};
}

Leaves Emitter::primalsOf(const lang::DiffExpr &expr) {
  Leaves primals;
  for (const lang::DiffVariable &variable : expr.variables) {
    auto [offset, count] = partOf(variable);
    Leaves leaves = this->variable(*variable.variable);
    primals.append(leaves.begin() + offset, leaves.begin() + offset + count);
  }
  for (const Leaf &primal : primals)
    if (!isa<FloatType>(primal.element()))
      tensors.fail("a derivative by integers or truth values does not exist");
  return primals;
}

Emitter::Closure Emitter::close(const lang::DiffExpr &expr, ArrayRef<Leaf> primals, Body body) {
  Closure closure;
  auto *block = new Block;
  closure.region->push_back(block);
  Tensors::RegionScope scope(tensors);
  builder.setInsertionPointToStart(block);
  SmallVector<std::pair<const lang::Variable *, Leaves>> outer;
  unsigned position = 0;
  for (const lang::DiffVariable &variable : expr.variables) {
    Leaves &leaves = values[variable.variable];
    outer.push_back({variable.variable, leaves});
    auto [offset, count] = partOf(variable);
    // Errors about the variable name it.
    Location location = NameLoc::get(builder.getStringAttr(variable.variable->name), tensors.location);
    for (Leaf &leaf : MutableArrayRef(leaves).slice(offset, count)) {
      const Leaf &primal = primals[position++];
      leaf = {block->addArgument(primal.tensor.getType(), location), primal.context, primal.own};
    }
  }
  llvm::SaveAndRestore<Assignments *> ownLog(assigned, nullptr); // it assigns no variables of outside
  closure.results = body();
  // Two paths may lead into one variable: undone in reverse.
  for (auto &[variable, leaves] : llvm::reverse(outer))
    values[variable] = leaves;
  return closure;
}

static Leaves broadcastAll(Tensors &tensors, ArrayRef<Leaf> leaves, ArrayRef<IndexId> context) {
  Leaves result;
  for (const Leaf &leaf : leaves)
    result.push_back(tensors.broadcast(leaf, context));
  return result;
}

static SmallVector<Value> tensorsOf(ArrayRef<Leaf> leaves) {
  SmallVector<Value> result;
  for (const Leaf &leaf : leaves)
    result.push_back(leaf.tensor);
  return result;
}

Emitter::Derived Emitter::pushforward(const lang::DiffExpr &expr, ArrayRef<Leaf> primals, ArrayRef<Leaf> tangents,
                                      ArrayRef<Sizes> results, Body body) {
  Context context = unite(unite(primals), unite(tangents));
  for (;;) {
    Leaves at = broadcastAll(tensors, primals, context);
    Closure closure = close(expr, at, body);
    Context needed = unite(context, unite(closure.results));
    if (needed != context) {
      context = needed;
      continue;
    }
    closure.yield(tensors, context, results);
    Leaves along;
    for (auto [tangent, primal] : llvm::zip_equal(tangents, at))
      along.push_back(tensors.broadcast(tangent, context, primal.own));
    SmallVector<Type> types;
    for (unsigned mode = 0; mode < 2; ++mode)
      for (auto [leaf, own] : llvm::zip_equal(closure.results, results))
        types.push_back(tensors.type(leaf.element(), tensors.sizesOf(context, own)));
    auto op = JvpOp::create(builder, tensors.location, types, tensorsOf(at), tensorsOf(along));
    op.getBody().takeBody(*closure.region);
    Derived derived;
    for (auto [position, own] : llvm::enumerate(results)) {
      derived.values.push_back({op.getResult(position), context, own});
      derived.derivatives.push_back({op.getResult(results.size() + position), context, own});
    }
    return derived;
  }
}

Emitter::Derived Emitter::pullback(const lang::DiffExpr &expr, ArrayRef<Leaf> primals, std::optional<Leaves> seeds,
                                   ArrayRef<Sizes> results, Body body) {
  Context context = unite(primals);
  if (seeds)
    context = unite(context, unite(*seeds));
  for (;;) {
    Leaves at = broadcastAll(tensors, primals, context);
    Closure closure = close(expr, at, body);
    Context needed = unite(context, unite(closure.results));
    if (needed != context) {
      context = needed;
      continue;
    }
    closure.yield(tensors, context, results);
    SmallVector<Value> from;
    SmallVector<Type> types;
    for (auto [position, own] : llvm::enumerate(results)) {
      Type element = closure.results[position].element();
      Leaf seed = seeds ? (*seeds)[position] : tensors.fill(1, element);
      from.push_back(tensors.broadcast(seed, context, own).tensor);
      types.push_back(from.back().getType());
    }
    for (const Leaf &primal : at)
      types.push_back(primal.tensor.getType());
    auto op = VjpOp::create(builder, tensors.location, types, tensorsOf(at), from);
    op.getBody().takeBody(*closure.region);
    Derived derived;
    for (auto [position, own] : llvm::enumerate(results))
      derived.values.push_back({op.getResult(position), context, own});
    for (auto [position, primal] : llvm::enumerate(at))
      derived.derivatives.push_back({op.getResult(results.size() + position), context, primal.own});
    return derived;
  }
}

// ---------------------------------------------------------------- the forms

static SmallVector<Sizes> ownSizesOf(ArrayRef<Leaf> leaves) {
  SmallVector<Sizes> result;
  for (const Leaf &leaf : leaves)
    result.push_back(leaf.own);
  return result;
}

Leaves Emitter::diff(const lang::DiffExpr &expr) {
  if (expr.form == DiffForm::Jacobian)
    return jacobian(expr);
  if (expr.form == DiffForm::Hessian)
    return hessian(expr);

  Leaves primals = primalsOf(expr), tangents;
  for (const lang::DiffVariable &variable : expr.variables)
    if (variable.tangent)
      tangents.append(emit(*variable.tangent));
  SmallVector<Sizes> results;
  for (const lang::Type *array : arraysOf(expr.body->type))
    results.push_back(extents(*array));
  auto body = [&] { return emit(*expr.body); };

  switch (expr.form) {
  case DiffForm::Jvp:
    return pushforward(expr, primals, tangents, results, body).derivatives;
  case DiffForm::Hvp: {
    auto gradient = [&] { return pullback(expr, primalsOf(expr), std::nullopt, results, body).derivatives; };
    return pushforward(expr, primals, tangents, ownSizesOf(primals), gradient).derivatives;
  }
  case DiffForm::Vjp:
    return pullback(expr, primals, emit(*expr.cotangent), results, body).derivatives;
  case DiffForm::ValueGrad: {
    Derived derived = pullback(expr, primals, std::nullopt, results, body);
    derived.values.append(derived.derivatives);
    return derived.values;
  }
  default:
    return pullback(expr, primals, std::nullopt, results, body).derivatives;
  }
}

// A direction for every element of one leaf, as further indices, and zeros for the other leaves.
static std::pair<Context, Leaves> deltas(Tensors &tensors, ArrayRef<Sizes> shapes, ArrayRef<Type> elements,
                                                      unsigned chosen) {
  Context ids;
  SmallVector<Label> labels;
  for (const Size &size : shapes[chosen]) {
    ids.push_back(tensors.newIndex(size, 0));
    labels.push_back(ids.back());
  }
  Leaves directions;
  for (unsigned position = 0; position < shapes.size(); ++position)
    directions.push_back(tensors.fill(0, elements[position], shapes[position]));
  directions[chosen] = {tensors.identity(elements[chosen], labels, shapes[chosen]), ids, shapes[chosen]};
  return {ids, directions};
}

static SmallVector<Type> elementsOf(ArrayRef<Leaf> leaves) {
  SmallVector<Type> result;
  for (const Leaf &leaf : leaves)
    result.push_back(leaf.element());
  return result;
}

static std::optional<int64_t> elementCount(ArrayRef<Sizes> shapes) {
  int64_t total = 0;
  for (const Sizes &shape : shapes) {
    int64_t count = 1;
    for (const Size &size : shape) {
      if (!size.isStatic() || llvm::MulOverflow(count, size.constant(), count))
        return std::nullopt;
    }
    if (llvm::AddOverflow(total, count, total))
      return std::nullopt;
  }
  return total;
}

// Rows are leaves of the value, columns leaves of the variables; the axes of a block are the row's, then the column's.
Leaves Emitter::jacobian(const lang::DiffExpr &expr) {
  Leaves primals = primalsOf(expr);
  SmallVector<Sizes> shapes = ownSizesOf(primals), results;
  SmallVector<Type> resultElements;
  for (const lang::Type *array : arraysOf(expr.body->type)) {
    results.push_back(extents(*array));
    resultElements.push_back(element(array->element));
  }
  auto body = [&] { return emit(*expr.body); };

  // One sweep computes a column forwards and a row backwards: the fewer, the better.
  std::optional<int64_t> rows = elementCount(results), columns = elementCount(shapes);
  bool scalars = llvm::all_of(results, [](const Sizes &shape) { return shape.empty(); });
  if (scalars || (rows && columns && *rows < *columns)) {
    Leaves blocks;
    for (unsigned row = 0; row < results.size(); ++row) {
      auto [ids, seeds] = deltas(tensors, results, resultElements, row);
      for (const Leaf &leaf : pullback(expr, primals, seeds, results, body).derivatives)
        blocks.push_back(tensors.indicesToOwn(leaf, ids, true));
    }
    return blocks;
  }
  SmallVector<Leaves> byColumn;
  for (unsigned column = 0; column < primals.size(); ++column) {
    auto [ids, tangents] = deltas(tensors, shapes, elementsOf(primals), column);
    byColumn.emplace_back();
    for (const Leaf &leaf : pushforward(expr, primals, tangents, results, body).derivatives)
      byColumn.back().push_back(tensors.indicesToOwn(leaf, ids, false));
  }
  Leaves blocks;
  for (unsigned row = 0; row < results.size(); ++row)
    for (const Leaves &column : byColumn)
      blocks.push_back(column[row]);
  return blocks;
}

// The Jacobian of the gradient, forward over reverse.
Leaves Emitter::hessian(const lang::DiffExpr &expr) {
  Leaves primals = primalsOf(expr);
  SmallVector<Sizes> shapes = ownSizesOf(primals);
  const SmallVector<Sizes> scalar{Sizes()};
  auto body = [&] { return emit(*expr.body); };
  auto gradient = [&] { return pullback(expr, primalsOf(expr), std::nullopt, scalar, body).derivatives; };
  SmallVector<Leaves> byColumn;
  for (unsigned column = 0; column < primals.size(); ++column) {
    auto [ids, tangents] = deltas(tensors, shapes, elementsOf(primals), column);
    byColumn.emplace_back();
    for (const Leaf &leaf : pushforward(expr, primals, tangents, shapes, gradient).derivatives)
      byColumn.back().push_back(tensors.indicesToOwn(leaf, ids, false));
  }
  Leaves blocks;
  for (unsigned row = 0; row < primals.size(); ++row)
    for (const Leaves &column : byColumn)
      blocks.push_back(column[row]);
  return blocks;
}
