#include "SmallProduct.h"

#include "Chunks.h"
#include "Transpose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Products of vectors in straight-line code: each costs some 50 us of compile time, and more gain nothing.
constexpr int64_t mostStraight = 128;
// Steps of the sum in one turn of a loop: 2 to 8 run alike.
constexpr int64_t stepsTogether = 4;
// Operands of a point from this size on are asked for while the point before is computed: f32 24³ and f64 20³ gain a
// tenth, 64³ a quarter, and nothing is lost where all points are in the second-level cache. So are results, which are
// read before they are written, from where it gains: f64 48³ a tenth, 64³ a quarter; 32³ lost up to 3 %.
constexpr int64_t fetchedBytes = 1024, fetchedResultBytes = 12 * 1024;
constexpr int64_t lineBytes = 64;
constexpr int64_t runBytes = 16; // of a row, turned at a time: a lane of the wider registers
// Steps of the sum that are turned in straight code: in a loop 8³ takes up to a fifth longer.
constexpr int64_t straightTurned = 8;
// Independent sums that keep the multipliers busy: two of four cycles' latency.
constexpr int64_t chains = 8;

using Dims = ArrayRef<ContractionDim>;
using Values = SmallVector<Value>;

int64_t sizeOf(const ContractionDim &dim) { return *constantIndex(dim.size); }

int64_t points(Dims dims) {
  int64_t product = 1;
  for (const ContractionDim &dim : dims)
    product *= sizeOf(dim);
  return product;
}

// What stays in registers over the whole sum: rows and vectors of C, or as many sums of vectors as there are rows.
struct Tile {
  int64_t rows, vectors, lanes;
};

// `value` itself or the next on that side; it is positive.
int64_t powerOfTwoAbove(int64_t value) { return static_cast<int64_t>(llvm::PowerOf2Ceil(value)); }
int64_t powerOfTwoBelow(int64_t value) { return static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(value))); }

