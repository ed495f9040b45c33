#include "Lower.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/RegionUtils.h"

namespace ricci {

using namespace mlir;

namespace {

// What a chunk uses from outside: some is made again inside, the rest is passed in a struct.
class Outliner {
public:
  Outliner(scf::ParallelOp loop, func::FuncOp function, unsigned number)
      : loop(loop), function(function), b(loop.getLoc(), loop), number(number),
        pointer(LLVM::LLVMPointerType::get(loop.getContext())) {}

  void run() {
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    SmallVector<Type> fields;
    for (Value value : used)
      if (!isMadeAgain(value)) {
        passed.push_back(value);
        fields.push_back(fieldType(value.getType()));
      }
    auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
    LLVM::LLVMFuncOp chunk = makeFunction(type, used);

    Value environment = reserve(type);
    for (auto [position, value] : llvm::enumerate(passed)) {
      if (value.getType().isIndex())
        value = arith::IndexCastOp::create(b, b.getI64Type(), value);
      LLVM::StoreOp::create(b, value, field(b, environment, type, position));
    }
    Value count = arith::IndexCastOp::create(b, b.getI64Type(), loop.getUpperBound().front());
    Value address = LLVM::AddressOfOp::create(b, pointer, chunk.getSymName());
    auto module = function->getParentOfType<ModuleOp>();
    // Fails only if the module already has another symbol of a name that is reserved for the runtime.
    auto parallelFor = *LLVM::lookupOrCreateFn(b, module, "ricci_parallel_for", {pointer, b.getI64Type(), pointer, pointer},
                                               LLVM::LLVMVoidType::get(b.getContext()));
    LLVM::CallOp::create(b, parallelFor, ValueRange{function.getArgument(0), count, address, environment});
    loop.erase();
  }

private:
  // Constants and addresses; and memory in the entry's frame that serves this loop alone, of which each thread needs its own.
  bool isMadeAgain(Value value) const {
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    if (op->hasTrait<OpTrait::ConstantLike>() || isa<LLVM::AddressOfOp>(op))
      return true;
    return isa<LLVM::AllocaOp>(op) &&
           llvm::all_of(op->getUsers(), [&](Operation *user) { return loop->isProperAncestor(user); });
  }

  Type fieldType(Type type) { return type.isIndex() ? b.getI64Type() : type; }

  Value field(ImplicitLocOpBuilder &at, Value environment, Type type, size_t position) {
    return LLVM::GEPOp::create(at, pointer, type, environment,
                               ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(position)});
  }

  // void chunk(environment *, i64 number)
  LLVM::LLVMFuncOp makeFunction(Type type, const llvm::SetVector<Value> &used) {
    auto module = function->getParentOfType<ModuleOp>();
    ImplicitLocOpBuilder at(loop.getLoc(), OpBuilder::atBlockEnd(module.getBody()));
    auto signature = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(at.getContext()), {pointer, at.getI64Type()});
    auto chunk = LLVM::LLVMFuncOp::create(at, (function.getName() + ".chunk" + Twine(number)).str(), signature,
                                          LLVM::Linkage::Internal);
    Block *body = chunk.addEntryBlock(at);
    at.setInsertionPointToStart(body);
    IRMapping mapping;
    for (auto [position, value] : llvm::enumerate(passed)) {
      Value loaded = LLVM::LoadOp::create(at, fieldType(value.getType()), field(at, body->getArgument(0), type, position));
      if (value.getType().isIndex())
        loaded = arith::IndexCastOp::create(at, at.getIndexType(), loaded);
      mapping.map(value, loaded);
    }
    for (Value value : used)
      if (!mapping.contains(value))
        makeAgain(at, value.getDefiningOp(), mapping);
    mapping.map(loop.getInductionVars().front(), arith::IndexCastOp::create(at, at.getIndexType(), body->getArgument(1)));
    Block *turn = loop.getBody();
    body->getOperations().splice(body->end(), turn->getOperations(), turn->begin(), std::prev(turn->end()));
    for (auto [outside, inside] : mapping.getValueMap())
      replaceAllUsesInRegionWith(outside, inside, chunk.getBody());
    LLVM::ReturnOp::create(at, ValueRange());
    return chunk;
  }

  void makeAgain(ImplicitLocOpBuilder &at, Operation *op, IRMapping &mapping) {
    for (Value operand : op->getOperands()) // an alloca's size
      if (!mapping.contains(operand))
        makeAgain(at, operand.getDefiningOp(), mapping);
    at.clone(*op, mapping);
  }

  // Memory for the environment, reserved once per call of the entry, however often the loop is reached.
  Value reserve(Type type) {
    OpBuilder::InsertionGuard restore(b);
    b.setInsertionPointToStart(&function.getBody().front());
    Value one = arith::ConstantIntOp::create(b, 1, 64);
    return LLVM::AllocaOp::create(b, pointer, type, one);
  }

  scf::ParallelOp loop;
  func::FuncOp function;
  ImplicitLocOpBuilder b;
  unsigned number;
  Type pointer;
  SmallVector<Value> passed;
};

struct OutlineChunksPass : PassWrapper<OutlineChunksPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(OutlineChunksPass)
  StringRef getArgument() const override { return "outline-chunks"; }
  StringRef getDescription() const override { return "Chunks of parallel loops to functions"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<LLVM::LLVMDialect>(); }

  void runOnOperation() override {
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      SmallVector<scf::ParallelOp> loops;
      function.walk([&](scf::ParallelOp loop) { loops.push_back(loop); });
      for (auto [number, loop] : llvm::enumerate(loops))
        Outliner(loop, function, number).run();
    }
  }
};

} // namespace

std::unique_ptr<Pass> createOutlineChunksPass() { return std::make_unique<OutlineChunksPass>(); }

} // namespace ricci
