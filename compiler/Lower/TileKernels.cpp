// The register tiles of matrices that lie anywhere.
#include "GemmKernelBuilder.h"

#include "runtime/GemmKernels.h"

namespace ricci::lower {

void storeTile(KernelBuilder &k, Value c, Value cRow, ValueRange sums, unsigned vectors, Value lastVector, Value mask,
               Value accumulate) {
  auto write = [&](bool add) {
    Value line = c;
    for (size_t first = 0; first < sums.size(); first += vectors, line = k.at(line, cRow)) {
      // A row's old values first: its last two vectors may overlap.
      SmallVector<Value> places, values(sums.slice(first, vectors));
      for (auto [vector, value] : llvm::enumerate(values)) {
        const bool isLast = vector + 1 == vectors;
        places.push_back(isLast ? k.at(line, lastVector) : k.at(line, vector * k.lanes));
        if (add)
          value = arith::AddFOp::create(k.b, value, k.load(places.back(), isLast ? mask : Value()));
      }
      for (auto [vector, value] : llvm::enumerate(values))
        k.store(value, places[vector], vector + 1 == vectors ? mask : Value());
    }
    return SmallVector<Value>{};
  };
  k.choose(k.isTrue(accumulate), {}, [&] { return write(true); }, [&] { return write(false); });
}

namespace {

// Of sums so long that the lines of C arrive meanwhile; 128³ loses 1 %, 512³ gains nothing.
constexpr int64_t leastAskingDepth = 384;

// Their places do not depend on the type of the elements.
using Walk = runtime::GemmKernels<float>::Walk;
using Ahead = runtime::GemmKernels<float>::Ahead;

Value fieldOf(KernelBuilder &k, Value base, size_t offset) {
  return LLVM::GEPOp::create(k.b, k.pointer, k.b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
}

// Asks for the next lines of what is ahead of a walk, if anything is, one of each array in turn: into the first-level
// cache, which holds the next point beside this one. From the second level f32 16³ to 32³ took up to a tenth longer.
void emitRequests(KernelBuilder &k, Value walk) {
  Value ahead = LLVM::LoadOp::create(k.b, k.pointer, fieldOf(k, walk, offsetof(Walk, ahead)));
  Value none = LLVM::ZeroOp::create(k.b, k.pointer);
  auto rounds = [&] {
    auto load = [&](Type type, size_t offset) { return LLVM::LoadOp::create(k.b, type, fieldOf(k, ahead, offset)); };
    const size_t places[] = {offsetof(Ahead, a), offsetof(Ahead, b), offsetof(Ahead, c)};
    SmallVector<Value> next;
    for (size_t offset : {offsetof(Ahead, aNext), offsetof(Ahead, bNext), offsetof(Ahead, cNext)})
      next.push_back(load(k.index, offset));
    SmallVector<Value> now;
    for (size_t offset : places)
      now.push_back(load(k.pointer, offset));
    now = k.loop(k.constant(0), load(k.index, offsetof(Ahead, rounds)), 1, now, [&](Value, ValueRange now) {
      SmallVector<Value> moved;
      for (auto [place, distance] : llvm::zip_equal(now, next)) {
        LLVM::Prefetch::create(k.b, place, /*rw=*/place == now.back(), /*hint=*/3, /*cache=*/1);
        moved.push_back(k.atByte(place, distance));
      }
      return moved;
    });
    for (auto [offset, place] : llvm::zip_equal(places, now))
      LLVM::StoreOp::create(k.b, place, fieldOf(k, ahead, offset));
    return SmallVector<Value>{};
  };
  Value isWanted = LLVM::ICmpOp::create(k.b, LLVM::ICmpPredicate::ne, ahead, none);
  k.choose(isWanted, {}, rounds, [] { return SmallVector<Value>{}; });
}

// C[r, j] (+)= sum_p A[r, p] * B[p, j] in `rows` x `vectors` accumulators over the whole of p; tiles one after the
// other. The last vector of each has `last` columns of its own and overlaps the one before in the others, which are
// computed twice: masks in the loop over p took 3 to 14 % of the time of one or two vectors. Only a `narrow` tile, one
// vector that is not whole, has one.
class TileEmitter {
public:
  TileEmitter(KernelBuilder &k, const VectorTarget &target, unsigned rows, unsigned vectors, bool narrow)
      : k(k), rows(rows), vectors(vectors), narrow(narrow), isByRow(vectors == 1 && target.registers >= 32) {}

  std::string emit() {
    std::string name = ("ricci_tile" + Twine(narrow ? "_narrow_" : "_") + Twine(rows) + "x" + Twine(vectors)).str();
    Block *body = k.openFunction(
        name,
        {k.pointer, k.index, k.index, k.pointer, k.index, k.pointer, k.index, k.index, k.index, k.index, k.pointer},
        LLVM::Linkage::Internal);
    Value a = body->getArgument(0), b = body->getArgument(3), c = body->getArgument(5), cRow = body->getArgument(6);
    Value depth = body->getArgument(7), last = body->getArgument(8), accumulate = body->getArgument(9);
    aRow = body->getArgument(1);
    aStep = body->getArgument(2);
    bStep = body->getArgument(4);
    walk = body->getArgument(10);
    mask = narrow ? k.maskBelow(last) : Value();
    lastVector = vectors == 1 ? k.constant(0) : k.add(last, k.constant((vectors - 2) * k.lanes));
    rowBytes = k.mul(aRow, k.constant(k.bytes()));
    distance = {k.constant(0)};
    while (distance.size() <= rowsTogether())
      distance.push_back(k.add(distance.back(), aRow));

    Value isLong = arith::CmpIOp::create(k.b, arith::CmpIPredicate::sge, depth, k.constant(leastAskingDepth));
    k.loop(k.constant(0), field(offsetof(Walk, count)), 1, {a, b, c}, [&](Value, ValueRange places) {
      k.choose(isLong, {}, [&] { return askFor(places[2], cRow); }, [] { return SmallVector<Value>{}; });
      storeTile(k, places[2], cRow, sumsOf(places[0], places[1], depth), vectors, lastVector, mask, accumulate);
      return SmallVector<Value>{k.at(places[0], field(offsetof(Walk, aNext))),
                                k.at(places[1], field(offsetof(Walk, bNext))),
                                k.at(places[2], field(offsetof(Walk, cNext)))};
    });
    return name + k.suffix;
  }

private:
  // Steps of the sum in one turn of the loop where A is contiguous along it: their distances are in the addresses.
  static constexpr unsigned neighbours = 4;

  // Rows from one pointer: the distances of all would not fit the general registers.
  unsigned rowsTogether() const { return rows > 4 ? 3 : rows; }
  // They are read where they are needed: registers are the sums' and the places'.
  Value field(size_t offset) { return LLVM::LoadOp::create(k.b, k.index, fieldOf(k, walk, offset)); }

  // The lines of C: stores that wait for theirs keep those of B from coming, 1 to 3 % of 1000³ to 2048³.
  SmallVector<Value> askFor(Value line, Value cRow) {
    for (unsigned row = 0; row < rows; ++row, line = k.at(line, cRow))
      for (unsigned vector = 0; vector < vectors; ++vector)
        k.prefetch(k.at(line, vector * k.lanes));
    return {};
  }

  SmallVector<Value> sumsOf(Value a, Value b, Value depth) {
    // Carried: the accumulators, the places in A and B.
    SmallVector<Value> state(rows * vectors, k.zero());
    state.append({a, b});
    Value isContiguous = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, aStep, k.constant(1));
    state = k.loop(k.constant(0), depth, field(offsetof(Walk, steps)), state, [&](Value first, ValueRange now) {
      emitRequests(k, walk);
      Value end = k.least(k.add(first, field(offsetof(Walk, steps))), depth);
      Value whole = k.add(first, k.roundDown(k.sub(end, first), neighbours));
      whole = arith::SelectOp::create(k.b, isContiguous, whole, first);
      SmallVector<Value> state = k.loop(first, whole, neighbours, now, [&](Value, ValueRange now) {
        return isByRow ? addByRow(now) : addSteps(neighbours, k.constant(1), now);
      });
      return k.loop(whole, end, 1, state, [&](Value, ValueRange now) { return addSteps(1, aStep, now); });
    });
    state.pop_back_n(2);
    return state;
  }

  SmallVector<Value> lineOf(Value place) {
    SmallVector<Value> line;
    for (unsigned vector = 0; vector + 1 < vectors; ++vector)
      line.push_back(k.load(k.at(place, vector * k.lanes)));
    line.push_back(k.load(k.at(place, lastVector), mask));
    return line;
  }

  // acc[row][vector] += A[row, p] * B[p, vector] for `count` values of p, which are `next` from each other in A.
  SmallVector<Value> addSteps(unsigned count, Value next, ValueRange now) {
    SmallVector<Value> state(now);
    Value &a = state[rows * vectors], &b = state.back();
    SmallVector<Value> places{a};
    while (places.size() * rowsTogether() < rows)
      places.push_back(k.at(places.back(), distance.back()));
    for (unsigned taken = 0; taken < count; ++taken, b = k.at(b, bStep)) {
      SmallVector<Value> line = lineOf(b);
      for (unsigned row = 0; row < rows; ++row) {
        Value place = k.at(places[row / rowsTogether()], distance[row % rowsTogether()]);
        Value factor = k.splat(k.at(place, k.mul(next, k.constant(taken))));
        for (unsigned vector = 0; vector < vectors; ++vector) {
          Value &sum = state[row * vectors + vector];
          sum = k.fma(factor, line[vector], sum);
        }
      }
    }
    a = k.at(a, k.mul(next, k.constant(count)));
    return state;
  }

  // The same of one vector for neighbours in A, row by row, with the rows of B in registers. Without an index in the
  // address a product and its load are one operation, with one they are two: f32 16³ took a tenth longer, and half as
  // long again while another program shared the core.
  SmallVector<Value> addByRow(ValueRange now) {
    SmallVector<Value> state(now), lines;
    Value &a = state[rows], &b = state.back();
    for (unsigned step = 0; step < neighbours; ++step, b = k.at(b, bStep))
      lines.push_back(lineOf(b).front());
    Value place = a;
    for (unsigned row = 0; row < rows; ++row, place = k.opaque(k.atByte(place, rowBytes)))
      for (unsigned step = 0; step < neighbours; ++step)
        state[row] = k.fma(k.splat(k.at(place, step)), lines[step], state[row]);
    a = k.at(a, neighbours);
    return state;
  }

  KernelBuilder &k;
  const unsigned rows, vectors;
  const bool narrow, isByRow;
  Value aRow, aStep, bStep, walk, mask, lastVector, rowBytes;
  SmallVector<Value> distance; // of rows, from 0 on
};

} // namespace

void emitTiles(KernelBuilder &k, const VectorTarget &target) {
  SmallVector<std::string> names;
  auto emitHeights = [&](unsigned vectors, bool narrow) {
    for (unsigned rows = 1; rows <= runtime::GemmKernels<float>::mostRows; ++rows) {
      const bool exists = rows <= maxTileRows(target, vectors);
      names.push_back(exists ? TileEmitter(k, target, rows, vectors, narrow).emit() : std::string());
    }
  };
  for (unsigned vectors = 1; vectors <= maxTileVectors(target); ++vectors)
    emitHeights(vectors, /*narrow=*/false);
  emitHeights(1, /*narrow=*/true);
  emitKernelTable(k, "ricci_tiles", names);
}

} // namespace ricci::lower
