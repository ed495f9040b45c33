#include "compiler/driver/testing/DerivativeCheck.h"

#include "compiler/engine/Error.h"
#include "compiler/driver/Values.h"
#include "compiler/driver/testing/Arguments.h"
#include "compiler/driver/testing/Differences.h"
#include "compiler/driver/testing/Runnable.h"
#include "lang/sema/DerivedFunctions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>

namespace ricci::driver {

namespace {

using Vectors = std::vector<std::vector<double>>; // the elements of one array each
using lang::CheckedFn;

constexpr size_t enoughPoints = 10, mostPoints = 60;

double dot(const Vectors &x, const Vectors &y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t k = 0; k < x[i].size(); ++k)
      sum += x[i][k] * y[i][k];
  return sum;
}

// Σ |x y|, what rounding errors of ⟨x, y⟩ are proportional to.
double magnitude(const Vectors &x, const Vectors &y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t k = 0; k < x[i].size(); ++k)
      sum += std::abs(x[i][k] * y[i][k]);
  return sum;
}

bool isFinite(const Vectors &x) {
  return std::ranges::all_of(x, [](const std::vector<double> &vector) {
    return std::ranges::all_of(vector, [](double value) { return std::isfinite(value); });
  });
}

Vectors like(const Vectors &x, const std::function<double()> &element) {
  Vectors result = x;
  for (std::vector<double> &vector : result)
    std::ranges::generate(vector, element);
  return result;
}

Vectors unit(const Vectors &x, size_t array, size_t element) {
  Vectors result = like(x, [] { return 0.0; });
  result[array][element] = 1;
  return result;
}

