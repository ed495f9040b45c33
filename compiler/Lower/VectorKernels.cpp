// Products of a matrix with a vector: what is read once or twice, at the speed of memory.
#include "GemmKernelBuilder.h"

namespace ricci::lower {

namespace {

// How far ahead of where a row is read its lines are fetched: a page, at whose end the processor's own look-ahead
// stops.
constexpr int64_t fetchDistance = 4096;

void fetchAhead(KernelBuilder &k, Value address, Value distance, unsigned vector) {
  constexpr unsigned lineBytes = 64;
  if (vector * k.lanes * k.bytes() % lineBytes == 0)
    k.prefetch(k.at(address, distance), /*intoFirstLevel=*/true);
}

} // namespace

// dots: y[i*yStep] (+)= sum_p A[i*aRow + p] * x[p]. Rows in groups that share the loads of x; two vectors of each row
// at a time give 8 independent sums, and a row on its own takes eight. dotsAhead: all rows on their own, fetched ahead.
void emitDots(KernelBuilder &k, bool ahead) {
  Block *body = k.openFunction(ahead ? "ricci_dots_ahead" : "ricci_dots",
                               {k.pointer, k.index, k.pointer, k.pointer, k.index, k.index, k.index, k.index},
                               LLVM::Linkage::External);
  Value a = body->getArgument(0), aRow = body->getArgument(1), x = body->getArgument(2);
  Value y = body->getArgument(3), yStep = body->getArgument(4);
  Value rowCount = body->getArgument(5), depth = body->getArgument(6), accumulate = body->getArgument(7);
  Value rest = k.sub(depth, k.roundDown(depth, k.lanes));
  Value mask = k.maskBelow(rest), distance = k.constant(fetchDistance / k.bytes());

  // The products of `vectors` vectors from p on, added to sums[row * vectors + vector].
  auto group = [&](Value first, unsigned rows, unsigned vectors) {
    SmallVector<Value> line;
    for (unsigned row = 0; row < rows; ++row)
      line.push_back(k.at(a, k.mul(k.add(first, k.constant(row)), aRow)));
    auto step = [&](Value p, unsigned width, ValueRange now, Value mask) {
      SmallVector<Value> next(now);
      for (unsigned vector = 0; vector < width; ++vector) {
        Value place = k.add(p, k.constant(vector * k.lanes));
        Value factor = k.load(k.at(x, place), mask);
        for (unsigned row = 0; row < rows; ++row) {
          Value &sum = next[row * vectors + vector], element = k.at(line[row], place);
          if (ahead && !mask)
            fetchAhead(k, element, distance, vector);
          sum = k.fma(k.load(element, mask), factor, sum);
        }
      }
      return next;
    };
    int64_t stride = vectors * k.lanes;
    SmallVector<Value> sums(rows * vectors, k.zero());
    Value wide = k.roundDown(depth, stride), whole = k.roundDown(depth, k.lanes);
    sums =
        k.loop(k.constant(0), wide, stride, sums, [&](Value p, ValueRange now) { return step(p, vectors, now, {}); });
    sums = k.loop(wide, whole, k.lanes, sums, [&](Value p, ValueRange now) { return step(p, 1, now, {}); });
    sums = k.choose(
        k.isTrue(rest), ValueRange(sums).getTypes(), [&] { return step(whole, 1, sums, mask); }, [&] { return sums; });
    for (unsigned row = 0; row < rows; ++row) {
      Value sum = sums[row * vectors];
      for (unsigned vector = 1; vector < vectors; ++vector)
        sum = arith::AddFOp::create(k.b, sum, sums[row * vectors + vector]);
      Value total = k.sumLanes(sum);
      Value place = k.at(y, k.mul(k.add(first, k.constant(row)), yStep));
      SmallVector<Value> result = k.choose(
          k.isTrue(accumulate), k.element,
          [&] {
            return SmallVector<Value>{arith::AddFOp::create(k.b, total, LLVM::LoadOp::create(k.b, k.element, place))};
          },
          [&] { return SmallVector<Value>{total}; });
      LLVM::StoreOp::create(k.b, result[0], place);
    }
    return SmallVector<Value>{};
  };
  Value grouped = ahead ? k.constant(0) : k.roundDown(rowCount, 4);
  if (!ahead)
    k.loop(k.constant(0), grouped, 4, {}, [&](Value row, ValueRange) { return group(row, 4, 2); });
  k.loop(grouped, rowCount, 1, {}, [&](Value row, ValueRange) { return group(row, 1, 8); });
}

// axpys: y[j] (+)= sum_p x[p*xStep] * B[p*bRow + j]. Streams 8 rows of B at a time past y, which the caller keeps
// short enough for the first-level cache. axpysAhead: one row at a time, fetched ahead.
void emitAxpys(KernelBuilder &k, bool ahead) {
  Block *body = k.openFunction(ahead ? "ricci_axpys_ahead" : "ricci_axpys",
                               {k.pointer, k.index, k.pointer, k.index, k.pointer, k.index, k.index, k.index},
                               LLVM::Linkage::External);
  Value x = body->getArgument(0), xStep = body->getArgument(1), matrix = body->getArgument(2);
  Value bRow = body->getArgument(3), y = body->getArgument(4);
  Value columns = body->getArgument(5), depth = body->getArgument(6), accumulate = body->getArgument(7);
  Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), mask = k.maskBelow(rest);

