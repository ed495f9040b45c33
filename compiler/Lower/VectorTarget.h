// The register file that vector code is generated for. One code path serves every width: a kernel asks for lanes
// and registers, never for an instruction set.
#pragma once

#include "mlir/IR/BuiltinTypes.h"

namespace ricci::lower {

struct VectorTarget {
  llvm::StringRef name;     // "avx512", "avx2", "sse", "neon": also the suffix of prebuilt kernels
  unsigned vectorBytes;     // 64, 32, 16
  unsigned registers;       // architectural vector registers: 32 with AVX-512, else 16
  bool hasFma;              // else a product and a sum: LLVM would call libm's fma
  bool hasExponentInstructions; // for x 2^n, exponents and mantissas, and results by kind; on whole registers
  llvm::StringRef features; // what LLVM's target machine must be told, e.g. "+avx2,+fma"
  bool hasVectorMath = true; // libmvec's functions, by their x86 names

  unsigned lanes(mlir::Type element) const { return vectorBytes * 8 / element.getIntOrFloatBitWidth(); }
  mlir::VectorType vector(mlir::Type element) const { return mlir::VectorType::get({lanes(element)}, element); }

  static const VectorTarget &avx512();
  static const VectorTarget &avx2();
  static const VectorTarget &sse();
  static const VectorTarget &neon();
  // The widest of the above that this machine runs.
  static const VectorTarget &host();
};

} // namespace ricci::lower
