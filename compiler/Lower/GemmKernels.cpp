#include "GemmKernels.h"

#include "GemmKernelBuilder.h"
#include "Transpose.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace ricci::lower {

unsigned maxTileVectors(const VectorTarget &target) { return target.registers >= 32 ? 4 : 2; }

unsigned maxTileRows(const VectorTarget &target, unsigned vectors) {
  return std::min(16u, (target.registers - vectors - 1) / vectors);
}

void emitKernelTable(KernelBuilder &k, StringRef name, ArrayRef<std::string> functions) {
  k.b.setInsertionPointToEnd(k.module.getBody());
  auto type = LLVM::LLVMArrayType::get(k.pointer, functions.size());
  auto table = LLVM::GlobalOp::create(k.b, type, /*isConstant=*/true, LLVM::Linkage::External, (name + k.suffix).str(),
                                      Attribute());
  OpBuilder::InsertionGuard guard(k.b);
  k.b.setInsertionPointToStart(k.b.createBlock(&table.getInitializerRegion()));
  Value array = LLVM::ZeroOp::create(k.b, type);
  for (auto [position, function] : llvm::enumerate(functions)) {
    if (function.empty())
      continue;
    Value address = LLVM::AddressOfOp::create(k.b, k.pointer, FlatSymbolRefAttr::get(k.b.getContext(), function));
    array = LLVM::InsertValueOp::create(k.b, array, address, ArrayRef<int64_t>{static_cast<int64_t>(position)});
  }
  LLVM::ReturnOp::create(k.b, array);
}