// `[2,0]` of the element at a position of an array; empty for a scalar.
std::string subscript(const runtime::Shape &shape, size_t position) {
  std::vector<int64_t> index(shape.size());
  auto rest = static_cast<int64_t>(position);
  for (size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
    index[axis] = rest % shape[axis];
  return index.empty() ? "" : fmt::format("[{}]", fmt::join(index, ","));
}

// One way to ⟨u, J v⟩.
struct Way {
  enum Kind { Values, Forward, Reverse } kind;
  std::string name;
  std::vector<size_t> leaves = {}; // of the arguments, those that tangents or cotangents go with
  std::optional<Runnable> code = {};
};

// A number, and how wrong it may be.
using Slopes = std::optional<Slope>;

bool agree(const Slopes &x, const Slopes &y) { return std::abs(x->value - y->value) <= x->error + y->error; }

class DerivativeCheck {
public:
  DerivativeCheck(const Settings &settings, const TestOptions &options, lang::CheckedProgram &program,
                  const CheckedFn &function, const lang::SourceManager &sources)
      : settings(settings), options(options), program(program), function(function), sources(sources),
        signature(function), differentiable(lang::differentiable(program, function, sources)),
        stopsGradients(lang::stopsGradients(function)) {}

  std::vector<TestResult> run();

private:
  struct Point {
    Arguments at;
    Vectors x;     // its real arrays, those that are not differentiated by too
    Vectors value; // f(x)
    Vectors u;
    std::vector<runtime::Shape> shapes; // of the value
  };

  bool prepare();
  std::optional<Runnable> compile(const CheckedFn *made, TestResult &result);
  std::vector<size_t> leavesOf(const lang::DiffVariable &variable) const;
  std::string nameOf(size_t leaf) const;

  std::optional<Point> point();
  std::optional<Vectors> evaluate(Runnable &code, const Point &point, const Arguments &at, const Vectors &further,
                                  const std::vector<size_t> &furtherLeaves,
                                  std::vector<runtime::Shape> *shapes = nullptr);
  Slopes slope(Way &way, const Point &point, const Vectors &u, const Vectors &v, double step = 0x1p-8);
  bool isConfirmed(Way &way, const Point &point, const Vectors &v);
  bool isRounding(const Slopes &x, const Slopes &y, std::initializer_list<Way *> ways, const Point &point,
                  const Vectors &v);
  Vectors restricted(const Vectors &v, const std::vector<size_t> &leaves) const;
  void compareAt(const Point &point, Random &random);
  bool compareDerivative(const Point &point, const Vectors &v);
  bool compareRule(TestResult &result, Way &rule, const Point &point, const Vectors &v);
  std::string details(const Point &point, std::vector<Way *> ways, const std::vector<size_t> &leaves);
  void fail(TestResult &result, const Point &point, const std::string &what, const std::string &details);

  const Settings &settings;
  const TestOptions &options;
  lang::CheckedProgram &program;
  const CheckedFn &function;
  const lang::SourceManager &sources;
  Signature signature;
  lang::Differentiable differentiable;

  Way values{Way::Values, "differences"}, forward{Way::Forward, "forward"}, reverse{Way::Reverse, "reverse"};
  TestResult derivative{TestResult::Derivative};
  struct Rule {
    Way way;
    TestResult result{TestResult::Rule};
    size_t compared = 0;
  };
  std::vector<Rule> rules;
  bool derived = false; // forward and reverse are there
  bool stopsGradients;  // so that differences say nothing
  size_t compared = 0, rough = 0;
  std::string lastError; // of a run that gave no value
  uint64_t seed = 0;     // of the point
};

// ---------------------------------------------------------------- compiling

std::optional<Runnable> DerivativeCheck::compile(const CheckedFn *made, TestResult &result) {
  CompileOptions compileOptions;
  compileOptions.widen = true;
  Outcome<Runnable> compiled = Runnable::compile(settings, program, *made, sources, compileOptions);
  if (compiled)
    return std::move(*compiled);
  bool fault = compiled.error().status == ExitStatus::Fault;
  result.status = fault ? TestResult::Failed : TestResult::Unchecked;
  result.problem = compiled.error().status;
  const std::string &text = compiled.error().text;
  result.message = fault ? text : text.substr(0, text.find('\n'));
  return std::nullopt;
}

std::vector<size_t> DerivativeCheck::leavesOf(const lang::DiffVariable &variable) const {
  size_t first = 0;
  for (const lang::Variable *parameter : function.parameters) {
    if (parameter == variable.variable)
      break;
    first += parameter->type.leafCount();
  }
  const lang::Type *type = &variable.variable->type;
  for (unsigned field : variable.path) {
    for (unsigned before = 0; before < field; ++before)
      first += type->fields[before].leafCount();
    type = &type->fields[field];
  }
  std::vector<size_t> leaves(type->leafCount());
  for (size_t &leaf : leaves)
    leaf = first++;
  return leaves;
}

std::string DerivativeCheck::nameOf(size_t leaf) const {
  for (const lang::Variable *parameter : function.parameters) {
    std::vector<driver::Leaf> own = driver::leavesOf(parameter->type);
    if (leaf < own.size())
      return parameter->name + (own[leaf].path.empty() ? "" : "." + own[leaf].path);
    leaf -= own.size();
  }
  return "";
}

bool DerivativeCheck::prepare() {
  if (!differentiable.value)
    return false;
  bool hasRules = function.vjp || function.jvp;
  if (differentiable.variables.empty() && !hasRules) {
    if (!differentiable.obstacle.empty())
      derivative.status = TestResult::Unchecked;
    derivative.message = differentiable.obstacle;
    return false;
  }
  values.code = compile(lang::realPart(program, differentiable), derivative);
  if (!values.code)
    return false;
  for (const lang::DiffVariable &variable : differentiable.variables)
    for (size_t leaf : leavesOf(variable))
      forward.leaves.push_back(leaf);
  reverse.leaves = forward.leaves;
  if (!differentiable.variables.empty()) {
    forward.code = compile(lang::pushforward(program, differentiable), derivative);
    if (forward.code)
      reverse.code = compile(lang::pullback(program, differentiable), derivative);
  }
  derived = forward.code && reverse.code;
  std::vector<size_t> floating;
  for (size_t leaf = 0; leaf < signature.leaves().size(); ++leaf)
    if (isFloating(signature.leaves()[leaf].type->element))
      floating.push_back(leaf);
  if (function.jvp)
    rules.push_back({{Way::Forward, function.jvp->name, floating}});
  if (function.vjp)
    rules.push_back({{Way::Reverse, function.vjp->name, floating}});
  for (Rule &rule : rules)
    rule.way.code = compile(rule.way.kind == Way::Forward ? lang::forwardRule(program, function)
                                                          : lang::reverseRule(program, function),
                            rule.result);
  return derived || hasRules;
}

// ---------------------------------------------------------------- evaluating

// The arguments, then arrays of the shapes of these leaves, or of the value's.
std::optional<Vectors> DerivativeCheck::evaluate(Runnable &code, const Point &point, const Arguments &at,
                                                 const Vectors &further, const std::vector<size_t> &furtherLeaves,
                                                 std::vector<runtime::Shape> *shapes) {
  std::vector<runtime::Array> arguments = signature.toArrays(at, /*widen=*/true);
  for (size_t i = 0; i < further.size(); ++i) {
    const runtime::Shape &shape = furtherLeaves.empty() ? point.shapes[i] : at.elements[furtherLeaves[i]].shape;
    arguments.push_back(runtime::Array::borrow({runtime::DType::F64, shape}, further[i].data()));
  }
  runtime::Result<Runnable::Arrays, runtime::RunError> run = code.run(arguments);
  if (!run) {
    lastError = fmt::format("{}: {}", run.error().code, run.error().message);
    return std::nullopt;
  }
  Vectors result;
  for (const runtime::Array &array : *run) {
    result.emplace_back(array.as<double>().begin(), array.as<double>().end());
    if (shapes)
      shapes->push_back(array.shape());
  }
  return result;
}

// Around 0, then well inside the positive numbers, where roots and logarithms are defined, then close to 0.
std::optional<DerivativeCheck::Point> DerivativeCheck::point() {
  Random random(seed);
  Point point;
  constexpr int64_t integers[] = {2, 0, 1};
  std::optional<Arguments> arguments =
      signature.drawModerate(random, seed % 3 == 2 ? 0.125 : 1, integers[seed / 3 % 3]);
  if (!arguments) {
    lastError = "no sizes were found that fit its arguments' types";
    return std::nullopt;
  }
  point.at = std::move(*arguments);
  for (Elements &elements : point.at.elements)
    for (double &real : elements.reals)
      real = seed % 3 == 1 ? 0.25 + std::abs(real) : real;
  std::optional<Vectors> value = evaluate(*values.code, point, point.at, {}, {}, &point.shapes);
  if (!value)
    return std::nullopt;
  if (!isFinite(*value)) {
    lastError = "its value is not finite";
    return std::nullopt;
  }
  point.value = std::move(*value);
  for (const Elements &elements : point.at.elements)
    point.x.push_back(elements.reals);
  bool scalar = point.value.size() == 1 && point.shapes[0].empty();
  point.u = like(point.value, [&] { return scalar ? 1 : random.normal(); });
  return point;
}

// ⟨u, J v⟩. The direction has an array for every argument; those of integers are empty.
Slopes DerivativeCheck::slope(Way &way, const Point &point, const Vectors &u, const Vectors &v, double step) {
  // Roundings of every number that is summed. What cancels inside the function is unknown; at these points it is
  // near 1.
  constexpr double epsilon = 0x1p-52, roundings = 256, relative = 1e-10;
  double noise = roundings * epsilon * (1 + magnitude(u, point.value));
  Vectors along;
  for (size_t leaf : way.leaves)
    along.push_back(v[leaf]);
  if (way.kind == Way::Values)
    return slopeAtZero(
        [&](double t) -> std::optional<double> {
          Arguments moved = point.at;
          for (size_t leaf = 0; leaf < v.size(); ++leaf)
            for (size_t k = 0; k < v[leaf].size(); ++k)
              moved.elements[leaf].reals[k] += t * v[leaf][k];
          std::optional<Vectors> value = evaluate(*way.code, point, moved, {}, {});
          return value && isFinite(*value) ? std::optional(dot(u, *value)) : std::nullopt;
        },
        noise, step);
  bool isForward = way.kind == Way::Forward;
  std::optional<Vectors> result =
      isForward ? evaluate(*way.code, point, point.at, along, way.leaves) : evaluate(*way.code, point, point.at, u, {});
  if (!result)
    return std::nullopt;
  const Vectors &other = isForward ? u : along;
  return Slope{dot(*result, other), relative * magnitude(*result, other) + noise};
}

Vectors DerivativeCheck::restricted(const Vectors &v, const std::vector<size_t> &leaves) const {
  Vectors result = like(v, [] { return 0.0; });
  for (size_t leaf : leaves)
    result[leaf] = v[leaf];
  return result;
}

// ---------------------------------------------------------------- comparing

// Whether a way that differs from differences differs from those at much smaller steps too. Many small kinks look
// smooth from afar, but what is wrong stays so.
bool DerivativeCheck::isConfirmed(Way &way, const Point &point, const Vectors &v) {
  Slopes exact = slope(way, point, point.u, v);
  return std::ranges::all_of(std::initializer_list<double>{0x1p-13, 0x1p-18}, [&](double step) {
    Slopes near = slope(values, point, point.u, v, step);
    return exact && near && !agree(exact, near);
  });
}

// Whether two slopes differ by no more than roundings of the arguments move what the ways give: where a function is
// ill-conditioned, or normalises what ought to be 0, all ways are wrong.
bool DerivativeCheck::isRounding(const Slopes &x, const Slopes &y, std::initializer_list<Way *> ways, const Point &point,
                                 const Vectors &v) {
  constexpr double rounding = 0x1p-50, amplified = 16;
  Random random(seed);
  double moved = 0;
  for (int sample = 0; sample < 4; ++sample) {
    Point near = point;
    for (Elements &elements : near.at.elements)
      for (double &real : elements.reals)
        real *= 1 + rounding * random.normal();
    for (Way *way : ways) {
      Slopes here = slope(*way, point, point.u, v), there = slope(*way, near, point.u, v);
      if (!here || !there || !std::isfinite(there->value))
        return true;
      moved = std::max(moved, std::abs(there->value - here->value));
    }
  }
  return std::abs(x->value - y->value) <= x->error + y->error + amplified * moved;
}

// Up to three elements of value and arguments where the ways differ.
std::string DerivativeCheck::details(const Point &point, std::vector<Way *> ways, const std::vector<size_t> &leaves) {
  constexpr int mostShown = 3;
  std::string text;
  int shown = 0;
  for (size_t leaf : leaves)
    for (size_t k = 0; k < point.x[leaf].size() && shown < mostShown; ++k)
      for (size_t row = 0; row < point.u.size(); ++row)
        for (size_t m = 0; m < point.u[row].size() && shown < mostShown; ++m) {
          Vectors u = unit(point.u, row, m), v = unit(point.x, leaf, k);
          std::vector<Slopes> slopes;
          for (Way *way : ways)
            slopes.push_back(slope(*way, point, u, v));
          bool differ = false;
          for (const Slopes &other : slopes)
            differ |= slopes.front() && other && !agree(slopes.front(), other);
          if (!differ)
            continue;
          ++shown;
          std::string part = point.u.size() > 1 ? fmt::format(".{}", row) : "";
          text += fmt::format("  ∂{}{}{}/∂{}{}:", function.name, part, subscript(point.shapes[row], m), nameOf(leaf),
                              subscript(point.at.elements[leaf].shape, k));
          for (size_t i = 0; i < ways.size(); ++i)
            text += fmt::format("{} {} {}", i ? "," : "", ways[i]->name,
                                slopes[i] ? fmt::format("{:.10g}", slopes[i]->value) : "none");
          text += '\n';
        }
  return text;
}

void DerivativeCheck::fail(TestResult &result, const Point &point, const std::string &what,
                           const std::string &details) {
  result.status = TestResult::Failed;
  result.seed = seed;
  result.message =
      fmt::format("{}\n{}with\n{}`--seed {}` begins with it\n", what, details, signature.text(point.at), seed);
}

void DerivativeCheck::compareAt(const Point &point, Random &random) {
  Vectors v = like(point.x, [&] { return random.normal(); });
  if (derived && derivative.status == TestResult::Passed)
    ++(compareDerivative(point, restricted(v, forward.leaves)) ? compared : rough);
  for (Rule &rule : rules)
    if (rule.way.code && rule.result.status == TestResult::Passed && compareRule(rule.result, rule.way, point, v))
      ++rule.compared;
}

// Whether there was something to compare with.
bool DerivativeCheck::compareDerivative(const Point &point, const Vectors &v) {
  Slopes f = slope(forward, point, point.u, v), r = slope(reverse, point, point.u, v);
  std::vector<Way *> ways{&forward, &reverse, &values};
  if (!f || !r) {
    fail(derivative, point, "its derivative stops where it has a value: " + lastError, "");
    return true;
  }
  if (std::isfinite(f->value) && std::isfinite(r->value) && !agree(f, r)) {
    if (isRounding(f, r, {&forward, &reverse}, point, v))
      return false;
    fail(derivative, point, "its derivatives in forward and in reverse mode differ",
         details(point, ways, forward.leaves));
    return true;
  }
  if (stopsGradients)
    return true;
  Slopes d = slope(values, point, point.u, v);
  if (!d || (agree(f, d) && agree(r, d)))
    return d.has_value();
  Way &wrong = agree(f, d) ? reverse : forward;
  if (!isConfirmed(wrong, point, v) || isRounding(agree(f, d) ? r : f, d, {&wrong}, point, v))
    return false;
  fail(derivative, point, "its derivative and differences of its values differ", details(point, ways, forward.leaves));
  return true;
}

// The same. What the body does not depend on smoothly has no derivative, so that differences have to do.
bool DerivativeCheck::compareRule(TestResult &result, Way &rule, const Point &point, const Vectors &v) {
  Vectors along = restricted(v, rule.leaves);
  Slopes byValues = slope(values, point, point.u, along);
  bool whole = derived && differentiable.obstacle.empty();
  Way &reference = whole ? forward : values;
  Slopes expected = whole ? slope(forward, point, point.u, restricted(v, forward.leaves)) : byValues;
  if (!byValues || !expected)
    return false;
  Slopes actual = slope(rule, point, point.u, along);
  if (!actual) {
    fail(result, point, fmt::format("the rule `{}` stops: {}", rule.name, lastError), "");
    return true;
  }
  if (agree(expected, actual))
    return true;
  if ((!whole && !isConfirmed(rule, point, along)) || isRounding(expected, actual, {&reference, &rule}, point, along))
    return false;
  fail(result, point,
       fmt::format("the rule `{}` differs from the derivative of the body of `{}`", rule.name, function.name),
       details(point, {&reference, &rule}, rule.leaves));
  return true;
}

// ---------------------------------------------------------------- all of it

std::vector<TestResult> DerivativeCheck::run() {
  if (prepare())
    for (size_t attempt = 0; attempt < mostPoints; ++attempt) {
      bool enough = compared >= enoughPoints || !derived;
      for (const Rule &rule : rules)
        enough &= rule.compared >= enoughPoints;
      if (enough)
        break;
      seed = options.seed + attempt;
      std::optional<Point> at = point();
      if (!at)
        continue;
      Random random(~seed);
      compareAt(*at, random);
    }
  auto conclude = [&](TestResult &result, size_t points) {
    if (result.status != TestResult::Passed || points > 0)
      return;
    result.status = TestResult::Unchecked;
    result.message = rough > 0 ? "differences of its values settle nowhere" : lastError;
  };
  std::vector<TestResult> results;
  if (derived || derivative.status != TestResult::Passed) {
    conclude(derivative, compared);
    if (derivative.status == TestResult::Passed && stopsGradients) {
      derivative.status = TestResult::Unchecked;
      derivative.message = "`stop_grad` makes it another than that of its values; forward and reverse mode agree";
    }
    derivative.name = function.name;
    results.push_back(std::move(derivative));
  }
  for (Rule &rule : rules) {
    conclude(rule.result, rule.compared);
    rule.result.name = rule.way.name;
    results.push_back(std::move(rule.result));
  }
  return results;
}

} // namespace

std::vector<TestResult> checkDerivative(const Settings &settings, const TestOptions &options,
                                        lang::CheckedProgram &program, const CheckedFn &function,
                                        const lang::SourceManager &sources) {
  return DerivativeCheck(settings, options, program, function, sources).run();
}

} // namespace ricci::driver
