#include "tests/fuzz/Bisector.h"

#include "compiler/Simplify/Simplify.h"
#include "tests/fuzz/Agreement.h"

#include <fmt/format.h>

namespace ricci::fuzz {

// The first rewrite after which the answer is wrong. Rewrites may put it right again; then it is one of several.
static std::string culpritRewrite(const Trial &trial, Reference &reference) {
  std::vector<std::string> names;
  auto isWrong = [&](int64_t rewrites) {
    Interpretation simplified = trial.at(Stage::Grad);
    names.clear();
    SimplifyOptions options;
    options.rewrites = rewrites;
    options.onRewrite = [&](llvm::StringRef name) { names.push_back(name.str()); };
    trial.apply(simplified, [&](mlir::OpPassManager &passes) { passes.addPass(createSimplifyPass(options)); });
    return !reference.difference(simplified.run(trial.inputs())).empty();
  };
  int64_t right = 0, wrong = 1;
  while (!isWrong(wrong)) {
    if (int64_t(names.size()) < wrong)
      return "sharing, hoisting or the order of contractions";
    right = wrong;
    wrong *= 2;
  }
  while (wrong - right > 1) {
    int64_t middle = (right + wrong) / 2;
    (isWrong(middle) ? wrong : right) = middle;
  }
  isWrong(wrong);
  return fmt::format("rewrite {}: {}", wrong, size_t(wrong) <= names.size() ? names[size_t(wrong) - 1] : "");
}

std::string culprit(const std::string &text) {
  try {
    Trial trial(text);
    Reference reference(trial.expanded(), trial.inputs());
    for (auto [stage, name] : {std::pair(Stage::Grad, "MergeEinsums before Autodiff"),
                               std::pair(Stage::Simplified, "Simplify"), std::pair(Stage::Fused, "Fuse")}) {
      std::string difference = reference.difference(trial.at(stage).run(trial.inputs()));
      if (difference.empty())
        continue;
      std::string where = stage == Stage::Simplified ? ", " + culpritRewrite(trial, reference) : "";
      return fmt::format("{}{}: {}", name, where, difference);
    }
    return "code generation";
  } catch (const Failure &failure) {
    return failure.what();
  }
}

} // namespace ricci::fuzz
