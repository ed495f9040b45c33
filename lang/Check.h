// From text to the checked program: the one entry that driver and tests use.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/Source.h"
#include "lang/sema/Checked.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ricci::lang {

// What is known of an input before the program runs, from a file's header or a literal.
struct InputHeader {
  Scalar element = Scalar::F64;
  std::vector<int64_t> shape;
  std::optional<int64_t> integer; // the value of an i64 scalar: it may then be a size
  bool literal = false;           // adapts to the declared type
  bool table = false;             // of a .csv: with one column it may be declared a vector
};

struct CheckOptions {
  // Asked for every load, by path and key as written. No function: no file is looked at, sizes stay symbolic (`ricci check`).
  // It reports its own errors by returning nothing.
  std::function<std::optional<InputHeader>(const std::string &path, const std::string &key)> loadHeader;
  // The file of `import a.b`: "a/b.ricci" beside the importing file, else in the standard library. The same file is the same id
  // each time. If there is none, where it was looked for.
  std::function<std::variant<FileId, std::string>(const std::string &path, const SourceFile &importing)> openModule;
  // Params set by name and free names of the expression; struct fields and tuple positions as `p.w1`, `t.0`.
  std::vector<std::pair<std::string, InputHeader>> given;
  std::optional<std::string> expression; // of -e, evaluated in the scope of the file's statements
  // A script in place of the file's own, in the scope of what the file declares and imports. The program's result is a tuple of the
  // values of its expressions and definitions, each with its statement's place.
  const SourceFile *example = nullptr;
};

// Nothing when an error was reported.
std::unique_ptr<CheckedProgram> check(SourceManager &, const SourceFile *file, const CheckOptions &, DiagnosticEngine &);

} // namespace ricci::lang
