#include "dialects/Ricci.h"
#include "dialects/Verify.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace ricci;

namespace {
constexpr llvm::StringLiteral alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

void addMissing(std::string &letters, llvm::StringRef more) {
  for (char letter : more)
    if (!llvm::StringRef(letters).contains(letter))
      letters += letter;
}
} // namespace

llvm::Expected<Equation> Equation::parse(llvm::StringRef text) {
  size_t arrow = text.find("->");
  if (arrow == llvm::StringRef::npos)
    return llvm::createStringError("equation '" + text + "' has no '->'");
  Equation equation;
  equation.output = text.substr(arrow + 2).str();
  llvm::StringRef operands = text.take_front(arrow);
  for (char letter : operands)
    if (!llvm::isAlpha(letter) && letter != ',')
      return llvm::createStringError("equation '" + text + "': '" + llvm::Twine(letter) + "' is not a letter");
  for (char letter : equation.output)
    if (!llvm::isAlpha(letter))
      return llvm::createStringError("equation '" + text + "': '" + llvm::Twine(letter) + "' is not a letter");
  if (!operands.empty()) {
    llvm::SmallVector<llvm::StringRef> parts;
    operands.split(parts, ',');
    for (llvm::StringRef part : parts)
      equation.inputs.push_back(part.str());
  }
  return equation;
}

std::string Equation::str() const { return llvm::join(inputs, ",") + "->" + output; }

std::string Equation::letters() const {
  std::string all;
  for (const std::string &input : inputs)
    addMissing(all, input);
  addMissing(all, output);
  return all;
}

std::string Equation::summed() const {
  std::string result;
  for (char letter : letters())
    if (!contains(output, letter))
      result += letter;
  return result;
}

char Equation::fresh() const {
  std::string used = letters();
  for (char letter : alphabet)
    if (!contains(used, letter))
      return letter;
  return '\0';
}

std::string ricci::indexLetters(int64_t rank) { return alphabet.take_front(rank).str(); }

bool ricci::hasRepeats(llvm::StringRef letters) {
  for (size_t i = 0; i < letters.size(); ++i)
    if (letters.drop_front(i + 1).contains(letters[i]))
      return true;
  return false;
}

Equation EinsumOp::parseEquation() {
  llvm::Expected<Equation> equation = Equation::parse(getEquation());
  if (!equation)
    llvm::report_fatal_error(equation.takeError());
  // "->…" has no operands, or one scalar.
  if (equation->inputs.empty() && getInputs().size() == 1)
    equation->inputs.push_back("");
  return std::move(*equation);
}

LogicalResult EinsumOp::verify() {
  llvm::Expected<Equation> equation = Equation::parse(getEquation());
  if (!equation)
    return emitOpError() << llvm::toString(equation.takeError());
  if (equation->inputs.empty() && getInputs().size() == 1)
    equation->inputs.push_back("");
  if (equation->inputs.size() != getInputs().size())
    return emitOpError() << "equation '" << getEquation() << "' names " << equation->inputs.size() << " operands, there are "
                         << getInputs().size();
  Type element = getType().getElementType();
  if (element.isInteger(1))
    return emitOpError("has a boolean result; convert first");

  llvm::SmallDenseMap<char, int64_t> sizes;
  auto check = [&](llvm::StringRef letters, RankedTensorType type, const llvm::Twine &what) -> LogicalResult {
    if (type.getElementType() != element)
      return emitOpError() << what << " has element type " << type.getElementType() << ", the result has " << element;
    if (static_cast<int64_t>(letters.size()) != type.getRank())
      return emitOpError() << what << " has rank " << type.getRank() << ", the equation gives it '" << letters << "'";
    for (auto [letter, size] : llvm::zip_equal(letters, type.getShape())) {
      if (ShapedType::isDynamic(size))
        continue;
      auto [known, isNew] = sizes.try_emplace(letter, size);
      if (!isNew && known->second != size)
        return emitOpError() << "index '" << llvm::Twine(letter) << "' is " << known->second << " and, in " << what
                             << ", " << size;
    }
    return success();
  };
  for (auto [position, letters, input] : llvm::enumerate(equation->inputs, getInputs()))
    if (failed(check(letters, cast<RankedTensorType>(input.getType()), "operand " + llvm::Twine(position))))
      return failure();
  if (failed(check(equation->output, getType(), "the result")))
    return failure();
  return verifyDims(*this, getDims(), getType());
}

OpFoldResult EinsumOp::fold(FoldAdaptor) {
  // The identity: one operand, letters in the same order, none repeated.
  Equation equation = parseEquation();
  if (getInputs().size() == 1 && getInputs()[0].getType() == getType() && equation.inputs.size() == 1 &&
      equation.inputs[0] == equation.output && !hasRepeats(equation.output))
    return getInputs()[0];
  return {};
}
