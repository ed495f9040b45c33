#include "compiler/Inspect/Kernels.h"

#include "compiler/Inspect/Count.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::inspect;

// ---------------------------------------------------------------- sizes

Sizes::Sizes(func::FuncOp entry, std::vector<ArgumentNames> arguments) : entry(entry), arguments(std::move(arguments)) {
  std::map<int64_t, std::string> found;
  llvm::DenseSet<int64_t> ambiguous;
  for (auto [argument, names] : llvm::zip(entry.getArguments(), this->arguments)) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t axis = 0; type && axis < std::min<int64_t>(type.getRank(), names.sizes.size()); ++axis) {
      const std::string &name = names.sizes[axis];
      if (name.empty() || type.isDynamicDim(axis))
        continue;
      const int64_t size = values[name] = type.getDimSize(axis);
      auto [place, isNew] = found.try_emplace(size, name);
      if (!isNew && place->second != name)
        ambiguous.insert(size);
    }
  }
  for (const auto &[size, name] : found)
    if (size > 1 && !ambiguous.contains(size))
      this->names[size] = name;
}

Formula Sizes::number(int64_t size) const {
  auto found = names.find(size);
  return found == names.end() ? Formula(size) : Formula::symbol(found->second);
}

// What the program computes as a size of its own.
Formula Sizes::unnamed(Value value, int64_t axis) {
  auto [place, isNew] = unnamedSizes.try_emplace({value.getAsOpaquePointer(), axis}, "");
  if (isNew)
    place->second = "n" + std::to_string(unnamedSizes.size());
  return Formula::symbol(place->second);
}

Formula Sizes::of(Value tensor, int64_t axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return number(type.getDimSize(axis));
  const SizeOrigin origin = sizeOrigin(tensor, axis);
  if (!origin.value)
    return number(origin.number);
  if (origin.value.getType().isIndex())
    return of(origin.value);
  if (auto argument = dyn_cast<BlockArgument>(origin.value);
      argument && argument.getOwner() == &entry.getBody().front() && argument.getArgNumber() < arguments.size()) {
    const ArgumentNames &names = arguments[argument.getArgNumber()];
    if (origin.number < static_cast<int64_t>(names.sizes.size()) && !names.sizes[origin.number].empty())
      return Formula::symbol(names.sizes[origin.number]);
  }
  // What a region gives has the size of what it yields; what a loop carries, of what it starts with.
  auto result = dyn_cast<OpResult>(origin.value);
  if (auto kernel = result ? dyn_cast<KernelOp>(result.getOwner()) : KernelOp())
    return of(kernel.getBody().front().getTerminator()->getOperand(result.getResultNumber()), origin.number);
  if (auto loop = result ? dyn_cast<ForOp>(result.getOwner()) : ForOp(); loop && result.getResultNumber() < loop.getInits().size())
    return of(loop.getInits()[result.getResultNumber()], origin.number);
  return unnamed(origin.value, origin.number);
}

Formula Sizes::of(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return number(*constant);
  Operation *op = index.getDefiningOp();
  if (auto dim = dyn_cast_or_null<DimOp>(op))
    return of(dim.getSource(), dim.getAxis());
  if (auto add = dyn_cast_or_null<arith::AddIOp>(op))
    return of(add.getLhs()) + of(add.getRhs());
  if (auto product = dyn_cast_or_null<arith::MulIOp>(op))
    return of(product.getLhs()) * of(product.getRhs());
  if (auto toIndex = dyn_cast_or_null<ToIndexOp>(op))
    if (auto argument = dyn_cast<BlockArgument>(toIndex.getSource());
        argument && argument.getOwner() == &entry.getBody().front() && argument.getArgNumber() < arguments.size() &&
        !arguments[argument.getArgNumber()].name.empty())
      return Formula::symbol(arguments[argument.getArgNumber()].name);
  return unnamed(index, -1);
}

// ---------------------------------------------------------------- kernels

Formula Sizes::turnsOf(ForOp loop) {
  if (loop.getConditional()) {
    auto [place, isNew] = conditionalLoops.try_emplace(loop, "");
    if (isNew)
      place->second = "turns" + std::to_string(conditionalLoops.size());
    return Formula::symbol(place->second);
  }
  std::optional<int64_t> lower = getConstantIntValue(loop.getLower()), upper = getConstantIntValue(loop.getUpper());
  if (lower && upper)
    return std::max<int64_t>(0, *upper - *lower);
  return of(loop.getUpper()) + of(loop.getLower()) * Formula(-1);
}

Formula inspect::turnsAround(Operation *op, Sizes &sizes) {
  Formula turns = 1;
  for (auto loop = op->getParentOfType<ForOp>(); loop; loop = loop->getParentOfType<ForOp>())
    turns = turns * sizes.turnsOf(loop);
  return turns;
}

// What a reader looks for first: not numbers, positions and broadcasts.
static std::string nameOf(Operation *op) {
  auto plain = [](Operation *op) {
    auto einsum = dyn_cast<EinsumOp>(op);
    return StringRef(spelling(op)).trim('`').str() + (einsum ? " " + einsum.getEquation().str() : "");
  };
  if (!isa<KernelOp>(op))
    return plain(op);
  std::vector<std::string> names, all;
  op->getRegion(0).walk([&](Operation *inner) {
    if (isa<YieldOp>(inner))
      return;
    auto einsum = dyn_cast<EinsumOp>(inner);
    std::string name = plain(inner);
    const bool isIncidental = isa<FillOp, IotaOp, ConstantOp>(inner) ||
                              (einsum && einsum.parseEquation().summed().empty() && einsum.getInputs().size() < 2);
    for (auto *list : {&all, isIncidental ? nullptr : &names})
      if (list && !llvm::is_contained(*list, name))
        list->push_back(name);
  });
  return llvm::join(names.empty() ? all : names, " ");
}

// Whether lowering gives it loops or a call.
static bool isKernel(Operation *op) {
  if (isa<KernelOp>(op))
    return true;
  if (op->getNumRegions() || op->getParentOfType<KernelOp>() || isa<CheckOp, HostOp>(op) || Counter<Formula>::movesNothing(*op))
    return false;
  return llvm::any_of(op->getResultTypes(), [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getRank() > 0;
  }) || isa<EinsumOp, ReduceOp>(op);
}

std::vector<Kernel> inspect::kernelsOf(func::FuncOp entry, const Printed &printed, const SourceIndex &sources, Sizes &sizes) {
  const Counter<Formula> counter([&](Value tensor, int64_t axis) { return sizes.of(tensor, axis); },
                                 [&](ForOp loop) { return sizes.turnsOf(loop); });
  std::vector<Kernel> kernels;
  entry.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isKernel(op))
      return;
    Kernel kernel{.name = nameOf(op), .kind = isa<KernelOp>(op) ? "kernel" : op->getName().stripDialect().str()};
    const LineOrigin origin = originOf(op->getLoc(), sources);
    if (!origin.places.empty())
      kernel.place = origin.places.front();
    kernel.line = kernel.lastLine = printed.lineOf.lookup(op);
    op->walk([&](Operation *inner) { kernel.lastLine = std::max(kernel.lastLine, printed.lineOf.lookup(inner)); });
    kernel.turns = turnsAround(op, sizes);
    const Work<Formula> work = counter.count(*op).times(kernel.turns);
    auto count = [&](const Formula &formula) { return Count{formula, formula.value(sizes.known())}; };
    kernel.flops = count(work.flops);
    kernel.doubleFlops = count(work.doubleFlops);
    kernel.bytes = count(work.bytes);
    kernels.push_back(std::move(kernel));
  });
  return kernels;
}
