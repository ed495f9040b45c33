#include "ContractionLowering.h"

#include "Contraction.h"
#include "SmallContraction.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Products below which a loop nest, inlined and fused with its neighbours, beats a call that plans: 5³ and smaller.
constexpr int64_t tinyProducts = 128;

bool hasLetterOutside(StringRef letters, StringRef name) {
  return llvm::any_of(letters, [&](char letter) { return !contains(name, letter); });
}

// The number of products if all sizes are static.
std::optional<int64_t> productCount(EinsumOp op, const Equation &equation) {
  llvm::DenseMap<char, int64_t> sizes;
  for (auto [input, name] : llvm::zip_equal(op.getInputs(), equation.inputs))
    for (auto [letter, size] : llvm::zip_equal(name, cast<RankedTensorType>(input.getType()).getShape()))
      sizes[letter] = size;
  int64_t count = 1;
  for (auto [letter, size] : sizes) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    count *= std::min<int64_t>(size, tinyProducts);
    if (count >= tinyProducts)
      return count;
  }
  return count;
}

// Row-major strides, one an axis.
SmallVector<Value> stridesOf(Environment &env, Location loc, ArrayRef<Value> sizes) {
  Emit emit = env.at(loc);
  SmallVector<Value> strides(sizes.size());
  Value next = emit.index(1);
  for (size_t axis = sizes.size(); axis-- > 0;) {
    strides[axis] = next;
    next = emit.mul(next, sizes[axis]);
  }
  return strides;
}

} // namespace

bool isContraction(Operation *op, const Environment &env) {
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum || einsum.getInputs().size() != 2)
    return false;
  auto type = cast<RankedTensorType>(einsum.getResult().getType());
  if (!type.getElementType().isF32() && !type.getElementType().isF64())
    return false;
  Equation equation = einsum.parseEquation();
  StringRef left = equation.inputs[0], right = equation.inputs[1], output = equation.output;
  bool sharesSum =
      llvm::any_of(equation.summed(), [&](char letter) { return contains(left, letter) && contains(right, letter); });
  bool covered =
      !llvm::any_of(output, [&](char letter) { return !contains(left, letter) && !contains(right, letter); });
  if (!sharesSum || !covered || hasRepeats(output))
    return false;
  bool leftReused = hasLetterOutside(output, left), rightReused = hasLetterOutside(output, right);
  if (!leftReused && !rightReused)
    return false;
  if ((!leftReused && !env.find(einsum.getInputs()[0])) || (!rightReused && !env.find(einsum.getInputs()[1])))
    return false;
  std::optional<int64_t> products = productCount(einsum, equation);
  return !products || *products >= tinyProducts;
}

void lowerContraction(Environment &env, EinsumOp op, const Storage &to) {
  Location loc = op.getLoc();
  Emit emit = env.at(loc);
  Equation equation = op.parseEquation();
  Contraction contraction{
      to.element, env.find(op.getInputs()[0])->pointer, env.find(op.getInputs()[1])->pointer, to.pointer, {}};

  SmallVector<Value> sizes[] = {env.sizesOf(op.getInputs()[0]), env.sizesOf(op.getInputs()[1]), to.sizes};
  StringRef names[] = {equation.inputs[0], equation.inputs[1], equation.output};
  Value ContractionDim::Strides::*fields[] = {&ContractionDim::Strides::a, &ContractionDim::Strides::b,
                                              &ContractionDim::Strides::c};
  std::string letters = equation.letters();
  contraction.dims.resize(letters.size());
  for (auto [array, name] : llvm::enumerate(names)) {
    SmallVector<Value> strides = stridesOf(env, loc, sizes[array]);
    for (auto [axis, letter] : llvm::enumerate(name)) {
      ContractionDim &dim = contraction.dims[letters.find(letter)];
      dim.size = sizes[array][axis];
      // A repeated letter walks the diagonal: its strides add.
      Value &stride = dim.stride.*fields[array];
      stride = stride ? emit.add(stride, strides[axis]) : strides[axis];
    }
  }
  if (!emitSmallContraction(env.builder, loc, contraction, env.target))
    emitContraction(env.builder, loc, contraction, env.context);
}

} // namespace ricci::lower
