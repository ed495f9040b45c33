// The structure of what the Frontend emits; what it computes is tested under tests/numerics.
#include "compiler/Frontend/Frontend.h"

#include "dialects/Ricci.h"
#include "lang/Check.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace ricci;

namespace {

// One function of a source, in the dialect.
class Emitted {
public:
  explicit Emitted(const std::string &source, const std::string &name = "f")
      : context(MLIRContext::Threading::DISABLED), handler(&context, [this](Diagnostic &diagnostic) {
          errors += diagnostic.str();
          return success();
        }) {
    context.loadDialect<RicciDialect, arith::ArithDialect, func::FuncDialect>();
    lang::FileId file = sources.add("test.ricci", source);
    program = lang::check(sources, &sources.file(file), {}, diagnostics);
    EXPECT_TRUE(program) << lang::render(sources, diagnostics);
    if (!program)
      return;
    for (const lang::CheckedFn *function : program->functions)
      if (function->name == name)
        module = emitFunction(context, *function, sources);
    if (module)
      EXPECT_TRUE(succeeded(verify(*module))) << errors;
  }

  template <class Op> std::vector<Op> all() {
    std::vector<Op> found;
    if (module)
      module->walk([&](Op op) { found.push_back(op); });
    return found;
  }
  template <class Op> size_t count() { return all<Op>().size(); }

  // The largest rank of any value.
  int64_t greatestRank() {
    int64_t rank = 0;
    module->walk([&](Operation *op) {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<RankedTensorType>(type))
          rank = std::max(rank, tensor.getRank());
    });
    return rank;
  }

  std::string errors;

private:
  lang::SourceManager sources;
  lang::DiagnosticEngine diagnostics;
  std::unique_ptr<lang::CheckedProgram> program;
  MLIRContext context;
  ScopedDiagnosticHandler handler;

public:
  OwningOpRef<ModuleOp> module; // goes before its context
};

TEST(Frontend, WholeIndicesOnlyNameDimensions) {
  Emitted product("fn f(A: f64[M,K], B: f64[K,N]) -> f64[M,N] { let C[i,j] = sum[k](A[i,k] * B[k,j]); C }");
  EXPECT_EQ(product.count<GatherOp>(), 0u);
  EXPECT_EQ(product.count<CheckOp>(), 1u); // that both have the same K, at entry
  Emitted transposed("fn f(A: f64[M,N]) -> f64[N,M] { let T[j,i] = A[i,j]; T }");
  ASSERT_EQ(transposed.count<EinsumOp>(), 1u);
  EXPECT_EQ(transposed.all<EinsumOp>()[0].getEquation(), "ab->ba");
}

TEST(Frontend, ProvenAccessesAreUnchecked) {
  Emitted convolution("fn f(x: f64[N], k: f64[K]) -> f64[N-K+1] { let y[i] = sum[a](x[i+a] * k[a]); y }");
  ASSERT_EQ(convolution.count<GatherOp>(), 1u);
  EXPECT_EQ(convolution.all<GatherOp>()[0].getModes()[0], int32_t(AccessMode::exact));
  EXPECT_EQ(convolution.count<CheckOp>(), 0u);
}

TEST(Frontend, UntakenBranchesReadNothingOutside) {
  Emitted shifted("fn f(x: f64[N]) -> f64[N] { let y[i in 0..N] = if i > 0 then x[i-1] else 0.0; y }");
  ASSERT_EQ(shifted.count<GatherOp>(), 1u);
  EXPECT_EQ(shifted.all<GatherOp>()[0].getModes()[0], int32_t(AccessMode::pad));
  EXPECT_EQ(shifted.count<CheckOp>(), 0u);
}

TEST(Frontend, DataDecidesAtRunTime) {
  Emitted gather("fn f(x: f64[N], t: i64[T]) -> f64[T] { let y[i] = x[t[i]]; y }");
  ASSERT_EQ(gather.count<CheckOp>(), 1u);
  EXPECT_EQ(gather.all<CheckOp>()[0].getCode(), "R0001");
  EXPECT_EQ(gather.all<GatherOp>()[0].getModes()[0], int32_t(AccessMode::pad));
}

