#include "OperandBlocks.h"

#include "Contraction.h"
#include "ContractionLowering.h"
#include "Nest.h"
#include "Operand.h"

#include "dialects/OperandBlocks.h"
#include "dialects/RowBlocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

struct Emitted {
  using Number = Value;
  using Condition = Value;
  Emit emit;
  Value number(int64_t x) { return emit.index(x); }
  Value product(Value x, Value y) { return emit.mul(x, y); }
  Value difference(Value x, Value y) { return emit.sub(x, y); }
  Value quotient(Value x, Value y) { return emit.builder.createOrFold<arith::DivUIOp>(emit.loc, x, y); }
  Value roundedUp(Value x, Value y) { return emit.builder.createOrFold<arith::CeilDivUIOp>(emit.loc, x, y); }
  Value max(Value x, Value y) { return emit.max(x, y); }
  Value atMost(Value x, Value y) {
    return emit.builder.createOrFold<arith::CmpIOp>(emit.loc, arith::CmpIPredicate::ule, x, y);
  }
  Value either(Value x, Value y) { return emit.builder.createOrFold<arith::OrIOp>(emit.loc, x, y); }
};
using Rule = operandblocks::Rule<Emitted>;

class OperandBlocks {
public:
  OperandBlocks(Environment &env, ArrayRef<Operation *> ops, EinsumOp op, Storage to)
      : env(env), loc(op.getLoc()), ops(ops), op(op), equation(op.parseEquation()), to(std::move(to)),
        side(isInPlace(env, op.getInputs()[0]) ? 1 : 0), computed(op.getInputs()[side]) {}

  LogicalResult run() {
    other = operandOf(env, loc, op.getInputs()[1 - side]);
    planBlocks();
    LogicalResult result = success();
    emit().either(blocksPay(), [&] { inBlocks(); }, [&] { result = apart(); });
    return result;
  }

private:
  // One axis of the computed operand: the block at hand has, from `first` on, `extent` of its elements.
  struct Axis : Rule::Axis {
    char letter;
    Value first = {}, extent = {};
  };

