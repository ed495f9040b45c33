#include "compiler/Inspect/Cost.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace ricci;

namespace {

Cost costOf(llvm::StringRef text) {
  mlir::MLIRContext context;
  context.loadDialect<RicciDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  EXPECT_TRUE(module) << text.str();
  return module ? measureCost(*module) : Cost{};
}

TEST(Cost, CountsContractions) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<4x5xf64>, %b: tensor<5x6xf64>) -> tensor<4x6xf64> {
    %c = ricci.einsum "ij,jk->ik" (%a, %b) : (tensor<4x5xf64>, tensor<5x6xf64>) -> tensor<4x6xf64>
    return %c : tensor<4x6xf64>
  })");
  EXPECT_EQ(cost.flops, 2 * 4 * 5 * 6);
  EXPECT_EQ(cost.doubleFlops, cost.flops);
  EXPECT_EQ(cost.bytes, 8 * (4 * 5 + 5 * 6 + 4 * 6));
}

TEST(Cost, CountsHalfOfSymmetricProducts) {
  auto productOf = [](int64_t rows, llvm::StringRef equation) {
    const std::string array = "tensor<" + std::to_string(rows) + "x" + std::to_string(rows) + "xf32>";
    return costOf("func.func @main(%a: " + array + ") -> " + array + " {\n%c = ricci.einsum \"" + equation.str() +
                  "\" (%a, %a) : (" + array + ", " + array + ") -> " + array + "\nreturn %c : " + array + " }")
        .flops;
  };
  EXPECT_EQ(productOf(512, "ik,jk->ij"), 512 * 512 * 512);
  EXPECT_EQ(productOf(512, "ki,kj->ij"), 512 * 512 * 512);
  EXPECT_EQ(productOf(512, "ik,kj->ij"), 2 * 512 * 512 * 512);
  EXPECT_EQ(productOf(64, "ik,jk->ij"), 2 * 64 * 64 * 64);
}

TEST(Cost, CountsKernelsByWhatTheyStore) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<10xf32>) -> tensor<10xf32> {
    %r = ricci.kernel {
      %e = ricci.exp %a : tensor<10xf32>
      %s = ricci.add %e, %a : tensor<10xf32>
      ricci.yield %s : tensor<10xf32>
    } : tensor<10xf32>
    return %r : tensor<10xf32>
  })");
  EXPECT_EQ(cost.flops, 20);
  EXPECT_EQ(cost.doubleFlops, 0);
  EXPECT_EQ(cost.bytes, 80);
}

TEST(Cost, CountsRecurrences) {
  Cost cost = costOf(R"(func.func @main(%x: tensor<4x5xf64>, %a: tensor<4x4xf64>) -> tensor<4x5xf64> {
    %r = ricci.recurrence 1 %x, %a : tensor<4x5xf64>, tensor<4x4xf64>
    return %r : tensor<4x5xf64>
  })");
  EXPECT_EQ(cost.flops, 2 * 4 * 5);
  EXPECT_EQ(cost.bytes, 8 * (20 + 16 + 20));
}

TEST(Cost, MultipliesLoops) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<3xf64>) -> tensor<3xf64> {
    %lower = arith.constant 0 : index
    %upper = arith.constant 7 : index
    %r = ricci.for %lower to %upper init(%a : tensor<3xf64>) {
    ^bb0(%i: tensor<i64>, %x: tensor<3xf64>):
      %y = ricci.add %x, %x : tensor<3xf64>
      ricci.yield %y : tensor<3xf64>
    } : tensor<3xf64>
    return %r : tensor<3xf64>
  })");
  EXPECT_EQ(cost.flops, 21);
}

// How often it runs is not known, only how often at most.
TEST(Cost, CountsConditionalLoopsOnce) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<3xf64>, %go: tensor<i1>) -> tensor<3xf64> {
    %lower = arith.constant 0 : index
    %upper = arith.constant 1000000000 : index
    %r:2 = ricci.for %lower to %upper while init(%go, %a : tensor<i1>, tensor<3xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %x: tensor<3xf64>):
      %y = ricci.add %x, %x : tensor<3xf64>
      ricci.yield %c, %y : tensor<i1>, tensor<3xf64>
    } : tensor<i1>, tensor<3xf64>
    return %r#1 : tensor<3xf64>
  })");
  EXPECT_EQ(cost.flops, 3);
}

// What runs is the body.
TEST(Cost, CountsTheBodyOfCustomFunctions) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<3xf64>) -> tensor<3xf64> {
    %r = ricci.custom "f"(%a) {
    ^bb0(%x: tensor<3xf64>):
      %y = ricci.add %x, %x : tensor<3xf64>
      ricci.yield %y : tensor<3xf64>
    } vjp {
    ^bb0(%x: tensor<3xf64>, %y: tensor<3xf64>, %g: tensor<3xf64>):
      %u = ricci.add %g, %g : tensor<3xf64>
      %v = ricci.add %u, %g : tensor<3xf64>
      ricci.yield %v : tensor<3xf64>
    } : (tensor<3xf64>) -> tensor<3xf64>
    return %r : tensor<3xf64>
  })");
  EXPECT_EQ(cost.flops, 3);
}

TEST(Cost, LeavesOutUnknownSizes) {
  Cost cost = costOf(R"(func.func @main(%a: tensor<?xf64>) -> tensor<?xf64> {
    %b = ricci.add %a, %a : tensor<?xf64>
    return %b : tensor<?xf64>
  })");
  EXPECT_EQ(cost.flops, 0);
}

} // namespace
