#include "RowBlocks.h"

#include "Chunks.h"
#include "Contraction.h"
#include "Operand.h"
#include "Reductions.h"
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
      : env(env), loc(loc), ops(ops), results(results), outer(outer) {
    for (Value result : results)
      placed[result] = destination(result);
    split();
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
  Value atLeast(Value x, int64_t least) {
    return env.builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::uge, x, emit().index(least));
  }

  // ---------------------------------------------------------------- pieces

  static bool isRowSum(Operation *op) { return op->hasAttr(rowblocks::rowSum); }
  static bool isRowSum(const Piece &piece) { return piece.contraction && isRowSum(piece.contraction); }
  bool sumsRows() const { return llvm::any_of(pieces, [](const Piece &piece) { return isRowSum(piece); }); }

  // The letters of the batch and, the last, of the rows.
  std::string rowLetters(EinsumOp op) const {
    if (auto letters = op->getAttrOfType<StringAttr>(rowblocks::rowSum))
      return letters.str();
    return op.parseEquation().output.substr(0, outer);
  }

  void split() {
    SmallVector<Operation *> loops, earlier;
    SmallVector<Piece> last; // nothing of a block waits for sums over rows
    auto close = [&] {
      if (loops.empty())
        return;
      Piece piece;
      piece.ops = earlier;
      piece.ops.append(loops);
      for (Operation *op : loops)
        if (isNeededLater(op, loops))
          piece.results.push_back(op->getResult(0));
        else if (isInlinable(op))
          earlier.push_back(op);
      if (!piece.results.empty())
        pieces.push_back(std::move(piece));
      loops.clear();
    };
    for (Operation *op : ops) {
      if (isa<YieldOp>(op))
        continue;
      if (!op->hasAttr(rowblocks::contraction)) {
        loops.push_back(op);
        continue;
      }
      Piece piece{cast<EinsumOp>(op), {}, {op->getResult(0)}, {}};
      if (isRowSum(op)) {
        last.push_back(std::move(piece));
        continue;
      }
      close();
      pieces.push_back(std::move(piece));
    }
    close();
    llvm::append_range(pieces, last);
  }

  // A result; and of what later pieces use, operands of contractions, reductions and what is not computed again.
  bool isNeededLater(Operation *op, ArrayRef<Operation *> piece) const {
    return llvm::is_contained(results, op->getResult(0)) || llvm::any_of(op->getUsers(), [&](Operation *user) {
      if (!llvm::is_contained(ops, user) || isa<YieldOp>(user))
        return false;
      if (user->hasAttr(rowblocks::contraction))
        return !matchStridedView(op); // a view is read in place
      if (!isReduction(op) && !isExpensive(op))
        return false;
      return !llvm::is_contained(piece, user) || (isInlinable(user) && isNeededThrough(user, piece));
    });
  }
  bool isNeededThrough(Operation *op, ArrayRef<Operation *> piece) const {
    return llvm::any_of(op->getUsers(), [&](Operation *user) {
      return llvm::is_contained(ops, user) && !isa<YieldOp>(user) && !user->hasAttr(rowblocks::contraction) &&
             (!llvm::is_contained(piece, user) || (isInlinable(user) && isNeededThrough(user, piece)));
    });
  }

  bool isResult(Value value) const { return placed.contains(value); }

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
      if (piece.contraction && !isRowSum(piece)) {
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
    Value pays = atLeast(extents.back(), env.options.blockRows ? sumsRows() : 2 * rowblocks::leastRows);
    if (inside)
      pays = both(pays, inside);
    if (env.options.blockRows)
      return pays;
    if (sumsRows())
      pays = both(pays, atLeast(emit().product(ValueRange(extents).drop_back()), rowblocks::leastPoints));
    Value between = emit().index(0);
    for (const Piece &piece : pieces) {
      for (Value value : piece.results)
        if (!isResult(value))
          between = emit().add(between, emit().mul(emit().product(env.sizesOf(value)), emit().index(byteSize(elementOf(value)))));
      if (!piece.contraction)
        continue;
      // What all blocks of a point of the batch read or add to.
      EinsumOp product = piece.contraction;
      const Equation equation = product.parseEquation();
      const std::string own = rowLetters(product);
      const unsigned shared = contains(equation.inputs[0], own.back()) ? 1 : 0;
      Value array = isRowSum(product) ? product.getResult() : product.getInputs()[shared];
      Value bytes = emit().index(byteSize(elementOf(array)));
      for (auto [letter, size] : llvm::zip_equal(isRowSum(product) ? equation.output : equation.inputs[shared], env.sizesOf(array)))
        if (!contains(own, letter))
          bytes = emit().mul(bytes, size);
      pays = both(pays, env.builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ule, bytes,
                                                               emit().index(rowblocks::mostShared)));
    }
    return both(pays, atLeast(between, rowblocks::leastBetween));
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
    Value points = emit().product(ValueRange(extents).drop_back());
    // The blocks that add to the same sums are of one chunk.
    Value together = sumsRows() ? blocks : emit().index(1), apart = sumsRows() ? emit().index(1) : blocks;
    const Chunks chunks = planChunks(env, loc, emit().mul(points, apart), emit().mul(blockWork(), together), 1, mostBlockChunks);
    Value count = chunks.count ? chunks.count : emit().index(1);
    allocateBuffers(count);
    workspaceBytes = workspace(rows);
    Storage scratch = env.allocate(loc, env.builder.getI8Type(), {count, workspaceBytes});
    emitChunks(emit(), chunks, [&](Value first, Value end, Value chunk) {
      Value own = emit().address(scratch.pointer, emit().mul(chunk, workspaceBytes), scratch.element);
      auto loop = scf::ForOp::create(env.builder, loc, emit().mul(first, together), emit().mul(end, together), emit().index(1));
      OpBuilder::InsertionGuard restore(env.builder);
      env.builder.setInsertionPointToStart(loop.getBody());
      emitBlock(extents, loop.getInductionVar(), chunk, own);
    });
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
        rowBytes = emit().add(rowBytes, emit().mul(emit().product(inner(value)), emit().index(byteSize(elementOf(value)))));
    Value most = emit().max(quotient(emit().index(rowblocks::blockBytes), rowBytes), one);
    blocks = emit().min(roundedUp(rows, most), emit().max(quotient(rows, emit().index(rowblocks::leastRows)), one));
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
  Value workOfRow(EinsumOp op) {
    const Equation equation = op.parseEquation();
    Value products = emit().index(1);
    std::string seen = rowLetters(op);
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
        Value products = workOfRow(piece.contraction);
        work = emit().add(work, quotient(products, emit().index(env.target.lanes(elementOf(piece.results.front())))));
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
      // What only the loops over one row need.
      for (const Group &group : piece.groups)
        for (const Root &root : group.roots)
          if (!llvm::is_contained(piece.results, root.result) && rankOf(root.result) > outer)
            add(root.result, inner(root.result), {});
    }
  }

  // Where a value lies while the block from row `first` on is computed: rows count from the array's first.
  Storage storageOf(Value value, Value chunk, Value first) {
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

  // Block number `unit`, counted through the batch and then the rows.
  void emitBlock(ArrayRef<Value> extents, Value unit, Value chunk, Value scratch) {
    SmallVector<Value> at(outer);
    Value rest = quotient(unit, blocks);
    at.back() = emit().mul(emit().sub(unit, emit().mul(rest, blocks)), blockRows);
    for (unsigned axis = outer - 1; axis-- > 0;) {
      Value next = axis ? quotient(rest, extents[axis]) : emit().index(0);
      at[axis] = emit().sub(rest, emit().mul(next, extents[axis]));
      rest = next;
    }
    Value end = emit().min(emit().add(at.back(), blockRows), extents.back());
    for (Piece &piece : pieces) {
      if (piece.contraction) {
        Storage to = storageOf(piece.results.front(), chunk, at.back());
        const Contraction product = contractionOf(piece.contraction, to, at, emit().sub(end, at.back()));
        Value adds;
        if (isRowSum(piece))
          adds = env.builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ne, at.back(), emit().index(0));
        emitContractionAlone(env.builder, piece.contraction.getLoc(), product, scratch, adds);
        env.define(piece.results.front(), to);
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

  void emitRows(Piece &piece, ArrayRef<Value> at, Value end) {
    Evaluator evaluator(env, loc);
    Position dims;
    for (unsigned axis = 0; axis < outer; ++axis)
      dims.push_back(evaluator.space.newDim());
    for (unsigned axis = 0; axis + 1 < outer; ++axis)
      evaluator.fixed(dims[axis], at[axis], {}, [](ValueRange) { return SmallVector<Value>(); });
    evaluator.loop(dims.back(), at.back(), end, 1, /*mayBeEmpty=*/false, {}, [&](ValueRange) {
      emitRow(env, evaluator, piece.groups, dims);
      return SmallVector<Value>();
    });
  }

  // ---------------------------------------------------------------- contractions of a block

  // The product of `rows` rows from the point `at` on; without `at` for its sizes alone.
  Contraction contractionOf(EinsumOp op, const Storage &to, ArrayRef<Value> at, Value rows) {
    const Equation equation = op.parseEquation();
    StringRef names[] = {equation.inputs[0], equation.inputs[1], equation.output};
    const std::string own = rowLetters(op);
    const StringRef fixed = StringRef(own).drop_back();
    const char row = own.back();
    Contraction product{to.element, {}, {}, {}, {}};
    std::string letters;
    for (char letter : equation.letters())
      if (!fixed.contains(letter))
        letters += letter;
    product.dims.resize(letters.size());
    Value *pointers[] = {&product.a, &product.b, &product.c};
    Value ContractionDim::Strides::*fields[] = {&ContractionDim::Strides::a, &ContractionDim::Strides::b, &ContractionDim::Strides::c};
    for (unsigned array = 0; array < 3; ++array) {
      const Value value = array < 2 ? op.getInputs()[array] : op.getResult();
      // What lies as a block has no strides for the axes around it.
      const Storage *block = array == 2 ? &to : env.find(value);
      const unsigned missing = block ? block->outer : 0;
      const Operand operand = array == 2 ? inMemory(to) : isInPlace(env, value) ? operandOf(env, loc, value)
                                                                                : inMemory({{}, env.sizesOf(value), {}, {}});
      Value offset = emit().index(0);
      for (size_t axis = names[array].size(); axis-- > missing;) {
        const char letter = names[array][axis];
        Value stride = operand.strides[axis - missing];
        if (const size_t place = own.find(letter); !at.empty() && place != std::string::npos)
          offset = emit().add(offset, emit().mul(at[place], stride));
        if (const size_t number = letters.find(letter); number != std::string::npos) {
          product.dims[number].size = letter == row ? rows : operand.sizes[axis - missing];
          product.dims[number].stride.*fields[array] = stride;
        }
      }
      if (!at.empty())
        *pointers[array] = emit().address(operand.pointer, offset, operand.element);
    }
    return product;
  }

  Operand inMemory(const Storage &storage) {
    return {storage.element, storage.pointer, storage.sizes, rowMajorStrides(emit(), storage.sizes), {}};
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
        const Contraction product = contractionOf(piece.contraction, to, {}, height);
        most = emit().max(most, emitContractionWorkspace(env.builder, loc, product));
      }
    }
    Value line = emit().index(64);
    return emit().mul(roundedUp(most, line), line);
  }

  Environment &env;
  Location loc;
  ArrayRef<Operation *> ops;
  ArrayRef<Value> results;
  unsigned outer;
  llvm::MapVector<Value, Storage> placed; // the kernel's results
  SmallVector<Piece> pieces;
  llvm::MapVector<Value, Value> homes; // of what lies between: in whose buffer
  llvm::MapVector<Value, Buffer> buffers;
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
