#include "dialects/Decision.h"

#include "dialects/Ricci.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace ricci;

llvm::StringRef ricci::kindName(Decision::Kind kind) {
  switch (kind) {
  case Decision::Kind::Fusion: return "fusion";
  case Decision::Kind::Order: return "order";
  case Decision::Kind::Product: return "product";
  case Decision::Kind::Packing: return "packing";
  case Decision::Kind::Storage: return "storage";
  case Decision::Kind::Residual: return "residual";
  case Decision::Kind::Vector: return "vector";
  case Decision::Kind::Threads: return "threads";
  case Decision::Kind::Memory: return "memory";
  }
  llvm_unreachable("a kind without a name");
}

std::string ricci::textOf(const Decision &decision) {
  std::string text = decision.what;
  llvm::raw_string_ostream stream(text);
  stream << ": " << decision.reason;
  if (!decision.candidates.empty()) {
    stream << " (";
    llvm::interleave(
        decision.candidates, stream,
        [&](const Candidate &candidate) {
          stream << candidate.name << ' ' << llvm::format("%.3g", candidate.cost);
        },
        ", ");
    stream << (decision.unit.empty() ? "" : " ") << decision.unit << ')';
  }
  if (!decision.edit.empty())
    stream << "; " << decision.edit;
  return text;
}

void DecisionLog::add(Decision decision) {
  std::lock_guard lock(mutex);
  // What is differentiated twice is chosen for twice.
  auto isSame = [&](const Decision &other) {
    return other.kind == decision.kind && other.place == decision.place && other.what == decision.what &&
           other.reason == decision.reason;
  };
  if (llvm::none_of(decisions, isSame))
    decisions.push_back(std::move(decision));
}

std::vector<Decision> DecisionLog::take() {
  std::lock_guard lock(mutex);
  return std::exchange(decisions, {});
}

bool ricci::keepsDecisions(mlir::MLIRContext *context) {
  auto *dialect = context->getLoadedDialect<RicciDialect>();
  return dialect && dialect->decisions;
}

void ricci::decide(mlir::Location place, llvm::function_ref<Decision()> decision) {
  if (!keepsDecisions(place.getContext()))
    return;
  Decision made = decision();
  made.place = place;
  place.getContext()->getLoadedDialect<RicciDialect>()->decisions->add(std::move(made));
}
