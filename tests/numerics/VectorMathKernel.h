// One function of `math` ops compiled to a loop over an array: y[i] = f(x[i]) or f(x[i], x2[i]).
#pragma once

#include "compiler/Lower/VectorTarget.h"

#include <functional>
#include <memory>
#include <span>

#include "mlir/IR/Builders.h"

namespace ricci::tests {

// Emits f on its operands, floats or vectors of floats.
using EmitFunction = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

class VectorMathKernel {
public:
  // `lanes` 0: scalar code; otherwise sizes must be multiples of it.
  VectorMathKernel(bool isSingle, unsigned arguments, unsigned lanes, const lower::VectorTarget &target,
                   const EmitFunction &emit);
  ~VectorMathKernel();

  void run(std::span<const float> x, std::span<const float> x2, std::span<float> y) const;
  void run(std::span<const double> x, std::span<const double> x2, std::span<double> y) const;

private:
  struct Code;
  std::unique_ptr<Code> code;
};

} // namespace ricci::tests
