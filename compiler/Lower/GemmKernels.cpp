#include "GemmKernels.h"

#include "GemmKernelBuilder.h"
#include "Transpose.h"

#include "runtime/GemmKernels.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace ricci::lower {

unsigned maxTileVectors(const VectorTarget &target) { return target.registers >= 32 ? 4 : 2; }

unsigned maxTileRows(const VectorTarget &target, unsigned vectors) {
  return std::min(16u, (target.registers - vectors - 1) / vectors);
}

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

void emitKernelTable(KernelBuilder &k, StringRef name, ArrayRef<std::string> functions) {
  k.b.setInsertionPointToEnd(k.module.getBody());
  auto type = LLVM::LLVMArrayType::get(k.pointer, functions.size());
  auto table = LLVM::GlobalOp::create(k.b, type, /*isConstant=*/true, LLVM::Linkage::External, (name + k.suffix).str(),
                                      Attribute());
  OpBuilder::InsertionGuard guard(k.b);
  k.b.setInsertionPointToStart(k.b.createBlock(&table.getInitializerRegion()));
  Value array = LLVM::UndefOp::create(k.b, type);
  for (auto [position, function] : llvm::enumerate(functions)) {
    Value address = LLVM::AddressOfOp::create(k.b, k.pointer, FlatSymbolRefAttr::get(k.b.getContext(), function));
    array = LLVM::InsertValueOp::create(k.b, array, address, ArrayRef<int64_t>{static_cast<int64_t>(position)});
  }
  LLVM::ReturnOp::create(k.b, array);
}

