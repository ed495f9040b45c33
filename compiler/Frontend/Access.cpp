// Reading and replacing parts of arrays.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Dim;
using lang::Subscript;
using lang::SymbolInfo;

struct Emitter::Place {
  SmallVector<AxisForm> forms; // one for each axis of the array
  Sizes own;                   // of the axes that slices and `:` leave
};

static AccessMode modeOf(lang::AccessMode mode) {
  switch (mode) {
  case lang::AccessMode::Exact:
    return AccessMode::exact;
  case lang::AccessMode::Pad:
    return AccessMode::pad;
  case lang::AccessMode::Clamp:
    return AccessMode::clamp;
  case lang::AccessMode::Wrap:
    return AccessMode::wrap;
  }
  llvm_unreachable("an access mode");
}

// Whether 0 ≤ subscript < size at every point that is computed. Sema proves it where the program gets; a ragged range
// is computed over its box, and a branch that is not taken is computed too.
bool Emitter::provenOnBox(const Dim &subscript, const Dim &size) {
  Dim least, greatest;
  for (const auto &[monomial, coefficient] : subscript.terms()) {
    const SymbolInfo *index = nullptr;
    Dim factor(coefficient);
    for (const lang::Symbol &symbol : monomial) {
      if (symbol->kind != SymbolInfo::Index)
        factor = factor * Dim(symbol);
      else if (std::exchange(index, symbol.get()))
        return false;
    }
    if (!index) {
      least = least + factor;
      greatest = greatest + factor;
      continue;
    }
    auto found = boxes.find(index->id);
    if (found == boxes.end() || !std::holds_alternative<IndexId>(symbols[index->id]))
      return false;
    const auto &[lower, upper] = found->second;
    // A factor of unknown sign could turn the bounds around.
    if (!isNonNegative(coefficient < 0 ? Dim(0) - factor : factor))
      return false;
    Dim first = factor * lower, last = factor * (upper - Dim(1));
    if (coefficient < 0)
      std::swap(first, last);
    least = least + first;
    greatest = greatest + last;
  }
  return isNonNegative(least) && isNonNegative(size - Dim(1) - greatest);
}

void Emitter::checkSubscript(const Leaf &value, Size size, lang::Span span, unsigned axis) {
  if (std::optional<int64_t> known = tensors.constantInteger(value); known && size.isStatic() && *known >= 0 && *known < size.constant())
    return;
  llvm::SaveAndRestore<Location> here(tensors.location, locate(span));
  Leaf low = tensors.compare(ComparePredicate::ge, value, tensors.number(0));
  Leaf high = tensors.compare(ComparePredicate::lt, value, tensors.number(size));
  std::string extent = size.isStatic() ? " of size " + std::to_string(size.constant()) : std::string();
  check(tensors.conjunction(low, high), code::subscript,
        "subscript `" + std::string(sources.text(span)) + "` is outside axis " + Twine(axis) + extent);
}

Emitter::Place Emitter::place(const Leaf &base, const lang::Type &array, ArrayRef<Subscript> subscripts) {
  Place result;
  for (auto [axis, subscript] : llvm::enumerate(subscripts)) {
    Size size = base.own[axis];
    AxisForm form;
    switch (subscript.kind) {
    case Subscript::All:
      form.own = result.own.size();
      result.own.push_back(size);
      break;

    case Subscript::Slice: {
      form = linear(subscript.lower);
      form.own = result.own.size();
      form.step = subscript.step;
      result.own.push_back(extent(subscript.length));
      Dim last = subscript.lower + (subscript.length - Dim(1)) * Dim(subscript.step);
      if (provenOnBox(subscript.lower, array.shape[axis] + Dim(1)) && provenOnBox(last, array.shape[axis]))
        break;
      form.mode = AccessMode::pad;
      if (!subscript.proven)
        checkSlice(subscript, size);
      break;
    }

    case Subscript::Element: {
      if (subscript.affine)
        form = linear(*subscript.affine);
      else
        form.numbers.push_back({tensors.convert(emitArray(*subscript.value), builder.getI64Type()), Size(1)});
      form.mode = modeOf(subscript.mode);
      if (subscript.mode != lang::AccessMode::Exact)
        break;
      std::optional<bool> decided = tensors.stays(form, size);
      if (decided.value_or((subscript.affine && provenOnBox(*subscript.affine, array.shape[axis])) ||
                           (subscript.proven && provenEverywhere(subscript, form))))
        break;
      form.mode = AccessMode::pad;
      if (!subscript.proven)
        checkSubscript(subscript.affine ? number(*subscript.affine) : form.numbers.front().first, size, subscript.span, axis);
      break;
    }
    }
    result.forms.push_back(std::move(form));
  }
  return result;
}

