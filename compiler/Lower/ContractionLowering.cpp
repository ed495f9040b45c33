#include "ContractionLowering.h"

#include "Contraction.h"
#include "Operand.h"
#include "SmallContraction.h"

#include "dialects/Decision.h"
#include "runtime/ContractionSummary.h"
#include "runtime/Gemm.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Products below which a loop nest, inlined and fused with its neighbours, beats a call that plans: 5³ and smaller.
constexpr int64_t tinyProducts = 128;
// Products a point of the batch up to which vectors along the batch, of as many points at least, beat tiles that have
// to gather their rows.
constexpr int64_t pointProducts = 2048, fewestPoints = 4;

// Bytes of an operand, those of a first-level cache, that a copy costs little for.
constexpr int64_t mostCopied = 48 * 1024;

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

void emitProduct(Environment &env, EinsumOp op, const Operand &a, const Operand &b, const Storage &to) {
  Location loc = op.getLoc();
  Emit emit = env.at(loc);
  const Equation equation = op.parseEquation();
  const Operand c{to.element, to.pointer, to.sizes, rowMajorStrides(emit, to.sizes), {}};
  const Operand *arrays[] = {&a, &b, &c};
  StringRef names[] = {equation.inputs[0], equation.inputs[1], equation.output};
  Value ContractionDim::Strides::*fields[] = {&ContractionDim::Strides::a, &ContractionDim::Strides::b,
                                              &ContractionDim::Strides::c};
  const std::string letters = equation.letters();
  Contraction contraction{to.element, a.pointer, b.pointer, to.pointer, {}};
  contraction.dims.resize(letters.size());
  for (auto [array, name, field] : llvm::zip_equal(arrays, names, fields))
    for (auto [axis, letter] : llvm::enumerate(name)) {
      ContractionDim &dim = contraction.dims[letters.find(letter)];
      dim.size = array->sizes[axis];
      // A repeated letter walks the diagonal: its strides add.
      Value &stride = dim.stride.*field;
      stride = stride ? emit.add(stride, array->strides[axis]) : array->strides[axis];
    }
  if (emitSmallContraction(env, loc, contraction))
    return;
  explainPacking(loc, contraction);
  emitContraction(env.builder, loc, contraction, env.context);
}

// Whether the sum goes along rows in steps. Loops read such an operand, if it is used only once, as it lies: kernels, which want
// neighbours, took 4 times as long for a step of 2 at 1024².
bool sumsInSteps(const Environment &env, Value operand, StringRef name, StringRef output) {
  std::optional<Innermost> innermost = innermostOf(env, operand);
  return innermost && innermost->step != 1 && !contains(output, name[innermost->axis]);
}

// Whether kernels lose more in reading a view in place than a copy costs: where every element is in a line of its own, which they
// would fetch again and again; and in a small product whose columns do not lie together, so that its tiles would have to be packed (a
// reversed second operand at 64³ took 1.2 times as long).
bool isWorthCopying(const Operand &operand, StringRef name, StringRef output) {
  const int64_t element = byteSize(operand.element);
  int64_t nearest = runtime::nearStep + 1, bytes = element;
  for (auto [size, stride] : llvm::zip_equal(operand.sizes, operand.strides)) {
    if (constantIndex(size) == 1)
      continue;
    nearest = std::min(nearest, std::abs(constantIndex(stride).value_or(runtime::nearStep + 1)));
    bytes = std::min(bytes * std::min(constantIndex(size).value_or(mostCopied + 1), mostCopied + 1), mostCopied + 1);
  }
  const bool isTogether = llvm::any_of(operand.strides, [](Value stride) { return constantIndex(stride) == 1; });
  return nearest * element > runtime::nearStep ||
         (!isTogether && bytes <= mostCopied && !output.empty() && name.contains(output.back()));
}

// Fusion has said that it is read in place.
void explainCopy(Location loc, const Equation &equation, StringRef name) {
  decide(loc, [&] {
    return Decision{
        .kind = Decision::Kind::Packing,
        .what = "the view " + name.str() + " of the product " + equation.str() + " is copied before it is read",
        .reason =
            "its neighbours lie far apart, or turned round in a small product: to read them so costs more than a copy",
        .edit = "an array that lies as the product reads it is read in place",
        .refused = true};
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
  for (auto [operand, name, isReused] : {std::tuple(einsum.getInputs()[0], left, leftReused), {einsum.getInputs()[1], right, rightReused}})
    if (!isReused && (!isInPlace(env, operand) || sumsInSteps(env, operand, name, output)))
      return false;
  std::optional<int64_t> products = productCount(einsum, equation, tinyProducts);
  return !products || *products >= tinyProducts;
}

void lowerContraction(Environment &env, EinsumOp op, const Storage &to) {
  Location loc = op.getLoc();
  SmallVector<Value> copies;
  auto copied = [&](Value value) {
    Storage copy = copyOf(env, loc, value);
    copies.push_back(copy.pointer);
    return Operand{copy.element, copy.pointer, copy.sizes, rowMajorStrides(env.at(loc), copy.sizes), {}};
  };
  auto free = [&] {
    for (Value copy : copies)
      env.free(loc, copy);
  };
  const Equation equation = op.parseEquation();
  Operand a = operandOf(env, loc, op.getInputs()[0]), b = operandOf(env, loc, op.getInputs()[1]);
  for (auto [operand, value, name] : {std::tuple(&a, op.getInputs()[0], StringRef(equation.inputs[0])),
                                      {&b, op.getInputs()[1], equation.inputs[1]}})
    if (!env.find(value) && isWorthCopying(*operand, name, equation.output)) {
      explainCopy(loc, equation, name);
      *operand = copied(value);
    }

  auto inPlace = [&] { emitProduct(env, op, a, b, to); };
  Value inside = allInside(env, loc, {a, b});
  if (!inside) {
    inPlace();
    return free();
  }
  env.at(loc).either(inside, inPlace, [&] {
    const size_t before = copies.size();
    const Operand left = a.inside ? copied(op.getInputs()[0]) : a, right = b.inside ? copied(op.getInputs()[1]) : b;
    emitProduct(env, op, left, right, to);
    for (; copies.size() > before; copies.pop_back())
      env.free(loc, copies.back());
  });
  free();
}

} // namespace ricci::lower
