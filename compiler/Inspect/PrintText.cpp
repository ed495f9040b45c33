#include "compiler/Inspect/Print.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

using namespace ricci::inspect;

std::string ricci::inspect::withPrefix(double number, std::string_view unit) {
  static constexpr std::array prefixes{"p", "n", "µ", "m", "", "k", "M", "G", "T", "P"};
  constexpr int one = 4;
  int place = one;
  const bool isTime = unit == "s";
  while (number >= 1000 && place + 1 < static_cast<int>(prefixes.size())) {
    number /= 1000;
    ++place;
  }
  while (isTime && number > 0 && number < 1 && place > 0) {
    number *= 1000;
    --place;
  }
  return fmt::format("{:.4g} {}{}", number, prefixes[static_cast<size_t>(place)], unit);
}

std::string ricci::inspect::textOf(const Report &report, const Place &place) {
  if (!place.line || place.source >= report.sources.size())
    return "";
  return fmt::format("{}:{}:{}", report.sources[place.source].name, place.line, place.column);
}

Totals ricci::inspect::totalsOf(const Report &report) {
  Totals totals;
  Formula flops, doubleFlops, bytes;
  for (const Kernel &kernel : report.kernels) {
    flops = flops + kernel.flops.formula;
    doubleFlops = doubleFlops + kernel.doubleFlops.formula;
    bytes = bytes + kernel.bytes.formula;
    totals.spills += kernel.code.spills;
    totals.reloads += kernel.code.reloads;
    totals.masked += kernel.code.masked;
    totals.arithmetic += kernel.code.arithmetic;
    totals.fused += kernel.code.fused;
    if (kernel.code.vectorLanes && (!totals.leastLanes || kernel.code.vectorLanes < totals.leastLanes))
      totals.leastLanes = kernel.code.vectorLanes;
  }
  auto count = [&](const Formula &formula) { return Count{formula, formula.value(report.sizes)}; };
  totals.flops = count(flops);
  totals.doubleFlops = count(doubleFlops);
  totals.bytes = count(bytes);
  return totals;
}

namespace {

// The formula, and the number where that says more.
std::string countText(const Count &count, std::string_view unit) {
  const std::string formula = count.formula.text();
  if (!count.number)
    return fmt::format("{} {}", formula, unit);
  const std::string number = withPrefix(*count.number, unit);
  return count.formula.symbols().empty() ? number : fmt::format("{} = {}", formula, number);
}

std::string timeText(const Time &time) {
  return fmt::format("{} median of {}, {} to {}", withPrefix(time.median, "s"), time.runs, withPrefix(time.least, "s"),
                     withPrefix(time.most, "s"));
}

std::string codeText(const Code &code) {
  std::string text;
  if (code.vectorLanes)
    text += code.vectorLanes == 1 ? "scalar" : fmt::format("{} lanes ({} bits)", code.vectorLanes, code.vectorBits);
  else
    text += "no floating point";
  if (code.arithmetic)
    text += fmt::format(", {:.0f} % fused multiply-adds", 100.0 * code.fused / code.arithmetic);
  text += fmt::format(", {} masked, {} spills, {} reloads, {} instructions", code.masked, code.spills, code.reloads, code.instructions);
  return text;
}

void addKernel(std::string &text, const Report &report, size_t number) {
  const Kernel &kernel = report.kernels[number];
  text += fmt::format("\n{:>3}  {}  {}\n", number + 1, kernel.name, textOf(report, kernel.place));
  auto row = [&](std::string_view name, const std::string &value) { text += fmt::format("     {:<10}{}\n", name, value); };
  if (kernel.turns.text() != "1")
    row("turns", kernel.turns.text());
  row("work", countText(kernel.flops, "FLOP"));
  row("traffic", countText(kernel.bytes, "B"));
  if (kernel.flops.number && kernel.bytes.number && *kernel.bytes.number > 0)
    row("intensity", fmt::format("{:.3g} FLOP/B", *kernel.flops.number / *kernel.bytes.number));
  row("code", codeText(kernel.code));
  if (!kernel.code.calls.empty())
    row("calls", fmt::format("{}", fmt::join(kernel.code.calls, " ")));
  if (kernel.predicted)
    row("predicted", withPrefix(*kernel.predicted, "s") + " at the roofline");
  if (kernel.measured)
    row("measured", timeText(*kernel.measured) +
                        (kernel.predicted && kernel.measured->median > 0
                             ? fmt::format(", {:.3g} % of the roofline", 100 * *kernel.predicted / kernel.measured->median)
                             : ""));
}

} // namespace

// "  store 16, compute again 12 additions", the chosen one marked.
static std::string candidatesText(const Decision &decision) {
  std::string text;
  for (size_t i = 0; i < decision.candidates.size(); ++i)
    text += fmt::format("{}{} {:.3g}{}", text.empty() ? "" : ", ", decision.candidates[i].name, decision.candidates[i].cost,
                        i == decision.chosen ? " (chosen)" : "");
  return text.empty() ? text : text + " " + decision.unit;
}

