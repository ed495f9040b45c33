#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"

#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// A scalar repeated to the shape of `like`.
Value everywhere(OpBuilder &builder, Location loc, Value scalar, Value like) {
  return buildView(builder, loc, scalar, "", indexLetters(tensorType(like).getRank()), tensorType(like),
                   buildDynamicDims(builder, loc, like));
}

// A sum over an index that nothing under it depends on: its size times the rest; of nothing it is 0 whatever the rest.
Value timesSize(OpBuilder &builder, Location loc, Value rest, Value tensor, int64_t axis) {
  if (!tensorType(tensor).isDynamicDim(axis))
    return buildScaled(builder, loc, rest, tensorType(tensor).getDimSize(axis));
  auto scalar = [](Type element) { return RankedTensorType::get({}, element); };
  Value factor = ToTensorOp::create(builder, loc, scalar(builder.getI64Type()), buildDim(builder, loc, tensor, axis));
  factor = builder.createOrFold<ConvertOp>(loc, scalar(tensorType(rest).getElementType()), factor);
  factor = everywhere(builder, loc, factor, rest);
  if (tensorType(rest).getElementType().isInteger())
    return MulOp::create(builder, loc, rest, factor);
  return MaskMulOp::create(builder, loc, factor, rest);
}

// An axis of an operand for each of these letters.
Axes axesOf(const Equation &equation, StringRef letters, ValueRange inputs) {
  Axes axes;
  for (char letter : letters)
    for (auto [input, own] : llvm::zip_equal(inputs, equation.inputs))
      if (size_t axis = own.find(letter); axis != std::string::npos) {
        axes.push_back({input, axis});
        break;
      }
  return axes;
}

// The einsum with other operands and letters; the sum over every axis in `lost` becomes a factor.
void replaceEinsum(PatternRewriter &rewriter, EinsumOp op, const Equation &equation, ValueRange inputs,
                   const Axes &lost = {}) {
  Value result = EinsumOp::create(rewriter, op.getLoc(), op.getType(), equation.str(), inputs, op.getDims());
  for (auto [tensor, axis] : lost)
    result = timesSize(rewriter, op.getLoc(), result, tensor, axis);
  rewriter.replaceOp(op, result);
}

// A sum over an empty index is 0. Before all other identities: they take factors out of the sum, and 0 · ∞ is not 0.
struct EmptySum : OpRewritePattern<EinsumOp> {
  explicit EmptySum(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/10) {}
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    const std::string summed = equation.summed();
    for (auto [input, letters] : llvm::zip_equal(op.getInputs(), equation.inputs))
      for (auto [axis, letter] : llvm::enumerate(letters))
        if (contains(summed, letter) && tensorType(input).getDimSize(axis) == 0) {
          rewriter.replaceOp(op, buildFill(rewriter, op.getLoc(), op.getType(), op.getDims(), 0));
          return success();
        }
    return failure();
  }
};

// Letters in order of first occurrence, so that equal einsums look equal.
struct NameIndicesInOrder : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    std::string letters = equation.letters(), names = indexLetters(letters.size());
    auto rename = [&](std::string &text) {
      for (char &letter : text)
        letter = names[letters.find(letter)];
    };
    llvm::for_each(equation.inputs, rename);
    rename(equation.output);
    if (equation.str() == op.getEquation())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.setEquation(equation.str()); });
    return success();
  }
};

// Longer products gain nothing from being one: their order is chosen greedily anyway.
constexpr size_t maxOperands = 12;

// Whether to put the einsum that computes an operand in the operand's place. A rearrangement or a δ costs nothing; a
// sum only where the result is still one contraction, whose order is chosen later, and the sum is not needed elsewhere.
bool worthMerging(const Equation &outerEquation, EinsumOp inner, const Equation &innerEquation) {
  if (innerEquation.inputs.size() <= 1 && innerEquation.summed().empty())
    return true;
  bool outerIsView = outerEquation.inputs.size() == 1 && outerEquation.summed().empty();
  if (outerIsView) {
    bool onlyPermutes = !hasRepeats(outerEquation.output) && llvm::all_of(outerEquation.output, [&](char l) {
      return contains(outerEquation.inputs[0], l);
    });
    return onlyPermutes && inner->hasOneUse();
  }
  return !outerEquation.summed().empty() && inner->hasOneUse() &&
         outerEquation.inputs.size() + innerEquation.inputs.size() <= maxOperands;
}

