// A Ricci expression compiled in this process, as a program that embeds Ricci would run it.
#pragma once

#include "compiler/pipeline/Pipeline.h"
#include "lang/Check.h"
#include "runtime/Context.h"

#include <map>
#include <string>
#include <vector>

namespace ricci::bench {

using Arrays = std::map<std::string, runtime::Array>; // by the name of an input

enum class Sizes {
  Known, // from the inputs
  Open,  // left to run time, as of a function that is compiled once for all
};

class Program {
public:
  // `text` are declarations in whose scope the expression stands; its free names are taken from `inputs`, which outlive
  // the program. With open sizes it is the name of a function of `text`, and the inputs are called as the parameters.
  // Throws std::runtime_error with the rendered diagnostics.
  Program(const std::string &text, const std::string &expression, const Arrays &inputs, int threads, Sizes sizes);

  // The results stay valid until the next run, which computes in their memory, as OpenBLAS does and as a program that
  // calls a function again and again would.
  const std::vector<runtime::Array> &run();

  double compileSeconds() const { return compileTime; }
  const Cost &cost() const { return compiled.cost; }
  int64_t peakBytes() { return context.memory().peakBytes(); }

private:
  // False if the program gives memory of its own; it is not asked again.
  bool runInPlace();

  lang::SourceManager sources;
  Compiled compiled;
  std::vector<ricci_array> inputs;
  runtime::Context context;
  std::vector<runtime::Array> outputs;
  std::vector<runtime::RunOptions::Place> places; // of the outputs, if they can be computed there
  bool computesElsewhere = false;
  std::vector<ricci_array> descriptors;
  double compileTime = 0;
};

// Exponentials of one thread in the first-level cache, by Ricci's own vector code: what workloads that are made of such
// functions are bound by.
double expsPerSecond(runtime::DType type);

} // namespace ricci::bench
