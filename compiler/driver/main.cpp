// The command line: what is said, turned into calls of the commands.

#include "compiler/driver/Commands.h"
#include "compiler/driver/Signals.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <new>
#include <unistd.h>

using namespace ricci::driver;

namespace {

constexpr const char *laterCommands[] = {"grad", "plan", "repl", "lsp"};

// `512M`, `2G`, bytes without a letter.
int64_t parseBytes(const std::string &text) {
  int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  if (unit.ends_with('B'))
    unit.pop_back();
  int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : unit == "T" ? 40 : -1;
  int64_t bytes = 0;
  if (code != std::errc() || number <= 0 || shift < 0 || __builtin_mul_overflow(number, int64_t(1) << shift, &bytes))
    throw CLI::ValidationError("--memory", "`" + text + "` is no size such as 512M or 2G");
  return bytes;
}

// Where compiled code is kept (XDG Base Directory Specification); empty where nobody says where home is.
std::string usualCache() {
  // "All paths set in these environment variables must be absolute."
  if (const char *caches = std::getenv("XDG_CACHE_HOME"); caches && *caches == '/')
    return std::string(caches) + "/ricci";
  const char *home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache/ricci" : "";
}

int parseThreads(const std::string &text) {
  constexpr int most = 1024;
  int number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    throw CLI::ValidationError("--threads", fmt::format("`{}` is no number from 1 to {}", text, most));
  return number;
}

// The commands' options, and what to call once they are parsed.
class CommandLine {
public:
  CommandLine() {
    app.require_subcommand(1);
    app.name("ricci");
    app.add_option("--target", target, "cpu, cuda[:arch]; of build also cpu:aarch64-linux-gnu, cpu:x86-64-v3");
    app.add_option("--threads", threads, "number of threads (default: all); of build: none for no OpenMP runtime");
    app.add_option("--memory", memory, "bound on what a program may allocate, such as 2G");
    app.add_option("--cache", cache, "folder for compiled code, or none (default: $XDG_CACHE_HOME/ricci or ~/.cache/ricci)");
    app.add_flag("--json", settings.json, "results as JSON");
    app.add_flag("--quiet", settings.quiet, "no progress, no notes");
    settings.colour = isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
    addRun();
    addEval();
    addEinsum();
    addCheck();
    addTest();
    addFmt();
    addDoc();
    addInspect();
    addBench();
    addBuild();
    addInformation();
  }

  std::optional<Problem> run(int argc, char **argv) {
    // An equation may begin with its arrow, but is no option; its spaces are ignored. (CLI11 wants the last word
    // first.)
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i)
      words.push_back(std::string(std::string_view(argv[i]).starts_with("->") ? " " : "") + argv[i]);
    app.parse(std::move(words));
    if (!memory.empty())
      settings.memoryLimit = parseBytes(memory);
    if (const char *folder = std::getenv("JITDUMPDIR"); debugCode)
      settings.debugFolder = folder ? folder : ".";
    settings.cacheDirectory = cache.empty() ? usualCache() : cache == "none" ? "" : cache;
    if (target == "cuda" || target.starts_with("cuda:"))
      return notInThisVersion("--target cuda");
    const bool builds = app.got_subcommand("build");
    if (target != "cpu" && !(builds && target.starts_with("cpu:")))
      throw CLI::ValidationError("--target", "`" + target + "` is unknown; there is cpu" +
                                                 (builds ? ", and cpu:MACHINE such as cpu:aarch64-linux-gnu" : ""));
    if (!threads.empty() && !(builds && threads == "none"))
      settings.threads = parseThreads(threads);
    return action();
  }

