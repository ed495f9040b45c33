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

// Sizes first: those that stand alone in a type take their value from it. The others follow, and the checks that they
// are what the arguments have come before everything else, so that all the rest may rely on them.
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
                                         const lang::SourceManager &sources, bool watches) {
  return Emitter(context, sources, watches).program(program);
}

OwningOpRef<ModuleOp> ricci::emitFunction(MLIRContext &context, const lang::CheckedFn &function,
                                          const lang::SourceManager &sources, bool watches) {
  return Emitter(context, sources, watches).function(function);
}