static std::string decisionText(const Report &report, const Decision &decision) {
  std::string text = fmt::format("{} {:<9}{}: {}\n", decision.refused ? "✗" : "✓", decision.kind, decision.what, decision.reason);
  if (std::string costs = candidatesText(decision); !costs.empty())
    text += "             costs: " + costs + "\n";
  if (!decision.edit.empty())
    text += "             to change it: " + decision.edit + "\n";
  if (std::string place = textOf(report, decision.place); !place.empty())
    text += "             " + place + "\n";
  return text;
}

static std::string allocationText(const Report &report, const Allocation &allocation) {
  return fmt::format("  {:<34} {:<28} lines {}–{}{}{}  {}\n", allocation.name, countText(allocation.bytes, "B"), allocation.first,
                     allocation.last, allocation.inLoop ? ", every turn" : "", allocation.result ? ", result" : "",
                     textOf(report, allocation.place));
}

std::string ricci::inspect::printText(const Report &report) {
  const Totals totals = totalsOf(report);
  std::string text = report.program + (report.function.empty() ? "" : "  " + report.function) + "\n\n";
  auto row = [&](std::string_view name, const std::string &value) { text += fmt::format("{:<11}{}\n", name, value); };
  row("target", report.target);
  for (const auto &[name, size] : report.sizes)
    row("size", fmt::format("{} = {}", name, size));
  row("kernels", fmt::format("{}", report.kernels.size()));
  row("work", countText(totals.flops, "FLOP"));
  row("traffic", countText(totals.bytes, "B"));
  row("memory", countText(report.memory.peak, "B") + " at the peak, " + countText(report.memory.total, "B") + " in " +
                    fmt::format("{} blocks, {} results in the memory of an operand", report.memory.allocations.size(),
                                report.memory.reused));
  row("stack", fmt::format("{} B, {} spills, {} reloads", report.stackBytes, totals.spills, totals.reloads));
  if (report.machine.singleFlops > 0) {
    row("machine", fmt::format("{} f32, {} f64, {} thread{}", withPrefix(report.machine.singleFlops, "FLOP/s"),
                               withPrefix(report.machine.doubleFlops, "FLOP/s"), report.machine.threads,
                               report.machine.threads == 1 ? "" : "s"));
    for (const Machine::Level &level : report.machine.levels)
      row("", fmt::format("{}: {}", level.name, withPrefix(level.bandwidth, "B/s")));
  }
  if (report.measured)
    row("run", timeText(*report.measured));
  text += "\nKernels\n";
  for (size_t number = 0; number < report.kernels.size(); ++number)
    addKernel(text, report, number);
  text += "\nDecisions\n\n";
  for (const Decision &decision : report.decisions)
    text += decisionText(report, decision);
  text += "\nMemory, by lines of --stage=fused\n\n";
  for (const Allocation &allocation : report.memory.allocations)
    text += allocationText(report, allocation);
  return text;
}

std::string ricci::inspect::explainLine(const Report &report, unsigned line) {
  auto isHere = [&](const Place &place) { return place.source == 0 && place.line == line; };
  std::string text = fmt::format("{}:{}\n", report.program, line);
  const Stage *fused = nullptr, *machine = nullptr;
  for (const Stage &stage : report.stages) {
    fused = stage.name == "fused" ? &stage : fused;
    machine = stage.name == "asm" ? &stage : machine;
  }
  std::vector<bool> part(report.kernels.size());
  std::vector<std::string> rules;
  for (const Stage &stage : report.stages)
    for (const LineOrigin &origin : stage.lines)
      if (std::ranges::any_of(origin.places, isHere)) {
        if (stage.name == "fused" && origin.kernel >= 0)
          part[static_cast<size_t>(origin.kernel)] = true;
        for (const std::string &rule : origin.rules)
          if (stage.name == "grad" && std::ranges::find(rules, rule) == rules.end())
            rules.push_back(rule);
      }
  size_t instructions = 0;
  for (const LineOrigin &origin : machine ? machine->lines : std::vector<LineOrigin>())
    instructions += std::ranges::any_of(origin.places, isHere);
  text += fmt::format("{} instructions\n", instructions);
  if (!rules.empty())
    text += fmt::format("derivatives: {}\n", fmt::join(rules, ", "));
  for (size_t number = 0; number < part.size(); ++number)
    if (part[number])
      addKernel(text, report, number);
  bool any = false;
  for (const Decision &decision : report.decisions)
    if (isHere(decision.place)) {
      text += any ? "" : "\nDecisions\n\n";
      any = true;
      text += decisionText(report, decision);
    }
  any = false;
  for (const Allocation &allocation : report.memory.allocations)
    if (isHere(allocation.place)) {
      text += any ? "" : "\nMemory, by lines of --stage=fused\n\n";
      any = true;
      text += allocationText(report, allocation);
    }
  return text;
}
