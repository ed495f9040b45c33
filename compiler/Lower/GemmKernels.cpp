#include "GemmKernels.h"

#include "GemmKernelBuilder.h"
#include "Transpose.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace ricci::lower {

unsigned maxTileVectors(const VectorTarget &target) { return target.registers >= 32 ? 4 : 2; }

unsigned maxTileRows(const VectorTarget &target, unsigned vectors) {
  return std::min(16u, (target.registers - vectors - 1) / vectors);
}

void emitKernelTable(KernelBuilder &k, StringRef name, ArrayRef<std::string> functions) {
  k.b.setInsertionPointToEnd(k.module.getBody());
  auto type = LLVM::LLVMArrayType::get(k.pointer, functions.size());
  auto table = LLVM::GlobalOp::create(k.b, type, /*isConstant=*/true, LLVM::Linkage::External, (name + k.suffix).str(),
                                      Attribute());
  OpBuilder::InsertionGuard guard(k.b);
  k.b.setInsertionPointToStart(k.b.createBlock(&table.getInitializerRegion()));
  Value array = LLVM::ZeroOp::create(k.b, type);
  for (auto [position, function] : llvm::enumerate(functions)) {
    if (function.empty())
      continue;
    Value address = LLVM::AddressOfOp::create(k.b, k.pointer, FlatSymbolRefAttr::get(k.b.getContext(), function));
    array = LLVM::InsertValueOp::create(k.b, array, address, ArrayRef<int64_t>{static_cast<int64_t>(position)});
  }
  LLVM::ReturnOp::create(k.b, array);
}

namespace {

// packRows: panel[p*width + j] = B[column[j] + p] for j < columns and p < depth.
void emitPackRows(KernelBuilder &k) {
  Block *body = k.openFunction("ricci_pack_rows", {k.pointer, k.index, k.pointer, k.pointer, k.index, k.index},
                               LLVM::Linkage::External);
  Value panel = body->getArgument(0), width = body->getArgument(1);
  Value source = body->getArgument(2), places = body->getArgument(3);
  Value depth = body->getArgument(4), columns = body->getArgument(5);
  Value whole = k.roundDown(depth, k.lanes), rest = k.sub(depth, whole), mask = k.maskBelow(rest);
  Value lastColumn = k.sub(columns, k.constant(1));

  k.loop(k.constant(0), columns, k.lanes, {}, [&](Value j, ValueRange) {
    SmallVector<Value> line;
    for (int64_t lane = 0; lane < k.lanes; ++lane) {
      Value column = k.least(k.add(j, k.constant(lane)), lastColumn);
      line.push_back(k.at(source, k.loadInteger(places, column)));
    }
    Value present = k.maskBelow(k.sub(columns, j));
    auto step = [&](Value p, Value mask) {
      SmallVector<Value> square;
      for (Value row : line)
        square.push_back(k.load(k.at(row, p), mask));
      transpose(k.b, k.b.getLoc(), square);
      // As many rows as there are: their distance is the caller's, others may lie between them.
      Value place = k.at(panel, k.add(k.mul(p, width), j)), left = k.sub(depth, p);
      for (auto [number, row] : llvm::enumerate(square)) {
        auto write = [&, row = row] {
          k.store(row, place, present);
          return SmallVector<Value>{};
        };
        if (mask)
          k.choose(
              arith::CmpIOp::create(k.b, arith::CmpIPredicate::slt, k.constant(static_cast<int64_t>(number)), left), {},
              write, [] { return SmallVector<Value>{}; });
        else
          write();
        place = k.at(place, width);
      }
      return SmallVector<Value>{};
    };
    k.loop(k.constant(0), whole, k.lanes, {}, [&](Value p, ValueRange) { return step(p, {}); });
    k.choose(k.isTrue(rest), {}, [&] { return step(whole, mask); }, [] { return SmallVector<Value>{}; });
    return SmallVector<Value>{};
  });
}

} // namespace

void emitGemmKernels(ModuleOp module, Type element, const VectorTarget &target) {
  module.getContext()->loadDialect<arith::ArithDialect, LLVM::LLVMDialect, scf::SCFDialect, vector::VectorDialect>();
  KernelBuilder kernels(module, element, target);
  emitTiles(kernels, target);
  for (bool ahead : {false, true}) {
    emitDots(kernels, ahead);
    emitAxpys(kernels, ahead);
  }
  emitColumnSums(kernels);
  emitDotsAndSums(kernels, target);
  emitPackRows(kernels);
  emitPackedTileTables(kernels, target);
  emitGatherColumns(kernels);
  emitTurn(kernels);
  emitCopyRows(kernels);
  emitPackColumns(kernels);
  emitPackPanels(kernels);
}

void addGemmKernelPasses(OpPassManager &passes) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
}

} // namespace ricci::lower
