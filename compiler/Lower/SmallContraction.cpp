#include "SmallContraction.h"

#include "Emit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Above, the runtime's plan costs little against the product.
constexpr int64_t mostProducts = 64 * 64 * 64;
// Products of vectors in straight-line code: each costs some 50 us of compile time, and more gain nothing.
constexpr int64_t mostStraight = 128;
// Steps of the sum in one turn of a loop: 2 to 8 run alike.
constexpr int64_t stepsTogether = 4;
// Operands from this size on fill pages, at whose ends the processor's own prefetching starts anew: 32³ gains a third.
constexpr int64_t fetchedBytes = 4096;
constexpr int64_t lineBytes = 64;
// Independent sums that keep the multipliers busy: two of four cycles' latency.
constexpr int64_t chains = 8;

using Dims = SmallVector<ContractionDim>;

int64_t sizeOf(const ContractionDim &dim) { return *constantIndex(dim.size); }
int64_t known(Value stride) { return constantIndex(stride).value_or(ShapedType::kDynamic); }

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

// Rows and vectors that stay in registers over the whole sum.
struct Tile {
  int64_t rows, vectors, lanes;
  int64_t columns; // of the last vector, fewer than its lanes only under a mask
};

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
        best = {down, across, lanes, std::min(lanes, columns)};
      }
    }
  }
  return best;
}

class SmallProduct {
public:
  SmallProduct(const Emit &emit, Type element, const Roles &roles, const ContractionDim &row,
               const ContractionDim &column, const Tile &tile)
      : emit(emit), element(element), vector(VectorType::get(tile.lanes, element)), sums(roles.sums), row(row),
        column(column), tile(tile) {
    if (tile.columns < tile.lanes) {
      SmallVector<bool> lanes(tile.lanes, false);
      std::fill_n(lanes.begin(), tile.columns, true);
      mask = emit.constant(DenseElementsAttr::get(VectorType::get(tile.lanes, emit.builder.getI1Type()), lanes));
    }
  }

  void emitLoops(ArrayRef<ContractionDim> loops, Value a, Value b, Value c) {
    if (loops.empty())
      return emitTiles(a, b, c);
    const ContractionDim &dim = loops.front();
    loop(dim.size, 1, {}, [&](Value i, ValueRange) {
      next = dim.stride;
      emitLoops(loops.drop_front(), at(a, emit.mul(i, dim.stride.a)), at(b, emit.mul(i, dim.stride.b)),
                at(c, emit.mul(i, dim.stride.c)));
      return Values();
    });
  }

private:
  using Values = SmallVector<Value>;

  Value at(Value pointer, Value offset) { return emit.address(pointer, offset, element); }

  Values loop(Value size, int64_t step, ValueRange carried, llvm::function_ref<Values(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(emit.builder, emit.loc, emit.index(0), size, emit.index(step), carried);
    OpBuilder::InsertionGuard guard(emit.builder);
    emit.builder.setInsertionPointToStart(loop.getBody());
    Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!carried.empty())
      scf::YieldOp::create(emit.builder, emit.loc, next);
    return loop.getResults();
  }

  // body(number, first) for `parts` of [0, size), each of `step`. The last overlaps the one before where they do not
  // divide evenly: what is computed twice is the same.
  void cover(int64_t size, int64_t step, llvm::function_ref<void(Value number, Value first)> body) {
    const int64_t parts = ceilDiv(size, step);
    if (parts == 1)
      return body(emit.index(0), emit.index(0));
    loop(emit.index(parts), 1, {}, [&](Value number, ValueRange) {
      Value first = emit.mul(number, emit.index(step));
      body(number, size % step ? emit.min(first, emit.index(size - step)) : first);
      return Values();
    });
  }

  void emitTiles(Value a, Value b, Value c) {
    const int64_t width = tile.vectors * tile.lanes;
    const int64_t strips = ceilDiv(sizeOf(row), tile.rows), tiles = strips * ceilDiv(sizeOf(column), width);
    cover(sizeOf(column), width, [&](Value panel, Value j) {
      cover(sizeOf(row), tile.rows, [&](Value strip, Value i) {
        Value number = emit.add(emit.mul(panel, emit.index(strips)), strip);
        prefetch(a, next.a, sizeOf(row), number, tiles);
        prefetch(b, next.b, sizeOf(column), number, tiles);
        emitTile(at(a, emit.mul(i, row.stride.a)), at(b, j), at(at(c, emit.mul(i, row.stride.c)), j));
      });
    });
  }

  // Asks for what the next turn of the innermost loop will read of an operand, with every tile for its share, if that
  // is a block of its own: `size` times the sum's length.
  void prefetch(Value operand, Value stride, int64_t size, Value number, int64_t tiles) {
    const int64_t elementBytes = byteSize(element), count = size * points(sums);
    if (!stride || known(stride) != count || count * elementBytes < fetchedBytes)
      return;
    const int64_t share = ceilDiv(count, tiles);
    Value first = at(at(operand, stride), emit.mul(number, emit.index(share)));
    loop(emit.index(share), lineBytes / elementBytes, {}, [&](Value line, ValueRange) {
      LLVM::Prefetch::create(emit.builder, emit.loc, at(first, line), /*rw=*/0, /*hint=*/3, /*cache=*/1);
      return Values();
    });
  }

  // The first column of a vector, within the panel.
  int64_t columnOf(int64_t number) const {
    return std::min(number * tile.lanes, std::max<int64_t>(0, sizeOf(column) - tile.lanes));
  }

