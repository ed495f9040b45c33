// Derivatives at points where they are known exactly, to second order, in every combination of modes.
#pragma once

#include "tests/numerics/DerivativeChecker.h"

namespace ricci::test {

// f of one vector. Direction and cotangent are ones; gradient = Σ_i ∇f_i, hessian = its derivative along the ones.
void expectDerivatives(const std::string &text, const std::vector<double> &x, const std::vector<double> &gradient,
                       const std::vector<double> &hessian);

// Σ_i of the function of x whose last value is %y; %zero is zeros.
std::string summed(const std::string &body, const std::string &type = "tensor<2xf64>");

} // namespace ricci::test