// Σ_j a_ij (Σ_k b_jk c_k) -> Σ_jk a_ij b_jk c_k
// Σ_j δ_ij a_j -> a_i: the letters of the inner result and of the operand it stands for name the same index.
struct MergeEinsums : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation outer = op.parseEquation();
    for (auto [position, input] : llvm::enumerate(op.getInputs())) {
      auto innerOp = input.getDefiningOp<EinsumOp>();
      if (!innerOp)
        continue;
      Equation inner = innerOp.parseEquation();
      if (worthMerging(outer, innerOp, inner) && succeeded(merge(op, outer, position, innerOp, inner, rewriter)))
        return success();
    }
    return failure();
  }

  LogicalResult merge(EinsumOp op, const Equation &outer, size_t position, EinsumOp innerOp, const Equation &inner,
                      PatternRewriter &rewriter) const {
    // Indices as numbers: the outer letter, or the inner one above 256.
    constexpr int innerBase = 256;
    llvm::EquivalenceClasses<int> same;
    for (auto [innerLetter, outerLetter] : llvm::zip_equal(inner.output, outer.inputs[position]))
      same.unionSets(innerBase + innerLetter, outerLetter);
    llvm::DenseMap<int, char> names;
    constexpr StringLiteral alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool tooMany = false;
    auto translate = [&](StringRef letters, int base) {
      std::string result;
      for (char letter : letters) {
        auto found = same.findLeader(base + letter);
        int leader = found == same.member_end() ? base + letter : *found;
        auto [name, isNew] = names.try_emplace(leader, 'a');
        if (isNew) {
          tooMany |= names.size() > alphabet.size();
          name->second = tooMany ? 'a' : alphabet[names.size() - 1];
        }
        result += name->second;
      }
      return result;
    };

    Equation merged;
    SmallVector<Value> inputs;
    for (auto [other, letters] : llvm::enumerate(outer.inputs)) {
      if (other != position) {
        merged.inputs.push_back(translate(letters, 0));
        inputs.push_back(op.getInputs()[other]);
        continue;
      }
      for (auto [innerLetters, innerInput] : llvm::zip_equal(inner.inputs, innerOp.getInputs())) {
        merged.inputs.push_back(translate(innerLetters, innerBase));
        inputs.push_back(innerInput);
      }
    }
    merged.output = translate(outer.output, 0);

    // An index that the inner result only repeated along, and that the outer sum ran over.
    std::string present = merged.letters(), counted;
    Axes lost;
    for (auto [axis, letter] : llvm::enumerate(translate(outer.inputs[position], 0)))
      if (!contains(present, letter) && !contains(counted, letter)) {
        lost.push_back({innerOp.getResult(), axis});
        counted += letter;
      }
    if (tooMany)
      return failure();
    replaceEinsum(rewriter, op, merged, inputs, lost);
    return success();
  }
};

// Whether a contraction with this product as an operand is better off with its two factors: if the product serves
// nothing else, or a factor has fewer axes than it.
bool worthUnfolding(MulOp product) {
  return product->hasOneUse() || asBroadcast(product.getX()).adds() || asBroadcast(product.getY()).adds();
}

// Σ (x · y) z -> Σ x y z and Σ (-x) y -> -Σ x y, elementwise operations being products with equal letters.
struct UnfoldProductsInSums : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    if (equation.summed().empty())
      return failure();
    for (auto [position, input] : llvm::enumerate(op.getInputs())) {
      SmallVector<Value> inputs(op.getInputs());
      if (auto negated = input.getDefiningOp<NegOp>()) {
        inputs[position] = negated.getX();
        Value sum = EinsumOp::create(rewriter, op.getLoc(), op.getType(), op.getEquation(), inputs, op.getDims());
        rewriter.replaceOpWithNewOp<NegOp>(op, sum);
        return success();
      }
      auto product = input.getDefiningOp<MulOp>();
      if (!product || !worthUnfolding(product) || equation.inputs.size() >= maxOperands)
        continue;
      inputs[position] = product.getX();
      inputs.insert(inputs.begin() + position + 1, product.getY());
      equation.inputs.insert(equation.inputs.begin() + position, equation.inputs[position]);
      replaceEinsum(rewriter, op, equation, inputs);
      return success();
    }
    return failure();
  }
};

// A number rearranged is the number; an embedding on a diagonal has zeros as well.
struct RearrangedNumber : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    if (equation.inputs.size() != 1 || !equation.summed().empty() || hasRepeats(equation.output))
      return failure();
    std::optional<Scalar> number = uniformValue(op.getInputs()[0]);
    if (!number)
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, op.getType(), number->toAttribute(op.getType().getElementType()),
                                        op.getDims());
    return success();
  }
};

