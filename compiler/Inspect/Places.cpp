#include "compiler/Inspect/Places.h"

#include "dialects/Lines.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Location.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::inspect;

namespace {
// More places than these tell nothing about a line.
constexpr size_t mostPlaces = 16;
} // namespace

LineOrigin inspect::originOf(Location location, const SourceIndex &sources) {
  LineOrigin origin;
  location->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part); name && name.getName().getValue().contains(" of ")) {
      if (std::string rule = name.getName().str(); !llvm::is_contained(origin.rules, rule))
        origin.rules.push_back(std::move(rule));
    } else if (auto file = dyn_cast<FileLineColLoc>(part)) {
      auto source = sources.find(file.getFilename().strref());
      if (source == sources.end())
        return WalkResult::advance();
      const Place place{source->second, file.getLine(), file.getColumn()};
      if (origin.places.size() < mostPlaces && !llvm::is_contained(origin.places, place))
        origin.places.push_back(place);
    }
    return WalkResult::advance();
  });
  return origin;
}

Printed inspect::print(ModuleOp module, const SourceIndex &sources) {
  Printed printed;
  AsmState::LocationMap positions;
  AsmState state(module, OpPrintingFlags(), &positions);
  llvm::raw_string_ostream stream(printed.text);
  module->print(stream, state);
  std::map<unsigned, LineOrigin> lines;
  for (auto [op, position] : positions) {
    printed.lineOf[op] = position.first;
    LineOrigin origin = originOf(op->getLoc(), sources);
    if (origin.places.empty())
      continue;
    origin.line = position.first;
    lines.try_emplace(position.first, std::move(origin));
  }
  for (auto &[line, origin] : lines)
    printed.lines.push_back(std::move(origin));
  return printed;
}

LogicalResult inspect::setDebugLines(ModuleOp module, DebugLines lines, const SourceIndex &sources) {
  MLIRContext *context = module.getContext();
  const Location nowhere = UnknownLoc::get(context);
  std::string anyFile = fusedFile.str();
  for (const auto &[name, number] : sources)
    if (lines == DebugLines::Source && number == 0)
      anyFile = name;
  auto lineOf = [&](Location location) -> Location {
    Location found = nowhere;
    location->walk([&](Location part) {
      auto file = dyn_cast<FileLineColLoc>(part);
      const bool counts = file && (lines == DebugLines::Fused ? file.getFilename() == fusedFile
                                                              : sources.contains(file.getFilename().strref()));
      if (counts)
        found = file;
      return counts ? WalkResult::interrupt() : WalkResult::advance();
    });
    return found;
  };
  module->walk([&](Operation *op) { op->setLoc(lineOf(op->getLoc())); });
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    // A function without a place has no debug information, nor have its instructions.
    if (function->getLoc() == nowhere)
      function->setLoc(FileLineColLoc::get(context, anyFile, 1, 1));
    // perf is told of what others could call only.
    if (lines == DebugLines::Source && !function.isExternal())
      function.setLinkage(LLVM::Linkage::External);
  }
  PassManager passes(context, ModuleOp::getOperationName());
  passes.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
  return passes.run(module);
}
