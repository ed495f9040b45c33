#include "RowBlocks.h"

#include "Chunks.h"
#include "KernelRoots.h"
#include "Operand.h"
#include "PartialSums.h"
#include "PieceContraction.h"
#include "Reductions.h"
#include "Riders.h"
#include "RowBlockMemory.h"

#include "dialects/Ricci.h"
#include "dialects/RowBlocks.h"
#include "dialects/StridedView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Each has memory for its block: enough for the threads of a processor to be busy, few enough to be small beside all rows.
constexpr int64_t mostBlockChunks = 16;

Type elementOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }
int64_t rankOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

class RowBlocks {
public:
  RowBlocks(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results, unsigned outer,
            const Destination &destination)
      : env(env), loc(loc), ops(ops), outer(outer), pieces(piecesOf(ops, results, outer)) {
    for (Value result : results)
      placed[result] = destination(result);
  }

  LogicalResult run() {
    LogicalResult result = success();
    emit().either(blocksPay(), [&] { inBlocks(); }, [&] { result = apart(); });
    return result;
  }

  // Of the kernel's results, for others.
  void define() {
    for (auto &[result, storage] : placed)
      env.define(result, storage);
  }

private:
  Emit emit() { return env.at(loc); }
  Value quotient(Value x, Value y) { return env.builder.createOrFold<arith::DivUIOp>(loc, x, y); }
  Value roundedUp(Value x, Value y) { return quotient(emit().add(x, emit().sub(y, emit().index(1))), y); }
  Value both(Value x, Value y) { return env.builder.createOrFold<arith::AndIOp>(loc, x, y); }
  Value bytesOf(ArrayRef<Value> sizes, Value tensor) {
    return emit().mul(emit().product(sizes), emit().index(byteSize(elementOf(tensor))));
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return env.builder.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
  }
  Value atMost(Value x, int64_t most) { return compare(arith::CmpIPredicate::ule, x, emit().index(most)); }
  Value atLeast(Value x, int64_t least) { return compare(arith::CmpIPredicate::uge, x, emit().index(least)); }

  bool isResult(Value value) const { return placed.contains(value); }
  bool sumsRows() const {
    return llvm::any_of(pieces, [](const Piece &piece) { return piece.sumsRows; });
  }
  // Threads share the points of a batch, and the blocks of a point add to its sums. Otherwise each chunk has its part
  // of a sum.
  bool addsInOrder() const { return sumsRows() && outer > 1; }

  void forgetAll() {
    for (Operation *op : ops)
      for (Value value : op->getResults())
        env.forget(value);
  }

  // ---------------------------------------------------------------- whether

  SmallVector<Value> inner(Value value) {
    SmallVector<Value> sizes = env.sizesOf(value);
    sizes.erase(sizes.begin(), sizes.begin() + outer);
    return sizes;
  }

  SmallVector<Value> outerSizes() {
    for (const Piece &piece : pieces)
      if (piece.contraction && !piece.sumsRows) {
        SmallVector<Value> sizes = env.sizesOf(piece.results.front());
        sizes.truncate(outer);
        return sizes;
      }
    llvm_unreachable("the kernel has a contraction");
  }

  // An i1, from sizes alone: see dialects/RowBlocks.h.
  Value blocksPay() {
    const SmallVector<Value> extents = outerSizes();
    Value inside = operandsStayInside();
    // A sum of no rows has no blocks.
    Value pays = atLeast(extents.back(), env.options.blockRows ? sumsRows() : 2 * leastRowsOf(pieces)),
          between = emit().index(0);
    if (inside)
      pays = both(pays, inside);
    if (env.options.blockRows)
      return pays;
    if (addsInOrder())
      pays = both(pays, atLeast(emit().product(ValueRange(extents).drop_back()), rowblocks::leastPoints));
    for (const Piece &piece : pieces) {
      for (Value value : piece.results)
        if (!isResult(value))
          between = emit().add(between, bytesOf(env.sizesOf(value), value));
      if (!piece.contraction)
        continue;
      // What all blocks of a point of the batch read or add to.
      EinsumOp product = piece.contraction;
      const Equation equation = product.parseEquation();
      const unsigned shared = contains(equation.inputs[0], piece.rows.back()) ? 1 : 0;
      Value bytes = piece.sumsRows ? bytesWithout(product.getResult(), equation.output, piece.rows)
                                   : bytesWithout(product.getInputs()[shared], equation.inputs[shared], piece.rows);
      pays = both(pays, atMost(bytes, piece.sumsRows && !addsInOrder() ? rowblocks::mostPart : rowblocks::mostShared));
    }
    for (const auto &[array, name, rows] : rowsReadAgain(pieces)) {
      Value leastBytes = emit().mul(bytesWithout(array, name, rows), emit().index(leastRowsOf(pieces)));
      pays = both(pays, atMost(leastBytes, rowblocks::blockBytes));
      between = emit().add(between, bytesOf(env.sizesOf(array), array));
    }
    return both(pays, atLeast(between, rowblocks::leastBetween));
  }

