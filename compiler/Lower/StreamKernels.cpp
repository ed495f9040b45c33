// The kernels of contractions that read their larger operand once, where it lies (runtime/StreamedContraction.h): tiles
// with packed rows, and what brings a block of tiles into the order of C.
#include "GemmKernelBuilder.h"
#include "Transpose.h"

namespace ricci::lower {

// Steps of the sum in one turn of a packed tile's loop. Two save operations beside the products: 2 to 9 % of the time
// of 64³ to 512³ while another program shares the core, nothing on a core of one's own.
static constexpr unsigned stepsTogether = 2;

unsigned maxPackedRows(const VectorTarget &target, unsigned vectors) {
  // One row of B and, where it serves several vectors, one broadcast of A.
  const unsigned others = (vectors > 1 || !target.hasFma ? 1 : 0) + (target.hasFma ? 0 : 1);
  return std::min(24u, (target.registers - vectors - others) / vectors);
}

// One tile of packed operands: C[r, j] (+)= sum_p A[p*rows + r] * B[p*width + j], where `width` is that of its vectors.
// While it computes, a loading one copies a vector of columns of the next tile, next[q*width + j] = source[step[q] + j]
// for q < k and j < columns, zeros past them; and both ask for the lines ahead[line[q]].
static std::string emitPackedTile(KernelBuilder &k, unsigned rows, unsigned vectors, bool loading) {
  std::string name =
      ("ricci_" + Twine(loading ? "loading" : "packed") + "_" + Twine(rows) + "x" + Twine(vectors)).str();
  SmallVector<Type> arguments{k.pointer, k.pointer, k.pointer, k.index,  k.index,
                              k.index,   k.index,   k.pointer, k.pointer};
  if (loading)
    arguments.append({k.pointer, k.pointer, k.pointer, k.index});
  Block *body = k.openFunction(name, arguments, LLVM::Linkage::Internal);
  Value a = body->getArgument(0), panel = body->getArgument(1), c = body->getArgument(2), cRow = body->getArgument(3);
  Value depth = body->getArgument(4), last = body->getArgument(5), accumulate = body->getArgument(6);
  Value ahead = body->getArgument(7), lines = body->getArgument(8);
  Value next, source, steps;
  Value present;
  if (loading) {
    next = body->getArgument(9), source = body->getArgument(10), steps = body->getArgument(11);
    present = k.maskBelow(body->getArgument(12));
  }

  const unsigned count = rows * vectors;
  SmallVector<Value> carried(count, k.zero());
  carried.append({a, panel});
  if (loading)
    carried.push_back(next);
  auto step = [&](Value p, SmallVector<Value> &now) {
    Value factors = now[count], line = now[count + 1];
    k.prefetch(k.at(ahead, k.loadInteger(lines, p)));
    SmallVector<Value> columns;
    for (unsigned vector = 0; vector < vectors; ++vector)
      columns.push_back(k.load(k.at(line, vector * k.lanes)));
    for (unsigned row = 0; row < rows; ++row) {
      Value factor = k.splat(k.at(factors, row));
      for (unsigned vector = 0; vector < vectors; ++vector) {
        Value &sum = now[row * vectors + vector];
        sum = k.fma(factor, columns[vector], sum);
      }
    }
    now[count] = k.at(factors, rows);
    now[count + 1] = k.at(line, vectors * k.lanes);
    if (loading) {
      k.store(k.load(k.at(source, k.loadInteger(steps, p)), present), now[count + 2]);
      now[count + 2] = k.at(now[count + 2], vectors * k.lanes);
    }
  };
  auto loop = [&](Value first, Value end, unsigned together) {
    carried = k.loop(first, end, together, carried, [&](Value p, ValueRange now) {
      SmallVector<Value> after(now);
      for (unsigned taken = 0; taken < together; ++taken)
        step(k.add(p, k.constant(taken)), after);
      return after;
    });
  };
  // Loading tiles wait for memory rather than for the processor's front (`deca,be->abcd` lost 6 %).
  Value whole = loading ? k.constant(0) : k.roundDown(depth, stepsTogether);
  if (!loading)
    loop(k.constant(0), whole, stepsTogether);
  loop(whole, depth, 1);

  storeTile(k, c, cRow, ValueRange(carried).take_front(count), vectors, k.constant((vectors - 1) * k.lanes),
            k.maskBelow(last), accumulate);
  return name + k.suffix;
}

// By vectors, then rows.
void emitPackedTileTables(KernelBuilder &k, const VectorTarget &target) {
  for (bool loading : {false, true}) {
    SmallVector<std::string> names;
    for (unsigned vectors = 1; vectors <= maxTileVectors(target); ++vectors)
      for (unsigned row = 1; row <= maxPackedRows(target, vectors); ++row)
        names.push_back(emitPackedTile(k, row, vectors, loading));
    emitKernelTable(k, loading ? "ricci_loading_tiles" : "ricci_packed_tiles", names);
  }
}

// gatherColumns: tiles of so many vectors one after the other, to[(j*depth + p)*width + i] = source[step[p] + column[j]
// + i] for p < depth, j < columns and i < present[j], else 0. Rows outside, so that lines which share a set of the
// caches are not wanted at the same time.
void emitGatherColumns(KernelBuilder &k) {
  for (unsigned vectors : {1, 2}) {
    Block *body = k.openFunction("ricci_gather_columns_" + Twine(vectors),
                                 {k.pointer, k.pointer, k.pointer, k.index, k.pointer, k.pointer, k.index},
                                 LLVM::Linkage::External);
    Value to = body->getArgument(0), source = body->getArgument(1), steps = body->getArgument(2);
    Value depth = body->getArgument(3), columns = body->getArgument(4), present = body->getArgument(5);
    Value count = body->getArgument(6);
    Value width = k.constant(vectors * k.lanes), pitch = k.mul(depth, width);
    k.loop(k.constant(0), depth, 1, {}, [&](Value p, ValueRange) {
      Value row = k.at(source, k.loadInteger(steps, p)), place = k.at(to, k.mul(p, width));
      k.loop(k.constant(0), count, 1, place, [&](Value j, ValueRange now) {
        Value from = k.at(row, k.loadInteger(columns, j)), lanes = k.loadInteger(present, j);
        for (unsigned vector = 0; vector < vectors; ++vector) {
          Value mask = k.maskBelow(k.sub(lanes, k.constant(vector * k.lanes)));
          k.store(k.load(k.at(from, vector * k.lanes), mask), k.at(now[0], vector * k.lanes));
        }
        return SmallVector<Value>{k.at(now[0], pitch)};
      });
      return SmallVector<Value>{};
    });
  }
}

// turn: C[place[j] + i] = block[i*pitch + j] for i < along, at most a vector, and j < across. `block` is readable up to
// whole vectors of columns.
void emitTurn(KernelBuilder &k) {
  for (bool streamed : {false, true}) {
    Block *body = k.openFunction(streamed ? "ricci_turn_streamed" : "ricci_turn",
                                 {k.pointer, k.pointer, k.pointer, k.index, k.index, k.index}, LLVM::Linkage::External);
    Value c = body->getArgument(0), place = body->getArgument(1), block = body->getArgument(2);
    Value pitch = body->getArgument(3), across = body->getArgument(4), along = body->getArgument(5);
    Value mask = streamed ? Value() : k.maskBelow(along);
    Value lastRow = k.sub(along, k.constant(1)), lastColumn = k.sub(across, k.constant(1));
    SmallVector<Value> line;
    for (int64_t row = 0; row < k.lanes; ++row)
      line.push_back(k.at(block, k.mul(k.least(k.constant(row), lastRow), pitch)));
    k.loop(k.constant(0), across, k.lanes, {}, [&](Value j, ValueRange) {
      SmallVector<Value> square;
      for (Value row : line)
        square.push_back(k.load(k.at(row, j)));
      transpose(k.b, k.b.getLoc(), square);
      // Past the last column all go to its place; it comes after them.
      for (int64_t lane = k.lanes; lane-- > 0;) {
        Value column = k.least(k.add(j, k.constant(lane)), lastColumn);
        Value target = k.at(c, k.loadInteger(place, column));
        if (streamed)
          k.storeStreamed(square[lane], target);
        else
          k.store(square[lane], target, mask);
      }
      return SmallVector<Value>{};
    });
  }
}

// copyRows: C[place[i] + j] = block[i*pitch + j] for i < rows, j < columns; addRows adds it.
void emitCopyRows(KernelBuilder &k) {
  enum Kind { Copy, Add, Stream };
  for (auto [kind, name] :
       {std::pair(Copy, "ricci_copy_rows"), {Add, "ricci_add_rows"}, {Stream, "ricci_copy_rows_streamed"}}) {
    Block *body =
        k.openFunction(name, {k.pointer, k.pointer, k.pointer, k.index, k.index, k.index}, LLVM::Linkage::External);
    Value c = body->getArgument(0), place = body->getArgument(1), block = body->getArgument(2);
    Value pitch = body->getArgument(3), rows = body->getArgument(4), columns = body->getArgument(5);
    Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), mask = k.maskBelow(rest);
    auto move = [&, kind = kind](Value from, Value to, Value mask) {
      Value value = k.load(from, mask);
      if (kind == Stream)
        k.storeStreamed(value, to);
      else
        k.store(kind == Add ? Value(arith::AddFOp::create(k.b, k.load(to, mask), value)) : value, to, mask);
      return SmallVector<Value>{};
    };
    k.loop(k.constant(0), rows, 1, {}, [&](Value row, ValueRange) {
      Value source = k.at(block, k.mul(row, pitch)), target = k.at(c, k.loadInteger(place, row));
      k.loop(k.constant(0), whole, k.lanes, {},
             [&](Value j, ValueRange) { return move(k.at(source, j), k.at(target, j), {}); });
      if (kind != Stream)
        k.choose(
            k.isTrue(rest), {}, [&] { return move(k.at(source, whole), k.at(target, whole), mask); },
            [] { return SmallVector<Value>{}; });
      return SmallVector<Value>{};
    });
  }
}

