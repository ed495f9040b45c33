#include "runtime/RunErrors.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::runtime {

namespace {

constexpr RunErrorInfo registry[] = {
    {"R0001", "subscript out of range",
     "A subscript whose value only the data can tell, as in `E[tok[t], d]`, fell outside the array's axis. Negative "
     "subscripts do not wrap.\n\nWhere reaching outside is meant, say what it gives: `x[pad(i)]` is zero there, "
     "`x[clamp(i)]` the nearest element, `x[wrap(i)]` starts over. An access under `if`, `where`, `and` or `or` is "
     "checked only where it is reached."},
    {"R0002", "integer division by zero",
     "The right side of an integer `/` or `%` was 0. Integers have no infinity to give.\n\nGuard it, "
     "`if d == 0 then 0 else n / d`, or divide floating-point numbers: `f64(n) / f64(d)`."},
    {"R0003", "sizes that do not agree",
     "Two sizes that must be equal became known only at run time, and differ; or a size came out negative, or `top_k` "
     "is to "
     "take more elements than there are. Sizes never broadcast: 1 does not match N."},
    {"R0004", "nothing to choose from",
     "`argmax`, `argmin` and `max` and `min` of integers have no value over an empty range, or where the guard let "
     "nothing through. (Of floating-point numbers `max` is then -inf and `min` inf.)"},
    {"R0005", "assertion failed", "The condition of an `assert` was false. The message is the one written behind it."},
    {notFiniteCode, "NaN or infinity",
     "With `--check-nan` a program stops at the first operation that makes NaN of numbers that are none, or an infinity "
     "of finite ones; \"the derivative of `sqrt`\" is the rule that differentiation applied to the line shown. What is "
     "infinite or NaN to begin with, as a mask of `-inf` or the input, may be computed with: exp(-inf) is 0, but "
     "inf - inf is found. A branch that `if`, `where`, `and` or `or` does not take does not count.\n\n"
     "Guard the operation, as in `if x > 0.0 then log(x) else 0.0`, or use one that is defined there: `log1p`, "
     "`softplus`, `logsumexp`, `norm`. Without the option NaN and infinities are values like others."},
    {outOfMemoryCode, "out of memory",
     "The program needs more memory than `--memory` allows, or than the system has. `ricci bench` shows what an "
     "expression takes at its peak. Large .npy, .safetensors and stored .npz files are mapped and count for nothing."},
    {saveFailedCode, "cannot save",
     "`save` could not write its file: the folder is missing, the disk is full, or the ending is neither .npy (an "
     "array) nor .npz or .safetensors (an array, struct or tuple). Paths are relative to the working directory."},
    {printFailedCode, "cannot print",
     "A format specification does not fit its value: `{n:.2f}` needs a floating-point number."},
    {plotFailedCode, "cannot draw",
     "`plot` takes vectors, or matrices with a series in each column; `scatter` takes points as [N,2] and, if you "
     "like, "
     "integer labels [N]. Both write an .svg file, relative to the working directory."},
    {stoppedCode, "stopped",
     "The program that embeds Ricci asked the call to end, by a stop token. What the call was to write into holds "
     "anything."},
};

// Breaks lines at spaces, at 100 characters.
std::string wrapped(std::string_view text) {
  std::string result;
  size_t column = 0;
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (column > 0 && column + 1 + end > 100) {
      result.back() = '\n';
      column = 0;
    }
    result += text.substr(0, end);
    column += end;
    if (end < text.size()) {
      result += text[end];
      column = text[end] == '\n' ? 0 : column + 1;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

} // namespace

std::span<const RunErrorInfo> runErrors() { return registry; }

std::string explainRunError(std::string_view code) {
  for (const RunErrorInfo &info : registry)
    if (info.code == code)
      return fmt::format("{}: {}\n\n{}\n", info.code, info.title, wrapped(info.text));
  return "";
}

} // namespace ricci::runtime
