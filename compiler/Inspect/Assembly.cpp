#include "compiler/Inspect/Assembly.h"

#include <algorithm>
#include <charconv>
#include <cctype>
#include <set>

using namespace ricci::inspect;

namespace {

std::string_view trimmed(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The number at the front; 0 without one.
unsigned numberAt(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "LBB0_3" of a label, or of "Header=BB0_3 Depth=2".
std::string_view blockName(std::string_view text) {
  size_t begin = text.find("BB");
  if (begin == text.npos)
    return {};
  size_t end = begin;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
    ++end;
  return text.substr(begin, end - begin);
}

template <typename Each> void eachLine(std::string_view text, Each each) {
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

constexpr std::string_view innerHeader = "Inner Loop Header";

// Headers of innermost loops, by the comments of the labels.
std::set<std::string_view> innerHeaders(std::string_view text) {
  std::set<std::string_view> headers;
  std::string_view block;
  eachLine(text, [&](std::string_view line) {
    if (line.starts_with(".LBB"))
      block = blockName(line);
    if (line.find(innerHeader) != line.npos)
      headers.insert(block);
  });
  return headers;
}

// What a reader of a program's code has no use for.
bool isNoise(std::string_view line) {
  static constexpr std::string_view directives[] = {".file", ".cfi_", ".ident", ".type", ".size", ".globl", ".addrsig", ".p2align"};
  return std::ranges::any_of(directives, [&](std::string_view directive) { return line.starts_with(directive); }) ||
         line.starts_with(".Ltmp") || line.starts_with(".Lfunc_");
}

} // namespace

Assembly ricci::inspect::readAssembly(std::string_view text) {
  Assembly assembly;
  const std::set<std::string_view> headers = innerHeaders(text);
  unsigned current = 0;
  bool isInner = false, skipsSection = false;
  eachLine(text, [&](std::string_view line) {
    std::string_view content = trimmed(line);
    const std::string_view comment = content.substr(std::min(content.find('#'), content.size()));
    std::string_view code = trimmed(content.substr(0, content.size() - comment.size()));
    if (code.starts_with(".section") || code.starts_with(".text"))
      skipsSection = code.find("debug") != code.npos || code.find("stack_sizes") != code.npos || code.find("note") != code.npos;
    if (skipsSection)
      return;
    if (code.starts_with(".loc")) {
      // .loc FILE LINE COLUMN
      size_t file = code.find_first_of("0123456789"), space = code.find_first_of(" \t", file);
      current = numberAt(trimmed(code.substr(std::min(space, code.size()))));
      return;
    }
    const bool isBlock = code.starts_with(".LBB") || comment.starts_with("# %bb.");
    if (isBlock)
      isInner = code.starts_with(".LBB") && headers.contains(blockName(code));
    if (size_t header = comment.find("Header="); header != comment.npos && headers.contains(blockName(comment.substr(header))))
      isInner = true;
    if (comment.find(innerHeader) != comment.npos)
      isInner = true;
    const bool isLabel = !code.empty() && code.back() == ':';
    if (isLabel && !isBlock) { // a function
      isInner = false;
      current = 0;
    }
    if (code.empty() || isNoise(code))
      return;
    const bool isInstruction = !isLabel && code.front() != '.';
    const bool spills = comment.find("Spill") != comment.npos, reloads = comment.find("Reload") != comment.npos;
    assembly.text += isLabel ? "" : "  ";
    for (char letter : code)
      assembly.text += letter == '\t' ? ' ' : letter;
    assembly.text += spills ? "  # spill\n" : reloads ? "  # reload\n" : "\n";
    assembly.lineOf.push_back(isInstruction ? current : 0);
    assembly.instructions.emplace_back(isInstruction ? code : std::string_view());
    assembly.inner.push_back(isInner);
    assembly.stack.push_back(spills ? 's' : reloads ? 'r' : 0);
  });
  return assembly;
}

// The bytes of a `.ascii "…"` or `.byte N` directive.
static std::string bytesOf(std::string_view code) {
  std::string bytes;
  if (code.starts_with(".byte"))
    bytes += static_cast<char>(numberAt(trimmed(code.substr(5))));
  if (!code.starts_with(".ascii"))
    return bytes;
  const size_t begin = code.find('"') + 1;
  for (size_t at = begin; at < code.size() && code[at] != '"'; ++at) {
    if (code[at] != '\\') {
      bytes += code[at];
      continue;
    }
    unsigned value = 0;
    auto [end, error] = std::from_chars(code.data() + at + 1, code.data() + std::min(at + 4, code.size()), value, 8);
    if (error == std::errc()) {
      bytes += static_cast<char>(value);
      at = static_cast<size_t>(end - code.data()) - 1;
      continue;
    }
    static constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
    const size_t letter = letters.find(code[++at]);
    bytes += letter == letters.npos ? code[at] : meanings[letter];
  }
  return bytes;
}

// .section .stack_sizes; an address; the size as an unsigned LEB128 number.
unsigned ricci::inspect::largestFrame(std::string_view text) {
  unsigned largest = 0, size = 0, shift = 0;
  bool isSizes = false;
  eachLine(text, [&](std::string_view line) {
    const std::string_view code = trimmed(line);
    if (code.starts_with(".section") || code.starts_with(".text"))
      isSizes = code.find("stack_sizes") != code.npos;
    if (!isSizes)
      return;
    for (char byte : bytesOf(code)) {
      size |= static_cast<unsigned>(byte & 127) << shift;
      shift += 7;
      if (byte & 128)
        continue;
      largest = std::max(largest, size);
      size = shift = 0;
    }
  });
  return largest;
}

namespace {

// Of an instruction that computes in floating point or moves vectors.
struct Form {
  unsigned lanes = 0, bits = 0;
  bool isArithmetic = false, isFused = false;
};

Form formOf(std::string_view instruction) {
  std::string_view name = instruction.substr(0, instruction.find_first_of(" \t"));
  if (name.starts_with('v'))
    name.remove_prefix(1);
  Form form;
  unsigned elementBits = name.ends_with("ps") || name.ends_with("ss") ? 32 : name.ends_with("pd") || name.ends_with("sd") ? 64 : 0;
  if (!elementBits)
    return form;
  const bool isScalar = name[name.size() - 2] == 's';
  form.bits = isScalar                                 ? elementBits
              : instruction.find("%zmm") != name.npos ? 512
              : instruction.find("%ymm") != name.npos ? 256
                                                       : 128;
  form.lanes = form.bits / elementBits;
  form.isFused = name.starts_with("fmadd") || name.starts_with("fnmadd") || name.starts_with("fmsub") || name.starts_with("fnmsub");
  static constexpr std::string_view arithmetic[] = {"add", "sub", "mul", "div", "sqrt", "max", "min"};
  form.isArithmetic = form.isFused || std::ranges::any_of(arithmetic, [&](std::string_view operation) {
                        return name.starts_with(operation) && name.size() == operation.size() + 2;
                      });
  return form;
}

// The function that the line calls, or whose address it loads to call it.
std::string_view calledBy(std::string_view instruction) {
  std::string_view rest;
  if (instruction.starts_with("call"))
    rest = trimmed(instruction.substr(std::min(instruction.find_first_of(" \t"), instruction.size())));
  else if (instruction.starts_with("movabsq") && instruction.find('$') != instruction.npos)
    rest = instruction.substr(instruction.find('$') + 1);
  if (rest.empty() || !(std::isalpha(static_cast<unsigned char>(rest.front())) || rest.front() == '_'))
    return {};
  return rest.substr(0, rest.find_first_of("@, \t"));
}

// An instruction that works under a mask of lanes.
bool isMasked(std::string_view instruction) {
  return instruction.find("{%k") != instruction.npos || instruction.starts_with("vmaskmov") || instruction.starts_with("vpmaskmov");
}

} // namespace

void ricci::inspect::measureCode(const Assembly &assembly, unsigned vectorBytes, std::vector<Kernel> &kernels) {
  for (Kernel &kernel : kernels) {
    Code &code = kernel.code;
    std::vector<size_t> lines;
    for (size_t i = 0; i < assembly.lineOf.size(); ++i)
      if (!assembly.instructions[i].empty() && assembly.lineOf[i] >= kernel.line && assembly.lineOf[i] <= kernel.lastLine)
        lines.push_back(i);
    const bool hasLoops = std::ranges::any_of(lines, [&](size_t i) { return assembly.inner[i]; });
    code.instructions = static_cast<unsigned>(lines.size());
    Form widest, moved;
    for (size_t i : lines) {
      const std::string &instruction = assembly.instructions[i];
      code.spills += assembly.stack[i] == 's';
      code.reloads += assembly.stack[i] == 'r';
      if (std::string_view callee = calledBy(instruction); !callee.empty() && std::ranges::find(code.calls, callee) == code.calls.end())
        code.calls.emplace_back(callee);
      const Form form = formOf(instruction);
      if (form.bits > moved.bits)
        moved = form;
      if (hasLoops && !assembly.inner[i])
        continue;
      code.masked += isMasked(instruction);
      code.arithmetic += form.isArithmetic;
      code.fused += form.isFused;
      if (form.isArithmetic && form.bits > widest.bits)
        widest = form;
    }
    // What is left here is the call.
    if (std::ranges::any_of(code.calls, [](const auto &call) { return std::string_view(call).starts_with("ricci_contract"); })) {
      code.arithmetic = code.fused = code.masked = 0;
      const unsigned elementBits = kernel.doubleFlops.formula == kernel.flops.formula ? 64 : 32;
      widest = {vectorBytes * 8 / elementBits, vectorBytes * 8, true, true};
    }
    const Form &shown = widest.bits ? widest : moved;
    code.vectorLanes = shown.lanes;
    code.vectorBits = shown.bits;
  }
}
