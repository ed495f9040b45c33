// The order of a contraction of many operands. With S a set of operands, the letters kept by their product are those in
// the result or in an operand outside S; joining two sets costs the product of the sizes of all their kept letters.
// Up to eight operands every order is tried (dynamic programming over sets, 3ⁿ steps); beyond, the cheapest pair is
// joined first. Unknown sizes count as large, columns of an argument as fewer than rows. A product that the program
// computes anyway costs nothing.
#include "compiler/Simplify/Patterns.h"
#include "compiler/Simplify/Views.h"
#include "dialects/Build.h"
#include "dialects/Decision.h"

#include <bit>
#include <map>
#include <tuple>

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

namespace {
constexpr double unknownSize = 1024, unknownColumns = 512;
constexpr size_t exactLimit = 8;

struct Term {
  Value value;
  std::string letters; // none twice
  Axes summed = {};    // what it is a sum over
};

std::string unionOf(StringRef left, StringRef right) {
  std::string result = left.str();
  for (char letter : right)
    if (!contains(result, letter))
      result += letter;
  return result;
}

std::string restrictTo(StringRef letters, StringRef kept) {
  std::string result;
  for (char letter : letters)
    if (contains(kept, letter) && !contains(result, letter))
      result += letter;
  return result;
}

class Ordering {
public:
  Ordering(RewriterBase &rewriter, EinsumOp op) : rewriter(rewriter), op(op), equation(op.parseEquation()) {
    for (auto [letters, input] : llvm::zip_equal(equation.inputs, op.getInputs()))
      for (auto [axis, letter] : llvm::enumerate(letters)) {
        int64_t size = tensorType(input).getDimSize(axis);
        double &known = sizes.try_emplace(letter, unknownSize).first->second;
        if (!ShapedType::isDynamic(size))
          known = static_cast<double>(size);
        else if (isColumn(input, axis))
          known = std::min(known, unknownColumns);
      }
  }

  void run() {
    for (auto [letters, input] : llvm::zip_equal(equation.inputs, op.getInputs()))
      terms.push_back({input, letters});
    // Diagonals are taken, and indices of one operand alone summed, before anything is multiplied.
    for (size_t i = 0; i < terms.size(); ++i)
      terms[i] = reduced(terms[i], restrictTo(terms[i].letters, keptOutside(size_t(1) << i)));
    const std::vector<Term> operands = terms;
    Term result = terms.size() <= exactLimit ? joinExactly() : joinGreedily();
    if (operands.size() > 2)
      explain(operands);
    Value value = result.value;
    if (result.letters != equation.output || value.getType() != op.getType())
      value = EinsumOp::create(rewriter, op.getLoc(), op.getType(), result.letters + "->" + equation.output, value,
                               op.getDims());
    rewriter.replaceOp(op, value);
  }

private:
  // A size that the last axis of an argument gives.
  bool isColumn(Value tensor, int64_t axis) {
    auto dim = buildDim(rewriter, op.getLoc(), tensor, axis).getDefiningOp<DimOp>();
    const int64_t rank = dim ? tensorType(dim.getSource()).getRank() : 0;
    return rank > 1 && isa<BlockArgument>(dim.getSource()) && static_cast<int64_t>(dim.getAxis()) + 1 == rank;
  }

  // What a join costs: multiplications, and what is written and read again.
  double costOf(StringRef left, StringRef right, StringRef kept) const {
    std::string all = unionOf(left, right);
    return volume(all) + volume(restrictTo(all, kept));
  }

  // The order chosen, beside that of the text.
  void explain(ArrayRef<Term> operands) {
    decide(op.getLoc(), [&] {
      double asWritten = 0;
      std::string letters = operands.front().letters;
      for (size_t i = 1; i < operands.size(); ++i) {
        std::string kept = equation.output;
        for (const Term &later : operands.drop_front(i + 1))
          kept = unionOf(kept, later.letters);
        asWritten += costOf(letters, operands[i].letters, kept);
        letters = restrictTo(unionOf(letters, operands[i].letters), kept);
      }
      const bool isKnown = llvm::none_of(op.getInputs(), [](Value input) { return !tensorType(input).hasStaticShape(); });
      std::string steps;
      for (const std::string &step : joins)
        steps += (steps.empty() ? "" : ", then ") + step;
      return Decision{.kind = Decision::Kind::Order,
                      .what = "`" + op.getEquation().str() + "` is computed as " + steps,
                      .reason = operands.size() <= exactLimit ? "of all orders it costs least"
                                                              : "the cheapest pair comes first",
                      .edit = isKnown ? ""
                                      : "sizes that are not known count as 1024, those of columns as 512; with known "
                                        "ones another order may be chosen",
                      .candidates = {{"this order", cost}, {"the order as written", asWritten}},
                      .unit = "multiplications and elements written"};
    });
  }

