#include "Emit.h"
#include "Lower.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace ricci {

using namespace mlir;

namespace {

// More would have to leave the registers of an x86 processor, which has 16 for all.
constexpr size_t mostPointers = 6;
// Of reads and writes at displacements from one address: from here on it is worth an addition to have one register for
// all of them, since an operand in memory that an index is part of splits its instruction in two (64×64 times a vector
// takes 0.8 to 0.9 of the time).
constexpr unsigned fewReaches = 4;

// An address in a loop that goes the same way at every turn: from a base, by the loop's variable times the factors.
struct Walk {
  LLVM::GEPOp address;
  SmallVector<Value> factors;
};

// Whose value all turns share; a constant may stand inside.
bool isShared(scf::ForOp loop, Value value) {
  return loop.isDefinedOutsideOfLoop(value) || lower::constantIndex(value);
}

std::optional<Walk> walkOf(scf::ForOp loop, LLVM::GEPOp address) {
  if (address.getIndices().size() != 1 || address.getDynamicIndices().size() != 1 ||
      isa<VectorType>(address.getType()) || !loop.isDefinedOutsideOfLoop(address.getBase()))
    return std::nullopt;
  auto cast = address.getDynamicIndices().front().getDefiningOp<arith::IndexCastOp>();
  Value index = cast ? cast.getIn() : Value();
  Walk walk{address, {}};
  while (index && index != loop.getInductionVar()) {
    auto product = index.getDefiningOp<arith::MulIOp>();
    if (!product)
      return std::nullopt;
    auto [factor, rest] = std::pair(product.getRhs(), product.getLhs());
    if (!isShared(loop, factor))
      std::swap(factor, rest);
    if (!isShared(loop, factor))
      return std::nullopt;
    walk.factors.push_back(factor);
    index = rest;
  }
  return index ? std::optional(walk) : std::nullopt;
}

unsigned reaches(Value address) {
  unsigned count = 0;
  for (Operation *user : address.getUsers())
    count += isa<LLVM::GEPOp>(user) ? reaches(user->getResult(0)) : 1;
  return count;
}

void carry(scf::ForOp loop) {
  SmallVector<Walk> walks;
  loop.getBody()->walk([&](LLVM::GEPOp address) {
    std::optional<Walk> walk = walkOf(loop, address);
    if (walk && walks.size() < mostPointers && (!walk->factors.empty() || reaches(address) >= fewReaches))
      walks.push_back(*walk);
  });
  if (walks.empty())
    return;

  IRRewriter rewriter(loop.getContext());
  rewriter.setInsertionPoint(loop);
  lower::Emit before{rewriter, loop.getLoc()};
  SmallVector<Value> starts, steps;
  for (Walk &walk : walks) {
    auto scaled = [&](Value turns) {
      for (Value factor : walk.factors) {
        std::optional<int64_t> number = lower::constantIndex(factor);
        turns = before.mul(turns, number ? before.index(*number) : factor);
      }
      return turns;
    };
    starts.push_back(before.address(walk.address.getBase(), scaled(loop.getLowerBound()), walk.address.getElemType()));
    steps.push_back(before.toI64(scaled(loop.getStep())));
  }
  auto next = [&](OpBuilder &builder, Location loc, ArrayRef<BlockArgument> pointers) {
    lower::Emit emit{builder, loc};
    SmallVector<Value> values;
    for (auto [walk, pointer, step] : llvm::zip(walks, pointers, steps))
      values.push_back(emit.address(pointer, step, walk.address.getElemType()));
    return values;
  };
  // The body moves; the addresses in it stay the same operations.
  auto carrying = *loop.replaceWithAdditionalYields(rewriter, starts, /*replaceInitOperandUsesInLoop=*/false, next);
  ArrayRef<BlockArgument> pointers = carrying.getRegionIterArgs().take_back(walks.size());
  for (auto [walk, pointer] : llvm::zip(walks, pointers))
    rewriter.replaceOp(walk.address, pointer);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*cast<scf::ForOp>(carrying).getBody())))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);
}

class CarryPointersPass : public PassWrapper<CarryPointersPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CarryPointersPass)
  StringRef getArgument() const override { return "carry-pointers"; }
  StringRef getDescription() const override {
    return "Addresses that go the same way at every turn, carried by the innermost loops";
  }

  void runOnOperation() override {
    SmallVector<scf::ForOp> innermost;
    getOperation()->walk([&](scf::ForOp loop) {
      bool hasLoop = loop.getBody()->walk([](LoopLikeOpInterface) { return WalkResult::interrupt(); }).wasInterrupted();
      if (!hasLoop)
        innermost.push_back(loop);
    });
    llvm::for_each(innermost, carry);
  }
};

} // namespace

std::unique_ptr<Pass> createCarryPointersPass() { return std::make_unique<CarryPointersPass>(); }

} // namespace ricci
