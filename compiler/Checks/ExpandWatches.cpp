#include "compiler/Checks/Checks.h"

#include "dialects/Build.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ricci;

namespace {

class Expansion {
public:
  explicit Expansion(WatchOp op)
      : builder(op), loc(op.getLoc()), op(op), type(op.getValue().getType()),
        dims(buildDynamicDims(builder, loc, op.getValue())) {}

  void run() {
    Value fault = faults();
    SmallVector<Value> values{fault, op.getValue()};
    if (type.getRank() > 0) {
      Value first = firstPosition(fault);
      values[0] =
          CmpOp::create(builder, loc, scalar(builder.getI1Type()), ComparePredicate::ne, first, integer(nowhere));
      SmallVector<Value> coordinates = coordinatesOf(first);
      values[1] = elementAt(op.getValue(), coordinates);
      llvm::append_range(values, coordinates);
      if (op.isPointwise())
        for (auto [number, source] : llvm::enumerate(op.getSources())) {
          SmallVector<Value> own;
          for (int64_t axis : op.axesOf(number))
            own.push_back(coordinates[axis]);
          values.push_back(elementAt(source, own));
        }
    } else if (op.isPointwise()) {
      llvm::append_range(values, op.getSources());
    }
    HostOp::create(builder, loc, "nonfinite", op.report(), values, /*guarded=*/true);
    op.erase();
  }

private:
  // No position is that large.
  static constexpr int64_t nowhere = std::numeric_limits<int64_t>::max();

  RankedTensorType like(Value tensor, Type element) {
    return cast<RankedTensorType>(withElement(tensor.getType(), element));
  }
  RankedTensorType scalar(Type element) { return RankedTensorType::get({}, element); }
  Value integer(int64_t number) {
    return FillOp::create(builder, loc, scalar(builder.getI64Type()), builder.getI64IntegerAttr(number), ValueRange());
  }
  Value isNan(Value x) { return IsNanOp::create(builder, loc, like(x, builder.getI1Type()), x); }
  Value isBad(Value x) { return negate(IsFiniteOp::create(builder, loc, like(x, builder.getI1Type()), x)); }
  Value negate(Value x) { return NotOp::create(builder, loc, x.getType(), x); }
  Value both(Value x, Value y) { return AndOp::create(builder, loc, x.getType(), x, y); }

  // bad(x) ∧ ¬(x is NaN ? any source is NaN : any source is bad) ∧ where
  Value faults() {
    Value value = op.getValue(), result = isBad(value), anyNan, anyBad;
    auto unite = [&](Value &sum, Value flags) {
      sum = sum ? OrOp::create(builder, loc, flags.getType(), sum, flags) : flags;
    };
    for (auto [number, source] : llvm::enumerate(op.getSources())) {
      unite(anyNan, spread(isNan(source), op.axesOf(number)));
      unite(anyBad, spread(isBad(source), op.axesOf(number)));
    }
    if (anyNan)
      result = both(result, negate(SelectOp::create(builder, loc, anyNan.getType(), isNan(value), anyNan, anyBad)));
    if (Value where = op.getWhere())
      result = both(result, spread(where, op.axesOf(op.getSources().size())));
    return result;
  }

  // Flags of a source as flags of the value: any along what is not the value's, repeated along what is not the
  // source's.
  Value spread(Value flags, ArrayRef<int64_t> axes) {
    SmallVector<int64_t> reduced, shape;
    SmallVector<AffineExpr> subscripts;
    for (auto [axis, target] : llvm::enumerate(axes)) {
      if (target < 0) {
        reduced.push_back(axis);
        continue;
      }
      shape.push_back(cast<RankedTensorType>(flags.getType()).getDimSize(axis));
      subscripts.push_back(builder.getAffineDimExpr(target));
    }
    if (!reduced.empty())
      flags = ReduceOp::create(builder, loc, RankedTensorType::get(shape, builder.getI1Type()), ReduceKind::any,
                               reduced, flags, Value());
    auto map = AffineMap::get(type.getRank(), 0, subscripts, builder.getContext());
    if (map.isIdentity() && flags.getType() == withElement(type, builder.getI1Type()))
      return flags;
    // Sizes that are only equal where the program gets may differ here.
    SmallVector<int32_t> modes(subscripts.size(), static_cast<int32_t>(AccessMode::pad));
    return GatherOp::create(builder, loc, withElement(type, builder.getI1Type()), flags, ValueRange(), dims,
                            AffineMapAttr::get(map), builder.getArrayAttr({}), builder.getDenseI32ArrayAttr(modes));
  }

