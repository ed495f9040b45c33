#include "VectorTarget.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

namespace ricci::lower {

const VectorTarget &VectorTarget::avx512() {
  static const VectorTarget target{"avx512", 64, 32, true, true, "+avx2,+fma,+avx512f,+avx512dq,+avx512bw,+avx512vl"};
  return target;
}

const VectorTarget &VectorTarget::avx2() {
  static const VectorTarget target{"avx2", 32, 16, true, false, "+avx2,+fma"};
  return target;
}

const VectorTarget &VectorTarget::sse() {
  static const VectorTarget target{"sse", 16, 16, false, false, "+sse4.1"};
  return target;
}

const VectorTarget &VectorTarget::neon() {
  static const VectorTarget target{"neon", 16, 32, true, false, "", /*hasVectorMath=*/false};
  return target;
}

const VectorTarget &VectorTarget::host() {
  static const VectorTarget &target = []() -> const VectorTarget & {
    const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
    if (features.lookup("avx512f") && features.lookup("avx512dq") && features.lookup("avx512bw") &&
        features.lookup("avx512vl"))
      return avx512();
    return features.lookup("avx2") && features.lookup("fma") ? avx2() : sse();
  }();
  return target;
}

} // namespace ricci::lower
