#include "compiler/opt/InterpretPass.h"

#include "compiler/Reference/Interpreter.h"

#include "mlir/Pass/Pass.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace ricci;

namespace {
void print(llvm::raw_ostream &os, const runtime::Array &array) {
  os << runtime::describe(array.type()) << " =";
  runtime::dispatch(array.dtype(), [&](auto zero) {
    for (auto value : array.as<decltype(zero)>()) {
      if constexpr (std::is_same_v<decltype(value), bool>)
        os << (value ? " true" : " false");
      else if constexpr (std::is_floating_point_v<decltype(value)>)
        os << ' ' << llvm::format("%.*g", std::is_same_v<decltype(value), float> ? 6 : 10,
                                  value != value ? std::numeric_limits<double>::quiet_NaN() : double(value));
      else
        os << ' ' << value;
    }
  });
  os << '\n';
}

struct InterpretPass : PassWrapper<InterpretPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InterpretPass)

  StringRef getArgument() const final { return "interpret"; }
  StringRef getDescription() const final {
    return "Run every function without arguments in the reference interpreter and print its results to stderr";
  }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || function.getNumArguments() != 0)
        continue;
      llvm::errs() << function.getName() << ":\n";
      auto host = [](StringRef what, StringRef spec, ArrayRef<runtime::Array> values) {
        llvm::errs() << "  " << what << " '" << spec << "'\n";
        for (const runtime::Array &value : values)
          print(llvm::errs() << "    ", value);
      };
      auto outcome = interpret(function, {}, host);
      if (auto *error = std::get_if<InterpreterError>(&outcome)) {
        llvm::errs() << "  error " << error->code << ": " << error->message << '\n';
        continue;
      }
      for (const runtime::Array &result : std::get<0>(outcome))
        print(llvm::errs() << "  ", result);
    }
  }
};
} // namespace

void ricci::registerInterpretPass() { PassRegistration<InterpretPass>(); }
