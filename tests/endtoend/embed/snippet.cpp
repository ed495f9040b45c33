// The first program that people write, in a main that makes the data.
#include <ricci/ricci.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

// clang-format off
using ricci::view;

int main() {
std::vector<double> w{0.5, -1.0}, y{1.0, 0.0, 1.0}, samples{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
view<double, 2> X(samples.data(), {3, 2});
std::vector<double> g(2);

ricci::engine eng;                                    // thread-safe; options: target, threads, cache, allocator, executor
auto mod  = eng.compile_file("logreg.ricci").value(); // or compile(name, text); result<T>, diagnostics as data
auto loss = mod.get<double(view<double, 1>, view<double, 2>, view<double, 1>)>("loss").value();   // signature checked once
double L  = loss(w, X, y);                            // zero-copy, any strides
auto vg   = loss.value_and_grad({"w"}).value();       // also vjp, jvp, hvp
auto ws   = vg.workspace({w, X, y}).value();
vg.call_into(ws, {w, X, y}, {&L, g});                 // no allocation, no exception; takes a stop token
std::string ir = mod.ir("loss", ricci::stage::vector).value();
auto rep = vg.report();                               // kernels, FLOPs, bytes, plan, as JSON
mod.export_aot("out", {"loss", "loss_grad_w"}).value(); // .o + .h that need no Ricci at run time

// Against the formulas.
double expected = 0, slope[2] = {0, 0};
for (int n = 0; n < 3; ++n) {
  double z = w[0] * X(n, 0) + w[1] * X(n, 1);
  expected += (std::log1p(std::exp(z)) - y[n] * z) / 3;
  for (int d = 0; d < 2; ++d)
    slope[d] += (1 / (1 + std::exp(-z)) - y[n]) * X(n, d) / 3;
}
bool right = std::abs(L - expected) < 1e-12 && std::abs(g[0] - slope[0]) < 1e-12 && std::abs(g[1] - slope[1]) < 1e-12 &&
             ir.find("vector") != std::string::npos && rep.find("flops") != std::string::npos;
std::printf("%s\n", right ? "right" : "wrong");
return right ? 0 : 1;
}