TEST(Frontend, ScatterIsLinear) {
  Emitted histogram("fn f(bin: i64[N], w: f64[N], v: f64[B]) -> f64[B] { let h[b] = sum[i where bin[i] == b](w[i] * v[b]); h }");
  EXPECT_EQ(histogram.count<ScatterOp>(), 1u);
  EXPECT_EQ(histogram.greatestRank(), 1);
  Emitted pairs("fn f(a: i64[N], b: i64[N]) -> f64[3,4] { let h[p in 0..3, q in 0..4] = sum[i where a[i] == p and b[i] == q](1.0); h }");
  EXPECT_EQ(pairs.count<ScatterOp>(), 1u);
  EXPECT_EQ(pairs.greatestRank(), 2);
}

TEST(Frontend, CarriedValuesKeepToTheirIndices) {
  const char *source = "fn g(v: f64[N]) -> f64 { var a = 0.0; var n = 1.0; for t in 0..N { a = a + v[t]; n = n * 2.0 }; a / n }\n"
                       "fn f(A: f64[M,N]) -> f64[M] { let y[i] = g(A[i,:]); y }";
  Emitted batched(source);
  ASSERT_EQ(batched.count<ForOp>(), 1u);
  ForOp loop = batched.all<ForOp>()[0];
  EXPECT_EQ(cast<RankedTensorType>(loop.getResult(0).getType()).getRank(), 1); // one sum for each row
  EXPECT_EQ(cast<RankedTensorType>(loop.getResult(1).getType()).getRank(), 0); // the same for all of them
}

TEST(Frontend, GradientsInsideIndicesAreOneEach) {
  Emitted rows("fn f(w: f64[D], X: f64[N,D]) -> f64[N,D] { let g[n,:] = grad[w](exp(dot(X[n,:], w))); g }");
  ASSERT_EQ(rows.count<VjpOp>(), 1u);
  EXPECT_EQ(cast<RankedTensorType>(rows.all<VjpOp>()[0].getPrimals()[0].getType()).getRank(), 2);
}

TEST(Frontend, JacobiansTakeTheShorterSide) {
  Emitted tall("fn f(x: f64[2]) -> f64[9,2] { jacobian[x](tile(x)) }\nfn tile(x: f64[2]) -> f64[9] { let y[i in 0..9] = x[0] * x[1]; y }");
  EXPECT_EQ(tall.count<JvpOp>(), 1u);
  Emitted wide("fn f(x: f64[9]) -> f64[2,9] { jacobian[x](ends(x)) }\nfn ends(x: f64[9]) -> f64[2] { [x[0] * x[0], x[8]] }");
  EXPECT_EQ(wide.count<VjpOp>(), 1u);
  EXPECT_EQ(wide.count<JvpOp>(), 0u);
}

TEST(Frontend, ArrayLiteralsAreConstants) {
  Emitted literal("fn f() -> f64[2,2] { [[1.0, 2.0], [3.0, -4.0]] }");
  EXPECT_EQ(literal.count<ConstantOp>(), 1u);
  EXPECT_EQ(literal.count<ConcatOp>(), 0u);
}

TEST(Frontend, OperationsKnowTheirLine) {
  Emitted lines("fn f(x: f64[N]) -> f64 {\n  let y = exp(x)\n  sum(y)\n}");
  ASSERT_EQ(lines.count<ExpOp>(), 1u);
  auto place = dyn_cast<FileLineColLoc>(lines.all<ExpOp>()[0].getLoc());
  ASSERT_TRUE(place);
  EXPECT_EQ(place.getFilename(), "test.ricci");
  EXPECT_EQ(place.getLine(), 2u);
}

TEST(Frontend, RefusesToUnfoldWithoutBound) {
  std::string doubling = "fn g0(x: f64) -> f64 { sin(x) }\n";
  for (int level = 1; level <= 40; ++level) {
    std::string before = "g" + std::to_string(level - 1);
    doubling += "fn g" + std::to_string(level) + "(x: f64) -> f64 { " + before + "(x) + " + before + "(x * 2.0) }\n";
  }
  Emitted large(doubling, "g40");
  EXPECT_FALSE(large.module);
  EXPECT_NE(large.errors.find("too large"), std::string::npos) << large.errors;

  std::string chain = "fn g0(x: f64) -> f64 { sin(x) }\n";
  for (int level = 1; level <= 400; ++level)
    chain += "fn g" + std::to_string(level) + "(x: f64) -> f64 { g" + std::to_string(level - 1) + "(x) }\n";
  Emitted deep(chain, "g400");
  EXPECT_FALSE(deep.module);
  EXPECT_NE(deep.errors.find("deep"), std::string::npos) << deep.errors;
}

} // namespace
