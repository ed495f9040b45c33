#include "ContractionLowering.h"

#include "Contraction.h"
#include "SmallContraction.h"

#include "dialects/Decision.h"
#include "runtime/ContractionSummary.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Products below which a loop nest, inlined and fused with its neighbours, beats a call that plans: 5³ and smaller.
constexpr int64_t tinyProducts = 128;
// Products a point of the batch up to which vectors along the batch, of as many points at least, beat tiles that have
// to gather their rows.
constexpr int64_t pointProducts = 2048, fewestPoints = 4;

bool hasLetterOutside(StringRef letters, StringRef name) {
  return llvm::any_of(letters, [&](char letter) { return !contains(name, letter); });
}

// The number of products, or more than `most`, over all indices but `except`, if their sizes are static.
std::optional<int64_t> productCount(EinsumOp op, const Equation &equation, int64_t most, char except = 0) {
  llvm::DenseMap<char, int64_t> sizes;
  for (auto [input, name] : llvm::zip_equal(op.getInputs(), equation.inputs))
    for (auto [letter, size] : llvm::zip_equal(name, cast<RankedTensorType>(input.getType()).getShape()))
      sizes[letter] = size;
  sizes.erase(except);
  int64_t count = 1;
  for (auto [letter, size] : sizes) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    count *= std::min<int64_t>(size, most + 1);
    if (count > most)
      return count;
  }
  return count;
}

// Small products whose elements for all points of a batch lie together: ijb,jkb->ikb.
bool isInterleaved(EinsumOp op, const Equation &equation) {
  const char last = equation.output.empty() ? 0 : equation.output.back();
  if (last != equation.inputs[0].back() || last != equation.inputs[1].back())
    return false;
  const int64_t size = cast<RankedTensorType>(op.getType()).getShape().back();
  if (!ShapedType::isDynamic(size) && size < fewestPoints)
    return false;
  std::optional<int64_t> products = productCount(op, equation, pointProducts, last);
  return products && *products <= pointProducts;
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

// What the runtime will copy into panels, if all sizes are known.
void explainPacking(Location loc, const Contraction &contraction) {
  decide(loc, [&] {
    Decision decision{.kind = Decision::Kind::Packing, .what = "", .reason = ""};
    SmallVector<ricci_index> indices;
    bool isKnown = true;
    for (const ContractionDim &dim : contraction.dims) {
      auto number = [&](Value value) {
        std::optional<int64_t> known = value ? constantIndex(value) : std::optional<int64_t>(0);
        isKnown &= known.has_value();
        return known.value_or(0);
      };
      indices.push_back({number(dim.size), number(dim.stride.a), number(dim.stride.b), number(dim.stride.c)});
    }
    if (!isKnown) {
      decision.what = "which operands of a product are packed is planned at run time";
      decision.reason = "its sizes are known only then";
      return decision;
    }
    using Way = runtime::ContractionSummary::Way;
    const runtime::ContractionSummary summary =
        runtime::summarise(contraction.element.isF32() ? RICCI_F32 : RICCI_F64, {indices.data(), indices.size()});
    const std::string shape = std::to_string(summary.products) + " product" + (summary.products == 1 ? "" : "s") + " of " +
                              std::to_string(summary.rows) + "×" + std::to_string(summary.depth) + " and " +
                              std::to_string(summary.depth) + "×" + std::to_string(summary.columns);
    decision.what = shape + (summary.packsA && summary.packsB ? ": both operands are packed"
                             : summary.packsA                 ? ": the first operand is packed, the second is read where it lies"
                             : summary.packsB                 ? ": the second operand is packed, the first is read where it lies"
                                                              : ": both operands are read where they lie") +
                    ", in " + std::to_string(summary.workspace) + " bytes";
    switch (summary.way) {
    case Way::Nothing: decision.reason = "the result has no elements"; break;
    case Way::Streamed: decision.reason = "one operand is much larger than the other, and is read once"; break;
    case Way::Packed: decision.reason = "rows, columns or the sum are several indices, and both operands are used often"; break;
    case Way::Tiled:
      decision.reason = summary.packsA || summary.packsB
                            ? "packing pays for what is used often and does not lie as the tiles read it"
                            : "they are small, or lie as the tiles read them, so that packing would not pay";
      break;
    }
    return decision;
  });
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
  if (!sharesSum || !covered || hasRepeats(output) || isInterleaved(einsum, equation))
    return false;
  bool leftReused = hasLetterOutside(output, left), rightReused = hasLetterOutside(output, right);
  if (!leftReused && !rightReused)
    return false;
  if ((!leftReused && !env.find(einsum.getInputs()[0])) || (!rightReused && !env.find(einsum.getInputs()[1])))
    return false;
  std::optional<int64_t> products = productCount(einsum, equation, tinyProducts);
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
  if (emitSmallContraction(env, loc, contraction))
    return;
  explainPacking(loc, contraction);
  emitContraction(env.builder, loc, contraction, env.context);
}

} // namespace ricci::lower