  // Letters that the result or an operand outside the set has.
  std::string keptOutside(size_t set) const {
    std::string kept = equation.output;
    for (size_t i = 0; i < terms.size(); ++i)
      if (!(set >> i & 1))
        kept = unionOf(kept, terms[i].letters);
    return kept;
  }

  double volume(StringRef letters) const {
    double result = 1;
    for (char letter : letters)
      result *= sizes.at(letter);
    return result;
  }

  Term reduced(const Term &term, const std::string &kept) {
    if (kept == term.letters)
      return term;
    Value value = buildEinsum(rewriter, op.getLoc(), term.letters + "->" + kept, term.value);
    Term result{value, kept};
    for (auto [axis, letter] : llvm::enumerate(term.letters))
      if (!contains(kept, letter))
        result.summed.push_back({term.value, axis});
    return result;
  }

  // What stays to the end in the result's order, so that no transpose is left over. What is summed later goes before that in
  // the operand that has the result's last axis, and after it in others: so kernels find rows of either together.
  std::string asKernelsRead(StringRef letters) const {
    std::string stays = restrictTo(equation.output, letters), rest;
    for (char letter : letters)
      if (!contains(stays, letter))
        rest += letter;
    size_t batch = 0; // in front, so that a point of it lies together
    while (batch < stays.size() &&
           llvm::all_of(equation.inputs, [&](const std::string &input) { return contains(input, stays[batch]); }))
      ++batch;
    return batch < stays.size() && stays.back() == equation.output.back()
               ? stays.substr(0, batch) + rest + stays.substr(batch)
               : stays + rest;
  }

  // A product of two terms that keeps these letters: elementwise if nothing is summed.
  Term join(Term left, Term right, StringRef kept) {
    cost += costOf(left.letters, right.letters, kept);
    std::string all = unionOf(left.letters, right.letters), letters = restrictTo(all, kept);
    const bool isElementwise = letters == all;
    letters = asKernelsRead(letters);
    joins.push_back(left.letters + "," + right.letters + "->" + letters);
    Term result{Value(), letters, left.summed};
    llvm::append_range(result.summed, right.summed);
    if (!isElementwise) {
      for (const Term &term : {left, right})
        for (auto [axis, letter] : llvm::enumerate(term.letters))
          if (!contains(letters, letter))
            result.summed.push_back({term.value, axis});
      std::string text = left.letters + "," + right.letters + "->" + letters;
      result.value = buildEinsum(rewriter, op.getLoc(), text, {left.value, right.value});
      return result;
    }
    Value leftFactor = buildFactorOfSum(rewriter, op.getLoc(), left.value, right.summed);
    right.value = buildFactorOfSum(rewriter, op.getLoc(), right.value, left.summed);
    left.value = leftFactor;
    Value like[2];
    for (auto [side, term] : {std::pair(0, &left), std::pair(1, &right)})
      like[side] = term->letters == letters ? term->value : spread(*term, left, right, letters);
    result.value = MulOp::create(rewriter, op.getLoc(), like[0], like[1]);
    return result;
  }

  Value spread(const Term &term, const Term &left, const Term &right, const std::string &letters) {
    return buildEinsum(rewriter, op.getLoc(), term.letters + "->" + letters, term.value, [&](char letter) {
      const Term &other = contains(left.letters, letter) ? left : right;
      size_t axis = other.letters.find(letter);
      auto type = tensorType(other.value);
      return type.isDynamicDim(axis) ? OpFoldResult(buildDim(rewriter, op.getLoc(), other.value, axis))
                                     : OpFoldResult(rewriter.getIndexAttr(type.getDimSize(axis)));
    });
  }