// packColumns: panel[p*width + j] = source[step[p] + j] for p < depth, j < columns.
void emitPackColumns(KernelBuilder &k) {
  Block *body = k.openFunction("ricci_pack_columns", {k.pointer, k.index, k.pointer, k.pointer, k.index, k.index},
                               LLVM::Linkage::External);
  Value panel = body->getArgument(0), width = body->getArgument(1), source = body->getArgument(2);
  Value steps = body->getArgument(3), depth = body->getArgument(4), columns = body->getArgument(5);
  Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), mask = k.maskBelow(rest);
  auto move = [&](Value from, Value to, Value mask) {
    k.store(k.load(from, mask), to, mask);
    return SmallVector<Value>{};
  };
  auto each = [&](llvm::function_ref<void(Value from, Value to)> body) {
    k.loop(k.constant(0), depth, 1, panel, [&](Value p, ValueRange now) {
      body(k.at(source, k.loadInteger(steps, p)), now[0]);
      return SmallVector<Value>{k.at(now[0], width)};
    });
  };
  // Vectors outside, so that the loop over p has nothing to decide.
  k.loop(k.constant(0), whole, k.lanes, {}, [&](Value j, ValueRange) {
    each([&](Value from, Value to) { move(k.at(from, j), k.at(to, j), {}); });
    return SmallVector<Value>{};
  });
  k.choose(
      k.isTrue(rest), {},
      [&] {
        each([&](Value from, Value to) { move(k.at(from, whole), k.at(to, whole), mask); });
        return SmallVector<Value>{};
      },
      [] { return SmallVector<Value>{}; });
}

