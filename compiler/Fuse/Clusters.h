// Which operations of a block become one kernel. Roots are values that get loops of their own: reductions, recurrences,
// and what has to be stored. Everything else floats: it is computed again wherever it is used. Roots that run over the
// same positions, or over the same rows, share a cluster.
#pragma once

#include "Costs.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace ricci::fuse {

// Where a root reads another root's value: for each axis of that value, the reader's axis (the reduced ones numbered
// after those of the result), or −1 for any other subscript.
struct Read {
  mlir::Value value;
  llvm::SmallVector<int> axes;
};

// How a root goes with a cluster.
enum class Fit {
  SamePositions, // one loop gives both
  SameRows,      // what one row needs of the others is that row of them
  SameElements,  // one loop nest makes elements and sums them across rows, or all
  Unrelated,     // neither reads the other, nor both the same array
  Alone,         // one of them has an order of its own
  OtherPlaces,   // it reads the other's values at other places than its own rows
  OtherLoops,    // it loops over something else
  Waits,         // something between them needs what the kernel gives
  Full,          // the kernel has as many roots as it may
};
constexpr bool joins(Fit fit) { return fit == Fit::SamePositions || fit == Fit::SameRows || fit == Fit::SameElements; }

// Sizes of the axes a root loops over: those of its result, then those it reduces over.
llvm::SmallVector<int64_t> loopSizes(mlir::Operation *root);

struct Cluster {
  llvm::SmallVector<mlir::Operation *> roots; // in the block's order
  Fit fit = Fit::SamePositions;               // of the last root to those before it
  llvm::SmallVector<mlir::Operation *> contractions = {}; // those of the roots that are (dialects/RowBlocks.h)
  unsigned outer = 0; // axes that all roots share, if there are any
  // Those of the contractions that sum over the rows, with the letters of these axes.
  llvm::DenseMap<mlir::Operation *, std::string> rowSums{};
};

class Clusters {
public:
  explicit Clusters(mlir::Block &block);

  // Puts the roots of each cluster next to each other, and what reads them behind, where that is not so already.
  void arrange();

  llvm::ArrayRef<Cluster> clusters() const { return list; }
  // The floating operations a cluster computes, and its roots, in the block's order.
  llvm::SmallVector<mlir::Operation *> members(const Cluster &cluster) const;
  // Whether anything but the cluster uses a value of one of its roots.
  bool isNeededOutside(mlir::Value value, const Cluster &cluster) const;
  // In the order that the block had at first, in which operands come before their users.
  bool isBefore(mlir::Operation *x, mlir::Operation *y) const { return order.lookup(x) < order.lookup(y); }
  // Whether an operation is only ever computed inside kernels, if at all.
  bool floats(mlir::Operation *op) const { return floating.contains(op); }
  // States what was fused and stored, and what was not, and why.
  void explain() const;

private:
  void classify();
  unsigned costWithProducers(mlir::Operation *op);
  bool usesBefore(const Cluster &cluster, mlir::Operation *root, llvm::DenseSet<mlir::Operation *> &users) const;
  void collectSources(mlir::Operation *op, llvm::SmallVectorImpl<mlir::Operation *> &sources) const;
  bool waits(mlir::Operation *root, const Cluster &cluster, bool &moves) const;
  bool anyWaits(llvm::ArrayRef<mlir::Operation *> roots, const Cluster &cluster, bool &moves) const;
  bool needsItself(const Cluster &cluster) const;
  bool mustBeStored(mlir::Operation *op) const;
  void findOperandViews();
  void collectReads(mlir::Value value, llvm::ArrayRef<int> axes, llvm::SmallVectorImpl<Read> &reads,
                    llvm::DenseSet<mlir::Value> &seen) const;
  llvm::SmallVector<Read> readsOf(mlir::Operation *root) const;
  void addReads(mlir::Operation *root);
  bool readsInPlace(mlir::Operation *contraction) const;
  void joinContractions();
  void joinContractions(size_t cluster);
  void pairProducts();
  void joinSumsOfMade();
  Fit fitOfSum(mlir::Operation *sum, const Cluster &cluster) const;
  bool joinSum(mlir::Operation *sum, mlir::Value made, size_t cluster);
  void join(mlir::Operation *contraction, size_t cluster);
  void sortRoots(Cluster &cluster) const;
  void joinUsers(size_t cluster, llvm::function_ref<bool(EinsumOp, mlir::Operation *root)> fits);
  void joinReaders(size_t cluster);
  void joinRowSums(size_t cluster);
  bool absorbLoops(size_t cluster);
  void addContractions();
  void readKeptInPlace(EinsumOp contraction);
  void dropEmptyClusters();
  mlir::Operation *computedFor(EinsumOp contraction) const;
  llvm::SmallVector<EinsumOp> contractionsThatRead(mlir::Operation *root) const;
  llvm::SmallVector<mlir::Value> rowsKeptBy(EinsumOp product, const Cluster &cluster, unsigned outer) const;
  llvm::SmallVector<mlir::Operation *> productsBefore(const Cluster &cluster, llvm::SetVector<mlir::Value> &kept);
  void refuseRows(EinsumOp product, std::string reason) const;
  bool readRowsOf(EinsumOp product, llvm::ArrayRef<mlir::Operation *> roots, unsigned outer) const;
  bool keepsRows(llvm::ArrayRef<mlir::Operation *> roots, llvm::ArrayRef<mlir::Operation *> contractions, unsigned outer) const;
  bool takesRows(EinsumOp op, mlir::Operation *root, const Cluster &cluster) const;
  std::string rowsSummedBy(EinsumOp op, mlir::Value rowsOf, const Cluster &cluster, unsigned outer) const;
  bool isMadeIn(const Cluster &cluster, mlir::Value operand) const;
  std::optional<int64_t> sharedBytes(EinsumOp op, unsigned outer) const;
  bool isUsedAgain(mlir::Operation *op) const;
  Fit fitOf(mlir::Operation *root, const Cluster &cluster) const;
  void explainStorage(mlir::Operation &op) const;
  void explainFusion(const Cluster &cluster) const;
  void explainRefusals(mlir::Operation *root) const;

  mlir::Block &block;
  llvm::DenseMap<mlir::Operation *, unsigned> order;
  llvm::DenseSet<mlir::Operation *> floating;
  llvm::DenseSet<mlir::Operation *> operandViews; // of them: read in place by contractions (dialects/StridedView.h)
  llvm::DenseMap<mlir::Operation *, unsigned> costs, sizes; // of floating operations, with what floats below them
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Read>> reads; // of the roots
  llvm::DenseMap<mlir::Value, llvm::SetVector<mlir::Operation *>> readers; // the roots that read a root's value
  llvm::DenseMap<mlir::Operation *, size_t> clusterOf;
  llvm::SmallVector<Cluster> list;
  bool outOfOrder = false; // something between the roots of a cluster has to come after them
};

} // namespace ricci::fuse
