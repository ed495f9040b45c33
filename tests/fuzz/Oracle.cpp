#include "tests/fuzz/Oracle.h"

#include "compiler/Simplify/Simplify.h"
#include "tests/fuzz/Agreement.h"

#include <fmt/format.h>

namespace ricci::fuzz {

static void require(const std::string &what, const std::string &difference) {
  if (!difference.empty())
    throw Failure(what + " " + difference);
}

// Identities that undo each other would go on until the pass gives up.
static void requireEndOfSimplification(const Trial &trial) {
  constexpr int64_t mostPerOperation = 10, mostAtLeast = 500;
  Interpretation program = trial.at(Stage::Grad);
  int64_t operations = 0, rewrites = 0;
  program.module().walk([&](mlir::Operation *) { ++operations; });
  SimplifyOptions options;
  options.onRewrite = [&](llvm::StringRef) { ++rewrites; };
  Trial::apply(program, [&](mlir::OpPassManager &passes) { passes.addPass(createSimplifyPass(options)); });
  if (rewrites > mostAtLeast + mostPerOperation * operations)
    throw Failure("simplification does not end", fmt::format("{} rewrites of {} operations", rewrites, operations));
}

void examine(const std::string &text, Progress &progress) {
  progress.phase = Phase::Check;
  Trial trial(text);
  ++progress.tally.checked;

  progress.phase = Phase::Interpret;
  Reference reference(trial.expanded(), trial.inputs());
  if (!reference.answer().error.empty())
    throw Failure("stops with " + reference.answer().error, reference.answer().message);

  progress.phase = Phase::Compile;
  requireEndOfSimplification(trial);
  Compiled code = trial.compiled();
  progress.phase = Phase::Run;
  Answer one = trial.run(code, 1), all = trial.run(code, 0);
  require("compiled code differs from the interpreter", reference.difference(one));
  require("threads differ", difference(one, all));

  progress.phase = Phase::Compile;
  if (std::optional<Compiled> function = trial.compiledFunction()) {
    progress.phase = Phase::Run;
    require("compiled for any sizes differs from the interpreter", reference.difference(trial.run(*function, 1)));
  }
  progress.tally.unstable += !reference.explained().empty();
  ++progress.tally.ran;
}

} // namespace ricci::fuzz
