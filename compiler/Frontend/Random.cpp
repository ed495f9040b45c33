// Random numbers as elementwise expressions: Threefry of a key and a counter, so they fuse, batch, and are the same on
// every target. A key is used once, by one of these; only fold_in may be applied to it besides, and has its own stream.
#include "compiler/Frontend/Emitter.h"

#include <numbers>

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// Row-major positions 0, 1, 2, … in the shape.
Leaf Emitter::counters(ArrayRef<Size> shape) {
  SmallVector<IndexId> ids;
  for (const Size &size : shape)
    ids.push_back(tensors.newIndex(size, 0));
  Leaf total = tensors.number(0);
  Size stride = 1;
  for (IndexId id : llvm::reverse(ids)) {
    Leaf term = tensors.indexValue(id);
    if (!stride.is(1))
      term = tensors.mul(term, tensors.number(stride));
    total = stride.is(1) && id == ids.back() ? term : tensors.add(total, term);
    stride = tensors.mul(stride, tensors.extent(id));
  }
  return tensors.indicesToOwn(total, ids, true);
}

Leaf Emitter::bits(const Leaf &key, const Leaf &counter) { return tensors.apply("threefry", {key, counter}); }

static Leaf unit(Tensors &tensors, const Leaf &bits, Type type) {
  return {UnitOp::create(tensors.builder, tensors.location, tensors.type(type, tensors.sizesOf(bits)), bits.tensor), bits.context,
          bits.own};
}

Leaf Emitter::uniform(const Leaf &key, Type type, ArrayRef<Size> shape) {
  return unit(tensors, bits(key, counters(shape)), type);
}

// Box and Muller 1958: √(−2 log u) cos 2πv with u in (0, 1], v in [0, 1).
Leaf Emitter::normal(const Leaf &key, Type type, ArrayRef<Size> shape) {
  Leaf counter = counters(shape), u, v;
  if (type.isF64()) {
    // One draw of 64 bits for each: u goes down to 2⁻⁵³, the tail to 8.5 standard deviations.
    Leaf even = tensors.mul(counter, tensors.number(2));
    u = tensors.sub(tensors.fill(1, type), unit(tensors, bits(key, even), type));
    v = unit(tensors, bits(key, tensors.add(even, tensors.number(1))), type);
  } else {
    // The high 32 bits of a draw for u, down to 2⁻³²; the low ones, shifted up, for v.
    Leaf draw = bits(key, counter);
    Leaf high = tensors.convert(tensors.add(tensors.apply("shr", {draw, tensors.number(32)}), tensors.number(1)), type);
    u = tensors.mul(high, tensors.fill(0x1p-32, type));
    v = unit(tensors, tensors.mul(draw, tensors.number(int64_t{1} << 32)), type);
  }
  Leaf radius = tensors.apply("sqrt", {tensors.mul(tensors.fill(-2, type), tensors.apply("log", {u}))});
  return tensors.mul(radius, tensors.apply("cos", {tensors.mul(tensors.fill(2 * std::numbers::pi, type), v)}));
}

Leaves Emitter::splitKey(const Leaf &key, const lang::Type &type) {
  if (type.kind == lang::Type::Array)
    return {bits(key, counters(extents(type)))};
  Leaves keys;
  for (size_t part = 0; part < type.fields.size(); ++part)
    keys.push_back(bits(key, tensors.number(part)));
  return keys;
}

// Counters of the other functions are never negative, so this derived key is no other number's.
Leaf Emitter::foldIn(const Leaf &key, const Leaf &number) { return bits(bits(key, tensors.number(-1)), number); }
