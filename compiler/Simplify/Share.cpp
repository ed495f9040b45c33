// One contraction for all that are it up to the names of the letters, the order of the operands and of the result's axes.
#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"

#include "mlir/IR/Dominance.h"

#include <map>

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {

// What two contractions of equal numbers have in common, and the axes of this one's result by the common names.
struct Shared {
  std::vector<const void *> operands;
  std::vector<std::string> letters; // of each operand
  std::string kept;                 // in alphabetical order
  auto key() const { return std::tie(operands, letters, kept); }
  bool operator<(const Shared &other) const { return key() < other.key(); }
};

std::pair<Shared, std::string> commonForm(EinsumOp op) {
  const Equation equation = op.parseEquation();
  std::vector<std::pair<const void *, std::string>> terms;
  for (auto [letters, input] : llvm::zip_equal(equation.inputs, op.getInputs()))
    terms.emplace_back(input.getAsOpaquePointer(), letters);
  llvm::stable_sort(terms, llvm::less_first());
  std::map<char, char> names;
  Shared shared;
  for (const auto &[operand, letters] : terms) {
    shared.operands.push_back(operand);
    std::string &renamed = shared.letters.emplace_back();
    for (char letter : letters)
      renamed += names.try_emplace(letter, indexLetters(names.size() + 1).back()).first->second;
  }
  std::string result;
  for (char letter : equation.output)
    result += names.at(letter);
  shared.kept = result;
  llvm::sort(shared.kept);
  return {std::move(shared), std::move(result)};
}

// Worth a view that may have to be stored: long sums, all of whose result's axes are the operands'.
bool isContraction(EinsumOp op) {
  constexpr int64_t longSum = 16;
  const Equation equation = op.parseEquation();
  if (equation.inputs.size() < 2 || hasRepeats(equation.output))
    return false;
  int64_t summed = 1;
  std::string letters;
  for (auto [input, names] : llvm::zip_equal(op.getInputs(), equation.inputs))
    for (auto [axis, letter] : llvm::enumerate(names)) {
      if (contains(letters, letter))
        continue;
      letters += letter;
      const int64_t size = tensorType(input).getDimSize(axis);
      if (!contains(equation.output, letter))
        summed = ShapedType::isDynamic(size) ? longSum : std::min(longSum, summed * size);
    }
  return summed >= longSum && llvm::all_of(equation.output, [&](char letter) { return contains(letters, letter); });
}

} // namespace

void simplify::shareContractions(RewriterBase &rewriter, Operation *root) {
  DominanceInfo dominance(root);
  std::map<Shared, std::pair<EinsumOp, std::string>> first;
  SmallVector<EinsumOp> contractions;
  root->walk([&](EinsumOp op) {
    if (isContraction(op))
      contractions.push_back(op);
  });
  for (EinsumOp op : contractions) {
    auto [shared, axes] = commonForm(op);
    auto [entry, isNew] = first.try_emplace(std::move(shared), op, axes);
    auto &[other, from] = entry->second;
    const RankedTensorType type = op.getType();
    if (isNew || !dominance.properlyDominates(other.getOperation(), op))
      continue;
    if (typeOfAxes(other.getResult(), from, axes, type.getElementType()) != type)
      continue;
    const std::string letters = indexLetters(from.size());
    std::string turned;
    for (char axis : axes)
      turned += letters[from.find(axis)];
    rewriter.setInsertionPoint(op);
    rewriter.replaceOp(op, turned == letters ? other.getResult()
                                             : buildView(rewriter, op.getLoc(), other.getResult(), letters, turned, type, op.getDims()));
  }
}
