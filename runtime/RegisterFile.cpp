#include "runtime/GemmKernels.h"

namespace ricci::runtime {

RegisterFile hostRegisterFile() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return RegisterFile::Avx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? RegisterFile::Avx2 : RegisterFile::Sse;
}

} // namespace ricci::runtime
