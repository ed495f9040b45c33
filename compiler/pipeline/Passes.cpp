#include "compiler/pipeline/Passes.h"

#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Checks/Checks.h"
#include "compiler/Fuse/Fuse.h"
#include "compiler/Simplify/Simplify.h"

void ricci::addPasses(Stage stage, mlir::OpPassManager &passes) {
  switch (stage) {
  case Stage::Grad:
    passes.addPass(createMergeEinsumsPass());
    passes.addPass(createAutodiffPass());
    passes.addPass(createExpandWatchesPass());
    return;
  case Stage::Simplified:
    passes.addPass(createSimplifyPass());
    return;
  case Stage::Fused:
    passes.addPass(createFusePass());
    return;
  default:
    llvm_unreachable("not a stage that the dialect has");
  }
}
