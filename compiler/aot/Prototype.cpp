#include "compiler/aot/Prototype.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace ricci::aot {

namespace {

// What a parameter cannot be called in C11 or C++20.
constexpr std::string_view keywords[] = {
    "alignas",   "alignof",   "and",      "asm",      "auto",     "bool",      "break",    "case",     "catch",
    "char",      "class",     "compl",    "concept",  "const",    "constexpr", "continue", "decltype", "default",
    "delete",    "do",        "double",   "else",     "enum",     "explicit",  "export",   "extern",   "false",
    "float",     "for",       "friend",   "goto",     "if",       "inline",    "int",      "long",     "main",
    "mutable",   "namespace", "new",      "noexcept", "not",      "nullptr",   "operator", "or",       "private",
    "protected", "public",    "register", "requires", "restrict", "return",    "short",    "signed",   "sizeof",
    "static",    "struct",    "switch",   "template", "this",     "throw",     "true",     "try",      "typedef",
    "typeid",    "typename",  "union",    "unsigned", "using",    "virtual",   "void",     "volatile", "while",
    "xor"};

std::string_view cType(runtime::DType dtype) {
  switch (dtype) {
  case runtime::DType::Bool:
    return "bool";
  case runtime::DType::I32:
    return "int32_t";
  case runtime::DType::I64:
    return "int64_t";
  case runtime::DType::F32:
    return "float";
  case runtime::DType::F64:
    break;
  }
  return "double";
}

void forEachArray(const lang::Type &type, const std::string &name,
                  const std::function<void(const lang::Type &, const std::string &)> &visit) {
  if (type.kind == lang::Type::Array)
    visit(type, name);
  for (size_t i = 0; i < type.fields.size(); ++i) {
    std::string field = type.kind == lang::Type::Struct ? type.names[i] : std::to_string(i);
    forEachArray(type.fields[i], name.empty() ? field : name + "_" + field, visit);
  }
}

class Builder {
public:
  explicit Builder(Prototype &prototype) : prototype(prototype) {}

  void parameter(const lang::Variable &variable) {
    forEachArray(variable.type, variable.name, [&](const lang::Type &type, const std::string &name) {
      Argument argument{type.shape.empty() ? Argument::Scalar : Argument::Array, unlike(name),
                        engine::dtypeOf(type.element), type.shape};
      argument.type = type.text();
      if (type.shape.empty() && variable.symbol) {
        argument.symbol = *variable.symbol;
        known.insert(argument.symbol->id);
      }
      prototype.arguments.push_back(std::move(argument));
    });
  }

  void sizes() {
    std::vector<Argument> found;
    for (const Argument &argument : prototype.arguments)
      for (const lang::Dim &size : argument.sizes)
        size.forEachSymbol([&](const lang::Symbol &symbol) {
          if (symbol->isOpaque() || !known.insert(symbol->id).second)
            return;
          Argument added{Argument::Size, unlike(symbol->name)};
          added.symbol = symbol;
          found.push_back(std::move(added));
        });
    for (Argument &size : found)
      prototype.arguments.push_back(std::move(size));
  }

  // False where a size is not known before the function runs.
  bool results(const lang::Type &type) {
    bool isKnown = true;
    const bool isOne = type.leafCount() == 1;
    forEachArray(type, isOne ? "" : "result", [&](const lang::Type &array, const std::string &name) {
      Argument argument{Argument::Result, unlike(isOne ? "result" : name), engine::dtypeOf(array.element), array.shape};
      argument.type = array.text();
      for (const lang::Dim &size : array.shape)
        size.forEachSymbol(
            [&](const lang::Symbol &symbol) { isKnown &= symbol->isOpaque() || known.contains(symbol->id); });
      prototype.arguments.push_back(std::move(argument));
    });
    return isKnown;
  }

private:
  std::string unlike(const std::string &name) {
    std::string candidate = identifier(name);
    while (std::ranges::find(keywords, candidate) != std::end(keywords) || !names.insert(candidate).second)
      candidate += '_';
    return candidate;
  }

  Prototype &prototype;
  std::set<std::string> names;
  std::set<unsigned> known; // symbols that an argument tells
};

} // namespace

std::string identifier(std::string_view text) {
  std::string result;
  for (char c : text)
    result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front())))
    result.insert(result.begin(), '_');
  return result;
}

engine::Result<Prototype> prototypeOf(const engine::Module &module, const engine::Entry &entry,
                                      const lang::CheckedFn &function) {
  Prototype prototype{entry.name(), module.signature(entry, &function).text(), {}};
  if (identifier(prototype.name) != prototype.name || std::ranges::find(keywords, prototype.name) != std::end(keywords))
    return engine::error(engine::Status::InvalidArgument,
                         fmt::format("`{}` is no name for a function in C", prototype.name));
  Builder builder(prototype);
  for (const lang::Variable *parameter : function.parameters)
    builder.parameter(*parameter);
  builder.sizes();
  if (!builder.results(function.result))
    return engine::error(
        engine::Status::InvalidArgument,
        fmt::format("the size of a result of `{}` is known only once it has run; a caller in C cannot have "
                    "memory for it",
                    prototype.name));
  return prototype;
}

std::string declaration(const Prototype &prototype) {
  std::vector<std::string> arguments;
  for (const Argument &argument : prototype.arguments) {
    const bool isPointer = argument.kind == Argument::Array || argument.kind == Argument::Result;
    arguments.push_back(fmt::format("{}{} {}{}", argument.kind == Argument::Array ? "const " : "",
                                    cType(argument.dtype), isPointer ? "*" : "", argument.name));
  }
  return fmt::format("int32_t {}({})", prototype.name,
                     arguments.empty() ? "void" : fmt::to_string(fmt::join(arguments, ", ")));
}

std::string header(const std::string &stem, const std::string &source, const std::vector<Prototype> &functions) {
  std::string name = identifier(stem), guard = name;
  std::ranges::transform(guard, guard.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string text = fmt::format("/* Compiled by Ricci from {}.\n\n"
                                 "   Arrays are row-major without gaps and have the sizes of the signature; a result "
                                 "may lie over an argument, not over\n"
                                 "   another result. A function returns 0, or the number of what went wrong (R0001 is "
                                 "1, out of memory 100), of which\n"
                                 "   {}_message() then tells on the same thread. Any number of threads may call. */\n"
                                 "#ifndef {}_H\n#define {}_H\n\n#include <stdbool.h>\n#include <stdint.h>\n\n#ifdef "
                                 "__cplusplus\nextern \"C\" {{\n#endif\n",
                                 source, name, guard, guard);
  for (const Prototype &function : functions)
    text += fmt::format("\n/* {} */\n{};\n", function.signature, declaration(function));
  text += fmt::format("\nconst char *{}_message(void);\n\n#ifdef __cplusplus\n}}\n#endif\n\n#endif\n", name);
  return text;
}

} // namespace ricci::aot
