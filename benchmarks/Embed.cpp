// What it costs to call Ricci from C++: a function of a scalar, calls with a workspace, a parallel loop at once and
// after a pause, the time from a stop request to the return. One line each; the least and the median over repetitions,
// since what others do on the machine only adds.
#include <ricci/ricci.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

using ricci::view;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char *source = R"(
fn square(x: f64) -> f64 { x * x }
fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let z[n] = sum[d](X[n,d] * w[d])
  mean[n](softplus(z[n]) - y[n] * z[n])
}
fn product(A: f64[M,K], B: f64[K,N]) -> f64[M,N] { A @ B }
fn rows(A: f64[M,N]) -> f64[M] {
  let r[i] = sum[j](exp(sin(A[i,j])))
  r
}
fn endless(x: f64) -> f64 {
  var y = x
  for t in 0..1000000000000 { y = 0.5 * y + 1.0 }
  y
}
)";

double seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

void report(const char *what, std::vector<double> times, double unit, const char *name) {
  std::sort(times.begin(), times.end());
  std::printf("%-44s %8.1f %8.1f %s\n", what, times.front() / unit, times[times.size() / 2] / unit, name);
}

template <typename Body> void timeCalls(const char *what, int calls, Body body) {
  std::vector<double> times;
  for (int round = 0; round < 30; ++round) {
    auto start = Clock::now();
    for (int call = 0; call < calls; ++call)
      body();
    times.push_back(seconds(start) / calls);
  }
  report(what, times, 1e-9, "ns");
}

template <typename Body> void timeAfter(const char *what, std::chrono::milliseconds pause, Body body) {
  std::vector<double> times;
  for (int round = 0; round < 30; ++round) {
    std::this_thread::sleep_for(pause);
    auto start = Clock::now();
    body();
    times.push_back(seconds(start));
  }
  report(what, times, 1e-6, "us");
}

// From the request to the return, for a request that comes somewhere in the middle.
template <typename Body> void timeStop(const char *what, double later, Body body) {
  std::vector<double> times;
  for (int round = 0; round < 15; ++round) {
    ricci::stop_token stop;
    Clock::time_point asked;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::duration<double>(later * (round + 1)));
      asked = Clock::now();
      stop.request();
    });
    body(stop);
    auto returned = Clock::now();
    other.join();
    times.push_back(std::max(0.0, std::chrono::duration<double>(returned - asked).count()));
  }
  report(what, times, 1e-6, "us");
}

} // namespace

int main(int argc, char **argv) {
  ricci::engine_options options;
  options.threads = argc > 1 ? std::atoi(argv[1]) : 1;
  ricci::engine engine(options);
  ricci::module module = engine.compile("bench.ricci", source).value();
  std::printf("%-44s %8s %8s\n", "", "least", "median");

  auto square = module.get<double(double)>("square").value();
  double sum = 0;
  timeCalls("square(x) by a typed function", 100000, [&] { sum += square(3.0); });
  auto ws = square.workspace({3.0}).value();
  double y = 0;
  timeCalls("square(x) into, with a workspace", 100000, [&] { square.call_into(ws, {3.0}, {&y}); });
  std::vector<double> w{1, 2}, X{1, 2, 3, 4, 5, 6}, t{1, 0, 1}, g(2);
  auto vg = module.get("loss").value().value_and_grad({"w"}).value();
  view<double, 2> rows(X.data(), {3, 2});
  auto memory = vg.workspace({w, rows, t}).value();
  timeCalls("loss and gradient, N = 3, D = 2, into", 10000, [&] { vg.call_into(memory, {w, rows, t}, {&y, g}); });

  // Some 500 µs of work: what a pause adds is the way back of caches and threads.
  std::vector<double> small(1000 * 300, 1.0);
  view<double, 2> S(small.data(), {1000, 300});
  auto loop = module.get("rows").value();
  std::vector<double> sums(1000);
  auto place = loop.workspace({S}).value();
  auto run = [&] { loop.call_into(place, {S}, {sums}); };
  timeAfter("a parallel loop, at once", std::chrono::milliseconds(0), run);
  timeAfter("a parallel loop, after 20 ms", std::chrono::milliseconds(20), run);
  timeAfter("a parallel loop, after 200 ms", std::chrono::milliseconds(200), run);

  timeStop("stop: a loop of scalars", 1e-3, [&](ricci::stop_token &stop) {
    static auto endless = module.get("endless").value();
    (void)endless.call({1.0}, &stop);
  });
  const std::int64_t n = 3000;
  std::vector<double> a(n * n, 1.0);
  view<double, 2> A(a.data(), {n, n});
  timeStop("stop: a product of 3000 x 3000 matrices", 2e-3, [&](ricci::stop_token &stop) {
    static auto product = module.get("product").value();
    (void)product.call({A, A}, &stop);
  });
  timeStop("stop: exp and sin of 9 million elements", 1e-3, [&](ricci::stop_token &stop) {
    static auto elementwise = module.get("rows").value();
    (void)elementwise.call({A}, &stop);
  });
  timeStop("stop: compilation of a derivative", 1e-3, [&](ricci::stop_token &stop) {
    static auto loss = module.get("loss").value();
    (void)loss.value_and_grad({"w"}, &stop);
  });
  return sum == 0;
}
