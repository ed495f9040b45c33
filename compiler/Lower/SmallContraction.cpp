#include "SmallContraction.h"

#include "SmallProduct.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// From here on the runtime splits a product among threads.
constexpr int64_t mostProducts = 2'000'000;
// An operand of this size stays in the first-level cache as it is; a larger one is worth packing.
constexpr int64_t mostBytes = 48 * 1024;
// Independent sums that keep the multipliers busy: two of four cycles' latency.
constexpr int64_t chains = 8;
// Rows that pay for turning the other operand.
constexpr int64_t fewestRows = 2;

using Dims = SmallVector<ContractionDim>;
using Stride = Value ContractionDim::Strides::*;

int64_t sizeOf(const ContractionDim &dim) { return *constantIndex(dim.size); }
int64_t known(Value stride) { return constantIndex(stride).value_or(ShapedType::kDynamic); }

// Any number above mostProducts for more than that.
int64_t points(ArrayRef<ContractionDim> dims) {
  int64_t product = 1;
  for (const ContractionDim &dim : dims)
    product = std::min(product * sizeOf(dim), mostProducts + 1);
  return product;
}

// Indices by kind, those of size 1 left out; an array that does not have one has stride 0.
struct Roles {
  Dims batch, rows, columns, sums;
  Value a, b, c;

  void exchange() {
    std::swap(rows, columns);
    std::swap(a, b);
    for (Dims *dims : {&batch, &rows, &columns, &sums})
      for (ContractionDim &dim : *dims)
        std::swap(dim.stride.a, dim.stride.b);
  }
};

// Outermost first; two indices that are one wherever they occur become one.
void fuse(const Emit &emit, Dims &dims) {
  auto key = [](const ContractionDim &dim) {
    int64_t c = known(dim.stride.c), widest = std::max(known(dim.stride.a), known(dim.stride.b));
    return c ? c : widest;
  };
  llvm::sort(dims, [&](const ContractionDim &x, const ContractionDim &y) { return key(x) > key(y); });
  auto follows = [](Value outer, Value inner, int64_t size) {
    return known(outer) != ShapedType::kDynamic && known(inner) != ShapedType::kDynamic &&
           known(outer) == known(inner) * size;
  };
  Dims fused;
  for (const ContractionDim &inner : dims) {
    ContractionDim *outer = fused.empty() ? nullptr : &fused.back();
    const int64_t size = sizeOf(inner);
    if (outer && follows(outer->stride.a, inner.stride.a, size) && follows(outer->stride.b, inner.stride.b, size) &&
        follows(outer->stride.c, inner.stride.c, size))
      *outer = {emit.index(sizeOf(*outer) * size), inner.stride};
    else
      fused.push_back(inner);
  }
  dims = fused;
}

// None if a size is not known that has to be.
std::optional<Roles> rolesOf(const Emit &emit, const Contraction &contraction) {
  Roles roles{{}, {}, {}, {}, contraction.a, contraction.b, contraction.c};
  for (ContractionDim dim : contraction.dims) {
    auto &[a, b, c] = dim.stride;
    Dims &dims = !c ? roles.sums : a && b ? roles.batch : a ? roles.rows : roles.columns;
    std::optional<int64_t> size = constantIndex(dim.size);
    if (!size && &dims != &roles.batch)
      return std::nullopt;
    if (size == 1)
      continue;
    for (Value *stride : {&a, &b, &c})
      if (!*stride)
        *stride = emit.index(0);
    dims.push_back(dim);
  }
  for (Dims *dims : {&roles.rows, &roles.columns, &roles.sums})
    fuse(emit, *dims);
  return roles;
}

// The index along which both arrays are contiguous, or one array alone.
ContractionDim *contiguous(Dims &dims, std::initializer_list<Stride> arrays) {
  auto *found = llvm::find_if(dims, [&](const ContractionDim &dim) {
    return llvm::all_of(arrays, [&](Stride array) { return known(dim.stride.*array) == 1; });
  });
  return found == dims.end() ? nullptr : found;
}

