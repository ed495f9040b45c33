#include "compiler/opt/DecisionPass.h"

#include "dialects/Decision.h"
#include "dialects/Ricci.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace ricci;

namespace {

struct DecisionPass : PassWrapper<DecisionPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DecisionPass)

  StringRef getArgument() const final { return "remark-decisions"; }
  StringRef getDescription() const final { return "Say by remarks what the passes before chose"; }

  void runOnOperation() override {
    for (const Decision &decision : getContext().getLoadedDialect<RicciDialect>()->decisions->take())
      emitRemark(decision.place) << kindName(decision.kind) << ": " << textOf(decision);
  }
};

} // namespace

void ricci::registerDecisionPass(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, RicciDialect *dialect) { dialect->decisions = std::make_shared<DecisionLog>(); });
  PassRegistration<DecisionPass>();
}
