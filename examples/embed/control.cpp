// A control loop that must not allocate: a pendulum is held upright by a controller that, at every tick, improves its
// plan by gradient steps through a simulation in Ricci. Everything is made before the loop; in it there is call_into
// alone, whose allocations this program counts.
#include <ricci/ricci.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

static bool counts = false;
static long allocations = 0;
void *operator new(size_t size) {
  allocations += counts;
  if (void *memory = std::malloc(size ? size : 1))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

// Angle from upright and angular velocity; a torque for each step of the plan.
static constexpr const char *model = R"(
fn cost(u: f64[T], angle: f64, velocity: f64) -> f64 {
  var a = angle
  var v = velocity
  var total = 0.0
  for t in 0..T {
    v = v + 0.05 * (9.81 * sin(a) + u[t])
    a = a + 0.05 * v
    total = total + a ** 2 + 0.1 * v ** 2 + 0.001 * u[t] ** 2
  }
  total
}
)";

int main() try {
  constexpr std::int64_t horizon = 20;
  constexpr int ticks = 200, stepsATick = 20;
  ricci::engine_options options;
  options.threads = 1; // a control loop shares its processor with nobody
  ricci::engine engine(options);
  auto module = engine.compile("pendulum.ricci", model).value();
  auto slope = module.get("cost").value().value_and_grad({"u"}).value();

  std::vector<double> plan(horizon), gradient(horizon);
  double angle = 0.4, velocity = 0, cost = 0;
  auto workspace = slope.workspace({plan, angle, velocity}).value();

  counts = true;
  for (int tick = 0; tick < ticks; ++tick) {
    for (int step = 0; step < stepsATick; ++step) {
      if (slope.call_into(workspace, {plan, angle, velocity}, {&cost, gradient}) != ricci::status::ok)
        return 2;
      for (std::int64_t t = 0; t < horizon; ++t)
        plan[t] -= 0.5 * gradient[t];
    }
    velocity += 0.05 * (9.81 * std::sin(angle) + plan[0]);
    angle += 0.05 * velocity;
    for (std::int64_t t = 0; t + 1 < horizon; ++t)
      plan[t] = plan[t + 1];
  }
  counts = false;
  std::printf("after %d ticks: angle %.4f, velocity %.4f, %ld allocations\n", ticks, angle, velocity, allocations);
  return std::abs(angle) > 0.01 || allocations != 0;
} catch (const ricci::error &error) {
  std::fputs(error.what(), stderr);
  return 1;
}