constexpr Stride inB = &ContractionDim::Strides::b, inC = &ContractionDim::Strides::c;

// Exchanges the operands if the vectors then run along C and B, or, where neither can be, along C and the sum in B can.
// Returns the index of the vectors, none if there is none.
ContractionDim *orient(Roles &roles) {
  for (int turn = 0; turn < 2; ++turn, roles.exchange())
    if (ContractionDim *column = contiguous(roles.columns, {inB, inC}))
      return column;
  for (int turn = 0; turn < 2; ++turn, roles.exchange())
    if (ContractionDim *column = contiguous(roles.columns, {inC}))
      if (contiguous(roles.sums, {inB}) && points(roles.rows) >= fewestRows)
        return column;
  return nullptr;
}

int64_t ceilDiv(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// Counts what the busiest unit has to do: two multipliers, two loads a cycle.
Tile chooseTile(int64_t rows, int64_t columns, int64_t widest, const VectorTarget &target) {
  const bool hasMasks = target.registers >= 32;
  int64_t lanes = hasMasks ? llvm::PowerOf2Ceil(columns) : llvm::bit_floor(static_cast<uint64_t>(columns));
  lanes = std::min(lanes, widest);
  const int64_t vectors = ceilDiv(columns, lanes);
  std::pair<int64_t, int64_t> least(INT64_MAX, 0);
  Tile best{};
  for (int64_t most = 1; most <= vectors; ++most) {
    const int64_t panels = ceilDiv(vectors, most), across = ceilDiv(vectors, panels);
    const int64_t fit = (target.registers - 1 - across) / across;
    for (int64_t height = 1; height <= std::min(fit, rows); ++height) {
      const int64_t strips = ceilDiv(rows, height), down = ceilDiv(rows, strips), tiles = strips * panels;
      const int64_t products = down * across, loads = down + across;
      std::pair cost(tiles * std::max({products, loads, chains}), tiles * (products + loads));
      if (cost < least) {
        least = cost;
        best = {down, across, lanes};
      }
    }
  }
  return best;
}

} // namespace

bool emitSmallContraction(Environment &env, Location loc, const Contraction &contraction) {
  Emit emit = env.at(loc);
  std::optional<Roles> found = rolesOf(emit, contraction);
  if (!found)
    return false;
  Roles &roles = *found;
  const int64_t products = points(roles.rows) * points(roles.columns) * points(roles.sums);
  ContractionDim *vectors = orient(roles);
  if (!vectors || products > mostProducts ||
      points(roles.columns) * points(roles.sums) * byteSize(contraction.element) > mostBytes)
    return false;
  if (points(roles.rows) * points(roles.columns) == 0)
    return true;

  // The tile's rows are those of the longest index; the others are loops.
  Value zero = emit.index(0);
  ContractionDim row{emit.index(1), {zero, zero, zero}};
  const ContractionDim column = *vectors;
  roles.columns.erase(vectors);
  if (!roles.rows.empty()) {
    auto *longest = llvm::max_element(
        roles.rows, [](const ContractionDim &x, const ContractionDim &y) { return sizeOf(x) < sizeOf(y); });
    row = *longest;
    roles.rows.erase(longest);
  }
  SmallProduct product{contraction.element, roles.a, roles.b, roles.c, roles.batch, roles.sums, row, column, {}, false};
  llvm::append_range(product.loops, roles.columns);
  llvm::append_range(product.loops, roles.rows);
  if (known(column.stride.b) != 1 && points(roles.sums) > 0) {
    product.turnsB = true;
    ContractionDim *inner = contiguous(product.sums, {inB});
    std::rotate(inner, inner + 1, product.sums.end());
  }
  product.tile = chooseTile(sizeOf(row), sizeOf(column), env.target.lanes(contraction.element), env.target);
  emitSmallProduct(env, loc, product);
  return true;
}

} // namespace ricci::lower
