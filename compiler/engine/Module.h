// A program that has been read and checked: its sources and what sema made of them. Immutable, and so safe to share.
#pragma once

#include "compiler/engine/Error.h"
#include "compiler/engine/Signature.h"
#include "lang/Check.h"

#include <map>
#include <memory>
#include <optional>

namespace ricci::engine {

// What to read and check.
struct ModuleRequest {
  // The file's name as diagnostics show it; its text, or nothing to read it from there. No name: no file.
  std::string name;
  std::optional<std::string> text;
  std::optional<std::string> expression; // evaluated in the file's scope; its free names are inputs
  std::optional<std::string> example;    // a script in place of the file's own
  // What is known of inputs that the host will give, struct fields as `p.w1`. They take the place of defaults.
  std::vector<std::pair<std::string, lang::InputHeader>> given;
  // Of a data file that the script loads; none: sizes of loaded arrays stay open.
  std::function<std::optional<lang::InputHeader>(const std::string &path, const std::string &key)> loadHeader;
  // Texts that stand in place of files, by path; if there are any, no other file is looked at.
  std::map<std::string, std::string> texts;
  // Told of every source file before it is read.
  std::function<void(const std::string &path)> onFile;
};

// One function of a module, or the script; perhaps a derivative of it.
struct Entry {
  enum Form { Value, Grad, ValueGrad, Jvp, Vjp, Hvp };

  std::string function; // empty: the script
  Form form = Value;
  std::vector<std::string> variables; // parameters, or fields of them (p.w1), that the derivative is with respect to

  // loss, loss_grad_w, loss_value_grad_w_b
  std::string name() const;
};

class Module {
public:
  struct Options {
    std::vector<std::string> libraries; // folders for `import`
    bool colour = false;                // of texts
  };
  static Result<std::shared_ptr<const Module>> load(ModuleRequest request, Options options);

  const lang::CheckedProgram &program() const { return *checked; }
  const lang::SourceManager &sources() const { return files; }
  const lang::SourceFile *example() const { return exampleFile; }
  bool colour() const { return options.colour; }
  const std::vector<std::string> &libraries() const { return options.libraries; }
  // Rendered; empty if there are none.
  const std::string &warnings() const { return warningText; }
  // Everything that code made of the module depends on, apart from the options of its compilation.
  const std::string &identity() const { return allText; }
  // What was asked for, with all texts that were read, so that another process makes the same module of it.
  ModuleRequest request() const;
  struct LoadedHeader {
    std::string path, key;
    lang::InputHeader header;
  };
  const std::vector<LoadedHeader> &loadedHeaders() const { return headers; }

  std::vector<std::string> functionNames() const;
  // A function by its name, or a derivative by FN_grad_w, FN_value_grad_w_b, FN_jvp_w, FN_vjp_w, FN_hvp_w.
  Result<Entry> find(const std::string &name) const;

  // The function that an entry stands for. What is made for a derivative belongs to `owner`.
  Result<const lang::CheckedFn *> resolve(const Entry &entry, lang::CheckedProgram &owner) const;
  Signature signature(const Entry &entry, const lang::CheckedFn *function) const;

private:
  Module() = default;

  // SourceManager takes texts in while expressions are checked only, so it is not changed after `load`.
  lang::SourceManager files;
  std::unique_ptr<lang::CheckedProgram> checked;
  const lang::SourceFile *exampleFile = nullptr;
  ModuleRequest asked;
  std::vector<LoadedHeader> headers;
  std::string warningText, allText;
  Options options;
};

} // namespace ricci::engine
