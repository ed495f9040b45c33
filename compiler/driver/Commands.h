// The commands, one function each. Results go to standard output; what ends a command early is its Problem.
#pragma once

#include "compiler/driver/Session.h"

namespace ricci::driver {

// Positional arguments as the command line has them: the first that sets no input is the file, a second one, where
// a command takes one, a function's name.
struct Positionals {
  std::string file, function; // empty: none
  std::vector<std::string> assignments;
};
Outcome<Positionals> splitPositionals(const std::vector<std::string> &arguments, bool takesFunction = false);

struct RunOptions {
  std::vector<std::string> arguments;
  bool watch = false;
};
std::optional<Problem> runScript(const Settings &settings, const RunOptions &options);
// Runs the script, and again whenever a file changes that it read.
std::optional<Problem> watchScript(const Settings &settings, const Positionals &positionals);
// One run; `watch` may be null.
std::optional<Problem> runOnce(const Settings &settings, const Positionals &positionals, FileWatch *watch);

struct EvalOptions {
  std::vector<std::string> arguments;
  std::string expression;
  std::string output; // a file; empty: print
};
std::optional<Problem> evaluate(const Settings &settings, const EvalOptions &options);

struct EinsumOptions {
  std::string equation;
  std::vector<std::string> operands;
  std::string output;
};
std::optional<Problem> einsum(const Settings &settings, const EinsumOptions &options);

std::optional<Problem> check(const Settings &settings, const std::vector<std::string> &files);

struct TestOptions {
  std::vector<std::string> paths; // files, and folders with all files in them; none: the current folder
  std::string filter;             // a part of FILE:FUNCTION
  uint64_t runs = 100;            // of a test with arguments, each with its own seed: seed, seed + 1, …
  uint64_t seed = 0;
};
std::optional<Problem> test(const Settings &settings, const TestOptions &options);

struct FmtOptions {
  std::vector<std::string> files; // "-": from standard input to standard output
  bool check = false;             // change nothing; the files that differ from the format are listed
};
std::optional<Problem> formatFiles(const Settings &settings, const FmtOptions &options);

struct DocOptions {
  std::vector<std::string> files;
  std::string output; // a folder
};
std::optional<Problem> document(const Settings &settings, const DocOptions &options);

struct InspectOptions {
  std::vector<std::string> arguments;
  std::string expression; // empty: the function or the script
  std::string stage;       // the text of one stage; empty: the report
  std::string html;        // a file for the report as a page
  std::string assertion;   // a condition on the report
  std::string difference;  // a report kept as JSON, to compare with
  std::optional<unsigned> why; // a line of the program
  bool measure = false;    // run the program, whatever it does, for the time of each kernel
};
std::optional<Problem> inspect(const Settings &settings, const InspectOptions &options);

struct BenchOptions {
  std::vector<std::string> arguments;
  std::string expression; // empty: the function, applied to inputs of its parameters' names
  uint64_t seed = 0;
};
std::optional<Problem> bench(const Settings &settings, const BenchOptions &options);

struct BuildOptions {
  std::vector<std::string> arguments; // the file
  std::string output;                 // a folder
  std::vector<std::string> functions; // none: all
  std::string machine;                // empty: this one
  bool serial = false;                // no OpenMP runtime
};
std::optional<Problem> build(const Settings &settings, const BuildOptions &options);

// The function applied to its parameters' names, which so become inputs.
Outcome<std::string> callOf(const Settings &settings, const Positionals &positionals);

std::optional<Problem> explain(const Settings &settings, const std::string &code);
std::optional<Problem> targets(const Settings &settings);
std::optional<Problem> version(const Settings &settings);
// Answers a compile request on standard input (compiler/engine/Worker.h).
std::optional<Problem> compileWorker();

// Standard output, unbuffered by us at each call: a script's progress is seen while it runs.
void write(std::string_view text);
// The context in which a command runs its program.
runtime::ContextOptions contextOptions(const Settings &settings);
// Prints the value, or writes it to the file.
std::optional<Problem> deliver(const Settings &settings, const runtime::Value &value, const std::string &output);
// Whether a value may be written to a file of that name; the empty name is the screen.
std::optional<Problem> checkOutput(const std::string &output);

} // namespace ricci::driver
