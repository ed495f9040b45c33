#include "ArgReduction.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

struct ArgReduction {
  Evaluator &evaluator;
  ReduceOp op;
  const Position &at;
  ArrayRef<AffineExpr> reduced;
  ArrayRef<Value> extents;

  // Carried: best element, its position, whether there is one.
  SmallVector<Value> loops(size_t number, Value position, ValueRange best) {
    if (number == reduced.size())
      return step(position, best);
    Emit emit = evaluator.emit();
    return evaluator.loop(reduced[number], emit.index(0), extents[number], 1, /*mayBeEmpty=*/true, best,
                          [&](ValueRange values) {
                            Emit inside = evaluator.emit();
                            Value here = evaluator.scalarIndex(reduced[number]).value;
                            Value next = position ? inside.add(inside.mul(position, extents[number]), here) : here;
                            return loops(number + 1, next, values);
                          });
  }

  SmallVector<Value> step(Value position, ValueRange best) {
    Guard guard = 0;
    SmallVector<Element> reads =
        readsOf({op.getResult(), at}, reduced, evaluator.space, evaluator.environment(), guard);
    Value element = evaluator.element(reads[0]).value;
    Emit emit = evaluator.emit();
    OpBuilder &builder = emit.builder;
    Value better = beats(emit, element, best[0]);
    // The first that counts always wins.
    Value none = arith::XOrIOp::create(builder, emit.loc, best[2], emit.constant(builder.getI1Type(), 1));
    better = arith::OrIOp::create(builder, emit.loc, better, none);
    if (reads.size() > 1)
      better = arith::AndIOp::create(builder, emit.loc, better, evaluator.element(reads[1]).value);
    return {arith::SelectOp::create(builder, emit.loc, better, element, best[0]),
            arith::SelectOp::create(builder, emit.loc, better, emit.toI64(position), best[1]),
            arith::OrIOp::create(builder, emit.loc, best[2], better)};
  }

  Value beats(Emit emit, Value x, Value y) {
    const bool largest = op.getKind() == ReduceKind::argmax;
    OpBuilder &builder = emit.builder;
    if (!isa<FloatType>(x.getType()))
      return arith::CmpIOp::create(builder, emit.loc, largest ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt, x, y);
    // x beats y, or x is NaN; but nothing beats a NaN.
    Value wins = arith::CmpFOp::create(builder, emit.loc, largest ? arith::CmpFPredicate::UGT : arith::CmpFPredicate::ULT, x, y);
    Value number = arith::CmpFOp::create(builder, emit.loc, arith::CmpFPredicate::ORD, y, y);
    return arith::AndIOp::create(builder, emit.loc, wins, number);
  }
};

} // namespace

Value emitArgReduction(Evaluator &evaluator, Operation *op, const Position &at, ArrayRef<AffineExpr> reduced,
                       ArrayRef<Value> extents) {
  auto reduce = cast<ReduceOp>(op);
  Emit emit = evaluator.emit();
  Type element = reduce.getInput().getType().getElementType();
  SmallVector<Value> start{emit.constant(element, 0), emit.constant(emit.builder.getI64Type(), 0),
                           emit.constant(emit.builder.getI1Type(), 0)};
  ArgReduction reduction{evaluator, reduce, at, reduced, extents};
  return reduction.loops(0, {}, start)[1];
}

} // namespace ricci::lower
