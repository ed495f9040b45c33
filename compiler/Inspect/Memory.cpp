#include "compiler/Inspect/Memory.h"

#include "dialects/Lines.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <set>

using namespace mlir;
using namespace ricci;
using namespace ricci::inspect;

namespace {

// A size that is not known counts so much where it has to be compared.
constexpr int64_t unknownSize = 1024;

bool calls(Operation *op, StringRef name) {
  auto call = dyn_cast<LLVM::CallOp>(op);
  return call && call.getCallee() == name;
}

std::optional<int64_t> constantBytes(Value bytes) {
  APInt number;
  if (matchPattern(bytes, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

// The outermost loop around an operation.
Operation *loopAround(Operation *op) {
  Operation *loop = nullptr;
  for (Operation *parent = op->getParentOp(); parent; parent = parent->getParentOp())
    if (isa<scf::ForOp, scf::WhileOp>(parent))
      loop = parent;
  return loop;
}

// Whether the store tells the caller: it writes to memory that the entry was given.
bool tellsCaller(LLVM::StoreOp store) {
  Value address = store.getAddr();
  while (auto offset = address.getDefiningOp<LLVM::GEPOp>())
    address = offset.getBase();
  return isa<BlockArgument>(address);
}

unsigned lastLineOf(Operation *op) {
  unsigned last = 0;
  op->walk([&](Operation *inner) { last = std::max(last, fusedLine(inner->getLoc())); });
  return last;
}

// For comparison where names have no numbers.
double estimate(const Count &count) {
  if (count.number)
    return *count.number;
  std::map<std::string, int64_t> guessed;
  for (const std::string &name : count.formula.symbols())
    guessed[name] = unknownSize;
  return *count.formula.value(guessed);
}

} // namespace

Memory inspect::memoryOf(ModuleOp loops, const std::map<unsigned, Made> &made, unsigned lastLine,
                         const std::map<std::string, int64_t> &sizes) {
  Memory memory;
  std::map<unsigned, std::set<size_t>> resultsSeen; // by line
  auto count = [&](const Formula &formula) { return Count{formula, formula.value(sizes)}; };
  loops.walk([&](LLVM::CallOp call) {
    // Of a result the caller may have memory already; what it has not is taken.
    const bool isCallers = calls(call, "ricci_result");
    if (!isCallers && !calls(call, "ricci_alloc"))
      return;
    Value pointer = call.getResult();
    Operation *loop = loopAround(call);
    Allocation allocation;
    allocation.first = fusedLine(call.getLoc());
    const std::optional<int64_t> bytes = constantBytes(call.getOperand(isCallers ? 2 : 1));
    auto maker = made.find(allocation.first);
    allocation.name = "a copy";
    // The first result that it may be: of its size, where sizes are known, and the caller's if that is said.
    const Formula *result = nullptr;
    if (maker != made.end()) {
      std::set<size_t> &seen = resultsSeen[allocation.first];
      for (size_t number = 0; number < maker->second.bytes.size() && !result; ++number)
        if (const Formula &size = maker->second.bytes[number];
            !seen.contains(number) && maker->second.returned[number] >= isCallers &&
            (bytes ? size.value(sizes) == static_cast<double>(*bytes) : maker->second.returned[number] == isCallers)) {
          result = &size;
          seen.insert(number);
        }
      allocation.name = result ? maker->second.name : maker->second.scratch;
      allocation.place = maker->second.place;
    }
    if (result)
      allocation.bytes = count(*result);
    else if (bytes)
      allocation.bytes = count(Formula(*bytes));
    else // what the run decides, all of a kernel as one
      allocation.bytes = count(Formula::symbol(
          allocation.name + (maker == made.end() ? " at line " + std::to_string(allocation.first) : "")));
    allocation.result = isCallers;
    allocation.inLoop = loop;
    for (Operation *user : pointer.getUsers()) {
      if (calls(user, "ricci_free"))
        allocation.last = std::max(allocation.last, fusedLine(user->getLoc()));
      else if (auto store = dyn_cast<LLVM::StoreOp>(user); store && store.getValue() == pointer)
        allocation.result |= tellsCaller(store);
    }
    if (!allocation.last) // handed on, from turn to turn or to the caller
      allocation.last = allocation.result || !loop ? lastLine : lastLineOf(loop);
    allocation.last = std::max(allocation.last, allocation.first);
    auto same = llvm::find_if(memory.allocations, [&](const Allocation &other) {
      return !result && !bytes && other.bytes.formula == allocation.bytes.formula && other.result == allocation.result;
    });
    if (same != memory.allocations.end()) {
      same->last = std::max(same->last, allocation.last);
      return;
    }
    memory.allocations.push_back(std::move(allocation));
  });
  Formula total;
  for (const Allocation &allocation : memory.allocations)
    total = total + allocation.bytes.formula;
  memory.total = count(total);
  double most = -1;
  for (const Allocation &at : memory.allocations) {
    Formula alive;
    for (const Allocation &other : memory.allocations)
      if (other.first <= at.first && other.last >= at.first)
        alive = alive + other.bytes.formula;
    if (Count together = count(alive); estimate(together) > most) {
      most = estimate(together);
      memory.peak = together;
    }
  }
  return memory;
}
