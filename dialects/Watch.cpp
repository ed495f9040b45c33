#include "dialects/Ricci.h"
#include "dialects/Verify.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace ricci;

std::string ricci::spelling(StringRef mnemonic) {
  StringRef word = llvm::StringSwitch<StringRef>(mnemonic)
                       .Case("add", "+")
                       .Cases({"sub", "neg"}, "-")
                       .Cases({"mul", "mask_mul"}, "*")
                       .Case("div", "/")
                       .Case("rem", "%")
                       .Cases({"pow", "powi"}, "**")
                       .Case("einsum", "sum")
                       .Default(mnemonic);
  return ("`" + word + "`").str();
}

std::string ricci::spelling(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return spelling(stringifyReduceKind(reduce.getKind()));
  if (auto custom = dyn_cast<CustomOp>(op))
    return spelling(custom.getName());
  return spelling(op->getName().stripDialect());
}

LogicalResult WatchOp::verify() {
  SmallVector<Value> parts(getSources());
  if (getWhere())
    parts.push_back(getWhere());
  int64_t rank = getValue().getType().getRank();
  if (failed(verifyCount(*this, parts.size(), getAxes().size(), "lists of axes")))
    return failure();
  for (auto [number, part] : llvm::enumerate(parts)) {
    ArrayRef<int64_t> axes = axesOf(number);
    if (failed(verifyCount(*this, cast<RankedTensorType>(part.getType()).getRank(), axes.size(),
                           "axes of operand " + Twine(number + 1))))
      return failure();
    int64_t least = part == getWhere() ? 0 : -1;
    if (llvm::any_of(axes, [&](int64_t axis) { return axis < least || axis >= rank; }))
      return emitOpError() << "has an axis of operand " << number + 1 << " that is none of the value";
  }
  if (!getNames().empty() && failed(verifyCount(*this, rank, getNames().size(), "names of axes")))
    return failure();
  if (getAlong() > getSources().size())
    return emitOpError("has more directions than sources");
  return success();
}

bool WatchOp::isPointwise() {
  for (unsigned source = 0; source < getSources().size(); ++source)
    if (llvm::is_contained(axesOf(source), -1))
      return false;
  return true;
}

std::string WatchOp::report() {
  unsigned number = 0;
  auto next = [&] { return "{" + std::to_string(number++) + "}"; };
  std::string text = getWhat().str() + " gives " + next();
  if (int64_t rank = getValue().getType().getRank()) {
    std::string list;
    for (int64_t axis = 0; axis < rank; ++axis) {
      list += axis ? ", " : "";
      if (!getNames().empty())
        list += cast<StringAttr>(getNames()[axis]).str() + " = ";
      list += next();
    }
    text += " at " + (getNames().empty() ? "[" + list + "]" : list);
  }
  if (!isPointwise())
    return text;
  size_t points = getSources().size() - getAlong();
  for (size_t source = 0; source < getSources().size(); ++source) {
    StringRef before = source == 0 ? ", of " : source < points ? " and " : source == points ? " along " : " and ";
    text += before.str() + next();
  }
  return text;
}
