// Dispatch, names and symbolic sizes.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Dim;
using lang::ExprKind;
using lang::SymbolInfo;

unsigned ricci::frontend::leafCount(const lang::Type &type) { return arraysOf(type).size(); }

void ricci::frontend::collectArrays(const lang::Type &type, SmallVectorImpl<const lang::Type *> &arrays) {
  if (type.kind == lang::Type::Array)
    arrays.push_back(&type);
  for (const lang::Type &field : type.fields)
    collectArrays(field, arrays);
}

SmallVector<const lang::Type *> ricci::frontend::arraysOf(const lang::Type &type) {
  SmallVector<const lang::Type *> arrays;
  collectArrays(type, arrays);
  return arrays;
}

unsigned ricci::frontend::leafOffset(const lang::Type &aggregate, unsigned field) {
  unsigned offset = 0;
  for (unsigned before = 0; before < field; ++before)
    offset += leafCount(aggregate.fields[before]);
  return offset;
}

Emitter::Emitter(MLIRContext &context, const lang::SourceManager &sources, const EmitOptions &options)
    : sources(sources), watches(options.watches), widen(options.widen), builder(&context), tensors(builder) {}

Location Emitter::locate(lang::Span span) const {
  if (span.file >= sources.fileCount())
    return UnknownLoc::get(builder.getContext());
  lang::Position position = sources.position(span);
  return FileLineColLoc::get(builder.getContext(), sources.file(span.file).name(), position.line, position.column);
}

Type Emitter::element(lang::Scalar scalar) {
  switch (scalar) {
  case lang::Scalar::Bool:
    return builder.getI1Type();
  case lang::Scalar::I32:
    return builder.getI32Type();
  case lang::Scalar::F32:
    return widen ? Type(builder.getF64Type()) : Type(builder.getF32Type());
  case lang::Scalar::F64:
    return builder.getF64Type();
  case lang::Scalar::I64:
  case lang::Scalar::Key:
    return builder.getI64Type();
  }
  llvm_unreachable("a scalar type");
}

Leaves Emitter::emit(const lang::Expr &expr) {
  // Calls are inlined, so a short program can ask for an immense one.
  constexpr uint64_t emittedLimit = 200'000;
  llvm::SaveAndRestore<Location> here(tensors.location, locate(expr.span));
  if (++emitted > emittedLimit)
    tensors.fail("the program is too large once its calls are inlined");
  return dispatch(expr);
}

Leaves Emitter::dispatch(const lang::Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Literal:
    return {literal(static_cast<const lang::LiteralExpr &>(expr))};
  case ExprKind::Size:
    return {tensors.convert(number(static_cast<const lang::SizeExpr &>(expr).dim), element(expr.type.element))};
  case ExprKind::Variable:
    return variable(*static_cast<const lang::VariableExpr &>(expr).variable);
  case ExprKind::Index:
    return {indexNumber(*static_cast<const lang::IndexExpr &>(expr).index)};
  case ExprKind::Elementwise:
    return elementwise(static_cast<const lang::ElementwiseExpr &>(expr));
  case ExprKind::If:
    return conditional(static_cast<const lang::IfExpr &>(expr));
  case ExprKind::Access:
    return access(static_cast<const lang::AccessExpr &>(expr));
  case ExprKind::Reduce:
    return reduce(static_cast<const lang::ReduceExpr &>(expr));
  case ExprKind::Build:
    return build(static_cast<const lang::BuildExpr &>(expr));
  case ExprKind::Aggregate: {
    Leaves result;
    for (const lang::Expr *field : static_cast<const lang::AggregateExpr &>(expr).fields)
      result.append(emit(*field));
    return result;
  }
  case ExprKind::Field:
    return field(static_cast<const lang::FieldExpr &>(expr));
  case ExprKind::With:
    return with(static_cast<const lang::WithExpr &>(expr));
  case ExprKind::Call:
    return call(static_cast<const lang::CallExpr &>(expr));
  case ExprKind::Builtin:
    return builtin(static_cast<const lang::BuiltinExpr &>(expr));
  case ExprKind::Diff:
    return diff(static_cast<const lang::DiffExpr &>(expr));
  case ExprKind::For:
    return loop(static_cast<const lang::ForExpr &>(expr));
  case ExprKind::Block:
    return block(static_cast<const lang::BlockExpr &>(expr));
  }
  llvm_unreachable("an expression kind");
}

