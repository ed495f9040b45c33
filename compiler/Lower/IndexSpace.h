// Positions in a kernel as formulas. A loop index is an affine dimension d0, d1, …; what is known at run time only (an
// element of an index array, a clamped subscript, a size) is an affine symbol s0, s1, … with a definition kept here.
// Expressions are uniqued, so equal positions compare equal, and one computation serves all uses. A guard is a
// conjunction of bounds 0 ≤ e < extent under which an element exists; guard 0 always holds.
#pragma once

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Value.h"

namespace ricci::lower {

using Guard = unsigned;
using Position = llvm::SmallVector<mlir::AffineExpr, 4>;

// One element of an array: where, and under which guard.
struct Element {
  mlir::Value tensor;
  Position at;
  Guard guard = 0;
};

class IndexSpace {
public:
  explicit IndexSpace(mlir::MLIRContext *context) : context(context) {}

  struct Symbol {
    enum Kind { Element, Clamp, Wrap, Size } kind;
    lower::Element element; // Element: an integer array's element
    mlir::AffineExpr expr;  // Clamp, Wrap: the subscript to bring into 0 … extent − 1
    mlir::Value extent;     // their extent; Size: the value
  };
  struct Bound {
    Guard rest; // the other bounds
    mlir::AffineExpr expr;
    mlir::Value extent;
  };

  mlir::AffineExpr newDim() { return mlir::getAffineDimExpr(dimCount++, context); }
  mlir::AffineExpr constant(int64_t number) { return mlir::getAffineConstantExpr(number, context); }
  mlir::AffineExpr element(lower::Element element);
  mlir::AffineExpr clamp(mlir::AffineExpr expr, mlir::Value extent);
  mlir::AffineExpr wrap(mlir::AffineExpr expr, mlir::Value extent);
  // A run-time size; a plain number where it is constant.
  mlir::AffineExpr size(mlir::Value extent);
  Guard both(Guard rest, mlir::AffineExpr expr, mlir::Value extent);

  const Symbol &symbol(unsigned position) const { return symbols[position]; }
  unsigned symbolCount() const { return symbols.size(); }
  const Bound &bound(Guard guard) const { return bounds[guard - 1]; }

  // Whether the dimension occurs, directly or through a symbol's definition.
  bool depends(mlir::AffineExpr expr, unsigned dim) const;
  bool depends(Guard guard, unsigned dim) const;
  bool depends(llvm::ArrayRef<mlir::AffineExpr> at, unsigned dim) const;
  // c where expr = c·dim + (terms free of dim); null where it is not of that form.
  mlir::AffineExpr coefficient(mlir::AffineExpr expr, unsigned dim) const;

private:
  mlir::AffineExpr add(Symbol symbol);

  mlir::MLIRContext *context;
  unsigned dimCount = 0;
  llvm::SmallVector<Symbol> symbols;
  llvm::SmallVector<Bound> bounds;
};

} // namespace ricci::lower