// Σ c x -> c Σ x for a number c; an einsum of nothing but c is uniform.
struct PullNumbers : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    for (auto [position, input] : llvm::enumerate(op.getInputs())) {
      std::optional<Scalar> number = uniformValue(input);
      if (!number || (equation.inputs.size() == 1 && hasRepeats(equation.output)))
        continue;
      double factor = number->as<double>();
      bool isInteger = tensorType(input).getElementType().isInteger();
      if (!std::isfinite(factor) || (factor == 0 && equation.inputs.size() > 1) ||
          (isInteger && std::fabs(factor) > 1 << 30))
        continue;
      Equation rest = equation;
      rest.inputs.erase(rest.inputs.begin() + position);
      SmallVector<Value> inputs(op.getInputs());
      inputs.erase(inputs.begin() + position);
      // Sums over letters that only the number had.
      std::string present = rest.letters(), counted;
      SmallVector<int64_t> lost;
      for (auto [axis, letter] : llvm::enumerate(equation.inputs[position]))
        if (!contains(present, letter) && !contains(counted, letter)) {
          lost.push_back(axis);
          counted += letter;
        }
      Value result;
      if (inputs.empty()) {
        result = buildFill(rewriter, op.getLoc(), op.getType(), op.getDims(), factor);
      } else {
        result = EinsumOp::create(rewriter, op.getLoc(), op.getType(), rest.str(), inputs, op.getDims());
        result = buildScaled(rewriter, op.getLoc(), result, factor);
      }
      for (int64_t axis : lost)
        result = timesSize(rewriter, op.getLoc(), result, input, axis);
      rewriter.replaceOp(op, result);
      return success();
    }
    return failure();
  }
};

// Σ_j s x_j -> s Σ_j x_j for a scalar s.
struct PullScalars : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    if (equation.inputs.size() < 2 || equation.summed().empty())
      return failure();
    for (auto [position, letters] : llvm::enumerate(equation.inputs)) {
      if (!letters.empty())
        continue;
      SmallVector<Value> inputs(op.getInputs());
      inputs.erase(inputs.begin() + position);
      equation.inputs.erase(equation.inputs.begin() + position);
      Value scalar = buildFactorOfSum(rewriter, op.getLoc(), op.getInputs()[position],
                                      axesOf(equation, equation.summed(), inputs));
      Value sum = EinsumOp::create(rewriter, op.getLoc(), op.getType(), equation.str(), inputs, op.getDims());
      rewriter.replaceOpWithNewOp<MulOp>(op, sum, everywhere(rewriter, op.getLoc(), scalar, sum));
      return success();
    }
    return failure();
  }
};

// A sum or product repeated along new axes, or embedded on a diagonal: first the sum, then the rearrangement.
struct SplitRearrangement : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    if (equation.inputs.empty() || (equation.inputs.size() == 1 && equation.summed().empty()))
      return failure();
    std::string core, all;
    for (const std::string &input : equation.inputs)
      all += input;
    for (char letter : equation.output)
      if (contains(all, letter) && !contains(core, letter))
        core += letter;
    if (core == equation.output)
      return failure();
    Equation inner{equation.inputs, core};
    Value sum = buildEinsum(rewriter, op.getLoc(), inner.str(), op.getInputs());
    rewriter.replaceOpWithNewOp<EinsumOp>(op, op.getType(), Equation{{core}, equation.output}.str(), sum, op.getDims());
    return success();
  }
};

// A product without a sum is elementwise: Π over views of the result's shape.
struct ProductsAreElementwise : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    Equation equation = op.parseEquation();
    if (equation.inputs.size() < 2 || !equation.summed().empty() || hasRepeats(equation.output))
      return failure();
    Value product;
    for (auto [letters, input] : llvm::zip_equal(equation.inputs, op.getInputs())) {
      Value factor = input;
      if (letters != equation.output)
        factor = EinsumOp::create(rewriter, op.getLoc(), op.getType(), Equation{{letters}, equation.output}.str(),
                                  input, op.getDims());
      else if (input.getType() != op.getType())
        return failure();
      product = product ? MulOp::create(rewriter, op.getLoc(), product, factor) : factor;
    }
    rewriter.replaceOp(op, product);
    return success();
  }
};

// An empty product: ones, or δ where the output repeats letters.
struct EmptyProduct : OpRewritePattern<EinsumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EinsumOp op, PatternRewriter &rewriter) const override {
    if (!op.getInputs().empty() || hasRepeats(op.parseEquation().output))
      return failure();
    rewriter.replaceOp(op, buildFill(rewriter, op.getLoc(), op.getType(), op.getDims(), 1));
    return success();
  }
};

} // namespace

void simplify::populateEinsumPatterns(RewritePatternSet &patterns) {
  patterns.add<EmptySum, NameIndicesInOrder, MergeEinsums, UnfoldProductsInSums, RearrangedNumber, PullNumbers,
               PullScalars, SplitRearrangement, ProductsAreElementwise, EmptyProduct>(patterns.getContext());
}