// ---------------------------------------------------------------- names

Leaf Emitter::literal(const lang::LiteralExpr &expr) {
  Type type = element(expr.type.element);
  if (const double *real = std::get_if<double>(&expr.value))
    return tensors.fill(*real, type);
  if (const int64_t *integer = std::get_if<int64_t>(&expr.value))
    return tensors.fillInteger(*integer, type);
  return tensors.boolean(std::get<bool>(expr.value));
}

Leaves Emitter::variable(const lang::Variable &variable) {
  auto found = values.find(&variable);
  if (found == values.end())
    tensors.fail("`" + variable.name + "` has no value here");
  Leaves result;
  for (const Leaf &leaf : found->second)
    result.push_back(substituted(leaf));
  return result;
}

void Emitter::bind(const lang::Variable &variable, Leaves leaves) {
  if (variable.symbol)
    symbols[(*variable.symbol)->id] = leaves.front();
  values[&variable] = std::move(leaves);
}

Leaf Emitter::indexNumber(const lang::Index &index) { return symbolNumber(index.symbol); }

Leaf Emitter::substituted(Leaf leaf) {
  for (const auto &[id, number] : substitutions)
    if (leaf.dependsOn(id))
      leaf = atCoordinate(leaf, id, tensors.sub(0, tensors.lower(id)), &number);
  return leaf;
}

// leaf[…, id := offset + number, …]; positions outside the index read as zero, and nothing there counts.
Leaf Emitter::atCoordinate(const Leaf &leaf, IndexId id, Size offset, const Leaf *number) {
  SmallVector<Label> labels;
  for (IndexId label : leaf.context)
    labels.push_back(label == id ? ownLabel(0) : Label(label));
  for (size_t axis = 0; axis < leaf.own.size(); ++axis)
    labels.push_back(ownLabel(axis + 1));
  Sizes own{tensors.extent(id)};
  own.append(leaf.own);
  Leaf source = tensors.label(leaf.tensor, labels, own);
  SmallVector<AxisForm> forms(own.size());
  forms[0].constant = offset;
  if (number)
    forms[0].numbers.push_back({*number, Size(1)});
  forms[0].mode = AccessMode::pad;
  for (size_t axis = 1; axis < own.size(); ++axis)
    forms[axis].own = axis - 1;
  return tensors.gather(source, forms, leaf.own);
}

// ---------------------------------------------------------------- symbolic sizes

static bool isOpaque(const SymbolInfo &symbol) { return symbol.kind >= SymbolInfo::FloorDivide; }

bool Emitter::dependsOnIndex(const Dim &dim) {
  for (const auto &[monomial, coefficient] : dim.terms())
    for (const lang::Symbol &symbol : monomial) {
      if (isOpaque(*symbol)) {
        if (dependsOnIndex(symbol->left) || dependsOnIndex(symbol->right))
          return true;
        continue;
      }
      auto found = symbols.find(symbol->id);
      if (found == symbols.end())
        tensors.fail("the size `" + symbol->name + "` is not known here");
      if (std::holds_alternative<IndexId>(found->second))
        return true;
      if (const Leaf *leaf = std::get_if<Leaf>(&found->second); leaf && !substituted(*leaf).context.empty())
        return true;
    }
  return false;
}

static Size sizeOfOpaque(Tensors &tensors, SymbolInfo::Kind kind, Size left, Size right) {
  switch (kind) {
  case SymbolInfo::FloorDivide:
    return tensors.floorDivide(left, right);
  case SymbolInfo::Remainder:
    return tensors.remainder(left, right);
  case SymbolInfo::Minimum:
    return tensors.minimum(left, right);
  default:
    return tensors.maximum(left, right);
  }
}