int64_t ceilDiv(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// Counts what the busiest unit has to do: two multipliers, two loads a cycle. Rows shorter than a vector take one under
// a mask where masks cost nothing, elsewhere two narrow ones that overlap.
Tile chooseTile(int64_t rows, int64_t columns, int64_t widest, const VectorTarget &target) {
  const bool hasMasks = target.registers >= 32; // AVX-512
  int64_t lanes = hasMasks ? powerOfTwoAbove(columns) : powerOfTwoBelow(columns);
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

// Rows of B at a time, so that the lanes of all make one vector of C.
Tile chooseDots(int64_t columns, int64_t length, int64_t widest) {
  const int64_t lanes = std::min(widest, powerOfTwoAbove(length));
  return {powerOfTwoBelow(std::min(lanes, columns)), 1, lanes};
}

class Emitter {
public:
  Emitter(Environment &env, Location loc, const SmallProduct &product)
      : env(env), emit(env.at(loc)), product(product), element(product.element), sums(product.sums), row(product.row),
        column(product.column), widest(env.target.lanes(element)) {}

  void run() {
    switch (product.form) {
    case SmallProduct::Form::Rows:
      tile = chooseTile(sizeOf(row), sizeOf(column), widest, env.target);
      mask = firstLanes(sizeOf(column));
      return emitLoops(product.loops, product.a, product.b, product.c);
    case SmallProduct::Form::Turned:
      tile = chooseTile(sizeOf(row), sizeOf(column), widest, env.target);
      mask = firstLanes(sizeOf(column));
      return emitTurned();
    case SmallProduct::Form::Dots:
      tile = chooseDots(sizeOf(column), sizeOf(sums.front()), widest);
      return emitLoops(product.loops, product.a, product.b, product.c);
    }
  }

private:
  VectorType vector() const { return VectorType::get(tile.lanes, element); }
  Value at(Value pointer, Value offset) { return emit.address(pointer, offset, element); }

  // None for all.
  Value firstLanes(int64_t count) {
    if (count >= tile.lanes)
      return {};
    SmallVector<bool> lanes(tile.lanes, false);
    std::fill_n(lanes.begin(), count, true);
    return emit.constant(DenseElementsAttr::get(VectorType::get(tile.lanes, emit.builder.getI1Type()), lanes));
  }

  Values loop(Value size, int64_t step, ValueRange carried, llvm::function_ref<Values(Value, ValueRange)> body) {
    return loop(emit.index(0), size, step, carried, body);
  }
  Values loop(Value first, Value end, int64_t step, ValueRange carried, llvm::function_ref<Values(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(emit.builder, emit.loc, first, end, emit.index(step), carried);
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

  void emitLoops(Dims loops, Value a, Value b, Value c) {
    const bool movesB = llvm::any_of(loops, [](const ContractionDim &dim) { return constantIndex(dim.stride.b) != 0; });
    if (turned && b != turned && !movesB) {
      source = b;
      LLVM::LifetimeStartOp::create(emit.builder, emit.loc, turned);
      turn(product.sums, b, turned, sums);
      emitLoops(loops, a, turned, c);
      LLVM::LifetimeEndOp::create(emit.builder, emit.loc, turned);
      return;
    }
    if (loops.empty())
      return product.form == SmallProduct::Form::Dots ? emitDots(a, b, c) : emitTiles(a, b, c);
    const ContractionDim &dim = loops.front();
    auto body = [&](Value i, ValueRange) {
      next = dim.stride;
      emitLoops(loops.drop_front(), at(a, emit.mul(i, dim.stride.a)),
                b == turned ? b : at(b, emit.mul(i, dim.stride.b)), at(c, emit.mul(i, dim.stride.c)));
      return Values();
    };
    if (loops.size() < product.loops.size()) {
      loop(dim.size, 1, {}, body);
      return;
    }
    // Threads share the outermost loop: each of its turns writes a part of C of its own.
    emitChunks(emit, planChunks(env, emit.loc, dim.size, turnWork()),
               [&](Value first, Value end, Value) { loop(first, end, 1, {}, body); });
  }

  // Of the outermost loop, in vector operations.
  Value turnWork() {
    Value work = emit.index(chains + sizeOf(row) * ceilDiv(sizeOf(column), tile.lanes) * std::max<int64_t>(1, points(sums)));
    for (const ContractionDim &dim : ArrayRef(product.loops).drop_front())
      work = emit.mul(work, dim.size);
    return work;
  }

  void emitTurned() {
    const int64_t pitch = llvm::alignTo(sizeOf(column), tile.lanes);
    turned = env.stackSlots(emit.loc, vector(), points(sums) * pitch / tile.lanes);
    column.stride.b = emit.index(1);
    int64_t stride = pitch;
    for (ContractionDim &dim : llvm::reverse(sums)) {
      dim.stride.b = emit.index(stride);
      stride *= sizeOf(dim);
    }
    emitLoops(product.loops, product.a, product.b, product.c);
  }

  // to[sums, column] = from[sums, column], where `from` is contiguous along the last of the sums: runs of many rows
  // become a few columns.
  void turn(Dims from, Value b, Value target, Dims to) {
    const int64_t size = sizeOf(from.front());
    if (from.size() > 1) {
      loop(emit.index(size), 1, {}, [&](Value p, ValueRange) {
        turn(from.drop_front(), at(b, emit.mul(p, from.front().stride.b)), at(target, emit.mul(p, to.front().stride.b)),
             to.drop_front());
        return Values();
      });
      return;
    }
    const int64_t lanes = powerOfTwoBelow(std::min(widest, sizeOf(column)));
    const int64_t run = powerOfTwoBelow(std::min({lanes, runBytes / byteSize(element), size}));
    cover(sizeOf(column), lanes, [&](Value, Value j) {
      auto turnRuns = [&](Value, Value p) {
        Value first = at(at(b, emit.mul(j, product.column.stride.b)), p);
        Values runs;
        for (int64_t i = 0; i < lanes; ++i)
          runs.push_back(
              emit.loadVector(at(first, emit.mul(emit.index(i), product.column.stride.b)), element, run, {}));
        first = at(at(target, emit.mul(p, to.front().stride.b)), j);
        for (auto [i, turned] : llvm::enumerate(transposeRuns(emit.builder, emit.loc, runs)))
          emit.storeVector(turned, at(first, emit.mul(emit.index(i), to.front().stride.b)), {});
      };
      if (size > straightTurned)
        return cover(size, run, turnRuns);
      for (int64_t p = 0; p < size; p += run)
        turnRuns({}, emit.index(std::min(p, size - run)));
    });
  }

  void emitTiles(Value a, Value b, Value c) {
    const int64_t width = tile.vectors * tile.lanes;
    const int64_t strips = ceilDiv(sizeOf(row), tile.rows), tiles = strips * ceilDiv(sizeOf(column), width);
    const int64_t turns = isStraight(sums) || sums.size() > 1 ? 1 : sizeOf(sums.front()) / stepsTogether;
    cover(sizeOf(column), width, [&](Value panel, Value j) {
      cover(sizeOf(row), tile.rows, [&](Value strip, Value i) {
        Value number = emit.add(emit.mul(panel, emit.index(strips)), strip);
        auto share = [&](Value array, Value stride, int64_t count, int64_t leastBytes) {
          return aheadOf(array, stride, count, leastBytes, number, tiles, turns);
        };
        const Ahead shares[] = {share(a, next.a, sizeOf(row) * points(sums), fetchedBytes),
                                share(turned ? source : b, next.b, sizeOf(column) * points(sums), fetchedBytes),
                                share(c, next.c, sizeOf(row) * sizeOf(column), fetchedResultBytes)};
        if (turns == 1)
          for (const Ahead &share : shares)
            ask(share);
        else
          ahead = shares;
        emitTile(at(a, emit.mul(i, row.stride.a)), at(b, j), at(at(c, emit.mul(i, row.stride.c)), j));
        ahead = {};
      });
    });
  }

  // What the next turn of the innermost loop will read of an operand or write: so many lines from `first` on.
  struct Ahead {
    Value first;
    int64_t lines = 0;
  };

  // The share of one of `tiles` tiles for one of `turns` turns over its sum, if the array has a block of its own for every
  // turn of the innermost loop, of `count` elements and no less than `leastBytes`.
  Ahead aheadOf(Value array, Value stride, int64_t count, int64_t leastBytes, Value number, int64_t tiles,
                int64_t turns) {
    const int64_t elementBytes = byteSize(element);
    if (!stride || constantIndex(stride) != count || count * elementBytes < leastBytes)
      return {};
    const int64_t lines = ceilDiv(count * elementBytes, tiles * turns * lineBytes);
    Value skipped = emit.mul(number, emit.index(turns * lines * lineBytes / elementBytes));
    return {at(at(array, stride), skipped), lines};
  }

  void ask(const Ahead &share) {
    if (!share.lines)
      return;
    const int64_t lineElements = lineBytes / byteSize(element);
    loop(emit.index(share.lines), 1, {}, [&](Value line, ValueRange) {
      prefetch(at(share.first, emit.mul(line, emit.index(lineElements))));
      return Values();
    });
  }

  // In the turn of the loop over the sum that begins with step `step`. There are few lines in a turn, but those of a
  // whole tile would wait for each other: 64³ took a quarter longer.
  void askInTurn(const Ahead &share, Value step) {
    if (!share.lines)
      return;
    const int64_t lineElements = lineBytes / byteSize(element);
    Value first = at(share.first, emit.mul(step, emit.index(share.lines * lineElements / stepsTogether)));
    for (int64_t line = 0; line < share.lines; ++line)
      prefetch(at(first, emit.index(line * lineElements)));
  }

  void prefetch(Value address) {
    LLVM::Prefetch::create(emit.builder, emit.loc, address, /*rw=*/0, /*hint=*/3, /*cache=*/1);
  }

  // The first column of a vector, within the panel.
  int64_t columnOf(int64_t number) const {
    return std::min(number * tile.lanes, std::max<int64_t>(0, sizeOf(column) - tile.lanes));
  }

  void emitTile(Value a, Value b, Value c) {
    Values totals(tile.rows * tile.vectors, emit.constant(vector(), 0));
    totals = emitSums(sums, a, b, totals);
    for (int64_t i = 0; i < tile.rows; ++i)
      for (int64_t j = 0; j < tile.vectors; ++j) {
        Value place = emit.add(emit.mul(emit.index(i), row.stride.c), emit.index(columnOf(j)));
        emit.storeVector(totals[i * tile.vectors + j], at(c, place), mask);
      }
  }

  bool isStraight(Dims dims) const { return points(dims) * tile.rows * tile.vectors <= mostStraight || dims.empty(); }

  // Adds the products over `dims`: in straight code if that is short enough, else in a loop over the outermost.
  Values emitSums(Dims dims, Value a, Value b, Values totals) {
    if (isStraight(dims)) {
      emitStraight(dims, a, b, emit.index(0), emit.index(0), totals);
      return totals;
    }
    const ContractionDim &dim = dims.front();
    const int64_t size = sizeOf(dim), together = dims.size() == 1 ? std::min(stepsTogether, size) : 1;
    const int64_t whole = size - size % together;
    auto add = [&](Value first, int64_t count, Values values) {
      Value aFirst = at(a, emit.mul(first, dim.stride.a)), bFirst = at(b, emit.mul(first, dim.stride.b));
      if (dims.size() > 1)
        return emitSums(dims.drop_front(), aFirst, bFirst, values);
      ContractionDim part{emit.index(count), dim.stride};
      emitStraight(part, aFirst, bFirst, emit.index(0), emit.index(0), values);
      return values;
    };
    totals = loop(emit.index(whole), together, totals, [&](Value first, ValueRange values) {
      for (const Ahead &share : ahead)
        askInTurn(share, first);
      return add(first, together, Values(values));
    });
    return whole == size ? totals : add(emit.index(whole), size - whole, totals);
  }

  void emitStraight(Dims dims, Value a, Value b, Value aOffset, Value bOffset, Values &totals) {
    if (dims.empty())
      return product.form == SmallProduct::Form::Dots ? emitDotStep(at(a, aOffset), at(b, bOffset), {}, totals)
                                                      : emitStep(a, b, aOffset, bOffset, totals);
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
        total = multiplyAdd(factor, line[j], total);
      }
    }
  }

  Value multiplyAdd(Value x, Value y, Value z) {
    return arith::AddFOp::create(emit.builder, emit.loc, z, arith::MulFOp::create(emit.builder, emit.loc, x, y));
  }

  // ---------------------------------------------------------------- dot products

  void emitDots(Value a, Value b, Value c) {
    const int64_t columns = sizeOf(column), length = sizeOf(sums.front()), whole = length / tile.lanes;
    const ContractionDim vectors{emit.index(whole), {emit.index(tile.lanes), emit.index(tile.lanes), emit.index(0)}};
    cover(columns, tile.rows, [&](Value number, Value j) {
      ask(aheadOf(b, next.b, columns * length, fetchedBytes, number, ceilDiv(columns, tile.rows), 1));
      Value rows = at(b, emit.mul(j, column.stride.b));
      Values totals(tile.rows, emit.constant(vector(), 0));
      totals = emitSums(vectors, a, rows, totals);
      if (const int64_t done = whole * tile.lanes; done < length)
        emitDotStep(at(a, emit.index(done)), at(rows, emit.index(done)), firstLanes(length - done), totals);
      emit.storeVector(addLanes(totals), at(c, j), {});
    });
  }

  // totals[j] += A * B[j], lane by lane.
  void emitDotStep(Value a, Value b, Value lanes, Values &totals) {
    Value factor = emit.loadVector(a, element, tile.lanes, lanes);
    for (auto [j, total] : llvm::enumerate(totals)) {
      Value place = at(b, emit.mul(emit.index(j), column.stride.b));
      total = multiplyAdd(factor, emit.loadVector(place, element, tile.lanes, lanes), total);
    }
  }

  // The sum of each vector's lanes, as one vector. Every round adds pairs of lanes and merges pairs of vectors.
  Value addLanes(Values totals) {
    for (int64_t span = 1; totals.size() > 1; span *= 2) {
      SmallVector<int64_t> low, high;
      for (int64_t lane = 0; lane < tile.lanes; ++lane) {
        low.push_back(lane & span ? tile.lanes + lane - span : lane);
        high.push_back(lane & span ? tile.lanes + lane : lane + span);
      }
      Values merged;
      for (size_t i = 0; i < totals.size(); i += 2)
        merged.push_back(addShuffled(totals[i], totals[i + 1], low, high));
      totals = merged;
    }
    for (int64_t lanes = tile.lanes; lanes > tile.rows; lanes /= 2)
      totals[0] = addShuffled(totals[0], totals[0], llvm::to_vector(llvm::seq<int64_t>(0, lanes / 2)),
                              llvm::to_vector(llvm::seq<int64_t>(lanes / 2, lanes)));
    return totals[0];
  }

  Value addShuffled(Value x, Value y, ArrayRef<int64_t> left, ArrayRef<int64_t> right) {
    return arith::AddFOp::create(emit.builder, emit.loc, vector::ShuffleOp::create(emit.builder, emit.loc, x, y, left),
                                 vector::ShuffleOp::create(emit.builder, emit.loc, x, y, right));
  }

  Environment &env;
  Emit emit;
  const SmallProduct &product;
  Type element;
  SmallVector<ContractionDim> sums; // with the strides of a turned B, as those of `column`
  ContractionDim row, column;
  const int64_t widest; // vector of the target, in lanes
  Tile tile;
  Value mask;                   // of the one vector, where it is wider than the columns
  Value turned, source;         // memory for a turned B, and the B that is there
  ContractionDim::Strides next; // of the innermost loop, if there is one
  ArrayRef<Ahead> ahead;        // what a loop over the sum asks for
};

} // namespace

void emitSmallProduct(Environment &env, Location loc, const SmallProduct &product) { Emitter(env, loc, product).run(); }

} // namespace ricci::lower