  int report(const CLI::ParseError &error) const {
    if (error.get_exit_code() == 0) {
      app.exit(error); // prints the help that was asked for
      return 0;
    }
    std::string message = error.what();
    if (app.get_subcommands().empty() && !app.remaining().empty())
      message = unknownCommand(app.remaining().front());
    fmt::print(stderr, "error: {}\nTry `ricci --help`.\n", message);
    return static_cast<int>(ExitStatus::Usage);
  }

private:
  std::string unknownCommand(const std::string &word) const {
    std::vector<std::string> names;
    for (const CLI::App *sub : app.get_subcommands([](const CLI::App *) { return true; }))
      names.push_back(sub->get_name());
    std::optional<std::string> meant = ricci::lang::nearest(word, names);
    return fmt::format("there is no command `{}`{}", word, meant ? fmt::format("; is `{}` meant?", *meant) : "");
  }

  CLI::App *command(const std::string &name, const std::string &description,
                    std::function<std::optional<Problem>()> perform) {
    CLI::App *sub = app.add_subcommand(name, description);
    sub->fallthrough();
    sub->callback([this, perform = std::move(perform)] { action = perform; });
    return sub;
  }

  void addCodeOptions(CLI::App *sub) {
    sub->add_flag("--check-nan", settings.checkNan, "stop at the first operation that makes NaN or an infinity");
    sub->add_flag("--debug-code", debugCode, "tell GDB and perf the names and source lines of compiled code");
  }

  void addRun() {
    CLI::App *sub = command("run", "run a script; its params are set by name", [this] {
      script.arguments = arguments;
      return runScript(settings, script);
    });
    sub->add_option("arguments", arguments, "FILE [name=value …]")->required();
    sub->add_flag("--watch", script.watch, "run again when the script or a file that it reads changes");
    addCodeOptions(sub);
  }

  void addEval() {
    CLI::App *sub = command("eval", "evaluate an expression in a script's scope", [this] {
      eval.arguments = arguments;
      return evaluate(settings, eval);
    });
    sub->add_option("arguments", arguments, "[FILE] [name=value …]");
    sub->add_option("-e", eval.expression, "the expression")->required();
    sub->add_option("-o", eval.output, "file for the result, .npy, .npz or .safetensors");
    addCodeOptions(sub);
  }

  void addEinsum() {
    CLI::App *sub =
        command("einsum", "one contraction, NumPy's notation", [this] { return einsum(settings, contraction); });
    sub->add_option("equation", contraction.equation, "such as ij,jk->ik")->required();
    sub->add_option("operands", contraction.operands, "files");
    sub->add_option("-o", contraction.output, "file for the result, .npy, .npz or .safetensors");
  }

  void addCheck() {
    CLI::App *sub = command("check", "all diagnostics; nothing is run", [this] { return check(settings, arguments); });
    sub->add_option("files", arguments, "FILE…")->required();
  }

  void addTest() {
    CLI::App *sub = command("test", "tests, documentation examples, derivatives", [this] {
      testing.paths = arguments;
      return ricci::driver::test(settings, testing);
    });
    sub->add_option("paths", arguments, "files and folders (default: the current folder)");
    sub->add_option("--filter", testing.filter, "only those with this in FILE:FUNCTION");
    sub->add_option("--runs", testing.runs, "of a test with arguments (default: 100)");
    sub->add_option("--seed", testing.seed, "of random arguments (default: 0)");
  }

  void addFmt() {
    CLI::App *sub = command("fmt", "the one format, in place", [this] {
      formatting.files = arguments;
      return formatFiles(settings, formatting);
    });
    sub->add_option("files", arguments, "FILE…, or - for standard input to standard output")->required();
    sub->add_flag("--check", formatting.check, "change nothing, list the files that differ");
  }

  void addDoc() {
    CLI::App *sub = command("doc", "documented declarations as HTML", [this] {
      documentation.files = arguments;
      return document(settings, documentation);
    });
    sub->add_option("files", arguments, "FILE…")->required();
    sub->add_option("-o", documentation.output, "folder for the pages; index.html is the first")->required();
  }

