// explain, targets, version, compile-worker.

#include "compiler/driver/Commands.h"

#include "compiler/engine/Worker.h"
#include "runtime/RunErrors.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/TargetParser/Host.h>
#include <nlohmann/json.hpp>

namespace ricci::driver {

std::optional<Problem> explain(const Settings &settings, const std::string &code) {
  std::string name = code;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string text;
  if (std::optional<lang::Code> known = lang::findCode(name))
    text = lang::explain(*known);
  else
    text = runtime::explainRunError(name);
  if (text.empty()) {
    std::vector<std::string> codes;
    for (const lang::CodeInfo &info : lang::allCodes())
      codes.emplace_back(info.name);
    for (const runtime::RunErrorInfo &info : runtime::runErrors())
      codes.emplace_back(info.code);
    std::optional<std::string> meant = lang::nearest(name, codes);
    return problem(ExitStatus::Usage, fmt::format("there is no error code `{}`{}", code,
                                                  meant ? fmt::format("; is {} meant?", *meant) : ""));
  }
  if (settings.json)
    text = nlohmann::ordered_json{{"code", name}, {"text", text}}.dump() + "\n";
  write(text);
  return std::nullopt;
}

std::optional<Problem> targets(const Settings &settings) {
  std::string cpu = llvm::sys::getHostCPUName().str();
  int threads = runtime::Context().threads();
  if (settings.json) {
    nlohmann::ordered_json list = {{{"target", "cpu"}, {"device", cpu}, {"threads", threads}}};
    write(list.dump() + "\n");
  } else {
    write(fmt::format("cpu   {}, {} thread{}\n", cpu, threads, threads == 1 ? "" : "s"));
  }
  return std::nullopt;
}

std::optional<Problem> version(const Settings &settings) {
  if (settings.json)
    write(nlohmann::ordered_json{{"ricci", RICCI_VERSION}, {"llvm", LLVM_VERSION_STRING}}.dump() + "\n");
  else
    write(fmt::format("ricci {} (LLVM {})\n", RICCI_VERSION, LLVM_VERSION_STRING));
  return std::nullopt;
}

std::optional<Problem> compileWorker() {
  std::string request;
  char buffer[1 << 16];
  for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;)
    request.append(buffer, got);
  write(engine::answerCompileRequest(request));
  return std::nullopt;
}

} // namespace ricci::driver
