#include "Program.h"

#include "lang/Diagnostic.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <time.h>

namespace ricci::bench {

namespace {

lang::Scalar scalarOf(runtime::DType type) {
  switch (type) {
  case runtime::DType::Bool:
    return lang::Scalar::Bool;
  case runtime::DType::I32:
    return lang::Scalar::I32;
  case runtime::DType::I64:
    return lang::Scalar::I64;
  case runtime::DType::F32:
    return lang::Scalar::F32;
  case runtime::DType::F64:
    return lang::Scalar::F64;
  }
  std::abort();
}

// Of this thread, which compiles alone: what else the machine does is not counted.
double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

} // namespace

Program::Program(const std::string &text, const std::string &expression, const Arrays &arguments, int threads,
                 Sizes sizes)
    : context({.threads = threads}) {
  lang::CheckOptions options;
  if (sizes == Sizes::Known) {
    options.expression = expression;
    for (const auto &[name, array] : arguments)
      options.given.emplace_back(name, lang::InputHeader{scalarOf(array.dtype()), array.shape(), std::nullopt});
  }
  lang::DiagnosticEngine diagnostics;
  const double start = processorSeconds();
  const lang::SourceFile *file = text.empty() ? nullptr : &sources.file(sources.add("workload.ricci", text));
  std::unique_ptr<lang::CheckedProgram> checked = lang::check(sources, file, options, diagnostics);
  if (!checked)
    throw std::runtime_error(lang::render(sources, diagnostics, {}));
  if (sizes == Sizes::Known) {
    compiled = compile(*checked, sources, {}, diagnostics);
    for (const lang::Input &input : checked->inputs)
      inputs.push_back(arguments.at(input.name).descriptor());
  } else {
    auto function = std::ranges::find(checked->functions, expression, &lang::CheckedFn::name);
    if (function == checked->functions.end())
      throw std::runtime_error("there is no function " + expression);
    compiled = compileFunction(*checked, **function, sources, {}, diagnostics);
    for (const lang::Variable *parameter : (*function)->parameters)
      inputs.push_back(arguments.at(parameter->name).descriptor());
  }
  if (!compiled.code)
    throw std::runtime_error(lang::render(sources, diagnostics, {}) + compiled.fault);
  compileTime = processorSeconds() - start;
}

const std::vector<runtime::Array> &Program::run() {
  if (!places.empty() && runInPlace())
    return outputs;
  auto results = runtime::invoke(context, compiled.code->entry(), inputs, compiled.code->outputCount());
  if (!results)
    throw std::runtime_error(results.error().message);
  outputs = std::move(*results);
  if (!computesElsewhere)
    for (runtime::Array &output : outputs)
      places.push_back({output.data(), output.bytes()});
  return outputs;
}

bool Program::runInPlace() {
  descriptors.resize(places.size());
  if (!context.run(compiled.code->entry(), inputs.data(), descriptors.data(), {.places = places.data()}))
    throw std::runtime_error(context.error().message);
  for (size_t i = 0; i < places.size(); ++i)
    computesElsewhere |= descriptors[i].data != places[i].memory;
  context.memory().releaseUnowned();
  if (computesElsewhere) // what a loop carries, say
    places.clear();
  return !computesElsewhere;
}

double expsPerSecond(runtime::DType type) {
  constexpr int64_t count = 2048, turns = 1000;
  constexpr int repetitions = 5;
  const std::string name(runtime::nameOf(type));
  Arrays inputs;
  inputs.emplace("x", std::move(*runtime::Array::create(type, {count}))); // zeros
  Program program("fn turns(x: " + name + "[N]) -> " + name + "[N] {\n  var y = x\n  for t in 0.." +
                      std::to_string(turns) + " { y = exp(-y) }\n  y\n}\n",
                  "turns(x)", inputs, 1, Sizes::Known);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; ++i) {
    const double start = processorSeconds();
    program.run();
    best = std::min(best, processorSeconds() - start);
  }
  return static_cast<double>(count * turns) / best;
}

} // namespace ricci::bench
