#include "compiler/Inspect/Print.h"

#include <nlohmann/json.hpp>
#include <string_view>

using namespace ricci::inspect;
using Json = nlohmann::ordered_json;

namespace {

Json placeJson(const Report &report, const Place &place) {
  if (!place.line || place.source >= report.sources.size())
    return nullptr;
  return {{"file", report.sources[place.source].name}, {"line", place.line}, {"column", place.column}};
}

template <typename T> Json orNull(const std::optional<T> &value) { return value ? Json(*value) : Json(nullptr); }

Json countJson(const Count &count) { return {{"formula", count.formula.text()}, {"number", orNull(count.number)}}; }

Json timeJson(const std::optional<Time> &time) {
  if (!time)
    return nullptr;
  return {{"min", time->least * 1e3}, {"median", time->median * 1e3}, {"max", time->most * 1e3}, {"runs", time->runs}};
}

Json kernelJson(const Report &report, const Kernel &kernel) {
  const Code &code = kernel.code;
  Json intensity = nullptr;
  if (kernel.flops.number && kernel.bytes.number && *kernel.bytes.number > 0)
    intensity = *kernel.flops.number / *kernel.bytes.number;
  return {{"name", kernel.name},
          {"kind", kernel.kind},
          {"place", placeJson(report, kernel.place)},
          {"fused_lines", {kernel.line, kernel.lastLine}},
          {"turns", kernel.turns.text()},
          {"flops", countJson(kernel.flops)},
          {"f64_flops", countJson(kernel.doubleFlops)},
          {"bytes", countJson(kernel.bytes)},
          {"intensity", intensity},
          {"code",
           {{"instructions", code.instructions},
            {"vector_width", code.vectorLanes},
            {"vector_bits", code.vectorBits},
            {"arithmetic", code.arithmetic},
            {"fma_share", code.arithmetic ? static_cast<double>(code.fused) / code.arithmetic : 0.0},
            {"masked", code.masked},
            {"spills", code.spills},
            {"reloads", code.reloads},
            {"calls", code.calls}}},
          {"predicted_ms", kernel.predicted ? Json(*kernel.predicted * 1e3) : Json(nullptr)},
          {"measured_ms", timeJson(kernel.measured)}};
}

Json decisionJson(const Report &report, const Decision &decision) {
  Json candidates = Json::array();
  for (const Decision::Candidate &candidate : decision.candidates)
    candidates.push_back({{"name", candidate.name}, {"cost", candidate.cost}});
  return {{"stage", decision.stage},
          {"kind", decision.kind},
          {"place", placeJson(report, decision.place)},
          {"refused", decision.refused},
          {"what", decision.what},
          {"reason", decision.reason},
          {"edit", decision.edit.empty() ? Json(nullptr) : Json(decision.edit)},
          {"candidates", candidates},
          {"chosen", decision.candidates.empty() ? Json(nullptr) : Json(decision.chosen)},
          {"unit", decision.unit.empty() ? Json(nullptr) : Json(decision.unit)}};
}

// How many operations or instructions of each name a text has: the first word of a line, behind `%x = `.
Json operationsOf(const std::string &text) {
  std::map<std::string, unsigned> counts;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (size_t equals = line.find(" = "); equals != line.npos && line.find_first_not_of(' ') != line.npos &&
                                          line[line.find_first_not_of(' ')] == '%')
      line.remove_prefix(equals + 3);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::string_view word = line.substr(0, line.find_first_of(" (\"<{:,"));
    if (word.empty() || !std::isalpha(static_cast<unsigned char>(word.front())))
      continue;
    ++counts[std::string(word)];
  }
  return counts;
}

Json stageJson(const Stage &stage) {
  return {{"pass", stage.pass},
          {"stage", stage.name.empty() ? Json(nullptr) : Json(stage.name)},
          {"lines", std::count(stage.text.begin(), stage.text.end(), '\n')},
          {"operations", operationsOf(stage.text)}};
}

Json allocationJson(const Report &report, const Allocation &allocation) {
  return {{"name", allocation.name},
          {"place", placeJson(report, allocation.place)},
          {"bytes", countJson(allocation.bytes)},
          {"fused_lines", {allocation.first, allocation.last}},
          {"every_turn", allocation.inLoop},
          {"result", allocation.result}};
}

Json provenanceJson(const Report &report) {
  Json list = Json::array();
  for (const Stage &stage : report.stages)
    for (const LineOrigin &origin : stage.lines)
      if (stage.name == "grad" && !origin.rules.empty() && !origin.places.empty())
        list.push_back({{"line", origin.line}, {"rules", origin.rules}, {"primal", placeJson(report, origin.places.front())}});
  return list;
}

} // namespace

std::string ricci::inspect::printJson(const Report &report) {
  const Totals totals = totalsOf(report);
  auto list = [](const auto &items, auto each) {
    Json array = Json::array();
    for (const auto &item : items)
      array.push_back(each(item));
    return array;
  };
  Json levels = list(report.machine.levels, [](const Machine::Level &level) {
    return Json{{"name", level.name}, {"footprint", level.bytes}, {"bytes_per_second", level.bandwidth}};
  });
  Json machine = nullptr;
  if (report.machine.singleFlops > 0)
    machine = {{"f32_flops_per_second", report.machine.singleFlops},
               {"f64_flops_per_second", report.machine.doubleFlops},
               {"levels", levels},
               {"threads", report.machine.threads}};
  const double arithmetic = totals.arithmetic;
  Json json{{"version", 1},
            {"program", report.program},
            {"function", report.function.empty() ? Json(nullptr) : Json(report.function)},
            {"target", report.target},
            {"sizes", report.sizes},
            {"compile_ms", report.compileSeconds * 1e3},
            {"run_ms", timeJson(report.measured)},
            {"totals",
             {{"kernels", report.kernels.size()},
              {"flops", countJson(totals.flops)},
              {"f64_flops", countJson(totals.doubleFlops)},
              {"bytes", countJson(totals.bytes)},
              {"vector_width", totals.leastLanes},
              {"fma_share", arithmetic > 0 ? totals.fused / arithmetic : 0.0},
              {"masked", totals.masked},
              {"spills", totals.spills},
              {"reloads", totals.reloads},
              {"stack", report.stackBytes}}},
            {"machine", machine},
            {"kernels", list(report.kernels, [&](const Kernel &kernel) { return kernelJson(report, kernel); })},
            {"decisions", list(report.decisions, [&](const Decision &decision) { return decisionJson(report, decision); })},
            {"memory",
             {{"peak", countJson(report.memory.peak)},
              {"total", countJson(report.memory.total)},
              {"reused", report.memory.reused},
              {"allocations",
               list(report.memory.allocations, [&](const Allocation &allocation) { return allocationJson(report, allocation); })}}},
            {"provenance", provenanceJson(report)},
            {"stages", list(report.stages, stageJson)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}
