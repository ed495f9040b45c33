// The kernels of a fused program, with what each computes and moves as formulas in the program's sizes.
#pragma once

#include "compiler/Inspect/Places.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace ricci::inspect {

// What the entry's arguments are called: an argument that is a number of the program's by its name, and the sizes of its
// axes ("N"; empty where the type has a number).
struct ArgumentNames {
  std::string name;
  std::vector<std::string> sizes;
};

// Names of sizes in the fused entry.
class Sizes {
public:
  Sizes(mlir::func::FuncOp entry, std::vector<ArgumentNames> arguments);

  Formula of(mlir::Value tensor, int64_t axis);
  Formula of(mlir::Value index);
  // How often a loop turns; a name of its own where only the run tells.
  Formula turnsOf(ForOp loop);
  // Of those names whose value the types tell.
  const std::map<std::string, int64_t> &known() const { return values; }

private:
  Formula number(int64_t size) const;
  Formula unnamed(mlir::Value value, int64_t axis);

  mlir::func::FuncOp entry;
  std::vector<ArgumentNames> arguments;
  std::map<std::string, int64_t> values;
  std::map<int64_t, std::string> names; // of sizes that only one name has
  std::map<std::pair<void *, int64_t>, std::string> unnamedSizes;
  std::map<mlir::Operation *, std::string> conditionalLoops;
};

// Each operation of the entry that gets loops or a call of its own, in order; those of loops' bodies among them.
std::vector<Kernel> kernelsOf(mlir::func::FuncOp entry, const Printed &printed, const SourceIndex &sources, Sizes &sizes);

// How often the loops around an operation turn, together.
Formula turnsAround(mlir::Operation *op, Sizes &sizes);

} // namespace ricci::inspect
