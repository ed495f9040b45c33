// Checks the derivatives of a function given as text in the dialect, at any point, by identities that need no second
// implementation. With f the function, J its Jacobian, H_w the Hessian of ⟨f, w⟩, and v, u, w seeded directions:
//
//   J v                 against differences of f             forward mode
//   ⟨J v, w⟩ = ⟨v, Jᵀ w⟩                                       reverse mode
//   H_w v               against differences of Jᵀ w           forward over reverse
//   ⟨H_w v, u⟩ = ⟨v, H_w u⟩                                    its symmetry
//   H_w v               by reverse over forward and reverse over reverse
//   ∂(H_w v) u          against differences of H_w v          third order, where asked for
//
// Values come from the reference interpreter, in f64.
#pragma once

#include "mlir/IR/MLIRContext.h"

#include <memory>
#include <string>
#include <vector>

namespace ricci::test {

struct DerivativeCase {
  std::string name;
  // func.func @f: arguments f64 tensors of static shape, all of them variables; results f64.
  std::string text;
  // Where the variables lie.
  double low = 0.4, high = 1.6;
  int order = 2;
  bool cut = false; // loops in segments, however little they save
};

using Vectors = std::vector<std::vector<double>>; // the elements of one tensor each

// At one point: f, and of first and second order what the checks above name.
struct Derivatives {
  Vectors value, jvp, vjp, hvp, reverseOverForward, reverseOverReverse;
};

class DerivativeChecker {
public:
  DerivativeChecker();
  ~DerivativeChecker();

  // What does not hold, one line each; empty if all does.
  std::vector<std::string> check(const DerivativeCase &);

  // Derivatives of f at x along v, pulled back from w. Empty where f or an expansion is at fault.
  Derivatives at(const std::string &text, const Vectors &x, const Vectors &v, const Vectors &w);

  mlir::MLIRContext &context();

private:
  std::unique_ptr<mlir::MLIRContext> owned;
};

// Names of the operations in the function, nested ones included.
std::vector<std::string> operationsOf(mlir::MLIRContext &, const std::string &text);
// The same of its derivatives of first and second order, in every combination of modes.
std::vector<std::string> operationsOfDerivatives(mlir::MLIRContext &, const DerivativeCase &);
// The function and these derivatives, expanded, each as a text of its own.
std::vector<std::string> expandedDerivatives(mlir::MLIRContext &, const DerivativeCase &);

} // namespace ricci::test
