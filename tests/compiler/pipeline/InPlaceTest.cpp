// `V with [j,:] = v` changes V where it lies when nothing reads the old V afterwards: a loop that does so hands on the memory it
// was given, and copies nothing as large as its state.
#include "compiler/pipeline/Pipeline.h"
#include "lang/Check.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace ricci;

namespace {

std::string loopsOf(const std::string &source) {
  lang::SourceManager sources;
  lang::DiagnosticEngine diagnostics;
  auto program = lang::check(sources, &sources.file(sources.add("test.ricci", source)), {}, diagnostics);
  EXPECT_TRUE(program) << lang::render(sources, diagnostics);
  CompileOptions options;
  options.verify = true;
  options.print = Stage::Loops;
  if (!program)
    return "";
  Compiled compiled = compileFunction(*program, *program->functions.back(), sources, options, diagnostics);
  EXPECT_EQ(compiled.fault, "") << lang::render(sources, diagnostics);
  return compiled.text;
}

std::vector<std::string> split(const std::string &text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);)
    parts.push_back(part);
  return parts;
}

// Whether the first loop that carries memory yields just what it was given, its own arguments, and copies nothing.
bool isInPlace(const std::string &text) {
  std::string end; // the loop's last line; empty outside
  std::string yielded;
  bool copies = false;
  for (const std::string &line : split(text, '\n')) {
    size_t indent = line.find_first_not_of(' ');
    bool loop = line.find(" = scf.for ") != std::string::npos || line.find(" = scf.while ") != std::string::npos;
    if (end.empty() && loop && line.find("!llvm.ptr") != std::string::npos)
      end = std::string(indent, ' ') + "}";
    else if (!end.empty() && line == end)
      break;
    copies |= !end.empty() && line.find("llvm.intr.memcpy") != std::string::npos;
    if (!end.empty() && indent == end.size() + 1 && line.find("scf.yield ") == indent)
      yielded = line.substr(indent + 10);
  }
  size_t colon = yielded.find(" : ");
  if (colon == std::string::npos) {
    ADD_FAILURE() << "no loop carries memory:\n" << text;
    return false;
  }
  std::vector<std::string> values = split(yielded.substr(0, colon), ','), types = split(yielded.substr(colon + 3), ',');
  for (size_t i = 0; i < types.size(); ++i)
    if (types[i].find("!llvm.ptr") != std::string::npos && values[i].find("%arg") == std::string::npos)
      return false;
  return !copies;
}

struct InPlaceCase {
  const char *name, *source;
  bool inPlace;
};

const InPlaceCase cases[] = {
    {"arnoldi", R"(
fn f(A: f64[N,N], b: f64[N], m: i64) -> f64[m,N] {
  var V = zeros(f64[m,N]) with [0,:] = b / norm(b)
  for j in 1..m {
    let u = A @ V[j-1,:]
    let c[i] = sum[n](V[i,n] * u[n])
    let r = u - V.T @ c
    V = V with [j,:] = r / norm(r)
  }
  V
})", true},
    {"ring_buffer", R"(
fn f(x: f64[T], M: i64) -> f64[T] {
  var buffer = zeros(f64[M])
  for t in 0..T {
    let old = buffer[t % M]
    buffer = buffer with [t % M] = x[t]
    yield sum(buffer) - old
  }
})", true},
    {"ring_buffer_while", R"(
fn f(x: f64[N], M: i64) -> f64[M] {
  var buffer = zeros(f64[M])
  var t = 0
  while buffer[t % M] < 1.0 limit 1000 {
    buffer = buffer with [t % M] = x[0]
    t = t + 1
  }
  buffer
})", true},
    {"part_of_a_field", R"(
struct S<N> { a: f64[N], n: i64 }
fn f(x: f64[N], T: i64) -> f64[N] {
  var s = S(a = x, n = 0)
  for t in 0..T { s = s with (a = s.a with [t % N] = 1.0, n = s.n + 1) }
  s.a
})", true},
    {"array_of_structs", R"(
struct Pair { a: f64, b: f64 }
fn f(x: f64[N], T: i64) -> f64[N] {
  var s = zeros(f64[N])
  let p[i] = Pair(a = x[i], b = 0.0)
  var q = p
  for t in 0..T { q = q with [t % N] = Pair(a = q[t % N].b, b = q[t % N].a + 1.0) }
  q.a + q.b
})", true},
    {"read_afterwards", R"(
fn f(x: f64[N], T: i64) -> f64[N] {
  var v = x
  for t in 0..T {
    let old = v
    v = v with [t % N] = 1.0
    v = v + old
  }
  v
})", false},
};

class InPlace : public testing::TestWithParam<InPlaceCase> {};

} // namespace

TEST_P(InPlace, WhereTheOldValueIsDead) { EXPECT_EQ(isInPlace(loopsOf(GetParam().source)), GetParam().inPlace) << loopsOf(GetParam().source); }

INSTANTIATE_TEST_SUITE_P(Cases, InPlace, testing::ValuesIn(cases), [](const auto &info) { return std::string(info.param.name); });