  // Of an array without the axes of these letters.
  Value bytesWithout(Value array, StringRef name, StringRef without) {
    SmallVector<Value> sizes;
    for (auto [letter, size] : llvm::zip_equal(name, env.sizesOf(array)))
      if (!without.contains(letter))
        sizes.push_back(size);
    return bytesOf(sizes, array);
  }

  // What reads outside of an array has to be copied first. Null: nothing does.
  Value operandsStayInside() {
    SmallVector<Operand> operands;
    for (const Piece &piece : pieces)
      if (EinsumOp product = piece.contraction)
        for (Value input : product.getInputs())
          if (isInPlace(env, input))
            operands.push_back(operandOf(env, loc, input));
    return allInside(env, loc, operands);
  }

  // ---------------------------------------------------------------- one after the other

  LogicalResult apart() {
    SmallVector<Value> temporaries;
    auto place = [&](Value value) {
      if (auto known = placed.find(value); known != placed.end())
        return known->second;
      Storage storage = env.allocate(loc, elementOf(value), env.sizesOf(value));
      temporaries.push_back(storage.pointer);
      return storage;
    };
    for (const Piece &piece : pieces) {
      SmallVector<Operation *> mine(piece.ops);
      if (piece.contraction)
        mine = {piece.contraction};
      if (failed(lowerKernel(env, loc, mine, piece.results, place)))
        return failure();
    }
    for (Value pointer : temporaries)
      env.free(loc, pointer);
    forgetAll();
    return success();
  }

  // ---------------------------------------------------------------- in blocks

  // Memory of all chunks for one value.
  struct Buffer {
    Storage storage; // of the first chunk
    Value elements;  // of a chunk's part
    Value rowElements; // 0 where every row takes the place of the last
  };

  void inBlocks() {
    const SmallVector<Value> extents = outerSizes();
    Value rows = extents.back();
    formAllGroups();
    homes = shareMemory(env, pieces, outer, [&](Value value) { return !isResult(value); });
    planBlocks(rows);
    Value points = emit().product(ValueRange(extents).drop_back()), one = emit().index(1);
    // The blocks that add to the same sums are of one chunk.
    Value together = addsInOrder() ? blocks : one, apart = addsInOrder() ? one : blocks;
    const Chunks chunks =
        planChunks(env, loc, emit().mul(points, apart), emit().mul(blockWork(), together), 1, mostBlockChunks);
    Value count = chunks.count ? chunks.count : one;
    allocateBuffers(count);
    workspaceBytes = workspace(rows);
    Storage scratch = env.allocate(loc, env.builder.getI8Type(), {count, workspaceBytes});
    emitChunks(emit(), chunks, [&](Value first, Value end, Value chunk) {
      Value own = emit().address(scratch.pointer, emit().mul(chunk, workspaceBytes), scratch.element);
      auto loop = scf::ForOp::create(env.builder, loc, emit().mul(first, together), emit().mul(end, together), one);
      OpBuilder::InsertionGuard restore(env.builder);
      env.builder.setInsertionPointToStart(loop.getBody());
      emitBlock(extents, loop.getInductionVar(), first, chunk, own);
    });
    for (auto &[value, all] : parts) {
      addParts(env, loc, Reduction(value.getDefiningOp()), all, count, all.sizes.back(), env.target.lanes(all.element),
               placed.find(value)->second.pointer);
      env.free(loc, all.pointer);
    }
    for (auto &[value, buffer] : buffers)
      if (homes.lookup(value) == value || !homes.contains(value))
        env.free(loc, buffer.storage.pointer);
    env.free(loc, scratch.pointer);
    forgetAll();
  }

  // Blocks of nearly equal height whose values, all together, fit in the cache.
  void planBlocks(Value rows) {
    if (env.options.blockRows) {
      blockRows = emit().index(env.options.blockRows);
      blocks = roundedUp(rows, blockRows);
      return;
    }
    Value rowBytes = emit().index(1), one = emit().index(1);
    for (auto [value, home] : homes)
      if (value == home)
        rowBytes = emit().add(rowBytes, bytesOf(inner(value), value));
    for (const auto &[array, name, letters] : rowsReadAgain(pieces))
      rowBytes = emit().add(rowBytes, bytesWithout(array, name, letters));
    Value most = emit().max(quotient(emit().index(rowblocks::blockBytes), rowBytes), one);
    blocks = emit().min(roundedUp(rows, most), emit().max(quotient(rows, emit().index(leastRowsOf(pieces))), one));
    blockRows = emit().max(roundedUp(rows, emit().max(blocks, one)), one);
    blocks = roundedUp(rows, blockRows);
  }

