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

  std::vector<Piece> run() {
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
      if (isRowSum(piece)) {
        last.push_back(std::move(piece));
        continue;
      }
      close();
      pieces.push_back(std::move(piece));
    }
    close();
    llvm::append_range(pieces, last);
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

bool isRowSum(const Piece &piece) { return piece.contraction && piece.contraction->hasAttr(rowblocks::rowSum); }

std::string rowLetters(EinsumOp contraction, unsigned outer) {
  if (auto letters = contraction->getAttrOfType<StringAttr>(rowblocks::rowSum))
    return letters.str();
  return contraction.parseEquation().output.substr(0, outer);
}

std::vector<ReadAgain> readAgain(ArrayRef<Piece> pieces, unsigned outer) {
  std::vector<ReadAgain> found;
  for (const Piece &sum : pieces) {
    if (!isRowSum(sum))
      continue;
    EinsumOp op = sum.contraction;
    const Equation equation = op.parseEquation();
    for (auto [array, name] : llvm::zip_equal(op.getInputs(), equation.inputs)) {
      auto reads = [array = array](const Piece &piece) {
        return piece.contraction && !isRowSum(piece) && llvm::is_contained(piece.contraction->getOperands(), array);
      };
      auto makes = [array = array](const Piece &piece) { return llvm::is_contained(piece.results, array); };
      auto isSame = [array = array](const ReadAgain &rows) { return rows.array == array; };
      if (llvm::any_of(pieces, reads) && llvm::none_of(pieces, makes) && llvm::none_of(found, isSame))
        found.push_back({array, name.find(rowLetters(op, outer).back())});
    }
  }
  return found;
}

std::vector<Piece> piecesOf(ArrayRef<Operation *> ops, ArrayRef<Value> results) { return Split(ops, results).run(); }

} // namespace ricci::lower