  void addInspect() {
    CLI::App *sub = command("inspect", "why a program is as fast as it is, and its stages of compilation", [this] {
      inspection.arguments = arguments;
      if (why)
        inspection.why = why;
      return inspect(settings, inspection);
    });
    sub->add_option("arguments", arguments, "FILE [FN] [name=value …]");
    sub->add_option("-e", inspection.expression, "an expression instead of a function");
    sub->add_option("--stage", inspection.stage, "print one text: ast ricci grad simplified fused loops vector llvm asm");
    sub->add_option("--html", inspection.html, "write the report as one page");
    sub->add_option("--why", why, "what became of this line of FILE")->check(CLI::PositiveNumber);
    sub->add_option("--assert", inspection.assertion, "a condition on the report; status 5 if it does not hold");
    sub->add_option("--diff", inspection.difference, "a report that --json gave, to compare with");
    sub->add_flag("--measure", inspection.measure, "run a script for the time of each kernel");
  }

  void addBench() {
    CLI::App *sub = command("bench", "compile and run time, work, memory", [this] {
      benchmark.arguments = arguments;
      return bench(settings, benchmark);
    });
    sub->add_option("arguments", arguments, "[FILE [FN]] [name=value …], made up: A=f32[512,512]");
    sub->add_option("-e", benchmark.expression, "an expression instead of a function");
    sub->add_option("--seed", benchmark.seed, "of made-up data");
    addCodeOptions(sub);
  }

  void addBuild() {
    CLI::App *sub = command("build", "ahead of time: object file, header, shared library", [this] {
      building.arguments = arguments;
      building.machine = target.starts_with("cpu:") ? target.substr(4) : "";
      building.serial = threads == "none";
      return build(settings, building);
    });
    sub->add_option("file", arguments, "FILE")->required();
    sub->add_option("-o", building.output, "folder for FILE.o, FILE.h and libFILE.so")->required();
    sub->add_option("--fn", building.functions, "a function, or a derivative such as loss_grad_w (default: all functions)");
  }

  void addInformation() {
    CLI::App *sub = command("explain", "the story of an error code", [this] { return explain(settings, code); });
    sub->add_option("code", code, "such as E0101")->required();
    command("targets", "what programs can be compiled for", [this] { return targets(settings); });
    for (const char *name : laterCommands)
      command(name, "", [name] { return notInThisVersion(fmt::format("`ricci {}`", name)); })
          ->allow_extras()
          ->fallthrough(false) // else the extras would be the main command's
          ->group("");         // not in the help
    // For hosts that compile in another process; no command for people.
    command("compile-worker", "", compileWorker)->group("");
    command("version", "the versions of Ricci and LLVM", [this] { return version(settings); });
  }

  CLI::App app{"Ricci: index notation that compiles"};
  Settings settings;
  std::string target = "cpu", threads, memory, cache, code;
  unsigned why = 0;
  bool debugCode = false;
  std::vector<std::string> arguments;
  RunOptions script;
  EvalOptions eval;
  EinsumOptions contraction;
  TestOptions testing;
  FmtOptions formatting;
  DocOptions documentation;
  InspectOptions inspection;
  BenchOptions benchmark;
  BuildOptions building;
  std::function<std::optional<Problem>()> action;
};

int finish(const std::optional<Problem> &problem) {
  if (problem)
    std::fputs(problem->text.c_str(), stderr);
  // Only now is it known whether standard output took everything.
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    fmt::print(stderr, "error: cannot write to standard output\n");
    return static_cast<int>(ExitStatus::Data);
  }
  return static_cast<int>(problem ? problem->status : ExitStatus::Done);
}

int fault(std::string_view what) {
  fmt::print(stderr,
             "error: {}\nThis is a fault of Ricci's own. Please report it, with the program and the output of "
             "`ricci version`.\n",
             what);
  return static_cast<int>(ExitStatus::Fault);
}

} // namespace

int main(int argc, char **argv) {
  reportLostData();
  CommandLine commandLine;
  try {
    std::optional<Problem> problem = commandLine.run(argc, argv);
    if (problem && problem->status == ExitStatus::Fault)
      return fault(problem->text);
    return finish(problem);
  } catch (const CLI::ParseError &error) {
    return commandLine.report(error);
  } catch (const std::bad_alloc &) {
    return finish(problem(ExitStatus::RunTime, "out of memory"));
  } catch (const std::exception &exception) {
    return fault(exception.what());
  }
}
