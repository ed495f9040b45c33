// run, eval, einsum: load, compile, read, run, deliver.

#include "compiler/driver/Commands.h"

#include "runtime/DataFile.h"

#include <cstdio>
#include <fmt/format.h>

namespace ricci::driver {

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

runtime::ContextOptions contextOptions(const Settings &settings) {
  return {.threads = settings.threads, .memoryLimit = settings.memoryLimit, .print = write};
}

Outcome<Positionals> splitPositionals(const std::vector<std::string> &arguments, bool takesFunction) {
  Positionals result;
  for (const std::string &argument : arguments)
    if (isAssignment(argument))
      result.assignments.push_back(argument);
    else if (result.file.empty())
      result.file = argument;
    else if (takesFunction && result.function.empty())
      result.function = argument;
    else
      return problem(ExitStatus::Usage, fmt::format("`{}` is neither name=value nor the first file", argument));
  return result;
}

std::optional<Problem> checkOutput(const std::string &output) {
  if (output.empty() || output.ends_with(".npy") || runtime::namesArchive(output))
    return std::nullopt;
  return problem(ExitStatus::Usage, fmt::format("`{}`: results go to .npy, .npz or .safetensors", output));
}

std::optional<Problem> deliver(const Settings &settings, const runtime::Value &value, const std::string &output) {
  if (!output.empty()) {
    if (!value.isArray() && !runtime::namesArchive(output))
      return problem(ExitStatus::Usage, fmt::format("`{}`: a struct or tuple goes to .npz or .safetensors", output));
    if (runtime::Status status = runtime::writeValue(output, value); !status)
      return problem(status.error());
    return std::nullopt;
  }
  if (settings.json) {
    write(runtime::toJson(value) + "\n");
    return std::nullopt;
  }
  runtime::Result<std::string> text = runtime::toText(value);
  if (!text)
    return problem(text.error());
  write(*text + "\n");
  return std::nullopt;
}

namespace {

std::optional<Problem> perform(const Settings &settings, Request request, const std::string &output,
                               FileWatch *watch = nullptr) {
  Session session(settings, watch);
  if (std::optional<Problem> wrong = session.load(std::move(request)))
    return wrong;
  if (std::optional<Problem> wrong = session.compile({.checkNan = settings.checkNan, .debugFolder = settings.debugFolder}))
    return wrong;
  runtime::Context context(contextOptions(settings));
  if (std::optional<Problem> wrong = session.readInputs(context))
    return wrong;
  Outcome<std::optional<runtime::Value>> value = session.run(context);
  if (!value)
    return std::move(value.error());
  return *value ? deliver(settings, **value, output) : std::nullopt;
}

// In a string of the language.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

} // namespace

std::optional<Problem> runScript(const Settings &settings, const RunOptions &options) {
  Outcome<Positionals> positionals = splitPositionals(options.arguments);
  if (!positionals)
    return std::move(positionals.error());
  if (positionals->file.empty())
    return problem(ExitStatus::Usage, "run needs a file; `-` is standard input");
  return options.watch ? watchScript(settings, *positionals) : runOnce(settings, *positionals, nullptr);
}

std::optional<Problem> runOnce(const Settings &settings, const Positionals &positionals, FileWatch *watch) {
  Outcome<std::vector<Given>> given = parseGiven(positionals.assignments, {.watch = watch});
  if (!given)
    return std::move(given.error());
  return perform(settings, {positionals.file, std::nullopt, std::move(*given)}, "", watch);
}

std::optional<Problem> evaluate(const Settings &settings, const EvalOptions &options) {
  Outcome<Positionals> positionals = splitPositionals(options.arguments);
  if (!positionals)
    return std::move(positionals.error());
  if (std::optional<Problem> wrong = checkOutput(options.output))
    return wrong;
  Outcome<std::vector<Given>> given = parseGiven(positionals->assignments);
  if (!given)
    return std::move(given.error());
  return perform(settings, {positionals->file, options.expression, std::move(*given)}, options.output);
}

std::optional<Problem> einsum(const Settings &settings, const EinsumOptions &options) {
  if (std::optional<Problem> wrong = checkOutput(options.output))
    return wrong;
  std::string expression = "einsum(" + quoted(options.equation);
  std::vector<std::string> assignments;
  for (size_t i = 0; i < options.operands.size(); ++i) {
    if (!runtime::namesDataFile(options.operands[i]))
      return problem(ExitStatus::Usage, fmt::format("`{}`: operands are files ending in .npy, .npz[:KEY], "
                                                    ".safetensors[:KEY] or .csv",
                                                    options.operands[i]));
    std::string name = fmt::format("operand{}", i + 1);
    expression += ", " + name;
    assignments.push_back(name + "=" + options.operands[i]);
  }
  Outcome<std::vector<Given>> given = parseGiven(assignments);
  if (!given)
    return std::move(given.error());
  return perform(settings, {"", expression + ")", std::move(*given)}, options.output);
}

} // namespace ricci::driver