  // The least row-major position of a fault; `nowhere` without one.
  Value firstPosition(Value fault) {
    auto numbers = like(fault, builder.getI64Type());
    const std::string letters = indexLetters(type.getRank());
    Value positions, stride = integer(1);
    for (int64_t axis = type.getRank(); axis-- > 0;) {
      auto line = RankedTensorType::get({type.getDimSize(axis)}, builder.getI64Type());
      SmallVector<Value> length;
      if (line.isDynamicDim(0))
        length.push_back(buildDim(builder, loc, op.getValue(), axis));
      Value steps = EinsumOp::create(builder, loc, line, "->a", ValueRange{stride}, length);
      Value along = MulOp::create(builder, loc, line, IotaOp::create(builder, loc, line, length), steps);
      Value spread =
          EinsumOp::create(builder, loc, numbers, letters.substr(axis, 1) + "->" + letters, ValueRange{along}, dims);
      positions = positions ? AddOp::create(builder, loc, numbers, positions, spread) : spread;
      stride = MulOp::create(builder, loc, stride.getType(), stride, size(axis));
    }
    Value none = FillOp::create(builder, loc, numbers, builder.getI64IntegerAttr(nowhere), dims);
    Value candidates = SelectOp::create(builder, loc, numbers, fault, positions, none);
    SmallVector<int64_t> all(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
    return ReduceOp::create(builder, loc, scalar(builder.getI64Type()), ReduceKind::min, all, candidates, Value());
  }

  Value size(int64_t axis) {
    return ToTensorOp::create(builder, loc, scalar(builder.getI64Type()), buildDim(builder, loc, op.getValue(), axis));
  }

  SmallVector<Value> coordinatesOf(Value position) {
    SmallVector<Value> coordinates(type.getRank());
    for (int64_t axis = type.getRank(); axis-- > 0;) {
      Value length = size(axis);
      coordinates[axis] = RemOp::create(builder, loc, position.getType(), position, length);
      position = DivOp::create(builder, loc, position.getType(), position, length);
    }
    return coordinates;
  }

  // One element, as an array of one first: a scalar would have all of the array stored.
  Value elementAt(Value tensor, ArrayRef<Value> coordinates) {
    if (coordinates.empty())
      return tensor;
    Type element = getElementTypeOrSelf(tensor);
    SmallVector<AffineExpr> subscripts;
    for (unsigned axis = 0; axis < coordinates.size(); ++axis)
      subscripts.push_back(builder.getAffineSymbolExpr(axis));
    auto map = AffineMap::get(1, coordinates.size(), subscripts, builder.getContext());
    SmallVector<Attribute> everywhere(coordinates.size(), builder.getDenseI64ArrayAttr({}));
    SmallVector<int32_t> modes(coordinates.size(), static_cast<int32_t>(AccessMode::pad));
    Value one = GatherOp::create(builder, loc, RankedTensorType::get({1}, element), tensor, coordinates, ValueRange(),
                                 AffineMapAttr::get(map), builder.getArrayAttr(everywhere),
                                 builder.getDenseI32ArrayAttr(modes));
    return ReshapeOp::create(builder, loc, scalar(element), one, ValueRange());
  }

  OpBuilder builder;
  Location loc;
  WatchOp op;
  RankedTensorType type;
  SmallVector<Value> dims;
};

struct ExpandWatchesPass : PassWrapper<ExpandWatchesPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandWatchesPass)

  StringRef getArgument() const override { return "expand-watches"; }
  StringRef getDescription() const override { return "Make checks of ricci.watch"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<RicciDialect, arith::ArithDialect>();
  }

  void runOnOperation() override {
    SmallVector<WatchOp> watches;
    getOperation()->walk([&](WatchOp op) { watches.push_back(op); });
    if (watches.empty())
      return markAllAnalysesPreserved();
    for (WatchOp op : watches)
      Expansion(op).run();
  }
};

} // namespace

std::unique_ptr<Pass> ricci::createExpandWatchesPass() { return std::make_unique<ExpandWatchesPass>(); }
