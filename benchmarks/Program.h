// A Ricci expression compiled in this process, as a host would run it.
#pragma once

#include "compiler/pipeline/Pipeline.h"
#include "lang/Check.h"
#include "runtime/Context.h"

#include <string>
#include <vector>

namespace ricci::bench {

// A free name of the expression and its value.
struct Argument {
  std::string name;
  runtime::DType dtype;
  std::vector<int64_t> shape;
  const void *data;
};

class Program {
public:
  // Prints what is wrong and leaves the process if the expression does not compile: a benchmark's own text is at fault.
  Program(const std::string &expression, std::vector<Argument> arguments);

  // Runs on one thread; the result stays valid until the next run.
  const runtime::Array &run();
  double compileSeconds() const { return compileTime; }

private:
  lang::SourceManager sources;
  Compiled compiled;
  std::vector<ricci_array> inputs;
  runtime::Context context{{.threads = 1}};
  std::vector<runtime::Array> outputs;
  double compileTime = 0;
};

} // namespace ricci::bench
