// What a script does to the outside: print, save, plot, scatter, or fail with values in its message. The compiler states an effect as a static text, the
// `spec` of `ricci_host`, over numbered arrays: structs and tuples were flattened, and the spec says how they were
// made.
//
//   operand     = NUMBER                                              the array of that number
//               | "(" operand { "," operand } ")"                     a tuple
//               | NAME "(" NAME "=" operand { "," NAME "=" operand } ")"   a struct
//   print       text with placeholders "{" operand [ ":" format ] "}" as fmt's, "{{" and "}}" for braces:
//                   step {0}: loss {1:.4f}, model {Mlp(w=2,b=3)}
//               A format applies to every element of its operand. A newline is added at the end.
//   nonfinite   a text like print's: the program ends with it as its error
//   the others  lines "name=value", in which \\ stands for a backslash and \n for a newline:
//     save      path=FILE, value=OPERAND
//     plot      path=FILE, value=OPERAND (once for each argument)
//               and optionally title=, xlabel=, ylabel=, legend=NAME,NAME
//     scatter   path=FILE, value=OPERAND (points, f64[N,2] or f32[N,2]), optionally value=OPERAND (labels, [N]),
//               title=, xlabel=, ylabel=
// Relative paths start at the working directory.
#pragma once

#include "runtime/Context.h"

namespace ricci::runtime {

// Carries out one effect; the error is a RunError with its code and without a place.
Result<void, RunError> performEffect(std::string_view what, std::string_view spec, std::span<const Array> operands,
                                     const TextSink &print);

} // namespace ricci::runtime
