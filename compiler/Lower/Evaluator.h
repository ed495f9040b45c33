// Computes elements inside a loop nest: on demand, each once, as far outside as its position allows. With one loop
// vectorised, an element that varies along it is a vector of consecutive ones; all others stay scalars.
#pragma once

#include "Reads.h"

#include <map>

namespace ricci::lower {

// A computed value and the loop depth at which it stands (0: outside all loops).
struct Computed {
  mlir::Value value;
  unsigned depth = 0;
  bool isVector() const { return mlir::isa<mlir::VectorType>(value.getType()); }
};

class Evaluator {
public:
  Evaluator(Environment &env, mlir::Location loc)
      : space(env.builder.getContext()), env(env), builder(env.builder), loc(loc), frames(1) {}

  IndexSpace space;

  // The element, zero where its guard fails only if it is read from memory.
  Computed element(const Element &element);
  // Sum-of-products factor, or operand of a reduction: `op`'s operands at these positions, multiplied for einsum.
  Computed contribution(mlir::Operation *op, const Position &at, llvm::ArrayRef<mlir::AffineExpr> reduced);
  // The element of an array, as far outside as its position allows.
  Computed load(const Storage &array, const Element &element);
  Computed condition(Guard guard); // i1; null value if always true
  // Makes `computed` the element's value from now on (a reduction's result inside its row, an element that memory
  // holds).
  void remember(const Element &element, Computed computed);

  // One loop around what `body` emits; it gets the current carried values and gives the next. `mayBeEmpty` says that
  // the body may run no time at all.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange carried)>;
  llvm::SmallVector<mlir::Value> loop(mlir::AffineExpr dim, mlir::Value lower, mlir::Value upper, int64_t step,
                                      bool mayBeEmpty, mlir::ValueRange carried, Body body);
  // Gives `dim` a fixed value in the current loop, for what `body` emits.
  llvm::SmallVector<mlir::Value> fixed(mlir::AffineExpr dim, mlir::Value value, mlir::ValueRange carried, Body body);

  // Emits `yes` where the condition, known outside all loops, holds and `no` where it does not. Neither may carry or
  // remember, if only the run knows which.
  void either(mlir::Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no);

  // The vectorised loop: its dimension, and lanes a step. `copy` numbers the vectors of one unrolled step.
  void vectorise(mlir::AffineExpr dim, unsigned lanes) { vectorDim = positionOf(dim), this->lanes = lanes; }
  void noVector() { vectorDim = -1, lanes = 1, copy = 0, mask = {}; }
  void useCopy(unsigned number) { copy = number; }
  // Lanes that count, from here on; null: all.
  void useMask(mlir::Value lanesThatCount) { mask = lanesThatCount, maskDepth = depth(); }
  mlir::Value currentMask() const { return mask; }
  unsigned laneCount() const { return lanes; }

  mlir::Value asVector(Computed computed);
  // Stores at a position of an array: a vector if the position varies along the vectorised loop.
  void store(const Storage &array, const Position &at, Guard guard, Computed computed);
  // From here on whole vectors of fresh arrays are stored past the caches.
  void streamStores(bool on) { streaming = on; }
  // Fetches what is so many elements after a position of an array; nothing needs to be there.
  void prefetch(const Element &element, mlir::Value elementsAhead, bool intoFirstLevel = true);
  // Adds to the elements at a position where the guard holds. Lanes must be different elements.
  void accumulate(const Storage &array, const Position &at, Guard guard, Computed computed);
  // Scalar value of an index formula that is the same in all lanes.
  Computed scalarIndex(mlir::AffineExpr expr);
  Emit emit() { return {builder, loc}; }
  unsigned depth() const { return frames.size() - 1; }
  Environment &environment() { return env; }
  void setLocation(mlir::Location location) { loc = location; }

private:
  struct Key {
    const void *tensor;
    Position at;
    Guard guard;
    unsigned copy;
    bool operator<(const Key &other) const;
  };
  struct Frame {
    mlir::Operation *inner = nullptr; // the loop inside, before which this depth's code goes
    bool mayBeEmpty = false;
    std::map<Key, Computed> known;
  };
  // Memory reached by a position: one address, consecutive ones upwards or downwards, or one a lane.
  struct Place {
    enum { Same, Consecutive, Reversed, Scattered } kind;
    mlir::Value pointer, offset; // of the first lane, or of each, from the pointer on
    unsigned depth;
  };
  static constexpr unsigned uniform = ~0u; // `copy` of what does not vary

  static unsigned positionOf(mlir::AffineExpr dim) { return mlir::cast<mlir::AffineDimExpr>(dim).getPosition(); }
  Key keyOf(const Element &element) const;
  const Computed *lookup(const Key &key) const;
  Computed compute(const Element &element);
  Computed combine(mlir::Operation *op, llvm::ArrayRef<Computed> operands);
  Computed selectOrZero(Guard guard, Computed value);
  Place place(const Storage &array, const Position &at);
  mlir::Value loadVector(const Emit &emit, const Storage &array, const Place &place, mlir::Value wanted);
  void storeVector(const Emit &emit, mlir::Value vector, const Storage &array, const Place &place, mlir::Value wanted);
  Computed vectorIndex(mlir::AffineExpr expr); // i64 vector
  Computed symbolValue(unsigned symbol, bool vector);
  Computed binary(mlir::AffineExprKind kind, Computed left, Computed right);
  bool varies(mlir::AffineExpr expr) const { return vectorDim >= 0 && space.depends(expr, vectorDim); }
  unsigned safeDepth(const Position &at, unsigned depth) const;
  // Emits at that depth; `make` gets an Emit there.
  Computed emitAt(unsigned depth, llvm::function_ref<mlir::Value(Emit)> make);
  Computed product(Computed left, Computed right);

  Environment &env;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  llvm::SmallVector<Frame> frames;
  struct Dim {
    mlir::Value value;
    unsigned depth;
  };
  llvm::DenseMap<unsigned, Dim> dims;
  int vectorDim = -1;
  unsigned lanes = 1, copy = 0, maskDepth = 0;
  mlir::Value mask;
  bool streaming = false;
};

} // namespace ricci::lower
