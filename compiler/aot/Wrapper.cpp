#include "compiler/aot/Wrapper.h"

#include "compiler/Jit/Jit.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

#include <map>

namespace ricci::aot {

namespace {

using llvm::Value;

class WrapperModule {
public:
  explicit WrapperModule(llvm::StringRef name)
      : module(name, context), builder(context), pointer(builder.getPtrTy()), i32(builder.getInt32Ty()),
        i64(builder.getInt64Ty()),
        // ricci_array
        descriptor(llvm::StructType::get(context, {pointer, llvm::ArrayType::get(i64, RICCI_MAX_RANK), i32, i32})) {}

  void add(const Wrapped &wrapped) {
    llvm::SmallVector<llvm::Type *> types;
    for (const Argument &argument : wrapped.prototype.arguments)
      types.push_back(typeOf(argument));
    auto *function = llvm::Function::Create(llvm::FunctionType::get(i32, types, false), llvm::Function::ExternalLinkage,
                                            wrapped.prototype.name, module);
    builder.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
    symbols.clear();
    unsigned inputs = 0, results = 0;
    for (auto [argument, value] : llvm::zip_equal(wrapped.prototype.arguments, function->args())) {
      if (argument.symbol)
        symbols[argument.symbol->id] = &value;
      (argument.kind == Argument::Result ? results : inputs) += argument.kind != Argument::Size;
      if (argument.kind == Argument::Scalar && argument.dtype == runtime::DType::Bool)
        value.addAttr(llvm::Attribute::ZExt);
    }
    Value *in = builder.CreateAlloca(descriptor, builder.getInt32(inputs + 1));
    Value *out = builder.CreateAlloca(descriptor, builder.getInt32(results + 1));
    inputs = results = 0;
    for (auto [argument, value] : llvm::zip_equal(wrapped.prototype.arguments, function->args())) {
      if (argument.kind == Argument::Size)
        continue;
      Value *data = &value;
      if (argument.kind == Argument::Scalar) {
        data = builder.CreateAlloca(value.getType());
        builder.CreateStore(&value, data);
      }
      argument.kind == Argument::Result ? fill(out, results++, argument, data) : fill(in, inputs++, argument, data);
    }
    auto *call = llvm::FunctionType::get(i32, {pointer, pointer, i64, pointer, i64}, false);
    auto *entry = llvm::FunctionType::get(builder.getVoidTy(), {pointer, pointer, pointer}, false);
    builder.CreateRet(builder.CreateCall(module.getOrInsertFunction("ricci_aot_call", call),
                                         {module.getOrInsertFunction(wrapped.entry, entry).getCallee(), in,
                                          builder.getInt64(inputs), out, builder.getInt64(results)}));
  }

  void addMessage(const std::string &name) {
    auto *type = llvm::FunctionType::get(pointer, false);
    auto *function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, module);
    builder.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
    builder.CreateRet(builder.CreateCall(module.getOrInsertFunction("ricci_aot_message", type)));
  }

  void addRegisterFile(int32_t registers) {
    auto *number =
        new llvm::GlobalVariable(module, i32, true, llvm::GlobalValue::ExternalLinkage,
                                 builder.getInt32(static_cast<uint32_t>(registers)), "ricci_aot_register_file");
    number->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }

  llvm::Expected<std::string> object(const Machine &machine) { return compileObject(module, machine); }

private:
  llvm::Type *typeOf(const Argument &argument) {
    if (argument.kind == Argument::Array || argument.kind == Argument::Result)
      return pointer;
    switch (argument.dtype) {
    case runtime::DType::Bool:
      return builder.getInt8Ty();
    case runtime::DType::I32:
      return i32;
    case runtime::DType::I64:
      return i64;
    case runtime::DType::F32:
      return builder.getFloatTy();
    case runtime::DType::F64:
      break;
    }
    return builder.getDoubleTy();
  }

  void fill(Value *descriptors, unsigned number, const Argument &argument, Value *data) {
    auto field = [&](unsigned index) {
      return builder.CreateGEP(descriptor, descriptors, {builder.getInt32(number), builder.getInt32(index)});
    };
    builder.CreateStore(data, field(0));
    for (auto [axis, size] : llvm::enumerate(argument.sizes))
      builder.CreateStore(valueOf(size), builder.CreateGEP(descriptor, descriptors,
                                                           {builder.getInt32(number), builder.getInt32(1),
                                                            builder.getInt32(static_cast<uint32_t>(axis))}));
    builder.CreateStore(builder.getInt32(static_cast<uint32_t>(argument.sizes.size())), field(2));
    builder.CreateStore(builder.getInt32(static_cast<uint32_t>(argument.dtype)), field(3));
  }

  Value *valueOf(const lang::Dim &size) {
    Value *sum = builder.getInt64(0);
    for (const auto &[monomial, coefficient] : size.terms()) {
      Value *product = builder.getInt64(static_cast<uint64_t>(coefficient));
      for (const lang::Symbol &symbol : monomial)
        product = builder.CreateMul(product, valueOf(symbol));
      sum = builder.CreateAdd(sum, product);
    }
    return sum;
  }

  Value *valueOf(const lang::Symbol &symbol) {
    if (!symbol->isOpaque())
      return symbols.at(symbol->id);
    Value *left = valueOf(symbol->left), *right = valueOf(symbol->right);
    if (symbol->kind == lang::SymbolInfo::Minimum)
      return builder.CreateSelect(builder.CreateICmpSLT(left, right), left, right);
    if (symbol->kind == lang::SymbolInfo::Maximum)
      return builder.CreateSelect(builder.CreateICmpSGT(left, right), left, right);
    // Rounded down, the remainder with the sign of the divisor. Sizes are divided by positive numbers; whatever else
    // comes here must not trap.
    Value *zero = builder.getInt64(0), *one = builder.getInt64(1);
    Value *divisor = builder.CreateSelect(builder.CreateICmpSGT(right, zero), right, one);
    Value *rest = builder.CreateSRem(left, divisor);
    Value *isBelow = builder.CreateICmpSLT(rest, zero);
    if (symbol->kind == lang::SymbolInfo::Remainder)
      return builder.CreateSelect(isBelow, builder.CreateAdd(rest, divisor), rest);
    Value *quotient = builder.CreateSDiv(left, divisor);
    return builder.CreateSelect(isBelow, builder.CreateSub(quotient, one), quotient);
  }

  llvm::LLVMContext context;
  llvm::Module module;
  llvm::IRBuilder<> builder;
  llvm::Type *pointer, *i32, *i64;
  llvm::StructType *descriptor;
  std::map<unsigned, Value *> symbols; // by id
};

} // namespace

engine::Result<std::string> wrapperObject(const std::string &stem, const std::vector<Wrapped> &functions,
                                          const Machine &machine) {
  WrapperModule module(stem);
  for (const Wrapped &function : functions)
    module.add(function);
  module.addMessage(identifier(stem) + "_message");
  llvm::Expected<VectorUnit> unit = vectorUnitOf(machine);
  if (!unit)
    return engine::error(engine::Status::InvalidArgument, llvm::toString(unit.takeError()));
  module.addRegisterFile(unit->bytes == 64 ? 2 : unit->bytes == 32 ? 1 : 0); // runtime::RegisterFile
  llvm::Expected<std::string> object = module.object(machine);
  if (!object)
    return engine::error(engine::Status::Fault, llvm::toString(object.takeError()));
  return std::move(*object);
}

} // namespace ricci::aot
