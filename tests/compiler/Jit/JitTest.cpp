#include "compiler/Jit/Jit.h"

#include "runtime/Context.h"

#include "gtest/gtest.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"

#include <thread>

namespace ricci {
namespace {

class Jit : public ::testing::Test {
protected:
  Jit() { context.loadDialect<mlir::LLVM::LLVMDialect>(); }
  mlir::OwningOpRef<mlir::ModuleOp> parse(const char *text) {
    return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }
  mlir::MLIRContext context;
};

// Writes cos 0 + sin 0, one from libm and one from its vector form, to memory from the context's pool.
constexpr const char *program = R"(
  llvm.func @ricci_alloc(!llvm.ptr, i64) -> !llvm.ptr
  llvm.func @cos(f64) -> f64
  llvm.func @_ZGVdN4v_sin(vector<4xf64>) -> vector<4xf64>
  llvm.func @f(%context: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) {
    %bytes = llvm.mlir.constant(8 : i64) : i64
    %memory = llvm.call @ricci_alloc(%context, %bytes) : (!llvm.ptr, i64) -> !llvm.ptr
    %x = llvm.mlir.constant(0.0 : f64) : f64
    %zero = llvm.mlir.constant(dense<0.0> : vector<4xf64>) : vector<4xf64>
    %s = llvm.call @_ZGVdN4v_sin(%zero) : (vector<4xf64>) -> vector<4xf64>
    %i = llvm.mlir.constant(2 : i32) : i32
    %e = llvm.extractelement %s[%i : i32] : vector<4xf64>
    %r = llvm.call @cos(%x) : (f64) -> f64
    %t = llvm.fadd %r, %e : f64
    llvm.store %t, %memory : f64, !llvm.ptr
    llvm.store %memory, %out : !llvm.ptr, !llvm.ptr
    %rank = llvm.getelementptr %out[264] : (!llvm.ptr) -> !llvm.ptr, i8
    %none = llvm.mlir.constant(0 : i32) : i32
    llvm.store %none, %rank : i32, !llvm.ptr
    %dtype = llvm.getelementptr %out[268] : (!llvm.ptr) -> !llvm.ptr, i8
    %f64 = llvm.mlir.constant(4 : i32) : i32
    llvm.store %f64, %dtype : i32, !llvm.ptr
    llvm.return
  })";

TEST_F(Jit, CallsRuntimeAndMathLibraries) {
  auto module = parse(program);
  ASSERT_TRUE(module);
  auto code = jit(*module);
  ASSERT_TRUE(static_cast<bool>(code)) << llvm::toString(code.takeError());
  auto entry = (*code)->lookup("f");
  ASSERT_TRUE(static_cast<bool>(entry)) << llvm::toString(entry.takeError());
  runtime::Context context;
  auto results = runtime::invoke(context, *entry, {}, 1);
  ASSERT_TRUE(results);
  EXPECT_EQ((*results)[0].as<double>()[0], 1.0);
}

TEST_F(Jit, UnknownFunctionIsAnError) {
  auto module = parse(program);
  auto code = jit(*module);
  ASSERT_TRUE(static_cast<bool>(code));
  auto entry = (*code)->lookup("g");
  EXPECT_FALSE(static_cast<bool>(entry));
  llvm::consumeError(entry.takeError());
}

TEST_F(Jit, PrintsLlvmIrAndAssembly) {
  auto module = parse(program);
  auto ir = llvmIr(*module);
  ASSERT_TRUE(static_cast<bool>(ir));
  EXPECT_NE(ir->find("define void @f("), std::string::npos);
  auto text = assembly(*module);
  ASSERT_TRUE(static_cast<bool>(text));
  EXPECT_NE(text->find("ricci_alloc"), std::string::npos);
}

// Nor on what is compiled beside it: code generators are lent from one compilation to the next.
TEST_F(Jit, CodeDoesNotDependOnWhatWasCompiledBefore) {
  auto objectOf = [](mlir::ModuleOp module, const Machine &machine = {}) {
    auto object = compileObject(module, machine);
    return object ? *object : llvm::toString(object.takeError());
  };
  auto module = parse(program);
  const std::string first = objectOf(*module);
  ASSERT_TRUE(static_cast<bool>(assembly(*module, AssemblyText::Annotated)));
  const Machine other{"aarch64-linux-gnu", "generic", ""};
  const std::string elsewhere = objectOf(*module, other);
  EXPECT_NE(elsewhere, first);
  std::vector<std::string> found(6);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      mlir::MLIRContext own;
      own.loadDialect<mlir::LLVM::LLVMDialect>();
      found[i] = objectOf(*mlir::parseSourceString<mlir::ModuleOp>(program, &own), i % 2 ? other : Machine{});
    });
  for (std::thread &thread : threads)
    thread.join();
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_EQ(found[i], i % 2 ? elsewhere : first);
}

} // namespace
} // namespace ricci
