#include "compiler/Inspect/Assembly.h"

#include <gtest/gtest.h>

using namespace ricci::inspect;

namespace {

// As LLVM prints it, shortened.
constexpr const char *text = R"(	.text
	.file	"ricci"
	.globl	main                            # -- Begin function main
	.type	main,@function
main:                                   # @main
.Lfunc_begin0:
	.file	1 "" "<fused>"
	.loc	1 3 0                           # <fused>:3:0
	.cfi_startproc
# %bb.0:
	subq	$200, %rsp
	vmovups	%zmm0, 64(%rsp)                 # 64-byte Spill
	.loc	1 3 1 prologue_end
	jmp	.LBB0_2
.LBB0_1:                                # =>This Inner Loop Header: Depth=1
	.loc	1 4 1
	vmovups	(%rdi,%rax,4), %zmm1
	vfmadd213ps	(%rsi,%rax,4), %zmm1, %zmm2 {%k1}
	vaddps	%zmm1, %zmm2, %zmm2
	.loc	1 0 1
	incq	%rax
	jne	.LBB0_1
.LBB0_2:
	.loc	1 9 1
	vmovups	64(%rsp), %zmm0                 # 64-byte Reload
	vmulsd	%xmm0, %xmm1, %xmm1
	callq	ricci_contract@PLT
	retq
.Lfunc_end0:
	.section	.stack_sizes,"o",@progbits,.text
	.quad	.Lfunc_begin0
	.ascii	"\310\001"
	.quad	.Lfunc_begin1
	.ascii	"\300*"
	.quad	.Lfunc_begin2
	.byte	24
	.section	.debug_line,"",@progbits
.Lline_table_start0:
)";

TEST(Assembly, KeepsWhatAReaderNeeds) {
  Assembly assembly = readAssembly(text);
  EXPECT_EQ(assembly.text.find(".loc"), std::string::npos);
  EXPECT_EQ(assembly.text.find("debug"), std::string::npos);
  EXPECT_NE(assembly.text.find("  vmovups %zmm0, 64(%rsp)  # spill\n"), std::string::npos) << assembly.text;
  EXPECT_EQ(std::count(assembly.text.begin(), assembly.text.end(), '\n'), static_cast<long>(assembly.lineOf.size()));
}

TEST(Assembly, MeasuresKernelsByTheirLines) {
  std::vector<Kernel> kernels(2);
  kernels[0].line = 3;
  kernels[0].lastLine = 5;
  kernels[1].line = kernels[1].lastLine = 9;
  measureCode(readAssembly(text), 64, kernels);
  const Code &loop = kernels[0].code;
  EXPECT_EQ(loop.vectorLanes, 16u);
  EXPECT_EQ(loop.vectorBits, 512u);
  EXPECT_EQ(loop.arithmetic, 2u); // of the innermost loop
  EXPECT_EQ(loop.fused, 1u);
  EXPECT_EQ(loop.masked, 1u);
  EXPECT_EQ(loop.spills, 1u);
  EXPECT_EQ(loop.reloads, 0u);
  EXPECT_EQ(loop.instructions, 6u); // not those of line 0
  const Code &call = kernels[1].code;
  EXPECT_EQ(call.calls, std::vector<std::string>{"ricci_contract"});
  EXPECT_EQ(call.reloads, 1u);
  EXPECT_EQ(call.vectorBits, 512u); // the planner's
}

TEST(Assembly, FindsTheLargestFrame) { EXPECT_EQ(largestFrame(text), 5440u); }

} // namespace
