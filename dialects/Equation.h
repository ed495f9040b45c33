// An einsum equation taken apart: one string of letters for each operand and one for the result, a letter an index.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace ricci {

struct Equation {
  std::vector<std::string> inputs;
  std::string output;

  // "ij,jk->ik"; the arrow is required, "->i" has no operands. The error says what is wrong.
  static llvm::Expected<Equation> parse(llvm::StringRef text);
  std::string str() const;

  // Every letter once, in order of first occurrence: operands, then result.
  std::string letters() const;
  // Letters of operands that the result lacks, in order of first occurrence.
  std::string summed() const;
  // A letter that the equation does not use; '\0' when all 52 are taken.
  char fresh() const;
  bool operator==(const Equation &) const = default;
};

// "" for rank 0, "ab" for rank 2, …
std::string indexLetters(int64_t rank);
bool hasRepeats(llvm::StringRef letters);
inline bool contains(llvm::StringRef letters, char letter) { return letters.contains(letter); }

} // namespace ricci