Size Emitter::size(const Dim &dim) {
  Size total = 0;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    Size term = coefficient;
    for (const lang::Symbol &symbol : monomial) {
      Size factor;
      if (isOpaque(*symbol)) {
        factor = sizeOfOpaque(tensors, symbol->kind, size(symbol->left), size(symbol->right));
      } else {
        auto found = symbols.find(symbol->id);
        if (found == symbols.end())
          tensors.fail("the size `" + symbol->name + "` is not known here");
        if (const Size *known = std::get_if<Size>(&found->second))
          factor = *known;
        else if (const Leaf *leaf = std::get_if<Leaf>(&found->second); leaf && leaf->context.empty())
          factor = tensors.size(*leaf);
        else
          tensors.fail("this size depends on the index `" + symbol->name + "`; an array has one size for all elements");
      }
      term = tensors.mul(term, factor);
    }
    total = tensors.add(total, term);
  }
  return total;
}

bool ricci::frontend::isNonNegative(const Dim &dim) {
  for (const auto &[monomial, coefficient] : dim.terms()) {
    if (coefficient < 0)
      return false;
    for (const lang::Symbol &symbol : monomial)
      if (symbol->kind != SymbolInfo::Size)
        return false;
  }
  return true;
}

Size Emitter::extent(const Dim &dim) {
  Size value = size(dim);
  if (!isNonNegative(dim))
    return tensors.maximum(0, value);
  if (value.isStatic() && value.constant() < 0)
    tensors.fail("the size `" + dim.text() + "` is larger than any memory"); // it wrapped around
  return value;
}

Sizes Emitter::extents(const lang::Type &array) {
  Sizes result;
  for (const Dim &dim : array.shape)
    result.push_back(extent(dim));
  return result;
}

Leaf Emitter::symbolNumber(const lang::Symbol &symbol) {
  static constexpr StringLiteral names[] = {"div", "rem", "min", "max"};
  if (isOpaque(*symbol))
    return tensors.apply(names[symbol->kind - SymbolInfo::FloorDivide], {number(symbol->left), number(symbol->right)});
  auto found = symbols.find(symbol->id);
  if (found == symbols.end())
    tensors.fail("`" + symbol->name + "` is not known here");
  if (const Size *size = std::get_if<Size>(&found->second))
    return tensors.number(*size);
  if (const IndexId *id = std::get_if<IndexId>(&found->second))
    return tensors.indexValue(*id);
  return tensors.convert(substituted(std::get<Leaf>(found->second)), builder.getI64Type());
}

Leaf Emitter::number(const Dim &dim) {
  if (!dependsOnIndex(dim))
    return tensors.number(size(dim));
  std::optional<Leaf> total;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    std::optional<Leaf> term;
    if (coefficient != 1 || monomial.empty())
      term = tensors.number(coefficient);
    for (const lang::Symbol &symbol : monomial) {
      Leaf factor = symbolNumber(symbol);
      term = term ? tensors.mul(*term, factor) : factor;
    }
    total = total ? tensors.add(*total, *term) : *term;
  }
  return *total;
}

AxisForm Emitter::linear(const Dim &dim) {
  AxisForm form;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    Size factor = coefficient;
    SmallVector<lang::Symbol> varying;
    for (const lang::Symbol &symbol : monomial) {
      if (dependsOnIndex(Dim(symbol)))
        varying.push_back(symbol);
      else
        factor = tensors.mul(factor, size(Dim(symbol)));
    }
    if (varying.empty()) {
      form.constant = tensors.add(form.constant, factor);
      continue;
    }
    const IndexId *id = nullptr;
    if (auto found = symbols.find(varying.front()->id); varying.size() == 1 && found != symbols.end())
      id = std::get_if<IndexId>(&found->second);
    if (id) {
      form.constant = tensors.add(form.constant, tensors.mul(factor, tensors.lower(*id)));
      form.indices.push_back({*id, factor});
      continue;
    }
    Leaf product = symbolNumber(varying.front());
    for (const lang::Symbol &symbol : ArrayRef(varying).drop_front())
      product = tensors.mul(product, symbolNumber(symbol));
    form.numbers.push_back({product, factor});
  }
  return form;
}
