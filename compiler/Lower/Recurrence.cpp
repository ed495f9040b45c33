#include "Recurrence.h"

#include "Nest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Lines along the last axis that advance together: one alone would wait for each sum.
constexpr unsigned linesTogether = 4;

Value sum(const Emit &emit, Value x, Value y) {
  if (isa<FloatType>(getElementTypeOrSelf(x)))
    return arith::AddFOp::create(emit.builder, emit.loc, x, y);
  return arith::AddIOp::create(emit.builder, emit.loc, x, y);
}

// input + factor · last; without a factor input + last.
Value follow(const Emit &emit, RecurrenceOp op, bool hasFma, Value input, Value factor, Value last) {
  if (!factor)
    return sum(emit, input, last);
  if (!isa<FloatType>(getElementTypeOrSelf(input)))
    return sum(emit, input, arith::MulIOp::create(emit.builder, emit.loc, factor, last));
  Value next = hasFma ? Value(math::FmaOp::create(emit.builder, emit.loc, factor, last, input))
                      : sum(emit, input, arith::MulFOp::create(emit.builder, emit.loc, factor, last));
  if (!op.getMasked())
    return next;
  Value zero = emit.constant(last.getType(), 0);
  Value annihilates = arith::CmpFOp::create(emit.builder, emit.loc, arith::CmpFPredicate::OEQ, last, zero);
  return arith::SelectOp::create(emit.builder, emit.loc, annihilates, input, next);
}

// The same position one step earlier, and that of the factor between them.
Position before(RecurrenceOp op, Position at) {
  AffineExpr &place = at[op.getAxis()];
  place = place + (op.getReverse() ? 1 : -1);
  return at;
}
Position factorOf(RecurrenceOp op, const Position &at) { return op.getReverse() ? at : before(op, at); }

class RecurrenceEmitter {
public:
  RecurrenceEmitter(Environment &env, RecurrenceOp op, const Storage &result)
      : env(env), op(op), result(result), axis(op.getAxis()), length(result.sizes[axis]), evaluator(env, op.getLoc()) {}

  void emit() {
    if (axis + 1 < result.sizes.size())
      over(axis, [&] { advanceTogether(); });
    else if (op.isSum())
      over(axis, [&] { addUp(); });
    else if (axis == 0)
      advance({at});
    else
      over(axis - 1, [&] { advanceLines(); });
  }

private:
  using Values = SmallVector<Value>;

  // Loops over the axes up to `end` around what `body` emits.
  void over(unsigned end, llvm::function_ref<void()> body) {
    if (at.size() == end)
      return body();
    AffineExpr dim = evaluator.space.newDim();
    Value extent = result.sizes[at.size()];
    at.push_back(dim);
    loop(dim, 0, extent, 1, {}, [&](ValueRange) {
      over(end, body);
      return Values();
    });
    at.pop_back();
  }

  Values loop(AffineExpr dim, int64_t lower, Value upper, int64_t step, ValueRange carried, Evaluator::Body body) {
    const bool mayBeEmpty = constantIndex(upper).value_or(0) <= lower;
    return evaluator.loop(dim, evaluator.emit().index(lower), upper, step, mayBeEmpty, carried, body);
  }

  // Where along the axis a step computes.
  AffineExpr placeOf(AffineExpr step) { return op.getReverse() ? evaluator.space.size(length) - 1 - step : step; }
  Position position(const Position &line, AffineExpr step) {
    Position whole(line);
    whole.push_back(placeOf(step));
    return whole;
  }

  // The first step, if there is one.
  void first(llvm::function_ref<void(AffineExpr step)> body) {
    AffineExpr step = evaluator.space.newDim();
    Emit emit = evaluator.emit();
    auto once = [&](ValueRange) {
      body(step);
      return Values();
    };
    if (constantIndex(length).value_or(0) > 0)
      evaluator.fixed(step, emit.index(0), {}, once);
    else
      loop(step, 0, emit.min(length, emit.index(1)), 1, {}, once);
  }

  void advanceTogether() {
    first([&](AffineExpr step) { emitStep(step, /*follows=*/false); });
    AffineExpr step = evaluator.space.newDim();
    loop(step, 1, length, 1, {}, [&](ValueRange) {
      emitStep(step, /*follows=*/true);
      return Values();
    });
  }

  void emitStep(AffineExpr step, bool follows) {
    Value input = op.getInput();
    Group group{{{input.getDefiningOp(), input, false, result}},
                position(at, step),
                Values(ArrayRef(result.sizes).drop_front(axis + 1)),
                {},
                {},
                follows ? op.getOperation() : nullptr};
    emitNest(env, evaluator, group);
  }

