// The tables of functions whose derivatives are checked, by kind of operation.
#pragma once

#include "tests/numerics/DerivativeChecker.h"

namespace ricci::test {

std::vector<DerivativeCase> elementwiseCases();
std::vector<DerivativeCase> structuralCases();
std::vector<DerivativeCase> loopCases();
std::vector<DerivativeCase> whileCases();
std::vector<DerivativeCase> customCases();
std::vector<DerivativeCase> checkpointCases();

} // namespace ricci::test