  // Of a row that ends sooner, a thread's piece of one, the next is fetched.
  Value page = k.constant(fetchDistance / k.bytes());
  Value isShort = arith::CmpIOp::create(k.b, arith::CmpIPredicate::slt, columns, k.add(page, page));
  Value distance = arith::SelectOp::create(k.b, isShort, bRow, page);

  // y += the rows p, …, p + rows - 1; or y = them.
  auto block = [&](Value p, unsigned rows, bool add) {
    SmallVector<Value> factor, line;
    for (unsigned row = 0; row < rows; ++row) {
      Value position = k.add(p, k.constant(row));
      factor.push_back(k.splat(k.at(x, k.mul(position, xStep))));
      line.push_back(k.at(matrix, k.mul(position, bRow)));
    }
    auto step = [&](Value j, Value mask) {
      // Two chains halve the latency of the sum.
      Value place = k.at(y, j), even = add ? k.load(place, mask) : k.zero(), odd = k.zero();
      for (unsigned row = 0; row < rows; ++row) {
        Value &sum = row % 2 ? odd : even, element = k.at(line[row], j);
        if (ahead && !mask)
          fetchAhead(k, element, distance, 0);
        sum = k.fma(factor[row], k.load(element, mask), sum);
      }
      k.store(rows > 1 ? Value(arith::AddFOp::create(k.b, even, odd)) : even, place, mask);
      return SmallVector<Value>{};
    };
    k.loop(k.constant(0), whole, k.lanes, {}, [&](Value j, ValueRange) { return step(j, {}); });
    k.choose(k.isTrue(rest), {}, [&] { return step(whole, mask); }, [] { return SmallVector<Value>{}; });
    return SmallVector<Value>{};
  };
  const unsigned most = ahead ? 1 : 8;
  auto isWhole = arith::CmpIOp::create(k.b, arith::CmpIPredicate::sge, depth, k.constant(most));
  // The first block of a fresh sum writes y instead of reading it.
  Value fresh = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, accumulate, k.constant(0));
  Value start = k.choose(
      fresh, k.index,
      [&] {
        return k.choose(
            isWhole, k.index, [&] { return block(k.constant(0), most, false), SmallVector<Value>{k.constant(most)}; },
            [&] { return block(k.constant(0), 1, false), SmallVector<Value>{k.constant(1)}; });
      },
      [&] { return SmallVector<Value>{k.constant(0)}; })[0];
  for (unsigned rows = most; rows; rows /= 2) {
    Value end = k.add(start, k.roundDown(k.sub(depth, start), rows));
    k.loop(start, end, rows, {}, [&](Value p, ValueRange) { return block(p, rows, true); });
    start = end;
  }
}