  void formAllGroups() {
    for (Piece &piece : pieces) {
      if (piece.contraction)
        continue;
      piece.groups = formGroups(env, piece.ops, piece.results);
      for (Group &group : piece.groups)
        group.extents.erase(group.extents.begin(), group.extents.begin() + outer);
    }
  }

  // Products of a contraction for each row.
  Value workOfRow(const Piece &piece) {
    EinsumOp op = piece.contraction;
    const Equation equation = op.parseEquation();
    Value products = emit().index(1);
    std::string seen = piece.rows;
    for (auto [name, input] : llvm::zip(equation.inputs, op.getInputs()))
      for (auto [letter, size] : llvm::zip_equal(name, env.sizesOf(input)))
        if (!contains(seen, letter)) {
          products = emit().mul(products, size);
          seen += letter;
        }
    return products;
  }

  Value blockWork() {
    Value work = emit().index(0);
    DenseSet<Value> known;
    for (const Piece &piece : pieces) {
      if (piece.contraction) {
        work = emit().add(work,
                          quotient(workOfRow(piece), emit().index(env.target.lanes(elementOf(piece.results.front())))));
      } else {
        work = emit().add(work, rowWork(env, loc, piece.groups, outer, known));
      }
      known.insert(piece.results.begin(), piece.results.end());
    }
    return emit().mul(work, blockRows);
  }

  void allocateBuffers(Value chunks) {
    auto add = [&](Value value, SmallVector<Value> own, Value rowElements) {
      Value elements = emit().product(own);
      Storage storage = env.allocate(loc, elementOf(value), {chunks, elements});
      storage.isFresh = false;
      buffers[value] = {std::move(storage), elements, rowElements};
    };
    for (const Piece &piece : pieces) {
      if (piece.sumsRows && !addsInOrder()) {
        Value sum = piece.results.front();
        parts[sum] = env.allocate(loc, elementOf(sum), {chunks, emit().product(env.sizesOf(sum))});
      }
      for (Value value : piece.results)
        if (Value home = homes.lookup(value); home && home != value) {
          const Buffer shared = buffers.find(home)->second;
          buffers[value] = shared;
        } else if (home) {
          SmallVector<Value> sizes = inner(value);
          Value rowElements = emit().product(sizes);
          sizes.insert(sizes.begin(), blockRows);
          add(value, sizes, rowElements);
        }
      // What only the loops over one row need, or over the rows of a block.
      for (const Group &group : piece.groups)
        for (const Root &root : group.roots)
          if (!llvm::is_contained(piece.results, root.result)) {
            if (isAlongRows(piece))
              add(root.result, {blockRows}, emit().index(1));
            else if (rankOf(root.result) > outer)
              add(root.result, inner(root.result), {});
          }
    }
  }

  // Where a value lies while the block from row `first` on is computed: rows count from the array's first.
  Storage storageOf(Value value, Value chunk, Value first) {
    if (auto all = parts.find(value); all != parts.end()) {
      const Storage &part = all->second;
      return {part.element,
              env.sizesOf(value),
              {},
              emit().address(part.pointer, emit().mul(chunk, part.sizes.back()), part.element)};
    }
    if (auto known = placed.find(value); known != placed.end())
      return known->second;
    const Buffer &buffer = buffers.find(value)->second;
    Storage storage = buffer.storage;
    Value offset = emit().mul(chunk, buffer.elements);
    storage.sizes = inner(value);
    storage.outer = outer;
    if (buffer.rowElements) {
      offset = emit().sub(offset, emit().mul(first, buffer.rowElements));
      storage.sizes.insert(storage.sizes.begin(), blockRows);
      storage.outer = outer - 1;
    }
    storage.pointer = emit().address(storage.pointer, offset, storage.element);
    return storage;
  }