namespace {

// dots: y[i*yStep] (+)= sum_p A[i*aRow + p] * x[p]. Rows in groups that share the loads of x; two vectors of each row
// at a time give 8 independent sums, and a row on its own takes eight.
void emitDots(KernelBuilder &k) {
  Block *body =
      k.openFunction("ricci_dots", {k.pointer, k.index, k.pointer, k.pointer, k.index, k.index, k.index, k.index},
                     LLVM::Linkage::External);
  Value a = body->getArgument(0), aRow = body->getArgument(1), x = body->getArgument(2);
  Value y = body->getArgument(3), yStep = body->getArgument(4);
  Value rowCount = body->getArgument(5), depth = body->getArgument(6), accumulate = body->getArgument(7);
  Value rest = k.sub(depth, k.roundDown(depth, k.lanes));
  Value mask = k.maskBelow(rest);

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
          Value &sum = next[row * vectors + vector];
          sum = k.fma(k.load(k.at(line[row], place), mask), factor, sum);
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
  Value grouped = k.roundDown(rowCount, 4);
  k.loop(k.constant(0), grouped, 4, {}, [&](Value row, ValueRange) { return group(row, 4, 2); });
  k.loop(grouped, rowCount, 1, {}, [&](Value row, ValueRange) { return group(row, 1, 8); });
}

// axpys: y[j] (+)= sum_p x[p*xStep] * B[p*bRow + j]. Streams 8 rows of B at a time past y, which the caller keeps
// short enough for the first-level cache.
void emitAxpys(KernelBuilder &k) {
  Block *body =
      k.openFunction("ricci_axpys", {k.pointer, k.index, k.pointer, k.index, k.pointer, k.index, k.index, k.index},
                     LLVM::Linkage::External);
  Value x = body->getArgument(0), xStep = body->getArgument(1), matrix = body->getArgument(2);
  Value bRow = body->getArgument(3), y = body->getArgument(4);
  Value columns = body->getArgument(5), depth = body->getArgument(6), accumulate = body->getArgument(7);
  Value whole = k.roundDown(columns, k.lanes), rest = k.sub(columns, whole), mask = k.maskBelow(rest);

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
        Value &sum = row % 2 ? odd : even;
        sum = k.fma(factor[row], k.load(k.at(line[row], j), mask), sum);
      }
      k.store(rows > 1 ? Value(arith::AddFOp::create(k.b, even, odd)) : even, place, mask);
      return SmallVector<Value>{};
    };
    k.loop(k.constant(0), whole, k.lanes, {}, [&](Value j, ValueRange) { return step(j, {}); });
    k.choose(k.isTrue(rest), {}, [&] { return step(whole, mask); }, [] { return SmallVector<Value>{}; });
    return SmallVector<Value>{};
  };
  auto isWhole = arith::CmpIOp::create(k.b, arith::CmpIPredicate::sge, depth, k.constant(8));
  // The first block of a fresh sum writes y instead of reading it.
  Value fresh = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, accumulate, k.constant(0));
  Value start = k.choose(
      fresh, k.index,
      [&] {
        return k.choose(
            isWhole, k.index, [&] { return block(k.constant(0), 8, false), SmallVector<Value>{k.constant(8)}; },
            [&] { return block(k.constant(0), 1, false), SmallVector<Value>{k.constant(1)}; });
      },
      [&] { return SmallVector<Value>{k.constant(0)}; })[0];
  for (unsigned rows : {8, 4, 2, 1}) {
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

// packRows: panel[p*width + j] = B[column[j] + p] for j < columns and p < depth.
void emitPackRows(KernelBuilder &k) {
  Block *body = k.openFunction("ricci_pack_rows", {k.pointer, k.index, k.pointer, k.pointer, k.index, k.index},
                               LLVM::Linkage::External);
  Value panel = body->getArgument(0), width = body->getArgument(1);
  Value source = body->getArgument(2), places = body->getArgument(3);
  Value depth = body->getArgument(4), columns = body->getArgument(5);
  Value whole = k.roundDown(depth, k.lanes), rest = k.sub(depth, whole), mask = k.maskBelow(rest);
  Value lastColumn = k.sub(columns, k.constant(1));

  k.loop(k.constant(0), columns, k.lanes, {}, [&](Value j, ValueRange) {
    SmallVector<Value> line;
    for (int64_t lane = 0; lane < k.lanes; ++lane) {
      Value column = k.least(k.add(j, k.constant(lane)), lastColumn);
      line.push_back(k.at(source, k.loadInteger(places, column)));
    }
    Value present = k.maskBelow(k.sub(columns, j));
    auto step = [&](Value p, Value mask) {
      SmallVector<Value> square;
      for (Value row : line)
        square.push_back(k.load(k.at(row, p), mask));
      transpose(k.b, k.b.getLoc(), square);
      // As many rows as there are: their distance is the caller's, others may lie between them.
      Value place = k.at(panel, k.add(k.mul(p, width), j)), left = k.sub(depth, p);
      for (auto [number, row] : llvm::enumerate(square)) {
        auto write = [&, row = row] {
          k.store(row, place, present);
          return SmallVector<Value>{};
        };
        if (mask)
          k.choose(
              arith::CmpIOp::create(k.b, arith::CmpIPredicate::slt, k.constant(static_cast<int64_t>(number)), left), {},
              write, [] { return SmallVector<Value>{}; });
        else
          write();
        place = k.at(place, width);
      }
      return SmallVector<Value>{};
    };
    k.loop(k.constant(0), whole, k.lanes, {}, [&](Value p, ValueRange) { return step(p, {}); });
    k.choose(k.isTrue(rest), {}, [&] { return step(whole, mask); }, [] { return SmallVector<Value>{}; });
    return SmallVector<Value>{};
  });
}

} // namespace

void emitGemmKernels(ModuleOp module, Type element, const VectorTarget &target) {
  module.getContext()->loadDialect<arith::ArithDialect, LLVM::LLVMDialect, scf::SCFDialect, vector::VectorDialect>();
  KernelBuilder kernels(module, element, target);
  emitTiles(kernels, target);
  emitDots(kernels);
  emitAxpys(kernels);
  emitColumnSums(kernels);
  emitPackRows(kernels);
  emitPackedTileTables(kernels, target);
  emitGatherColumns(kernels);
  emitTurn(kernels);
  emitCopyRows(kernels);
  emitPackColumns(kernels);
  emitPackPanels(kernels);
}

void addGemmKernelPasses(OpPassManager &passes) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
}

} // namespace ricci::lower