  void advanceLines() {
    Value lines = result.sizes[axis - 1];
    Emit emit = evaluator.emit();
    Value together = emit.sub(lines, emit.floorMod(lines, emit.index(linesTogether)));
    AffineExpr line = evaluator.space.newDim();
    auto some = [&](unsigned count) {
      SmallVector<Position> which;
      for (unsigned number = 0; number < count; ++number) {
        which.push_back(at);
        which.back().push_back(line + number);
      }
      advance(which);
      return Values();
    };
    loop(line, 0, together, linesTogether, {}, [&](ValueRange) { return some(linesTogether); });
    evaluator.loop(line, together, lines, 1, /*mayBeEmpty=*/true, {}, [&](ValueRange) { return some(1); });
  }

  // Advances along the last axis of each line.
  void advance(ArrayRef<Position> lines) {
    first([&](AffineExpr start) {
      Values last;
      for (const Position &line : lines) {
        Computed element = evaluator.element({op.getInput(), position(line, start)});
        evaluator.store(result, position(line, start), 0, element);
        last.push_back(element.value);
      }
      AffineExpr step = evaluator.space.newDim();
      loop(step, 1, length, 1, last, [&](ValueRange carried) {
        Values next;
        for (auto [line, last] : llvm::zip_equal(lines, carried)) {
          Position here = position(line, step);
          Value input = evaluator.element({op.getInput(), here}).value;
          Value factor = op.isSum() ? Value() : evaluator.element({op.getFactors(), factorOf(op, here)}).value;
          next.push_back(follow(evaluator.emit(), op, env.target.hasFma, input, factor, last));
          evaluator.store(result, here, 0, {next.back(), evaluator.depth()});
        }
        return next;
      });
    });
  }

  // Sums along the last axis, a vector at a time: of the last 1, 2, 4, … elements up to each by doubling; those of as
  // many as a vector holds are added to the results of the vector before.
  void addUp() {
    const unsigned lanes = env.target.lanes(result.element);
    AffineExpr step = evaluator.space.newDim();
    Emit emit = evaluator.emit();
    Value whole = emit.sub(length, emit.floorMod(length, emit.index(lanes)));
    evaluator.vectorise(step, lanes);
    auto body = [&](ValueRange before) {
      Emit inside = evaluator.emit();
      Value sums = evaluator.asVector(evaluator.element({op.getInput(), position(at, step)}));
      Values now;
      for (unsigned distance = 1; distance < lanes; distance *= 2) {
        SmallVector<int64_t> lanesBack;
        for (unsigned lane = 0; lane < lanes; ++lane)
          lanesBack.push_back(lanes + lane - distance);
        Value back = vector::ShuffleOp::create(inside.builder, inside.loc, before[now.size()], sums, lanesBack);
        now.push_back(sums);
        sums = sum(inside, sums, back);
      }
      now.push_back(sum(inside, sums, before.back()));
      evaluator.store(result, position(at, step), 0, {now.back(), evaluator.depth()});
      return now;
    };
    Values before(llvm::Log2_32(lanes) + 1, emit.constant(env.target.vector(result.element), 0));
    before = loop(step, 0, whole, lanes, before, body);
    evaluator.loop(step, whole, length, lanes, /*mayBeEmpty=*/true, before, [&](ValueRange before) {
      Emit inside = evaluator.emit();
      evaluator.useMask(inside.firstLanes(inside.sub(length, evaluator.scalarIndex(step).value), lanes));
      Values now = body(before);
      evaluator.useMask({});
      return now;
    });
    evaluator.noVector();
  }

  Environment &env;
  RecurrenceOp op;
  const Storage &result;
  const unsigned axis;
  Value length; // of the axis
  Evaluator evaluator;
  Position at; // along the axes with an open loop
};

} // namespace

Computed followElement(Evaluator &evaluator, RecurrenceOp op, const Position &at, Computed input) {
  SmallVector<Computed> values{input, evaluator.element({op.getResult(), before(op, at)})};
  if (!op.isSum())
    values.push_back(evaluator.element({op.getFactors(), factorOf(op, at)}));
  if (llvm::any_of(values, [](const Computed &value) { return value.isVector(); }))
    for (Computed &value : values)
      value.value = evaluator.asVector(value);
  const bool hasFma = evaluator.environment().target.hasFma;
  Value factor = values.size() > 2 ? values[2].value : Value();
  return {follow(evaluator.emit(), op, hasFma, values[0].value, factor, values[1].value), evaluator.depth()};
}

void lowerRecurrence(Environment &env, RecurrenceOp op, const Storage &result) {
  env.define(op.getResult(), result);
  RecurrenceEmitter(env, op, result).emit();
}

} // namespace ricci::lower