  // Block number `unit`, counted through the batch and then the rows; of the chunk's from `first` on.
  void emitBlock(ArrayRef<Value> extents, Value unit, Value first, Value chunk, Value scratch) {
    SmallVector<Value> at(outer);
    Value rest = quotient(unit, blocks);
    at.back() = emit().mul(emit().sub(unit, emit().mul(rest, blocks)), blockRows);
    for (unsigned axis = outer - 1; axis-- > 0;) {
      Value next = axis ? quotient(rest, extents[axis]) : emit().index(0);
      at[axis] = emit().sub(rest, emit().mul(next, extents[axis]));
      rest = next;
    }
    Value end = emit().min(emit().add(at.back(), blockRows), extents.back());
    std::optional<Contraction> earlier; // of the same rows as the next
    for (Piece &piece : pieces) {
      if (piece.contraction) {
        Storage to = storageOf(piece.results.front(), chunk, at.back());
        const Contraction product = contractionOf(env, loc, piece, to, at, emit().sub(end, at.back()));
        Value adds;
        if (piece.sumsRows) // all but the first block of a point or, without a batch, of a chunk
          adds = addsInOrder() ? compare(arith::CmpIPredicate::ne, at.back(), emit().index(0))
                               : compare(arith::CmpIPredicate::ne, unit, first);
        env.define(piece.results.front(), to);
        if (!earlier && readTheSameRows(pieces)) {
          earlier = product;
          continue;
        }
        if (earlier && emitBothFromRows(env, loc, *earlier, product, adds))
          continue;
        if (earlier)
          emitContractionAlone(env.builder, loc, *earlier, scratch);
        emitContractionAlone(env.builder, piece.contraction.getLoc(), product, scratch, adds);
        continue;
      }
      for (Group &group : piece.groups)
        for (Root &root : group.roots)
          if (llvm::is_contained(piece.results, root.result) || buffers.contains(root.result))
            root.memory = storageOf(root.result, chunk, at.back());
      emitRows(piece, at, end);
      for (Value value : piece.results)
        env.define(value, storageOf(value, chunk, at.back()));
    }
  }

  // Rows of one element each: loops along the rows of a block have whole vectors.
  static bool isAlongRows(const Piece &piece) {
    return llvm::all_of(piece.groups,
                        [](const Group &group) { return group.extents.empty() && group.reducedExtents.empty(); });
  }

  void emitRows(Piece &piece, ArrayRef<Value> at, Value end) {
    if (isAlongRows(piece))
      return emitAlongRows(piece, at, end);
    std::vector<Group> rows = withRiders(env, piece.groups, outer);
    inFewVectors(env, loc, rows, outer, [&](const std::optional<FewVectors> &few) {
      Evaluator evaluator(env, loc);
      Position dims;
      for (unsigned axis = 0; axis < outer; ++axis)
        dims.push_back(evaluator.space.newDim());
      for (unsigned axis = 0; axis + 1 < outer; ++axis)
        evaluator.fixed(dims[axis], at[axis], {}, [](ValueRange) { return SmallVector<Value>(); });
      evaluator.loop(dims.back(), at.back(), end, 1, /*mayBeEmpty=*/false, {}, [&](ValueRange) {
        emitRow(env, evaluator, rows, dims, few);
        return SmallVector<Value>();
      });
    });
  }

  void emitAlongRows(Piece &piece, ArrayRef<Value> at, Value end) {
    for (const Group &whole : piece.groups) {
      Evaluator evaluator(env, loc);
      Group group = whole;
      for (Value place : at.drop_back()) {
        group.outer.push_back(evaluator.space.newDim());
        evaluator.fixed(group.outer.back(), place, {}, [](ValueRange) { return SmallVector<Value>(); });
      }
      group.extents = {emit().sub(end, at.back())};
      group.firsts = {at.back()};
      group.isInChunk = true;
      emitNest(env, evaluator, group);
      for (const Root &root : group.roots)
        env.define(root.result, *root.memory);
    }
  }

  // For the largest of all contractions, of whole blocks and of the last.
  Value workspace(Value rows) {
    Value most = emit().index(64);
    Value rest = emit().sub(rows, emit().mul(quotient(rows, blockRows), blockRows));
    for (const Piece &piece : pieces) {
      if (!piece.contraction)
        continue;
      Value value = piece.results.front();
      Storage to{elementOf(value), env.sizesOf(value), {}, {}};
      for (Value height : {blockRows, rest}) {
        const Contraction product = contractionOf(env, loc, piece, to, {}, height);
        most = emit().max(most, emitContractionWorkspace(env.builder, loc, product));
      }
    }
    Value line = emit().index(64);
    return emit().mul(roundedUp(most, line), line);
  }

  Environment &env;
  Location loc;
  ArrayRef<Operation *> ops;
  unsigned outer;
  llvm::MapVector<Value, Storage> placed; // the kernel's results
  std::vector<Piece> pieces;
  llvm::MapVector<Value, Value> homes; // of what lies between: in whose buffer
  llvm::MapVector<Value, Buffer> buffers;
  llvm::MapVector<Value, Storage> parts; // of sums over rows without a batch, one for each chunk
  Value blockRows, blocks, workspaceBytes;
};

} // namespace

LogicalResult lowerRowBlocks(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results,
                             unsigned outer, const Destination &destination) {
  RowBlocks kernel(env, loc, ops, results, outer, destination);
  if (failed(kernel.run()))
    return failure();
  kernel.define();
  return success();
}

} // namespace ricci::lower
