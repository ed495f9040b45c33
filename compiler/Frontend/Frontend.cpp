// Entries: a function around the script or around one function of it.
#include "compiler/Frontend/Frontend.h"

#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Dim;

// The symbol that a size is, alone.
static const lang::Symbol *loneSymbol(const Dim &dim) {
  if (dim.terms().size() != 1)
    return nullptr;
  const auto &[monomial, coefficient] = *dim.terms().begin();
  return monomial.size() == 1 && coefficient == 1 ? &monomial.front() : nullptr;
}

RankedTensorType Emitter::parameterType(const lang::Type &array) {
  SmallVector<int64_t> shape;
  for (const Dim &dim : array.shape)
    shape.push_back(dim.constant().value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, element(array.element));
}

namespace {
// dim = slope · symbol + rest
struct Linear {
  lang::Symbol symbol;
  Dim slope, rest;
};
} // namespace

// The one symbol of `dim` that `isKnown` does not hold for, if it is a factor of some terms and occurs nowhere else.
static std::optional<Linear> solveFor(const Dim &dim, llvm::function_ref<bool(const lang::Symbol &)> isKnown) {
  std::optional<Linear> result;
  bool several = false;
  dim.forEachSymbol([&](const lang::Symbol &symbol) {
    if (symbol->isOpaque() || isKnown(symbol))
      return;
    several |= result && result->symbol != symbol;
    result = {symbol, Dim(0), Dim(0)};
  });
  if (!result || several)
    return std::nullopt;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    Dim factor(coefficient);
    unsigned power = 0;
    for (const lang::Symbol &symbol : monomial) {
      if (symbol == result->symbol)
        ++power;
      else if (Dim(symbol).mentions(result->symbol))
        return std::nullopt;
      else
        factor = factor * Dim(symbol);
    }
    if (power > 1)
      return std::nullopt;
    Dim &part = power ? result->slope : result->rest;
    part = part + factor;
  }
  return result;
}

// Sizes first: those that stand alone in a type take their value from it; from `f64[N+1]` follows N, unless N stands alone
// elsewhere. The checks that all axes are what the types say come before everything else, so that all the rest may rely on them.
void Emitter::bindParameters(ArrayRef<const lang::Variable *> parameters, ValueRange arguments) {
  struct Axis {
    const lang::Variable *variable;
    Dim dim;
    Size actual;
  };
  SmallVector<Axis> derived;
  ValueRange rest = arguments;
  for (const lang::Variable *variable : parameters) {
    llvm::SaveAndRestore<Location> here(tensors.location, locate(variable->span));
    for (const lang::Type *array : arraysOf(variable->type)) {
      Value tensor = rest.front();
      rest = rest.drop_front();
      if (variable->symbol)
        symbols[(*variable->symbol)->id] = Leaf{tensor, {}, {}};
      for (auto [axis, dim] : llvm::enumerate(array->shape)) {
        if (dim.constant())
          continue;
        Size actual = DimOp::create(builder, tensors.location, builder.getIndexType(), tensor, axis).getResult();
        const lang::Symbol *symbol = loneSymbol(dim);
        bool defines = symbol && (*symbol)->kind == lang::SymbolInfo::Size && symbols.try_emplace((*symbol)->id, actual).second;
        if (!defines)
          derived.push_back({variable, dim, actual});
      }
    }
  }
  auto isKnown = [&](const lang::Symbol &symbol) { return symbols.contains(symbol->id); };
  for (bool progress = true; progress;) {
    progress = false;
    for (const Axis &axis : derived) {
      std::optional<Linear> equation = solveFor(axis.dim, isKnown);
      if (!equation)
        continue;
      llvm::SaveAndRestore<Location> here(tensors.location, locate(axis.variable->span));
      Size value = tensors.floorDivide(tensors.sub(axis.actual, size(equation->rest)), size(equation->slope));
      symbols[equation->symbol->id] = value;
      check(tensors.compare(ComparePredicate::ge, tensors.number(value), tensors.number(0)), code::sizes,
            "the size `" + equation->symbol->name + "` of `" + axis.variable->name + "` would be negative");
      progress = true;
    }
  }
  for (const Axis &axis : derived) {
    llvm::SaveAndRestore<Location> here(tensors.location, locate(axis.variable->span));
    check(tensors.compare(ComparePredicate::eq, tensors.number(axis.actual), number(axis.dim)), code::sizes,
          "an axis of `" + axis.variable->name + "` does not have the size " + axis.dim.text());
  }
  for (const lang::Variable *variable : parameters) {
    Leaves leaves;
    for (const lang::Type *array : arraysOf(variable->type)) {
      leaves.push_back({arguments.front(), {}, extents(*array)});
      arguments = arguments.drop_front();
    }
    bind(*variable, leaves);
  }
}

OwningOpRef<ModuleOp> Emitter::entry(StringRef name, ArrayRef<const lang::Variable *> parameters, Location location,
                                     llvm::function_ref<Leaves()> body) {
  tensors.location = location;
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  SmallVector<Type> inputs, outputs;
  for (const lang::Variable *variable : parameters)
    for (const lang::Type *array : arraysOf(variable->type))
      inputs.push_back(parameterType(*array));
  builder.setInsertionPointToEnd(module->getBody());
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType(inputs, {}));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  try {
    bindParameters(parameters, block->getArguments());
    SmallVector<Value> results;
    for (const Leaf &leaf : body()) {
      results.push_back(leaf.tensor);
      outputs.push_back(leaf.tensor.getType());
    }
    func::ReturnOp::create(builder, location, results);
  } catch (const Failure &) {
    return nullptr;
  }
  function.setFunctionType(builder.getFunctionType(inputs, outputs));
  return module;
}

OwningOpRef<ModuleOp> Emitter::program(const lang::CheckedProgram &program) {
  SmallVector<const lang::Variable *> parameters;
  for (const lang::Input &input : program.inputs)
    if (!input.initial)
      parameters.push_back(input.variable);
  return entry("main", parameters, builder.getUnknownLoc(), [&] {
    for (const lang::Input &input : program.inputs)
      if (input.initial)
        bind(*input.variable, emit(*input.initial));
    for (const lang::Stmt *stmt : program.statements)
      statement(*stmt);
    return program.result ? emit(*program.result) : Leaves();
  });
}

OwningOpRef<ModuleOp> Emitter::function(const lang::CheckedFn &function) {
  return entry(function.name, function.parameters, locate(function.span), [&] { return emit(*function.body); });
}

OwningOpRef<ModuleOp> ricci::emitProgram(MLIRContext &context, const lang::CheckedProgram &program,
                                         const lang::SourceManager &sources, const EmitOptions &options) {
  return Emitter(context, sources, options).program(program);
}

OwningOpRef<ModuleOp> ricci::emitFunction(MLIRContext &context, const lang::CheckedFn &function,
                                          const lang::SourceManager &sources, const EmitOptions &options) {
  return Emitter(context, sources, options).function(function);
}
