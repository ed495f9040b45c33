// What fusion did and refused, as decisions.
#include "Clusters.h"

#include "dialects/Decision.h"
#include "dialects/StridedView.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// "`max`", "`sum` ij,jk->ik", "broadcast i->ij"
std::string named(Operation *op) {
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum)
    return spelling(op);
  const Equation equation = einsum.parseEquation();
  // One of no factors is broadcast too: a Hessian of squares is a diagonal of ones.
  StringRef name = !equation.summed().empty()                                                          ? "`sum`"
                   : einsum.getInputs().size() > 1                                                     ? "product"
                   : llvm::any_of(equation.inputs, [](StringRef input) { return hasRepeats(input); }) ? "diagonal"
                                                                                                       : "broadcast";
  return (name + " " + einsum.getEquation()).str();
}

// Numbers, positions and their broadcasts are part of every kernel.
bool isIncidental(Operation *op) {
  auto einsum = dyn_cast<EinsumOp>(op);
  return isa<FillOp, IotaOp>(op) || (einsum && isInlinable(op) && einsum.getInputs().size() < 2);
}

// "`max`, `exp` and `sum` ij->i", each once
std::string listed(ArrayRef<Operation *> ops, bool all) {
  std::vector<std::string> names;
  for (Operation *op : ops)
    if (std::string name = named(op); (all || !isIncidental(op)) && !llvm::is_contained(names, name))
      names.push_back(std::move(name));
  std::string text;
  for (auto [number, name] : llvm::enumerate(names))
    text += (number == 0 ? "" : number + 1 == names.size() ? " and " : ", ") + name;
  return text;
}
// Without what is incidental, if there is more.
std::string listed(ArrayRef<Operation *> ops) { return listed(ops, llvm::all_of(ops, isIncidental)); }

StringRef reasonOf(Fit fit) {
  switch (fit) {
  case Fit::SamePositions: return "they run over the same positions";
  case Fit::SameRows: return "each needs of the others only the row at hand";
  case Fit::SameElements: return "one sums the elements that the other makes, in the same loops";
  case Fit::Unrelated: return "neither reads the other, and they share no array";
  case Fit::Alone: return "one of them goes along its axis in an order of its own, or writes where subscripts say";
  case Fit::OtherPlaces: return "it reads the other's values at other places than its own row, so all of them must be there first";
  case Fit::OtherLoops: return "their loops differ: one reduces what the other keeps, or they have different sizes";
  case Fit::Waits: return "something between them needs what the first one gives";
  case Fit::Full: return "a kernel has so many results at most";
  }
  llvm_unreachable("a fit without a reason");
}

StringRef editOf(Fit fit) {
  switch (fit) {
  case Fit::OtherPlaces: return "with the index that both share first, rows are at hand";
  case Fit::Waits: return "moved behind what it does not depend on, the first could join";
  default: return "";
  }
}

// A contraction with nothing but the views that it reads, or an operand that it computes.
bool standsAlone(const Cluster &cluster) { return !cluster.contractions.empty() && !cluster.outer; }

} // namespace

void Clusters::explain() const {
  for (Operation &op : block)
    explainStorage(op);
  for (const Cluster &cluster : list)
    explainFusion(cluster);
  for (const Cluster &cluster : list)
    if (!standsAlone(cluster))
      for (Operation *root : cluster.roots)
        explainRefusals(root);
}

void Clusters::explainStorage(Operation &op) const {
  if (!isInlinable(&op) || !costs.contains(&op))
    return;
  const unsigned cost = costs.lookup(&op);
  const auto uses = static_cast<unsigned>(std::distance(op.user_begin(), op.user_end()));
  // What a load costs as much as is no choice.
  if (!isUsedAgain(&op) || cost <= 1)
    return;
  Decision decision{.kind = Decision::Kind::Storage,
                    .what = "",
                    .reason = "",
                    .candidates = {{"load it", double(costOfLoad(&op))}, {"compute it again", double(cost)}},
                    .unit = "additions an element of each use"};
  if (floats(&op)) {
    decision.what = "the value of " + named(&op) + " is computed again " +
                    (uses > 1 ? "in each of " + std::to_string(uses) + " uses" : "wherever its one use repeats it");
    decision.reason = "an element costs " + std::to_string(cost) + ", no more than to load it";
    decision.chosen = 1;
  } else {
    decision.what = "the value of " + named(&op) + " is stored";
    decision.reason = sizes.lookup(&op) > longest ? "what computes an element would be too long to be repeated"
                                                  : "it is used several times, and to load it costs less than to compute it again";
  }
  decide(op.getLoc(), [&] { return decision; });
}

void Clusters::explainFusion(const Cluster &cluster) const {
  if (standsAlone(cluster)) {
    if (cluster.roots.size() > 1)
      return; // computedFor has told
    Operation *product = cluster.roots.front();
    if (llvm::none_of(members(cluster), [](Operation *op) { return matchStridedView(op); }))
      return; // readKeptInPlace has told
    decide(product->getLoc(), [&] {
      SmallVector<Operation *> views = members(cluster);
      llvm::erase_if(views, [](Operation *op) { return !matchStridedView(op); });
      return Decision{.kind = Decision::Kind::Fusion,
                      .what = named(product) + " reads its operand" + (views.size() > 1 ? "s" : "") + " in place, through " + listed(views, /*all=*/true),
                      .reason = "an offset and strides say where the elements are, and nothing is copied"};
    });
    return;
  }
  SmallVector<Operation *> all = members(cluster);
  if (llvm::count_if(all, [](Operation *op) { return !isIncidental(op); }) < 2)
    return;
  decide(cluster.roots.back()->getLoc(), [&] {
    Decision decision{.kind = Decision::Kind::Fusion, .what = "one kernel computes " + listed(all), .reason = ""};
    if (cluster.roots.size() == 1)
      decision.reason = "what only " + named(cluster.roots.front()) + " reads is computed in its loops and never stored";
    else
      decision.reason = reasonOf(cluster.fit).str();
    return decision;
  });
}

// Of each kernel that gives what the root reads, why the root is not part of it.
void Clusters::explainRefusals(Operation *root) const {
  const size_t home = clusterOf.lookup(root);
  llvm::SmallSetVector<size_t, 4> others;
  for (const Read &read : reads.find(root)->second)
    if (Operation *producer = read.value.getDefiningOp())
      if (auto found = clusterOf.find(producer); found != clusterOf.end() && found->second != home)
        others.insert(found->second);
  for (size_t other : others)
    decide(root->getLoc(), [&] {
      // Of the pair alone: why the whole kernel at last did not take it follows from that or from what lies between.
      Fit fit = fitOf(root, list[other]);
      if (joins(fit))
        fit = Fit::Waits;
      return Decision{.kind = Decision::Kind::Fusion,
                      .what = named(root) + " is not fused with " + listed(list[other].roots) + ", whose value it reads",
                      .reason = reasonOf(fit).str(),
                      .edit = editOf(fit).str(),
                      .refused = true};
    });
}

} // namespace ricci::fuse
