// Einsums in which zeros of one factor annihilate the others, as plain operations. Only after all derivatives are
// taken: the tests for zero below are of values, not of where a value does not count.
#include "compiler/Autodiff/Reverse.h"
#include "dialects/Build.h"
#include "dialects/Derivatives.h"
#include "dialects/Equation.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

namespace {

class Expansion {
public:
  explicit Expansion(EinsumOp op)
      : builder(op), op(op), equation(op.parseEquation()), inputs(op.getInputs()),
        annihilating(op->getAttrOfType<DenseI64ArrayAttr>(annihilatingAttrName).asArrayRef()) {}

  Value run() { return equation.summed().empty() ? product() : contraction(); }

private:
  Value einsum(const Equation &part, ValueRange factors) {
    return EinsumOp::create(builder, op.getLoc(), op.getType(), part.str(), factors, op.getDims());
  }

  // No sum: Π_k x_k over the result's shape, the annihilating factors one by one in front.
  Value product() {
    Equation rest;
    rest.output = equation.output;
    SmallVector<Value> factors;
    for (auto [position, input] : llvm::enumerate(inputs))
      if (!llvm::is_contained(annihilating, int64_t(position))) {
        rest.inputs.push_back(equation.inputs[position]);
        factors.push_back(input);
      }
    Value result;
    if (!factors.empty())
      result = einsum(rest, factors);
    for (int64_t position : annihilating) {
      Equation single;
      single.inputs = {equation.inputs[position]};
      single.output = equation.output;
      Value front = einsum(single, inputs[position]);
      result = result ? Value(MaskMulOp::create(builder, op.getLoc(), front, result)) : front;
    }
    return result;
  }

  // A sum of products, to stay a contraction: the other factors are set to zero where the annihilating one is zero
  // for all values of its remaining indices. x[T] -> select(Σ |g[S]| over S \ T ≠ 0, x, 0)
  Value contraction() {
    Location loc = op.getLoc();
    SmallVector<Value> factors(inputs);
    for (int64_t position : annihilating) {
      Value size = AbsOp::create(builder, loc, inputs[position].getType(), inputs[position]);
      for (auto [other, factor] : llvm::enumerate(factors)) {
        if (llvm::is_contained(annihilating, int64_t(other)))
          continue;
        Equation onto;
        onto.inputs = {equation.inputs[position]};
        onto.output = equation.inputs[other];
        Value reach = EinsumOp::create(builder, loc, factor.getType(), onto.str(), size,
                                       buildDynamicDims(builder, loc, factor));
        Value zeros = buildZeros(builder, loc, factor);
        Value counts = CmpOp::create(builder, loc, ComparePredicate::ne, reach, zeros);
        factor = SelectOp::create(builder, loc, counts, factor, zeros);
      }
    }
    return einsum(equation, factors);
  }

  OpBuilder builder;
  EinsumOp op;
  Equation equation;
  SmallVector<Value> inputs;
  SmallVector<int64_t> annihilating;
};

} // namespace

void autodiff::expandAnnihilating(Operation *root) {
  SmallVector<EinsumOp> found;
  root->walk([&](EinsumOp op) {
    if (op->hasAttr(annihilatingAttrName))
      found.push_back(op);
  });
  for (EinsumOp op : found) {
    Value expanded = Expansion(op).run();
    op.replaceAllUsesWith(expanded);
    op.erase();
  }
}