// columnSums: the same with the sums of 8 vectors at a time in registers over the whole of p, of fewer at the end in
// several chains.
void emitColumnSums(KernelBuilder &k) {
  Block *body = k.openFunction("ricci_column_sums",
                               {k.pointer, k.index, k.pointer, k.index, k.pointer, k.index, k.index, k.index},
                               LLVM::Linkage::External);
  Value x = body->getArgument(0), xStep = body->getArgument(1), matrix = body->getArgument(2);
  Value bRow = body->getArgument(3), y = body->getArgument(4);
  Value columns = body->getArgument(5), depth = body->getArgument(6), accumulate = body->getArgument(7);
  Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), restMask = k.maskBelow(rest);

  // `vectors` vectors from j on in 8 / vectors chains each.
  auto block = [&](Value j, unsigned vectors, Value mask) {
    const unsigned chains = 8 / vectors;
    auto step = [&](unsigned rows, ValueRange now) {
      SmallVector<Value> next(now);
      Value factor = now[8], line = now[9];
      for (unsigned row = 0; row < rows; ++row) {
        Value weight = k.splat(factor);
        for (unsigned vector = 0; vector < vectors; ++vector) {
          Value &sum = next[row * vectors + vector];
          sum = k.fma(weight, k.load(k.at(line, vector * k.lanes), mask), sum);
        }
        factor = k.at(factor, xStep);
        line = k.at(line, bRow);
      }
      next[8] = factor;
      next[9] = line;
      return next;
    };
    SmallVector<Value> state(8, k.zero());
    state.append({x, k.at(matrix, j)});
    Value grouped = k.roundDown(depth, chains);
    state = k.loop(k.constant(0), grouped, chains, state, [&](Value, ValueRange now) { return step(chains, now); });
    if (chains > 1)
      state = k.loop(grouped, depth, 1, state, [&](Value, ValueRange now) { return step(1, now); });
    for (unsigned vector = 0; vector < vectors; ++vector) {
      Value sum = state[vector], place = k.at(y, k.add(j, k.constant(vector * k.lanes)));
      for (unsigned chain = 1; chain < chains; ++chain)
        sum = arith::AddFOp::create(k.b, sum, state[chain * vectors + vector]);
      sum = k.choose(
          k.isTrue(accumulate), k.vector,
          [&] { return SmallVector<Value>{arith::AddFOp::create(k.b, sum, k.load(place, mask))}; },
          [&] { return SmallVector<Value>{sum}; })[0];
      k.store(sum, place, mask);
    }
    return SmallVector<Value>{};
  };
  Value start = k.constant(0);
  for (unsigned vectors : {8, 4, 2, 1}) {
    const int64_t width = vectors * k.lanes;
    Value end = k.add(start, k.roundDown(k.sub(whole, start), width));
    k.loop(start, end, width, {}, [&](Value j, ValueRange) { return block(j, vectors, {}); });
    start = end;
  }
  k.choose(k.isTrue(rest), {}, [&] { return block(whole, 1, restMask); }, [] { return SmallVector<Value>{}; });
}