  void emitTile(Value a, Value b, Value c) {
    Values totals(tile.rows * tile.vectors, emit.constant(vector, 0));
    totals = emitSums(sums, a, b, totals);
    for (int64_t i = 0; i < tile.rows; ++i)
      for (int64_t j = 0; j < tile.vectors; ++j) {
        Value place = emit.add(emit.mul(emit.index(i), row.stride.c), emit.index(columnOf(j)));
        emit.storeVector(totals[i * tile.vectors + j], at(c, place), mask);
      }
  }

  // Adds the products over `dims`: in straight code if that is short enough, else in a loop over the outermost.
  Values emitSums(ArrayRef<ContractionDim> dims, Value a, Value b, Values totals) {
    const int64_t products = tile.rows * tile.vectors;
    if (dims.empty() || points(dims) * products <= mostStraight) {
      emitStraight(dims, a, b, emit.index(0), emit.index(0), totals);
      return totals;
    }
    const ContractionDim &dim = dims.front();
    const int64_t size = sizeOf(dim), together = dims.size() == 1 ? std::min(stepsTogether, size) : 1;
    const int64_t whole = size - size % together;
    auto turn = [&](Value first, int64_t count, Values values) {
      Value aFirst = at(a, emit.mul(first, dim.stride.a)), bFirst = at(b, emit.mul(first, dim.stride.b));
      if (dims.size() > 1)
        return emitSums(dims.drop_front(), aFirst, bFirst, values);
      ContractionDim part{emit.index(count), dim.stride};
      emitStraight(part, aFirst, bFirst, emit.index(0), emit.index(0), values);
      return values;
    };
    totals = loop(emit.index(whole), together, totals,
                  [&](Value first, ValueRange values) { return turn(first, together, Values(values)); });
    return whole == size ? totals : turn(emit.index(whole), size - whole, totals);
  }

  void emitStraight(ArrayRef<ContractionDim> dims, Value a, Value b, Value aOffset, Value bOffset, Values &totals) {
    if (dims.empty())
      return emitStep(a, b, aOffset, bOffset, totals);
    const ContractionDim &dim = dims.front();
    for (int64_t p = 0; p < sizeOf(dim); ++p)
      emitStraight(dims.drop_front(), a, b, emit.add(aOffset, emit.mul(emit.index(p), dim.stride.a)),
                   emit.add(bOffset, emit.mul(emit.index(p), dim.stride.b)), totals);
  }

  // totals[i][j] += A[i] * B[j] for one value of the summed indices.
  void emitStep(Value a, Value b, Value aOffset, Value bOffset, Values &totals) {
    Values line;
    for (int64_t j = 0; j < tile.vectors; ++j)
      line.push_back(emit.loadVector(at(b, emit.add(bOffset, emit.index(columnOf(j)))), element, tile.lanes, mask));
    for (int64_t i = 0; i < tile.rows; ++i) {
      Value place = at(a, emit.add(aOffset, emit.mul(emit.index(i), row.stride.a)));
      Value factor = emit.broadcast(emit.loadScalar(place, element), tile.lanes);
      for (int64_t j = 0; j < tile.vectors; ++j) {
        Value &total = totals[i * tile.vectors + j];
        Value product = arith::MulFOp::create(emit.builder, emit.loc, factor, line[j]);
        total = arith::AddFOp::create(emit.builder, emit.loc, total, product);
      }
    }
  }

  Emit emit;
  Type element;
  VectorType vector;
  ArrayRef<ContractionDim> sums;
  ContractionDim row, column;
  Tile tile;
  ContractionDim::Strides next; // of the innermost loop, if there is one
  Value mask;                   // of the one vector, where it is wider than the columns
};

} // namespace

bool emitSmallContraction(OpBuilder &builder, Location loc, const Contraction &contraction,
                          const VectorTarget &target) {
  Emit emit{builder, loc};
  std::optional<Roles> found = rolesOf(emit, contraction);
  if (!found)
    return false;
  Roles &roles = *found;
  auto contiguous = [](Dims &dims, Value ContractionDim::Strides::*stride) {
    return llvm::find_if(
        dims, [&](const ContractionDim &dim) { return known(dim.stride.c) == 1 && known(dim.stride.*stride) == 1; });
  };
  if (contiguous(roles.columns, &ContractionDim::Strides::b) == roles.columns.end())
    roles.exchange();
  auto *column = contiguous(roles.columns, &ContractionDim::Strides::b);
  const int64_t products = points(roles.rows) * points(roles.columns) * std::max<int64_t>(1, points(roles.sums));
  if (column == roles.columns.end() || products > mostProducts)
    return false;
  if (products == 0)
    return true;

  // The tile's rows are those of the longest index; the others are loops.
  Value zero = emit.index(0);
  ContractionDim row{emit.index(1), {zero, zero, zero}};
  if (!roles.rows.empty()) {
    auto *longest = llvm::max_element(
        roles.rows, [](const ContractionDim &x, const ContractionDim &y) { return sizeOf(x) < sizeOf(y); });
    row = *longest;
    roles.rows.erase(longest);
  }
  const ContractionDim inner = *column;
  roles.columns.erase(column);
  Dims loops = roles.batch;
  llvm::append_range(loops, roles.rows);
  llvm::append_range(loops, roles.columns);
  Tile tile = chooseTile(sizeOf(row), sizeOf(inner), target.lanes(contraction.element), target);
  SmallProduct(emit, contraction.element, roles, row, inner, tile).emitLoops(loops, roles.a, roles.b, roles.c);
  return true;
}

} // namespace ricci::lower