namespace {

constexpr int64_t lineBytes = 64;
// Of sums so long that the lines of C arrive meanwhile; 128³ loses 1 %, 512³ gains nothing.
constexpr int64_t leastAskingDepth = 384;

// Their places do not depend on the type of the elements.
using Walk = runtime::GemmKernels<float>::Walk;
using Ahead = runtime::GemmKernels<float>::Ahead;

Value fieldOf(KernelBuilder &k, Value base, size_t offset) {
  return LLVM::GEPOp::create(k.b, k.pointer, k.b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
}

// Asks for the next lines of what is ahead of a walk, if anything is.
void emitRequests(KernelBuilder &k, Value walk) {
  Value ahead = LLVM::LoadOp::create(k.b, k.pointer, fieldOf(k, walk, offsetof(Walk, ahead)));
  Value none = LLVM::ZeroOp::create(k.b, k.pointer);
  auto request = [&](size_t from, size_t lines) {
    Value place = fieldOf(k, ahead, from), count = LLVM::LoadOp::create(k.b, k.index, fieldOf(k, ahead, lines));
    Value first = LLVM::LoadOp::create(k.b, k.pointer, place);
    SmallVector<Value> end = k.loop(k.constant(0), count, 1, first, [&](Value, ValueRange now) {
      k.prefetch(now[0]);
      return SmallVector<Value>{k.at(now[0], lineBytes / k.bytes())};
    });
    LLVM::StoreOp::create(k.b, end[0], place);
  };
  auto both = [&] {
    request(offsetof(Ahead, a), offsetof(Ahead, aLines));
    request(offsetof(Ahead, b), offsetof(Ahead, bLines));
    return SmallVector<Value>{};
  };
  Value isWanted = LLVM::ICmpOp::create(k.b, LLVM::ICmpPredicate::ne, ahead, none);
  k.choose(isWanted, {}, both, [] { return SmallVector<Value>{}; });
}

// Tiles of `rows` x `vectors` accumulators over the whole of k, one after the other. The last vector of each has `last`
// columns of its own and overlaps the one before in the others, which are computed twice: masks in the loop over k took
// 3 to 14 % of the time of one or two vectors. Only a `narrow` tile, one vector that is not whole, has one.
std::string emitTile(KernelBuilder &k, unsigned rows, unsigned vectors, bool narrow) {
  std::string name = ("ricci_tile" + Twine(narrow ? "_narrow_" : "_") + Twine(rows) + "x" + Twine(vectors)).str();
  Block *body = k.openFunction(
      name, {k.pointer, k.index, k.index, k.pointer, k.index, k.pointer, k.index, k.index, k.index, k.index, k.pointer},
      LLVM::Linkage::Internal);
  Value a = body->getArgument(0), aRow = body->getArgument(1), aStep = body->getArgument(2);
  Value panel = body->getArgument(3), bStep = body->getArgument(4);
  Value c = body->getArgument(5), cRow = body->getArgument(6);
  Value depth = body->getArgument(7), last = body->getArgument(8), accumulate = body->getArgument(9);
  Value walk = body->getArgument(10);

  Value mask = narrow ? k.maskBelow(last) : Value();
  Value lastVector = vectors == 1 ? k.constant(0) : k.add(last, k.constant((vectors - 2) * k.lanes));
  // So many rows from one pointer: the distances of all would not fit the general registers.
  const unsigned together = rows > 4 ? 3 : rows, pointers = (rows + together - 1) / together;
  SmallVector<Value> distance{k.constant(0)};
  while (distance.size() <= together)
    distance.push_back(k.add(distance.back(), aRow));

  // acc[row][vector] += A[row, p] * B[p, vector]
  auto step = [&](ArrayRef<Value> aPointers, Value bPointer, MutableArrayRef<Value> sums) {
    SmallVector<Value> line;
    for (unsigned vector = 0; vector + 1 < vectors; ++vector)
      line.push_back(k.load(k.at(bPointer, vector * k.lanes)));
    line.push_back(k.load(k.at(bPointer, lastVector), mask));
    for (unsigned row = 0; row < rows; ++row) {
      Value factor = k.splat(k.at(aPointers[row / together], distance[row % together]));
      for (unsigned vector = 0; vector < vectors; ++vector) {
        Value &sum = sums[row * vectors + vector];
        sum = k.fma(factor, line[vector], sum);
      }
    }
  };
  // Fields are read where they are needed: registers are the sums' and the places'.
  auto field = [&](size_t offset) { return LLVM::LoadOp::create(k.b, k.index, fieldOf(k, walk, offset)); };
  const unsigned sumCount = rows * vectors;
  Value whole = k.roundDown(depth, stepsTogether);
  Value isLong = arith::CmpIOp::create(k.b, arith::CmpIPredicate::sge, depth, k.constant(leastAskingDepth));
  k.loop(k.constant(0), field(offsetof(Walk, count)), 1, {a, panel, c}, [&](Value, ValueRange tile) {
    // Stores that wait for their lines keep those of B from coming: 1 to 3 % of 1000³ to 2048³.
    auto askForC = [&] {
      Value line = tile[2];
      for (unsigned row = 0; row < rows; ++row, line = k.at(line, cRow))
        for (unsigned vector = 0; vector < vectors; ++vector)
          k.prefetch(k.at(line, vector * k.lanes));
      return SmallVector<Value>{};
    };
    k.choose(isLong, {}, askForC, [] { return SmallVector<Value>{}; });
    // Carried over the sum: the accumulators, the places in A and B.
    SmallVector<Value> state(sumCount, k.zero());
    Value from = tile[0];
    for (unsigned pointer = 0; pointer < pointers; ++pointer, from = k.at(from, distance.back()))
      state.push_back(from);
    state.push_back(tile[1]);
    auto loop = [&](Value first, Value last, unsigned together, ValueRange carried) {
      return k.loop(first, last, together, carried, [&](Value, ValueRange now) {
        SmallVector<Value> next(now);
        MutableArrayRef<Value> sums = MutableArrayRef(next).take_front(sumCount);
        MutableArrayRef<Value> aPointers = MutableArrayRef(next).slice(sumCount, pointers);
        Value &bPointer = next.back();
        for (unsigned taken = 0; taken < together; ++taken) {
          step(aPointers, bPointer, sums);
          for (Value &pointer : aPointers)
            pointer = k.at(pointer, aStep);
          bPointer = k.at(bPointer, bStep);
        }
        return next;
      });
    };
    state = k.loop(k.constant(0), whole, field(offsetof(Walk, steps)), state, [&](Value first, ValueRange now) {
      emitRequests(k, walk);
      return loop(first, k.least(k.add(first, field(offsetof(Walk, steps))), whole), stepsTogether, now);
    });
    state = loop(whole, depth, 1, state);
    storeTile(k, tile[2], cRow, ValueRange(state).take_front(sumCount), vectors, lastVector, mask, accumulate);
    return SmallVector<Value>{k.at(tile[0], field(offsetof(Walk, aNext))), k.at(tile[1], field(offsetof(Walk, bNext))),
                              k.at(tile[2], field(offsetof(Walk, cNext)))};
  });
  return name + k.suffix;
}

// The tiles as a table of function pointers: by vectors, then rows; then the narrow ones by rows.
void emitTileTable(KernelBuilder &k, const VectorTarget &target) {
  SmallVector<std::string> names;
  for (unsigned vectors = 1; vectors <= maxTileVectors(target); ++vectors)
    for (unsigned row = 1; row <= maxTileRows(target, vectors); ++row)
      names.push_back(emitTile(k, row, vectors, /*narrow=*/false));
  for (unsigned row = 1; row <= maxTileRows(target, 1); ++row)
    names.push_back(emitTile(k, row, 1, /*narrow=*/true));

  emitKernelTable(k, "ricci_tiles", names);
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
  emitTileTable(kernels, target);
  for (bool ahead : {false, true}) {
    emitDots(kernels, ahead);
    emitAxpys(kernels, ahead);
  }
  emitColumnSums(kernels);
  emitDotsAndSums(kernels, target);
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
