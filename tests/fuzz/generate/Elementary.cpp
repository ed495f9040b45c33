#include "tests/fuzz/generate/Elementary.h"

#include <cmath>

namespace ricci::fuzz {

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
static double softplus(double x) { return std::log1p(std::exp(x)); }
static double rsqrt(double x) { return 1 / std::sqrt(x); }
static double relu(double x) { return std::max(x, 0.0); }

const std::vector<ElementaryFunction> &elementaryFunctions() {
  static const std::vector<ElementaryFunction> functions{
      {"abs", -50, 50, 0, 50},
      {"sign", -50, 50, -1, 1},
      {"floor", -50, 50, -50, 50, std::floor},
      {"ceil", -50, 50, -50, 50, std::ceil},
      {"round", -50, 50, -50, 50, std::nearbyint},
      {"sqrt", 0.1, 50, 0.3, 7.1, std::sqrt},
      {"rsqrt", 0.1, 50, 0.14, 3.2, rsqrt},
      {"cbrt", 0.1, 50, 0.46, 3.7, std::cbrt},
      {"exp", -5, 3, 0.0067, 20.1, std::exp},
      {"expm1", -5, 3, -1, 19.1, std::expm1},
      {"log", 0.1, 50, -2.4, 4, std::log},
      {"log1p", -0.8, 50, -1.7, 4, std::log1p},
      {"log2", 0.1, 50, -3.4, 5.7, std::log2},
      {"sin", -10, 10, -1, 1},
      {"cos", -10, 10, -1, 1},
      {"tan", -1.2, 1.2, -2.6, 2.6, std::tan},
      {"asin", -0.9, 0.9, -1.2, 1.2, std::asin},
      {"acos", -0.9, 0.9, 0.45, 2.7, std::acos},
      {"atan", -50, 50, -1.6, 1.6, std::atan},
      {"sinh", -3, 3, -10.1, 10.1, std::sinh},
      {"cosh", -3, 3, 1, 10.1},
      {"tanh", -50, 50, -1, 1, std::tanh},
      {"asinh", -50, 50, -4.7, 4.7, std::asinh},
      {"acosh", 1.2, 50, 0.6, 4.7, std::acosh},
      {"atanh", -0.9, 0.9, -1.5, 1.5, std::atanh},
      {"sigmoid", -50, 50, 0, 1, sigmoid},
      {"relu", -50, 50, 0, 50, relu},
      {"softplus", -50, 50, 0, 50.1, softplus},
      {"gelu", -50, 50, -0.2, 50},
      {"silu", -50, 50, -0.3, 50},
      {"erf", -5, 5, -1, 1, std::erf},
      {"erfc", -5, 5, 0, 2, std::erfc},
      {"lgamma", 0.2, 10, -0.13, 12.9},
      {"digamma", 0.2, 10, -5.3, 2.3},
  };
  return functions;
}

} // namespace ricci::fuzz
