#include "RowPieces.h"

#include "Reductions.h"

#include "dialects/RowBlocks.h"
#include "dialects/StridedView.h"

namespace ricci::lower {

using namespace mlir;

namespace {

class Split {
public:
  Split(ArrayRef<Operation *> ops, ArrayRef<Value> results) : ops(ops), results(results) {}

  std::vector<Piece> run(unsigned outer) {
    SmallVector<Operation *> loops, earlier;
    std::vector<Piece> sums;
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
      Piece piece{cast<EinsumOp>(op), {}, {op->getResult(0)}, {}, {}};
      if (auto rows = op->getAttrOfType<StringAttr>(rowblocks::rowSum)) {
        piece.rows = rows.str();
        piece.sumsRows = true;
        sums.push_back(std::move(piece));
        continue;
      }
      piece.rows = piece.contraction.parseEquation().output.substr(0, outer);
      close();
      pieces.push_back(std::move(piece));
    }
    close();
    llvm::append_range(pieces, sums);
    return std::move(pieces);
  }

private:
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

  ArrayRef<Operation *> ops;
  ArrayRef<Value> results;
  std::vector<Piece> pieces;
};

} // namespace

std::vector<Piece> piecesOf(ArrayRef<Operation *> ops, ArrayRef<Value> results, unsigned outer) {
  return Split(ops, results).run(outer);
}

int64_t leastRowsOf(ArrayRef<Piece> pieces) {
  const bool haveVectors = llvm::all_of(pieces, [](const Piece &piece) {
    return !piece.contraction || rowblocks::isWithVector(EinsumOp(piece.contraction).parseEquation());
  });
  return haveVectors ? rowblocks::leastRowsOfVectors : rowblocks::leastRows;
}

std::vector<ReadAgain> rowsReadAgain(ArrayRef<Piece> pieces) {
  std::vector<ReadAgain> found;
  for (const Piece &sum : pieces) {
    if (!sum.sumsRows)
      continue;
    EinsumOp contraction = sum.contraction;
    const Equation equation = contraction.parseEquation();
    for (auto [operand, name] : llvm::zip_equal(contraction.getInputs(), equation.inputs)) {
      Value array = operand;
      auto reads = [&](const Piece &piece) {
        return piece.contraction && !piece.sumsRows &&
               llvm::is_contained(EinsumOp(piece.contraction).getInputs(), array);
      };
      auto makes = [&](const Piece &piece) { return llvm::is_contained(piece.results, array); };
      if (llvm::any_of(pieces, reads) && llvm::none_of(pieces, makes) &&
          llvm::none_of(found, [&](const ReadAgain &again) { return again.array == array; }))
        found.push_back({array, name, sum.rows});
    }
  }
  return found;
}

} // namespace ricci::lower