// Sema's proof holds where the program gets, for indices in their ranges, and for run-time scalars after the checks that
// came before; here it must hold wherever the access is computed, at any time.
bool Emitter::provenEverywhere(const Subscript &subscript, const AxisForm &form) {
  if (reach || !form.numbers.empty() || !subscript.affine)
    return false;
  for (const auto &[id, coefficient] : form.indices)
    if (raggedIndices.contains(id))
      return false;
  bool scalars = false;
  subscript.affine->forEachSymbol([&](const lang::Symbol &symbol) { scalars |= symbol->kind == SymbolInfo::Scalar; });
  return !scalars;
}

// 0 ≤ lower ≤ upper ≤ size
void Emitter::checkSlice(const Subscript &subscript, Size size) {
  llvm::SaveAndRestore<Location> here(tensors.location, locate(subscript.span));
  Leaf lower = number(subscript.lower), upper = number(subscript.upper);
  Leaf inside = tensors.conjunction(
      tensors.compare(ComparePredicate::ge, lower, tensors.number(0)),
      tensors.conjunction(tensors.compare(ComparePredicate::le, lower, upper),
                          tensors.compare(ComparePredicate::le, upper, tensors.number(size))));
  check(inside, code::subscript, "slice `" + std::string(sources.text(subscript.span)) + "` is outside its axis or runs backwards");
}

// An access by whole indices only names dimensions: nothing is computed.
std::optional<Leaf> Emitter::relabelled(const lang::AccessExpr &expr, const Leaf &base) {
  SmallVector<Label> labels(base.context.begin(), base.context.end());
  Sizes own, sizes;
  auto keep = [&](size_t axis) {
    labels.push_back(ownLabel(own.size()));
    own.push_back(base.own[axis]);
    sizes.push_back(base.own[axis]);
  };
  for (auto [axis, subscript] : llvm::enumerate(expr.subscripts)) {
    if (subscript.kind == Subscript::All) {
      keep(axis);
      continue;
    }
    if (subscript.kind != Subscript::Element || !subscript.affine || subscript.affine->terms().size() != 1)
      return std::nullopt;
    const auto &[monomial, coefficient] = *subscript.affine->terms().begin();
    if (monomial.size() != 1 || coefficient != 1)
      return std::nullopt;
    auto found = symbols.find(monomial.front()->id);
    if (found == symbols.end() || !std::holds_alternative<IndexId>(found->second))
      return std::nullopt;
    IndexId id = std::get<IndexId>(found->second);
    auto box = boxes.find(monomial.front()->id);
    if (box == boxes.end())
      return std::nullopt;
    bool whole = box->second.second == expr.base->type.shape[axis] || tensors.extent(id) == base.own[axis];
    if (!tensors.lower(id).is(0) || !whole)
      return std::nullopt;
    labels.push_back(id);
    sizes.push_back(tensors.extent(id));
  }
  for (size_t axis = expr.subscripts.size(); axis < base.own.size(); ++axis)
    keep(axis); // of a field of an array of structs
  return tensors.label(tensors.resize(base, sizes).tensor, labels, own);
}

// The axes that a field has besides those of the array of structs are whole.
Emitter::Place Emitter::placeInField(Place place, const Leaf &field) {
  for (size_t axis = place.forms.size(); axis < field.own.size(); ++axis) {
    place.forms.emplace_back().own = place.own.size();
    place.own.push_back(field.own[axis]);
  }
  return place;
}

Leaves Emitter::access(const lang::AccessExpr &expr) {
  Leaves result;
  std::optional<Place> at;
  for (auto [leaf, type] : llvm::zip_equal(emit(*expr.base), arraysOf(expr.base->type))) {
    Leaf base = tensors.resize(leaf, extents(*type));
    if (std::optional<Leaf> same = relabelled(expr, base)) {
      result.push_back(*same);
      continue;
    }
    if (!at)
      at = place(base, expr.base->type, expr.subscripts);
    Place whole = placeInField(*at, base);
    result.push_back(tensors.gather(base, whole.forms, whole.own));
  }
  return result;
}

Leaves Emitter::field(const lang::FieldExpr &expr) {
  Leaves base = emit(*expr.base);
  const lang::Type &aggregate = expr.base->type;
  ArrayRef<Leaf> part = ArrayRef(base).slice(leafOffset(aggregate, expr.field), leafCount(aggregate.fields[expr.field]));
  return Leaves(part);
}

Leaves Emitter::with(const lang::WithExpr &expr) {
  Leaves base = emit(*expr.base);
  if (expr.field) {
    Leaves value = emit(*expr.value);
    llvm::copy(value, base.begin() + leafOffset(expr.base->type, *expr.field));
    return base;
  }
  std::optional<Place> at;
  Leaves result;
  for (auto [leaf, type, value] : llvm::zip_equal(base, arraysOf(expr.base->type), emit(*expr.value))) {
    Leaf whole = tensors.resize(leaf, extents(*type));
    if (!at)
      at = place(whole, expr.base->type, expr.subscripts);
    Place part = placeInField(*at, whole);
    result.push_back(tensors.update(whole, tensors.broadcast(value, value.context, part.own), part.forms));
  }
  return result;
}
