// Run-time checks, and what a script does to the outside.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

void Emitter::check(const Leaf &condition, StringRef code, const Twine &message) {
  if (std::optional<int64_t> known = tensors.constantInteger(condition); known && *known)
    return;
  Leaf holds = reach ? tensors.apply("or", {tensors.negation(*reach), condition}) : condition;
  CheckOp::create(builder, tensors.location, holds.tensor, code, message.str());
}

void Emitter::assertion(const lang::AssertStmt &stmt) {
  Leaf condition = emitArray(*stmt.condition);
  std::string message = stmt.message;
  if (message.empty())
    message = "assertion failed: " + std::string(sources.text(stmt.condition->span));
  check(condition, code::assertion, message);
}

namespace {

// Writes effects in the notation of runtime/Host.h.
struct Spec {
  std::string text;
  SmallVector<Value> values;

  void line(StringRef name, StringRef value) {
    if (!text.empty())
      text += '\n';
    text += name;
    text += '=';
    for (char character : value)
      text += character == '\\' ? "\\\\" : character == '\n' ? "\\n" : std::string(1, character);
  }
  void braced(StringRef plain) {
    for (char character : plain)
      text += character == '{' ? "{{" : character == '}' ? "}}" : std::string(1, character);
  }
  // The operand of a type whose leaves are next.
  std::string operand(const lang::Type &type, ArrayRef<Leaf> &leaves) {
    if (type.kind == lang::Type::Array) {
      values.push_back(leaves.front().tensor);
      leaves = leaves.drop_front();
      return std::to_string(values.size() - 1);
    }
    std::string result = type.name + "(";
    for (size_t field = 0; field < type.fields.size(); ++field) {
      if (field)
        result += ",";
      if (type.kind == lang::Type::Struct)
        result += type.names[field] + "=";
      result += operand(type.fields[field], leaves);
    }
    return result + ")";
  }
};

} // namespace

void Emitter::effect(const lang::EffectStmt &stmt) {
  Spec spec;
  auto operand = [&](const lang::Expr &expr) {
    Leaves leaves = emit(expr);
    // The only indices around are the directions of a derivative form, along which values are all the same.
    for (Leaf &leaf : leaves)
      while (!leaf.context.empty())
        leaf = atCoordinate(leaf, leaf.context.front(), 0);
    ArrayRef<Leaf> rest = leaves;
    return spec.operand(expr.type, rest);
  };
  if (stmt.what == "print") {
    for (const lang::Segment &segment : stmt.segments) {
      spec.braced(segment.text);
      if (!segment.value)
        continue;
      spec.text += "{" + operand(*segment.value);
      if (!segment.spec.empty())
        spec.text += ":" + segment.spec;
      spec.text += "}";
    }
  } else {
    spec.line("path", stmt.path);
    for (const lang::Expr *value : stmt.values)
      spec.line("value", operand(*value));
    for (const auto &[name, value] : stmt.options)
      spec.line(name, value);
  }
  if (reach) {
    Leaf when = reach->context.empty() ? *reach : tensors.reduce(ReduceKind::any, *reach, reach->context);
    spec.values.insert(spec.values.begin(), when.tensor);
  }
  HostOp::create(builder, tensors.location, stmt.what, spec.text, spec.values, reach.has_value());
}