  Emit emit() { return env.at(loc); }
  Value both(Value x, Value y) { return env.builder.createOrFold<arith::AndIOp>(loc, x, y); }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return env.builder.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
  }
  Value bytesOf(ArrayRef<Value> sizes) { return emit().mul(emit().product(sizes), emit().index(byteSize(to.element))); }

  void planBlocks() {
    SmallVector<Rule::Axis> cut;
    const StringRef name = equation.inputs[side];
    for (auto [letter, size] : llvm::zip_equal(name, env.sizesOf(computed)))
      cut.push_back({size, !contains(equation.output, letter), contains(equation.inputs[1 - side], letter)});
    Rule{{emit()}}.cut(cut, byteSize(to.element), env.options.blockRows);
    for (auto [letter, axis] : llvm::zip_equal(name, cut))
      axes.push_back({axis, letter});
  }

  // An i1, from sizes alone.
  Value blocksPay() {
    Rule rule{{emit()}};
    const SmallVector<Rule::Axis> cut(axes.begin(), axes.end());
    const Rule::Traffic traffic =
        rule.traffic(cut, bytesOf(env.sizesOf(computed)), bytesOf(to.sizes), bytesOf(other.sizes));
    Value pays = both(both(rule.isLarge(traffic), rule.readsLittleAgain(traffic)), rule.staysNear(traffic));
    if (env.options.blockRows)
      pays = compare(arith::CmpIPredicate::ugt, traffic.operand, emit().index(0)); // an empty sum has no blocks
    return other.inside ? both(pays, other.inside) : pays;
  }

  // ---------------------------------------------------------------- one after the other

  LogicalResult apart() {
    SmallVector<Operation *> before(ops);
    llvm::erase_if(before, [&](Operation *member) { return member == op || isa<YieldOp>(member); });
    Value pointer;
    auto place = [&](Value value) {
      Storage storage = env.allocate(loc, to.element, env.sizesOf(value));
      pointer = storage.pointer;
      return storage;
    };
    if (failed(lowerKernel(env, loc, before, {computed}, place)))
      return failure();
    lowerContraction(env, op, to);
    env.free(loc, pointer);
    env.forget(computed);
    return success();
  }

  // ---------------------------------------------------------------- in blocks

  void inBlocks() {
    SmallVector<Value> lengths;
    for (const Axis &axis : axes)
      lengths.push_back(axis.length);
    lengths.back() = emit().add(lengths.back(), emit().index(operandblocks::rowGap));
    buffer = env.allocate(loc, to.element, lengths);
    buffer.isFresh = false;
    // The sum inside: its blocks add in order.
    SmallVector<Axis *> order;
    for (bool summed : {false, true})
      for (Axis &axis : axes)
        if (axis.isSummed == summed)
          order.push_back(&axis);
    emitLoops(order);
    env.free(loc, buffer.pointer);
  }

  void emitLoops(ArrayRef<Axis *> order) {
    if (order.empty())
      return emitBlock();
    Axis &axis = *order.front();
    if (constantIndex(axis.blocks) == 1) {
      axis.first = emit().index(0);
      axis.extent = axis.size;
      return emitLoops(order.drop_front());
    }
    auto loop = scf::ForOp::create(env.builder, loc, emit().index(0), axis.size, axis.length);
    OpBuilder::InsertionGuard restore(env.builder);
    env.builder.setInsertionPointToStart(loop.getBody());
    axis.first = loop.getInductionVar();
    std::optional<int64_t> size = constantIndex(axis.size), length = constantIndex(axis.length);
    axis.extent = size && length && *size % *length == 0 ? axis.length : emit().min(axis.length, emit().sub(axis.size, axis.first));
    emitLoops(order.drop_front());
  }

  void emitBlock() {
    // Positions count from the operand's first element.
    const SmallVector<Value> strides = rowMajorStrides(emit(), buffer.sizes);
    Value before = emit().index(0), isFirst = emit().constant(env.builder.getBoolAttr(true));
    Group group{{{computed.getDefiningOp(), computed, false, buffer}}, {}, {}, {}, {}};
    for (auto [axis, stride] : llvm::zip_equal(axes, strides)) {
      group.extents.push_back(axis.extent);
      group.firsts.push_back(axis.first);
      before = emit().add(before, emit().mul(axis.first, stride));
      if (axis.isSummed)
        isFirst = both(isFirst, compare(arith::CmpIPredicate::eq, axis.first, emit().index(0)));
    }
    group.roots.front().memory->pointer = emit().address(buffer.pointer, emit().sub(emit().index(0), before), buffer.element);
    Evaluator evaluator(env, computed.getLoc());
    emitNest(env, evaluator, group);
    Value adds = env.builder.createOrFold<arith::XOrIOp>(loc, isFirst, emit().constant(env.builder.getBoolAttr(true)));
    emitContraction(env.builder, loc, productOfBlock(strides), env.context, adds);
  }

  Contraction productOfBlock(ArrayRef<Value> blockStrides) {
    Contraction product{to.element, {}, {}, {}, {}};
    const std::string letters = equation.letters();
    product.dims.resize(letters.size());
    auto place = [&](StringRef name, Value pointer, ArrayRef<Value> sizes, ArrayRef<Value> strides, Value ContractionDim::Strides::*field) {
      Value offset = emit().index(0);
      for (auto [letter, size, stride] : llvm::zip_equal(name, sizes, strides)) {
        ContractionDim &dim = product.dims[letters.find(letter)];
        Value &known = dim.stride.*field;
        known = known ? emit().add(known, stride) : stride;
        const auto *axis = llvm::find_if(axes, [&](const Axis &axis) { return axis.letter == letter; });
        dim.size = axis == axes.end() ? size : axis->extent;
        if (axis != axes.end())
          offset = emit().add(offset, emit().mul(axis->first, stride));
      }
      return emit().address(pointer, offset, to.element);
    };
    using Strides = ContractionDim::Strides;
    Value rest = place(equation.inputs[1 - side], other.pointer, other.sizes, other.strides, side ? &Strides::a : &Strides::b);
    place(equation.inputs[side], buffer.pointer, buffer.sizes, blockStrides, side ? &Strides::b : &Strides::a);
    product.a = side ? rest : buffer.pointer;
    product.b = side ? buffer.pointer : rest;
    product.c = place(equation.output, to.pointer, to.sizes, rowMajorStrides(emit(), to.sizes), &Strides::c);
    return product;
  }

  Environment &env;
  Location loc;
  ArrayRef<Operation *> ops;
  EinsumOp op;
  const Equation equation;
  const Storage to;
  const unsigned side; // of the computed operand
  const Value computed;
  Operand other;
  SmallVector<Axis> axes;
  Storage buffer;
};

} // namespace

EinsumOp contractionInBlocks(const Environment &env, ArrayRef<Operation *> ops) {
  for (Operation *op : ops)
    if (op->hasAttr(rowblocks::contraction) &&
        llvm::any_of(op->getOperands().take_front(2), [&](Value input) { return !isInPlace(env, input); }))
      return cast<EinsumOp>(op);
  return {};
}

LogicalResult lowerOperandBlocks(Environment &env, ArrayRef<Operation *> ops, EinsumOp contraction, const Destination &destination) {
  const Storage to = destination(contraction);
  if (failed(OperandBlocks(env, ops, contraction, to).run()))
    return failure();
  env.define(contraction, to);
  return success();
}

} // namespace ricci::lower
