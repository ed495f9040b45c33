#include "compiler/Inspect/Observer.h"

#include "compiler/Inspect/Assembly.h"
#include "compiler/Inspect/Count.h"
#include "compiler/Inspect/Memory.h"
#include "dialects/Lines.h"

#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::inspect;

// As `--stage` calls the program after a pass; empty for those in between.
static StringRef stageAfter(StringRef pass) {
  return llvm::StringSwitch<StringRef>(pass)
      .Case("frontend", "ricci")
      .Case("expand-watches", "grad")
      .Case("simplify", "simplified")
      .Case("fuse-kernels", "fused")
      .Case("lower-kernels", "loops")
      .Default("");
}

class Observer::Watch : public PassInstrumentation {
public:
  explicit Watch(Observer &observer) : observer(observer) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
    if (!pass->getArgument().empty() && module)
      observer.addStage(pass->getArgument(), module);
  }

private:
  Observer &observer;
};

void Observer::begin(std::vector<Source> sources, std::vector<ArgumentNames> names, unsigned bytes) {
  arguments = std::move(names);
  vectorBytes = bytes;
  report.sources = std::move(sources);
  for (auto [number, source] : llvm::enumerate(report.sources))
    index.try_emplace(source.name, number);
}

std::unique_ptr<PassInstrumentation> Observer::watchPasses() { return std::make_unique<Watch>(*this); }

void Observer::enter(ModuleOp module) { addStage("frontend", module); }

// A pass that runs on several functions one by one is one stage.
void Observer::addStage(StringRef pass, ModuleOp module) {
  if (!report.stages.empty() && report.stages.back().pass == pass)
    report.stages.pop_back();
  Printed printed = print(module, index);
  attribute(printed.lines, printed.lineOf);
  report.stages.push_back({pass.str(), stageAfter(pass).str(), std::move(printed.text), std::move(printed.lines)});
}

void Observer::add(StringRef stage, const ricci::Decision &decision) {
  Decision shown{.stage = stage.str(), .kind = kindName(decision.kind).str(), .what = decision.what, .reason = decision.reason,
                 .edit = decision.edit, .unit = decision.unit, .refused = decision.refused, .chosen = decision.chosen};
  const LineOrigin origin = originOf(decision.place, index);
  if (!origin.places.empty())
    shown.place = origin.places.front();
  for (const Candidate &candidate : decision.candidates)
    shown.candidates.push_back({candidate.name, candidate.cost});
  // What is differentiated twice is chosen for twice.
  if (llvm::any_of(report.decisions, [&](const Decision &other) {
        return other.stage == shown.stage && other.place == shown.place && other.what == shown.what && other.reason == shown.reason;
      }))
    return;
  report.memory.reused += decision.kind == ricci::Decision::Kind::Memory && !decision.refused;
  report.decisions.push_back(std::move(shown));
}

int Observer::kernelAt(unsigned fusedLine) const {
  for (auto [number, kernel] : llvm::enumerate(report.kernels))
    if (kernel.line <= fusedLine && fusedLine <= kernel.lastLine)
      return static_cast<int>(number);
  return -1;
}

void Observer::attribute(std::vector<LineOrigin> &lines, const llvm::DenseMap<Operation *, unsigned> &lineOf) const {
  if (report.kernels.empty())
    return;
  llvm::DenseMap<unsigned, int> kernels;
  for (auto [op, line] : lineOf)
    if (unsigned fused = fusedLine(op->getLoc()))
      kernels.try_emplace(line, kernelAt(fused));
  for (LineOrigin &origin : lines)
    if (auto kernel = kernels.find(origin.line); kernel != kernels.end())
      origin.kernel = kernel->second;
}

void Observer::setKernels(ModuleOp module) {
  Printed printed = print(module, index);
  auto entry = *module.getOps<func::FuncOp>().begin();
  Sizes sizes(entry, arguments);
  report.kernels = kernelsOf(entry, printed, index, sizes);
  report.sizes = sizes.known();
  const Counter<Formula> counter([&](Value tensor, int64_t axis) { return sizes.of(tensor, axis); },
                                 [&](ForOp) { return Formula(1); });
  module.walk([&](Operation *op) {
    const unsigned line = printed.lineOf.lookup(op);
    if (!line)
      return;
    lastFusedLine = std::max(lastFusedLine, line);
    LineOrigin origin = originOf(op->getLoc(), index);
    Made &entry = made[line];
    entry.name = "the value of " + spelling(op);
    entry.scratch = "scratch of " + spelling(op);
    if (int kernel = kernelAt(line); kernel >= 0 && isa<KernelOp>(op)) {
      entry.name = "a result of kernel " + std::to_string(kernel + 1);
      entry.scratch = "scratch of kernel " + std::to_string(kernel + 1);
    }
    if (!origin.places.empty())
      entry.place = origin.places.front();
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType())) {
        entry.bytes.push_back(counter.bytes(result));
        entry.returned.push_back(llvm::any_of(result.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); }));
      }
    origin.line = line;
    fusedLines.try_emplace(line, std::move(origin));
  });
  for (auto [op, line] : printed.lineOf)
    setFusedLine(op, line);
  if (!report.stages.empty())
    attribute(report.stages.back().lines, printed.lineOf);
}

void Observer::setMemory(ModuleOp module) {
  const unsigned reused = report.memory.reused;
  report.memory = memoryOf(module, made, lastFusedLine, report.sizes);
  report.memory.reused = reused;
}

std::vector<LineOrigin> Observer::originsOf(ArrayRef<unsigned> lines) const {
  std::vector<LineOrigin> origins;
  for (auto [number, fused] : llvm::enumerate(lines)) {
    auto found = fusedLines.find(fused);
    if (!fused || found == fusedLines.end())
      continue;
    LineOrigin origin = found->second;
    origin.line = number + 1;
    origin.kernel = kernelAt(fused);
    origins.push_back(std::move(origin));
  }
  return origins;
}

// Instructions name their lines by numbers of metadata at the end: `, !dbg !12` and `!12 = !DILocation(line: 7, …)`.
void Observer::setLlvm(StringRef text) {
  SmallVector<StringRef> lines;
  text.split(lines, '\n');
  llvm::DenseMap<unsigned, unsigned> lineOfNode;
  for (StringRef line : lines) {
    unsigned node, number;
    if (line.consume_front("!") && !line.consumeInteger(10, node) && line.contains("!DILocation(line: ") &&
        !line.split("!DILocation(line: ").second.consumeInteger(10, number))
      lineOfNode[node] = number;
  }
  Stage stage{.pass = "translate-to-llvm", .name = "llvm"};
  SmallVector<unsigned> fused;
  for (StringRef line : lines) {
    if (line.starts_with("!"))
      continue;
    auto [code, debug] = line.split(", !dbg !");
    unsigned node = 0;
    if (!debug.empty())
      debug.consumeInteger(10, node);
    if (StringRef(code).starts_with("define "))
      code = line.split(" !dbg !").first;
    stage.text += code.str() + (line.starts_with("define ") ? " {\n" : "\n");
    fused.push_back(lineOfNode.lookup(node));
  }
  stage.lines = originsOf(fused);
  report.stages.push_back(std::move(stage));
}

void Observer::setAssembly(StringRef text) {
  const Assembly assembly = readAssembly({text.data(), text.size()});
  report.stackBytes = largestFrame({text.data(), text.size()});
  measureCode(assembly, vectorBytes, report.kernels);
  Stage stage{.pass = "select-instructions", .name = "asm", .text = assembly.text, .lines = originsOf(assembly.lineOf)};
  report.stages.push_back(std::move(stage));
}
