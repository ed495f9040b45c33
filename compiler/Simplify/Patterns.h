// The groups of rewrites that simplification is made of. Each holds for every value of its operands up to rounding and
// the sign of zero; none multiplies by a zero it merely knows (0 · inf is NaN).
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace ricci::simplify {

// Constants, negations, scalar factors: identities of elementwise operations.
void populateElementwisePatterns(mlir::RewritePatternSet &patterns);
// Sums of products: nested einsums become one, broadcasts and deltas dissolve, factors leave sums.
void populateEinsumPatterns(mlir::RewritePatternSet &patterns);
// Broadcasts move below elementwise operations and reductions, so that nothing is computed twice.
void populateBroadcastPatterns(mlir::RewritePatternSet &patterns);
// gather, scatter, concat, reshape.
void populateAccessPatterns(mlir::RewritePatternSet &patterns);
// Conditions that a scatter's own bounds imply.
void populateScatterPatterns(mlir::RewritePatternSet &patterns);
// Carried values and stacks of loops that are constant, equal or unused.
void populateLoopPatterns(mlir::RewritePatternSet &patterns);

// Moves what does not depend on the iteration out of loops. True if anything moved.
bool hoistInvariants(mlir::RewriterBase &rewriter, mlir::Operation *root);

// Lets what stands behind a check that two sizes are equal use one of them. True if anything changed.
bool shareCheckedSizes(mlir::Operation *root);

// Splits every einsum into sums over one operand and contractions of two, in the cheapest order; products without a
// sum become ricci.mul.
void orderContractions(mlir::RewriterBase &rewriter, mlir::Operation *root);

// Computes contractions once that differ in the order of the result's axes only, as a gradient's may from the primal's.
void shareContractions(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace ricci::simplify