// dotsAndSums: y[i] = sum_p A[i*aRow + p] * x[p] and s[p] (+)= sum_i w[i] * A[i*aRow + p]. Each element of a group of
// rows is loaded once. Where w is y, of which a row has to be whole first, sums follow a group behind, out of a near
// cache while the dots read memory. Dots of a block and then its sums out of the second-level cache take 1.3 (w of its
// own) and 1.1 times as long, as memory waits meanwhile; 2 or 4 rows at a time up to 1.1 times.
void emitDotsAndSums(KernelBuilder &k, const VectorTarget &target) {
  Block *body =
      k.openFunction("ricci_dots_and_sums",
                     {k.pointer, k.index, k.pointer, k.pointer, k.pointer, k.pointer, k.index, k.index, k.index},
                     LLVM::Linkage::External);
  Value a = body->getArgument(0), aRow = body->getArgument(1), x = body->getArgument(2), y = body->getArgument(3);
  Value w = body->getArgument(4), s = body->getArgument(5);
  Value rowCount = body->getArgument(6), columns = body->getArgument(7), accumulate = body->getArgument(8);
  Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), restMask = k.maskBelow(rest);
  const SmallVector<Value> nothing;
  // The columns in vectors, the last one masked.
  auto alongColumns = [&](ValueRange initial,
                          llvm::function_ref<SmallVector<Value>(Value j, ValueRange, Value mask)> step) {
    SmallVector<Value> now =
        k.loop(k.constant(0), whole, k.lanes, initial, [&](Value j, ValueRange now) { return step(j, now, {}); });
    return k.choose(
        k.isTrue(rest), ValueRange(now).getTypes(), [&] { return step(whole, now, restMask); }, [&] { return now; });
  };

  // Dots of the rows from one on, and sums of those from another on; null: none.
  auto pass = [&](unsigned rows, Value dots, Value sums) {
    SmallVector<Value> dotLine, sumLine, factor;
    for (unsigned row = 0; row < rows; ++row) {
      if (dots)
        dotLine.push_back(k.at(a, k.mul(k.add(dots, k.constant(row)), aRow)));
      if (!sums)
        continue;
      sumLine.push_back(k.at(a, k.mul(k.add(sums, k.constant(row)), aRow)));
      factor.push_back(k.splat(k.at(w, k.add(sums, k.constant(row)))));
    }
    SmallVector<Value> totals(dots ? rows : 0, k.zero());
    totals = alongColumns(totals, [&](Value j, ValueRange now, Value mask) {
      SmallVector<Value> next(now), elements;
      if (dots) {
        Value weight = k.load(k.at(x, j), mask);
        for (unsigned row = 0; row < rows; ++row) {
          elements.push_back(k.load(k.at(dotLine[row], j), mask));
          next[row] = k.fma(elements[row], weight, next[row]);
        }
      }
      if (sums) {
        // Two chains halve the latency of the sum.
        Value place = k.at(s, j), chains[] = {k.load(place, mask), k.zero()};
        for (unsigned row = 0; row < rows; ++row) {
          Value element = sums == dots ? elements[row] : k.load(k.at(sumLine[row], j), mask);
          chains[row % 2] = k.fma(factor[row], element, chains[row % 2]);
        }
        k.store(arith::AddFOp::create(k.b, chains[0], chains[1]), place, mask);
      }
      return next;
    });
    for (auto [row, total] : llvm::enumerate(totals))
      LLVM::StoreOp::create(k.b, k.sumLanes(total), k.at(y, k.add(dots, k.constant(static_cast<int64_t>(row)))));
  };

  auto clear = [&] {
    return alongColumns(nothing, [&](Value j, ValueRange, Value mask) {
      k.store(k.zero(), k.at(s, j), mask);
      return nothing;
    });
  };
  k.choose(k.isTrue(accumulate), {}, [&] { return nothing; }, clear);
  const unsigned together = target.registers >= 32 ? 8 : 4;
  Value grouped = k.roundDown(rowCount, together);
  auto atOnce = [&] {
    return k.loop(k.constant(0), grouped, together, {}, [&](Value row, ValueRange) {
      pass(together, row, row);
      return nothing;
    });
  };
  auto behind = [&] {
    pass(together, k.constant(0), {});
    k.loop(k.constant(together), grouped, together, {}, [&](Value row, ValueRange) {
      pass(together, row, k.sub(row, k.constant(together)));
      return nothing;
    });
    pass(together, {}, k.sub(grouped, k.constant(together)));
    return nothing;
  };
  k.choose(
      k.isTrue(grouped), {},
      [&] { return k.choose(LLVM::ICmpOp::create(k.b, LLVM::ICmpPredicate::eq, w, y), {}, behind, atOnce); },
      [&] { return nothing; });
  k.loop(grouped, rowCount, 1, {}, [&](Value row, ValueRange) {
    pass(1, row, {});
    pass(1, {}, row);
    return nothing;
  });
}

} // namespace ricci::lower
