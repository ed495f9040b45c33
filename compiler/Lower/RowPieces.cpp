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
      close();
      pieces.push_back({cast<EinsumOp>(op), {}, {op->getResult(0)}, {}, summedRows(cast<EinsumOp>(op))});
    }
    close();
    return std::move(pieces);
  }

private:
  static char summedRows(EinsumOp op) {
    auto side = op->getAttrOfType<IntegerAttr>(rowblocks::sumsRows);
    return side ? op.parseEquation().inputs[side.getInt()].front() : 0;
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

  ArrayRef<Operation *> ops;
  ArrayRef<Value> results;
  std::vector<Piece> pieces;
};

} // namespace

std::vector<Piece> piecesOf(ArrayRef<Operation *> ops, ArrayRef<Value> results) { return Split(ops, results).run(); }

} // namespace ricci::lower