// packPanels: to[s*next + p*width + j] = source[step[p] + s*width + j] for s < panels, p < depth, j < width. Steps
// outside, so that memory is read in the order of its pages however narrow a panel is.
void emitPackPanels(KernelBuilder &k) {
  Block *body =
      k.openFunction("ricci_pack_panels", {k.pointer, k.index, k.index, k.pointer, k.pointer, k.index, k.index},
                     LLVM::Linkage::External);
  Value to = body->getArgument(0), next = body->getArgument(1), width = body->getArgument(2);
  Value source = body->getArgument(3), steps = body->getArgument(4), depth = body->getArgument(5);
  Value panels = body->getArgument(6);
  Value whole = k.roundDown(width, k.lanes), rest = k.sub(width, whole), mask = k.maskBelow(rest);
  k.loop(k.constant(0), depth, 1, to, [&](Value p, ValueRange line) {
    Value row = k.at(source, k.loadInteger(steps, p));
    k.loop(k.constant(0), panels, 1, {row, line[0]}, [&](Value, ValueRange now) {
      Value from = now[0], place = now[1];
      k.loop(k.constant(0), whole, k.lanes, {}, [&](Value j, ValueRange) {
        k.store(k.load(k.at(from, j)), k.at(place, j));
        return SmallVector<Value>{};
      });
      k.choose(
          k.isTrue(rest), {},
          [&] {
            k.store(k.load(k.at(from, whole), mask), k.at(place, whole), mask);
            return SmallVector<Value>{};
          },
          [] { return SmallVector<Value>{}; });
      return SmallVector<Value>{k.at(from, width), k.at(place, next)};
    });
    return SmallVector<Value>{k.at(line[0], width)};
  });
}

} // namespace ricci::lower
