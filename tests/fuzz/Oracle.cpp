#include "tests/fuzz/Oracle.h"

#include "tests/fuzz/Agreement.h"

namespace ricci::fuzz {

static void require(const std::string &kind, const std::string &difference) {
  if (!difference.empty())
    throw Failure(kind, difference);
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
