// The dialect and the interfaces its operations share.
#ifndef RICCI_DIALECT_TD
#define RICCI_DIALECT_TD

include "mlir/IR/OpBase.td"

def Ricci_Dialect : Dialect {
  let name = "ricci";
  let cppNamespace = "::ricci";
  let summary = "Whole-tensor index notation, closed under differentiation";
  let description = [{
    Pure operations on ranked tensors of `f32 f64 i32 i64 i1`; a scalar is a tensor of rank 0. An operation that
    makes a size of its own takes the dynamic ones as trailing `index` operands, in order, as `tensor.empty` does.
    Operations are total: a read outside an array gives zero in mode `pad`, an integer division by zero gives 0;
    that it must not happen is said by `ricci.check`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = [{
    // Where passes over this context write what they choose (dialects/Decision.h); null where nobody asked.
    std::shared_ptr<::ricci::DecisionLog> decisions;
  }];
}

class Ricci_Op<string mnemonic, list<Trait> traits = []> : Op<Ricci_Dialect, mnemonic, traits>;

// A scalar function lifted over equal shapes: says its derivative once, for both modes, and its meaning once,
// for interpreter and code generator.
def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::ricci";
  let methods = [
    InterfaceMethod<[{
      ∂result/∂operand for every operand, as tensors of the result's shape built at `builder`'s insertion point;
      null where the derivative is zero everywhere or the operand carries none.
    }], "::llvm::SmallVector<::mlir::Value>", "partials", (ins "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<[{
      The same function on scalars or vectors: arith and math operations at the insertion point.
    }], "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::ValueRange":$operands)>,
    InterfaceMethod<[{
      The function's value, computed in the result's element type.
    }], "::ricci::Scalar", "evaluate", (ins "::llvm::ArrayRef<::ricci::Scalar>":$operands)>,
  ];
}

// Everything else that has a derivative states both modes. A null tangent or cotangent is a zero.
def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::ricci";
  let methods = [
    InterfaceMethod<[{
      Tangents of the results from tangents of the operands (null where zero), built at the insertion point.
    }], "::llvm::SmallVector<::mlir::Value>", "jvp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$tangents)>,
    InterfaceMethod<[{
      Cotangents of the operands from those of the results (null where zero). Only operands with `wanted` set are
      needed; the others may be null. `masked` says that the cotangents passed a select: they are exactly zero
      where a branch was not taken, and a product must keep that zero even against inf or NaN (ricci.mask_mul).
    }], "::llvm::SmallVector<::mlir::Value>", "vjp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$cotangents,
           "::llvm::ArrayRef<bool>":$wanted, "bool":$masked)>,
  ];
}

#endif