  // Whether the program has the product of these two operands, with these letters in any order, before this one.
  bool isComputed(size_t left, size_t right, StringRef kept) const {
    if (!std::has_single_bit(left) || !std::has_single_bit(right))
      return false;
    const Term &x = terms[std::countr_zero(left)], &y = terms[std::countr_zero(right)];
    return llvm::any_of(x.value.getUsers(), [&](Operation *user) {
      auto other = dyn_cast<EinsumOp>(user);
      if (!other || other == op || other.getInputs().size() != 2 || other->getBlock() != op->getBlock() ||
          !other->isBeforeInBlock(op))
        return false;
      const unsigned mine = other.getInputs()[0] == x.value ? 0 : 1;
      if (other.getInputs()[1 - mine] != y.value)
        return false;
      Equation equal = other.parseEquation();
      // The same letters for the same axes.
      std::map<char, char> names;
      for (auto [term, input] : {std::pair(&x, equal.inputs[mine]), {&y, equal.inputs[1 - mine]}})
        for (auto [letter, own] : llvm::zip_equal(input, term->letters))
          if (names.try_emplace(letter, own).first->second != own)
            return false;
      const std::string all = unionOf(x.letters, y.letters);
      std::string output;
      for (char letter : equal.output)
        output += names.at(letter);
      std::string expected = restrictTo(all, kept);
      llvm::sort(output);
      llvm::sort(expected);
      return names.size() == all.size() && output == expected;
    });
  }

  Term joinExactly() {
    size_t count = terms.size(), full = (size_t(1) << count) - 1;
    struct Plan {
      double cost = 0, before = 0; // of all joins, and of all but the last
      std::string letters;
      size_t left = 0;
      bool scales = false; // the last join multiplies by a factor of fewer axes
    };
    std::vector<Plan> plans(full + 1);
    for (size_t set = 1; set <= full; ++set) {
      Plan &plan = plans[set];
      if (std::has_single_bit(set)) {
        plan.letters = terms[std::countr_zero(set)].letters;
        continue;
      }
      std::string kept = keptOutside(set);
      plan.cost = std::numeric_limits<double>::infinity();
      // Every split once: the part with the first operand on the left.
      for (size_t left = (set - 1) & set; left; left = (left - 1) & set) {
        if (!(left & (set & -set)))
          continue;
        const Plan &a = plans[left], &b = plans[set ^ left];
        const double before = a.cost + b.cost;
        const double cost = before + (isComputed(left, set ^ left, kept) ? 0 : costOf(a.letters, b.letters, kept));
        const std::string all = unionOf(a.letters, b.letters);
        const bool scales = all.size() == std::max(a.letters.size(), b.letters.size()) && restrictTo(all, kept) == all;
        // Of equals one that scales a sum, not what is summed, which is mostly the larger; then the one that does the
        // most at the end: longer sums, a small result.
        if (std::tuple(cost, !scales, before) < std::tuple(plan.cost, !plan.scales, plan.before))
          plan = {cost, before, restrictTo(all, kept), left, scales};
      }
    }
    std::function<Term(size_t)> build = [&](size_t set) -> Term {
      if (std::has_single_bit(set))
        return terms[std::countr_zero(set)];
      Term left = build(plans[set].left), right = build(set ^ plans[set].left);
      return join(left, right, keptOutside(set));
    };
    return build(full);
  }

  Term joinGreedily() {
    while (terms.size() > 1) {
      size_t bestLeft = 0, bestRight = 1;
      double best = std::numeric_limits<double>::infinity();
      for (size_t i = 0; i < terms.size(); ++i)
        for (size_t j = i + 1; j < terms.size(); ++j) {
          double cost = costOf(terms[i].letters, terms[j].letters, keptOutside(size_t(1) << i | size_t(1) << j));
          if (cost < best) {
            best = cost;
            bestLeft = i;
            bestRight = j;
          }
        }
      std::string kept = keptOutside(size_t(1) << bestLeft | size_t(1) << bestRight);
      terms[bestLeft] = join(terms[bestLeft], terms[bestRight], kept);
      terms.erase(terms.begin() + bestRight);
    }
    return terms.front();
  }

  RewriterBase &rewriter;
  EinsumOp op;
  Equation equation;
  std::map<char, double> sizes;
  std::vector<Term> terms;
  std::vector<std::string> joins; // as done
  double cost = 0;                // of these
};
} // namespace

void simplify::orderContractions(RewriterBase &rewriter, Operation *root) {
  SmallVector<EinsumOp> sums;
  root->walk([&](EinsumOp op) {
    Equation equation = op.parseEquation();
    if (equation.inputs.size() >= 2 && !hasRepeats(equation.output) && llvm::all_of(equation.output, [&](char letter) {
          return llvm::any_of(equation.inputs, [&](const std::string &input) { return contains(input, letter); });
        }))
      sums.push_back(op);
  });
  for (EinsumOp op : sums) {
    rewriter.setInsertionPoint(op);
    Ordering(rewriter, op).run();
  }
}
