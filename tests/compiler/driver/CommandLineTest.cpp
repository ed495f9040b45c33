// The contract of the command line: what is printed where, and with which status it ends.

#include "runtime/DataFile.h"
#include "runtime/Npy.h"
#include "tests/endtoend/Process.h"
#include "tests/runtime/TestFiles.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ricci;
using nlohmann::json;

namespace {

class CommandLine : public testing::Test {
protected:
  test::Outcome run(const std::vector<std::string> &arguments) { return test::runRicci(arguments, folder.path()); }
  std::string write(const std::string &name, std::string_view text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
    return name;
  }
  void expectStatus(const std::vector<std::string> &arguments, int status, std::string_view fragment) {
    test::Outcome outcome = run(arguments);
    SCOPED_TRACE(testing::PrintToString(arguments));
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find(fragment), std::string::npos) << outcome.err;
  }

  test::TemporaryFolder folder;
};

// Fused into one instruction the difference would be what the rounding of y * y lost.
TEST_F(CommandLine, TakesADifferenceOfEqualProductsForZero) {
  EXPECT_EQ(run({"eval", "-e", "x * x - y * y", "x=0.7312321", "y=0.7312321"}).out, "0.0\n");
  EXPECT_EQ(run({"eval", "-e", "log_softmax(v * v)", "v=[0.7312321]"}).out, "[0.0]\n");
}

TEST_F(CommandLine, EvaluatesExpressions) {
  const std::pair<const char *, const char *> cases[] = {
      {"2 + 3", "5\n"},    {"2.0 * 3", "6.0\n"},           {"1.0 / 0.0", "inf\n"},
      {"3 < 4", "true\n"}, {"[1.0, 2.5]", "[1.0, 2.5]\n"}, {"(1, 2.0)", "(1, 2.0)\n"},
      {"-1", "-1\n"},
  };
  for (auto [expression, printed] : cases) {
    test::Outcome outcome = run({"eval", "-e", expression});
    EXPECT_EQ(outcome.status, 0) << expression << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, printed) << expression;
  }
}

TEST_F(CommandLine, TakesInputsByName) {
  folder.npy("x", {3}, {1, 2, 3});
  EXPECT_EQ(run({"eval", "-e", "sum[i](x[i] * s)", "x=x.npy", "s=2.0"}).out, "12.0\n");
  EXPECT_EQ(run({"eval", "-e", "x", "x=[[1.0,2.0],[3.0,4.0]]"}).out, "[[1.0, 2.0],\n [3.0, 4.0]]\n");
  write("t.csv", "a,b\n1,2\n3,4\n");
  EXPECT_EQ(run({"eval", "-e", "sum(t)", "t=t.csv"}).out, "10.0\n");
  write("c.csv", "y\n1\n2\n");
  write("c.ricci", "let y: f64[N] = load(\"c.csv\")\nlet m: f64[N,C] = load(\"c.csv\")\nprint(\"{sum(y)} {C}\")\n");
  EXPECT_EQ(run({"run", "c.ricci"}).out, "3.0 1\n");
  write("p.ricci", "struct P<N> { a: f64, b: f64[N] }\nparam p: P<2>\nparam n: i64 = 3\nprint(\"{p.a} {p.b} {n}\")\n");
  EXPECT_EQ(run({"run", "p.ricci", "p.a=1.5", "p.b=[1.0,2.0]"}).out, "1.5 [1.0, 2.0] 3\n");
  EXPECT_EQ(run({"run", "p.ricci", "p.a=1.5", "p.b=[1.0,2.0]", "n=7"}).out, "1.5 [1.0, 2.0] 7\n");
  EXPECT_EQ(run({"eval", "p.ricci", "-e", "p", "p.a=1", "p.b=[1.0,2.0]", "-o", "p.npz"}).status, 0);
  EXPECT_EQ(run({"run", "p.ricci", "p=p.npz"}).out, "1.0 [1.0, 2.0] 3\n");
}

