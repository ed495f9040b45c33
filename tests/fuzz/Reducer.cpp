#include "tests/fuzz/Reducer.h"

#include "tests/fuzz/Edits.h"

namespace ricci::fuzz {

std::string kindOf(const Finding &finding) {
  return finding.what.substr(0, finding.what.find(':')) + " while " + nameOf(finding.phase);
}

std::string reduceProgram(std::string text, const std::function<std::string(const std::string &)> &failure) {
  const std::string kind = failure(text);
  if (kind.empty())
    return text;
  // After a step that worked, go on from there: what did not work before it rarely does now.
  for (bool smaller = true; smaller;) {
    smaller = false;
    std::vector<std::string> candidates = smallerPrograms(text);
    for (size_t i = 0; i < candidates.size(); ++i)
      if (failure(candidates[i]) == kind) {
        text = candidates[i];
        candidates = smallerPrograms(text);
        smaller = true;
      }
  }
  return text;
}

} // namespace ricci::fuzz
