// Loop nests over the roots of a kernel that share their loops.
#pragma once

#include "Evaluator.h"
#include "Leaves.h"

#include "llvm/ADT/DenseSet.h"

namespace ricci::lower {

// A value that needs loops of its own: its elements are stored, or reduced to.
struct Root {
  mlir::Operation *op;
  mlir::Value result;
  bool reduces;
  std::optional<Storage> memory; // where to store; none: kept in a register
};

// Some eighths of the next row of an array.
struct RowPart {
  mlir::Value array;
  int64_t first, count;
};

// One vector or two hold all elements along an extent: nests in a row share the dimension, so that what one has
// computed is there for the next in registers.
struct FewVectors {
  mlir::Value extent;
  unsigned lanes;
  llvm::SmallVector<mlir::Value, 2> masks; // of each vector, the lanes that count; null: all
  mlir::AffineExpr dim = {};
};

// What is stored in the loops of a sum of the same elements: of the row at hand, or of another one.
struct Rider {
  llvm::SmallVector<Root> roots;
  llvm::SmallVector<unsigned, 2> loops = {0}; // of each axis after the row's; results' loops come before reduced ones
  bool streams = false, offLines = false;                           // past the caches, from within a vector on
  Position row = {};                                                // the other row
  llvm::SmallVector<std::pair<mlir::Value, Storage>> elements = {}; // of the other row, that are in memory
};

// Roots computed by one nest: equal sizes of the results, equal sizes of the reduced dimensions.
struct Group {
  llvm::SmallVector<Root> roots;
  Position outer; // the first dimensions of every result: loops already open around the nest
  llvm::SmallVector<mlir::Value> extents, reducedExtents; // of the other dimensions
  llvm::DenseSet<mlir::Value> known; // computed by earlier nests inside the same outer loops
  mlir::Operation *writer = nullptr; // scatter, update, recurrence: says what becomes of the one root's elements
  mlir::Value streams = {};              // whether results are stored past the caches; null: they are not
  bool offLines = false;                 // and rows of them begin within a vector
  llvm::SmallVector<RowPart> ahead = {}; // of the next row, by the last of the outer loops: fetched meanwhile
  unsigned innermost = 0;                // the axis of that loop
  llvm::SmallVector<mlir::Value> firsts = {}; // where the extents begin, if not at 0
  bool isInChunk = false;                     // threads share a loop around it
  std::optional<FewVectors> few = {};         // if the vectors go along its extent
  std::vector<Rider> riders = {};             // with a sum
};

// Where a rider's element is while the group's loops are at `parallel` and `reduced`.
Position placeOf(const Rider &rider, const Group &group, llvm::ArrayRef<mlir::AffineExpr> parallel,
                 llvm::ArrayRef<mlir::AffineExpr> reduced);

// All that a nest computes for its row.
llvm::SmallVector<mlir::Value> resultsOf(const Group &group);
void addResults(const Group &group, llvm::DenseSet<mlir::Value> &known);

// The dimensions of a group's own loops.
struct Loops {
  llvm::SmallVector<mlir::AffineExpr> parallel, reduced;
};
Loops openLoops(IndexSpace &space, const Group &group);
// The group as it is inside `rows` loops, which become dimensions of the space, where `known` has been computed.
Group insideRows(IndexSpace &space, Group group, unsigned rows, const llvm::DenseSet<mlir::Value> &known);

// Emits the nest. A root that has no dimensions but the outer ones is remembered in `evaluator` as a scalar.
void emitNest(Environment &env, Evaluator &evaluator, const Group &group);

// The loop to vectorise, as an index into `dims`, and by how many lanes; lanes 1 where none is worth it.
struct VectorChoice {
  int dim = -1;
  unsigned lanes = 1;
  unsigned copies = 1; // vectors in flight in a step
  int score = 0;       // below 0: most accesses along the loop are scattered
  unsigned work = 1;   // reads and operations of an element
  llvm::SmallVector<std::pair<unsigned, int>, 4> scores; // of each loop of more than one turn
};
VectorChoice chooseVector(Environment &env, IndexSpace &space, const Group &group,
                          llvm::ArrayRef<mlir::AffineExpr> parallel, llvm::ArrayRef<mlir::AffineExpr> reduced);

// What an element of each root is made of.
Leaves leavesOf(Environment &env, IndexSpace &space, const Group &group, llvm::ArrayRef<mlir::AffineExpr> parallel,
                llvm::ArrayRef<mlir::AffineExpr> reduced);

// The loop that it vectorises.
struct VectorLoop {
  mlir::AffineExpr dim;
  mlir::Value extent;
};
VectorLoop vectorLoopOf(const Group &group, const VectorChoice &choice, llvm::ArrayRef<mlir::AffineExpr> parallel,
                        llvm::ArrayRef<mlir::AffineExpr> reduced);

// Each group inside of `rows` loops, where what those before it compute is known besides `known`, with its own loops
// and the choice among them.
using RowVisitor = llvm::function_ref<void(size_t number, IndexSpace &space, const Group &inside, const Loops &loops,
                                           const VectorChoice &choice)>;
void forEachInRow(Environment &env, llvm::ArrayRef<Group> groups, unsigned rows, llvm::DenseSet<mlir::Value> known,
                  RowVisitor visit);

// States the choice as a decision.
void explainVector(mlir::Location loc, const Group &group, const VectorChoice &choice);

// What one run of a nest costs in vector operations; of one iteration of the loop `without`, which counts through the
// results' dimensions and then the reduced ones, as `choice.dim` does.
mlir::Value workOf(Emit emit, const VectorChoice &choice, llvm::ArrayRef<mlir::Value> extents,
                   llvm::ArrayRef<mlir::Value> reducedExtents, std::optional<unsigned> without = std::nullopt);

// The loop that threads share best: the first with many iterations, the vectorised one only if it is alone.
std::optional<unsigned> loopToShare(llvm::ArrayRef<mlir::Value> extents, int vectorDim);

} // namespace ricci::lower