TEST_F(CommandLine, ReadsAndWritesSafetensors) {
  write("p.ricci", "struct Block<D> { w: f64[D], n: i64 }\nstruct Model<D> { block: Block<D>, s: f32 }\n"
                   "param p: Model<2>\nsave(\"saved.safetensors\", p)\nprint(p)\n");
  write("l.ricci", "struct Block<D> { w: f64[D], n: i64 }\nlet b: Block<D> = load(\"m.safetensors\", \"block\")\n"
                   "let w: f64[D] = load(\"m.safetensors\", \"block.w\")\nprint(\"{b} {w}\")\n");
  test::Outcome made =
      run({"eval", "p.ricci", "-e", "p", "p.block.w=[1.0,2.0]", "p.block.n=3", "p.s=4", "-o", "m.safetensors"});
  EXPECT_EQ(made.status, 0) << made.err;
  std::string model = "Model(block = Block(w = [1.0, 2.0], n = 3), s = 4.0)\n";
  EXPECT_EQ(run({"run", "p.ricci", "p=m.safetensors"}).out, model);
  EXPECT_EQ(run({"run", "p.ricci", "p=saved.safetensors"}).out, model);
  EXPECT_EQ(run({"run", "l.ricci"}).out, "Block(w = [1.0, 2.0], n = 3) [1.0, 2.0]\n");
  EXPECT_EQ(run({"eval", "-e", "sum(x)", "x=m.safetensors:block.w"}).out, "3.0\n");
  EXPECT_EQ(run({"eval", "-e", "[1, 2]", "-o", "a.safetensors"}).status, 0);
  EXPECT_EQ(run({"einsum", "i->", "a.safetensors"}).out, "3\n");
  expectStatus({"eval", "-e", "x", "x=m.safetensors"}, 2, "no declared type that would tell its fields");
  expectStatus({"eval", "-e", "x", "x=m.safetensors:block"}, 3, "there are");
  expectStatus({"run", "p.ricci", "p=a.safetensors"}, 2, "p.block.w");
  write("half.safetensors",
        runtime::test::safetensorsFile(R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", "ab"));
  expectStatus({"eval", "-e", "x", "x=half.safetensors:x"}, 3, "tensor \"x\" holds F16");
}

TEST_F(CommandLine, WritesResults) {
  EXPECT_EQ(run({"eval", "-e", "[1.0, 2.0]", "-o", "out.npy"}).out, "");
  EXPECT_EQ(
      runtime::test::elementsOf<double>(*runtime::readArray(folder.path() / "out.npy", {runtime::DType::F64, {2}})),
      (std::vector<double>{1, 2}));
  expectStatus({"eval", "-e", "1", "-o", "out.txt"}, 2, "out.txt");
  expectStatus({"eval", "-e", "(1, 2)", "-o", "out.npy"}, 2, ".npz");
  expectStatus({"eval", "-e", "1", "-o", "no/out.npy"}, 3, "no/out.npy");
}

TEST_F(CommandLine, SpeaksJson) {
  json value = json::parse(run({"eval", "--json", "-e", "[1.0, 0.0 / 0.0]"}).out);
  EXPECT_EQ(value["type"], "f64");
  EXPECT_EQ(value["shape"], json({2}));
  EXPECT_EQ(value["data"], json({1.0, "nan"}));
  write("bad.ricci", "let x = 1\nlet y[i] = exp(a[i,j])\n");
  test::Outcome outcome = run({"check", "--json", "bad.ricci"});
  EXPECT_EQ(outcome.status, 1);
  json list = json::parse(outcome.out);
  ASSERT_GE(list.size(), 1u);
  for (const char *key : {"code", "message", "file", "line", "column", "end_line", "end_column", "help"})
    EXPECT_TRUE(list[0].contains(key)) << key;
  EXPECT_EQ(list[0]["file"], "bad.ricci");
  EXPECT_EQ(list[0]["line"], 2);
  write("good.ricci", "let x = 1\n");
  EXPECT_EQ(json::parse(run({"check", "--json", "good.ricci"}).out), json::array());
}

TEST_F(CommandLine, ChecksWithoutOpeningData) {
  write("load.ricci", "let x: f64[N] = load(\"missing.npy\")\nprint(\"{sum(x)}\")\n");
  EXPECT_EQ(run({"check", "load.ricci"}).status, 0);
  expectStatus({"run", "load.ricci"}, 3, "missing.npy");
}

TEST_F(CommandLine, EndsWithTheStatusOfItsFailure) {
  write("s.ricci", "param n: i64\nparam X: f64[N]\nassert n > 0, \"n must be positive\"\nprint(\"{n / (n - 1)}\")\n");
  folder.npy("x", {3}, {1, 2, 3});
  folder.npy("m", {3, 1}, {1, 2, 3});
  EXPECT_EQ(run({"run", "s.ricci", "n=3", "X=x.npy"}).out, "1\n");
  expectStatus({"run", "s.ricci", "n=3", "X=m.npy"}, 1, "error[");
  expectStatus({"run", "s.ricci", "n=2.5", "X=x.npy"}, 1, "n");
  expectStatus({"run", "s.ricci", "n=3"}, 2, "X");
  expectStatus({"run", "s.ricci", "n=3", "X=x.npy", "m=3"}, 2, "no input `m`");
  expectStatus({"run", "s.ricci", "n=3", "X=y.npy"}, 3, "y.npy");
  write("broken.npy", "hello");
  expectStatus({"run", "s.ricci", "n=3", "X=broken.npy"}, 3, "broken.npy");
  expectStatus({"run", "s.ricci", "n=0", "X=x.npy"}, 4, "n must be positive");
  expectStatus({"run", "s.ricci", "n=0", "X=x.npy"}, 4, "s.ricci:3:");
  expectStatus({"run", "s.ricci", "n=1", "X=x.npy"}, 4, "error[R0002]");
  expectStatus({"run", "none.ricci"}, 3, "none.ricci");
  expectStatus({"eval", "-e", "let"}, 1, "error[");
  expectStatus({"eval", "-e", "sum[i](q[i])"}, 2, "q");
}

TEST_F(CommandLine, HoldsTheMemoryLimit) {
  expectStatus({"eval", "--memory", "1M", "-e", "sort(normal(key(0), f64[1000000]))[0]"}, 4, "out of memory");
}

TEST_F(CommandLine, MapsLargeFiles) {
  // 16 GiB of zeros that take no space on the disk.
  write("x.npy", runtime::npyHeaderText({runtime::DType::F64, {1 << 20, 1 << 11}}));
  std::filesystem::resize_file(folder.path() / "x.npy", 128 + (int64_t(1) << 34));
  write("x.ricci",
        "let x: f64[N,D] = load(\"x.npy\")\nprint(\"{N} {D} {sum(x[N-1,:])} {sum[i in 0..8](x[1000 * i, i])}\")\n");
  test::Outcome small = run({"eval", "-e", "1"}), large = run({"run", "x.ricci", "--memory", "1M"});
  EXPECT_EQ(large.out, "1048576 2048 0.0 0.0\n") << large.err;
  EXPECT_LT(large.residentBytes - small.residentBytes, int64_t(64) << 20);
  // What is computed from it counts.
  expectStatus({"eval", "--memory", "1M", "-e", "x + 1", "x=x.npy"}, 4, "out of memory");
}

TEST_F(CommandLine, StopsAtTheFirstNan) {
  write("s.ricci", "param x: f64[2]\nfn f(v: f64) -> f64 {\n  if v > 0.0 then log(v) else 0.0\n}\nlet y[i] = f(x[i])\n"
                   "let g = grad[x](sum[i](y[i] + sqrt(x[i])))\nprint(\"{y} {g}\")\n");
  EXPECT_EQ(run({"run", "s.ricci", "x=[1.0,0.0]"}).out, "[0.0, 0.0] [0.5, inf]\n");
  test::Outcome outcome = run({"run", "s.ricci", "x=[1.0,0.0]", "--check-nan"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "error[R0006]: the derivative of `sqrt` gives inf at [1], of 0.0 along 1.0\n"
                         "  --> s.ricci:6:31\n"
                         "   | let g = grad[x](sum[i](y[i] + sqrt(x[i])))\n"
                         "   |                               ^\n");
  EXPECT_EQ(run({"run", "s.ricci", "x=[1.0,4.0]", "--check-nan"}).status, 0);
  expectStatus({"eval", "--check-nan", "-e", "log(x)", "x=-1.0"}, 4, "`log` gives nan, of -1.0");
  expectStatus({"bench", "--check-nan", "-e", "log(x)", "x=-1.0"}, 4, "error[R0006]");
  expectStatus({"check", "--check-nan", "s.ricci"}, 2, "--check-nan");
}

TEST_F(CommandLine, RefusesArraysThatNoMemoryHolds) {
  expectStatus({"eval", "-e", "zeros(f64[2305843009213693953])"}, 1, "larger than any memory");
  expectStatus({"eval", "-e", "zeros(f64[4294967296, 4294967296])"}, 1, "larger than any memory");
  expectStatus({"eval", "-e", "zeros(f64[152921504606846976])"}, 4, "out of memory");
  write("s.ricci", "let n: i64 = load(\"n.npy\")\nlet x = zeros(f64[n, n])\nsave(\"x.npy\", x)\n");
  for (int64_t n : {int64_t(1) << 32, (int64_t(1) << 61) + 1, INT64_MAX}) {
    ASSERT_TRUE(writeArray(folder.path() / "n.npy", runtime::Array::scalar(n)));
    expectStatus({"run", "s.ricci"}, 4, "out of memory");
  }
  ASSERT_TRUE(writeArray(folder.path() / "n.npy", runtime::Array::scalar(int64_t(-5))));
  expectStatus({"run", "s.ricci"}, 4, "negative");
  ASSERT_TRUE(writeArray(folder.path() / "n.npy", runtime::Array::scalar(int64_t(3))));
  EXPECT_EQ(run({"run", "s.ricci"}).status, 0);
}

TEST_F(CommandLine, RefusesWhatItDoesNotKnow) {
  expectStatus({}, 2, "--help");
  expectStatus({"evla"}, 2, "is `eval` meant?");
  for (const char *later : {"grad", "plan", "repl", "lsp"})
    expectStatus({later, "x", "--option"}, 2, "not in this version");
  expectStatus({"run"}, 2, "error");
  expectStatus({"eval", "-e", "1", "--threads", "0"}, 2, "--threads");
  expectStatus({"eval", "-e", "1", "--memory", "lots"}, 2, "--memory");
  expectStatus({"eval", "-e", "1", "--target", "cuda"}, 2, "not in this version");
  expectStatus({"eval", "-e", "x", "x=hello"}, 2, "x=hello");
  expectStatus({"explain", "E9998"}, 2, "E9998");
}

TEST_F(CommandLine, KeepsCompiledCode) {
  auto kept = [&](const char *name) {
    std::error_code none;
    return std::distance(std::filesystem::directory_iterator(folder.path() / name, none), std::filesystem::directory_iterator());
  };
  for (int time = 0; time < 2; ++time)
    EXPECT_EQ(run({"eval", "-e", "2 + 3", "--cache", "kept"}).out, "5\n");
  EXPECT_EQ(kept("kept"), 1);
  EXPECT_EQ(run({"eval", "-e", "2 + 4", "--cache", "none"}).out, "6\n");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none"));
  write("file", "no folder");
  EXPECT_EQ(run({"eval", "-e", "2 + 5", "--cache", "file"}).out, "7\n");
  // Other sizes are other code.
  for (const char *x : {"x=[1.0]", "x=[1.0,2.0]"})
    EXPECT_EQ(run({"eval", "-e", "x", x, "--cache", "sizes"}).status, 0);
  EXPECT_EQ(kept("sizes"), 2);
}

TEST_F(CommandLine, BuildsAheadOfTime) {
  write("f.ricci", "fn f(x: f64[N]) -> f64 { sum[i](x[i] * x[i]) }\nfn g(x: f64) -> f64 { 2.0 * x }\n");
  test::Outcome outcome = run({"build", "f.ricci", "-o", "out"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "out/f.o\nout/f.h\nout/libf.so\n");
  for (const char *file : {"f.o", "f.h", "libf.so"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / file)) << file;
  json made = json::parse(run({"build", "f.ricci", "-o", "arm", "--fn", "f_grad_x", "--target", "cpu:aarch64-linux-gnu", "--json"}).out);
  EXPECT_EQ(made["object"], "arm/f.o");
  EXPECT_EQ(made["library"], "");
  EXPECT_EQ(run({"build", "f.ricci", "-o", "serial", "--threads", "none"}).status, 0);
  expectStatus({"build", "f.ricci"}, 2, "-o");
  expectStatus({"build", "f.ricci", "-o", "out", "--fn", "h"}, 2, "no function `h`");
  expectStatus({"build", "f.ricci", "-o", "out", "--target", "cpu:z80"}, 2, "no machine `z80`");
  expectStatus({"build", "none.ricci", "-o", "out"}, 3, "none.ricci");
  expectStatus({"eval", "-e", "1", "--threads", "none"}, 2, "--threads");
  expectStatus({"eval", "-e", "1", "--target", "cpu:x86-64"}, 2, "unknown");
}

TEST_F(CommandLine, TellsAboutItself) {
  EXPECT_NE(run({"version"}).out.find("ricci "), std::string::npos);
  EXPECT_TRUE(json::parse(run({"version", "--json"}).out).contains("ricci"));
  EXPECT_NE(run({"targets"}).out.find("cpu"), std::string::npos);
  EXPECT_NE(run({"explain", "E0101"}).out.find("E0101"), std::string::npos);
  EXPECT_NE(run({"explain", "r0001"}).out.find("R0001"), std::string::npos);
  EXPECT_EQ(run({"--help"}).status, 0);
}

TEST_F(CommandLine, Benchmarks) {
  test::Outcome outcome = run({"bench", "--json", "-e", "sum[i,k,j](A[i,k] * B[k,j])", "A=f32[8,16]", "B=f32[16,4]"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  json object = json::parse(outcome.out);
  for (const char *key : {"compile_ms", "run_ms", "flops", "bytes", "peak_bytes", "threads", "target"})
    EXPECT_TRUE(object.contains(key)) << key;
  EXPECT_GE(object["run_ms"]["runs"], 5);
  EXPECT_GT(object["flops"], 0);
  EXPECT_LE(object["run_ms"]["min"], object["run_ms"]["max"]);
  write("f.ricci", "fn f(x: f64[N], s: f64) -> f64 { s * sum[i](x[i] * x[i]) }\n");
  EXPECT_NE(run({"bench", "f.ricci", "f", "x=f64[100]", "s=2.0"}).out.find("roofline"), std::string::npos);
  expectStatus({"bench", "f.ricci", "g"}, 2, "no function `g`");
  expectStatus({"bench", "f.ricci"}, 2, "-e");
}

TEST_F(CommandLine, InspectsStages) {
  write("f.ricci", "fn f(x: f64[N]) -> f64 { sum[i](x[i] * x[i]) }\nprint(\"{f([1.0, 2.0])}\")\n");
  for (const char *stage : {"ast", "ricci", "grad", "simplified", "fused", "loops", "vector", "llvm", "asm"}) {
    test::Outcome outcome = run({"inspect", "f.ricci", std::string("--stage=") + stage});
    EXPECT_EQ(outcome.status, 0) << stage << outcome.err;
    EXPECT_FALSE(outcome.out.empty()) << stage;
  }
  EXPECT_NE(run({"inspect", "f.ricci", "f", "--stage=ricci"}).out.find("ricci.einsum"), std::string::npos);
  write("loop.ricci", "fn f(w: f64[N,N], x: f64[N], n: i64) -> f64[N,N] {\n"
                      "  grad[w](sum(g(w, x, n)))\n}\n"
                      "fn g(w: f64[N,N], x: f64[N], n: i64) -> f64[N] {\n"
                      "  var h = x\n  for t in 0..n { h = tanh(w @ h) + sin(h) }\n  checkpoint(exp(h))\n}\n");
  std::string grad = run({"inspect", "loop.ricci", "f", "--stage=grad"}).out;
  for (const char *remark :
       {"// loop.ricci:6:3: reverse mode saves `h`, 8·? bytes a turn: it is carried in",
        "// loop.ricci:6:23: reverse mode saves the value of `tanh`, 8·? bytes a turn: that costs less than to compute it again",
        "// loop.ricci:7:3: reverse mode computes all of the checkpoint again: the program asks for it"})
    EXPECT_NE(grad.find(remark), std::string::npos) << remark << grad;
  EXPECT_EQ(run({"inspect", "loop.ricci", "f", "--stage=simplified"}).out.find("reverse mode"), std::string::npos);
  expectStatus({"inspect", "f.ricci", "g"}, 2, "no function `g`");
  expectStatus({"inspect", "f.ricci", "--stage=ptx"}, 2, "not in this version");
  expectStatus({"inspect", "f.ricci", "--stage=soup"}, 2, "soup");
}

} // namespace
