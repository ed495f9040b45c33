#include "Program.h"

#include "lang/Diagnostic.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace ricci::bench {

namespace {

[[noreturn]] void giveUp(const std::string &message) {
  std::fprintf(stderr, "ricci-bench: %s\n", message.c_str());
  std::exit(1);
}

} // namespace

Program::Program(const std::string &expression, std::vector<Argument> arguments) {
  lang::CheckOptions options;
  options.expression = expression;
  for (const Argument &argument : arguments)
    options.given.emplace_back(
        argument.name,
        lang::InputHeader{argument.dtype == runtime::DType::F32 ? lang::Scalar::F32 : lang::Scalar::F64, argument.shape,
                          std::nullopt});
  lang::DiagnosticEngine diagnostics;
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<lang::CheckedProgram> checked = lang::check(sources, nullptr, options, diagnostics);
  if (!checked)
    giveUp(lang::render(sources, diagnostics, {}));
  compiled = compile(*checked, sources, {}, diagnostics);
  if (!compiled.code)
    giveUp(lang::render(sources, diagnostics, {}) + compiled.fault);
  compileTime = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const lang::Input &input : checked->inputs) {
    auto found = std::ranges::find(arguments, input.name, &Argument::name);
    if (found == arguments.end())
      giveUp("no argument " + input.name);
    ricci_array array = {};
    array.data = const_cast<void *>(found->data);
    std::ranges::copy(found->shape, array.sizes);
    array.rank = static_cast<int32_t>(found->shape.size());
    array.dtype = static_cast<int32_t>(found->dtype);
    inputs.push_back(array);
  }
}

const runtime::Array &Program::run() {
  auto results = runtime::invoke(context, compiled.code->entry(), inputs, compiled.code->outputCount());
  if (!results)
    giveUp(results.error().message);
  outputs = std::move(*results);
  return outputs[0];
}

} // namespace ricci::bench
