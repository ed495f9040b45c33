// Rearrangements: einsums of one operand without a sum (transpose, broadcast, diagonal, embedding on a diagonal), and
// gathers that do the same for booleans. A view costs nothing: fusion dissolves it into its reader's subscripts.
#pragma once

#include "dialects/Ricci.h"

#include "mlir/IR/PatternMatch.h"

#include <optional>
#include <string>

namespace ricci::simplify {

struct View {
  mlir::Value source;
  std::string from, to; // every letter of `from` is in `to`

  // No letter twice on a side: axes are permuted and added, nothing else.
  bool isBroadcast() const { return !hasRepeats(from) && !hasRepeats(to); }
  bool adds() const { return to.size() > from.size() || hasRepeats(to); }
};

std::optional<View> matchView(mlir::Value value);
// matchView(value) where it is a broadcast, else `value` as a view of itself.
View asBroadcast(mlir::Value value);

// The same elements, `from` -> `to`, as a tensor of this type with these dynamic sizes.
mlir::Value buildView(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value source, llvm::StringRef from,
                      llvm::StringRef to, mlir::RankedTensorType type, mlir::ValueRange dims);

// The axes `letters` of `tensor`, whose axes are named `axes`: their type over `element`, and their dynamic sizes.
mlir::RankedTensorType typeOfAxes(mlir::Value tensor, llvm::StringRef axes, llvm::StringRef letters,
                                  mlir::Type element);
llvm::SmallVector<mlir::Value> buildDimsOfAxes(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor,
                                               llvm::StringRef axes, llvm::StringRef letters);

// value · number, elementwise.
mlir::Value buildScaled(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, double number);

// Axes of tensors.
using Axes = llvm::SmallVector<std::pair<mlir::Value, int64_t>>;
// `factor`, taken out of a sum over these axes. A sum over nothing is 0 whatever stands under it, and 0 · ∞ is not 0:
// so the factor is 0 where an axis, of a size not known here, has no elements.
mlir::Value buildFactorOfSum(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value factor, const Axes &summed);

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}
inline bool isBoolean(mlir::Value value) { return tensorType(value).getElementType().isInteger(1); }

} // namespace ricci::simplify
