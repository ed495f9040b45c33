#include "RuntimeSymbols.h"

#include "runtime/Abi.h"
#include "runtime/Contraction.h"
#include "runtime/Math.h"
#include "runtime/Profile.h"

namespace ricci {

#define RICCI_SYMBOL(name) {#name, reinterpret_cast<void *>(&name)}

llvm::ArrayRef<RuntimeSymbol> runtimeSymbols() {
  static const RuntimeSymbol symbols[] = {
      RICCI_SYMBOL(ricci_alloc),        RICCI_SYMBOL(ricci_free), RICCI_SYMBOL(ricci_fail),
      RICCI_SYMBOL(ricci_parallel_for), RICCI_SYMBOL(ricci_host), RICCI_SYMBOL(ricci_argsort),
      RICCI_SYMBOL(ricci_contract),     RICCI_SYMBOL(ricci_contract_alone), RICCI_SYMBOL(ricci_contract_workspace),
      RICCI_SYMBOL(ricci_contract_matrices), RICCI_SYMBOL(ricci_contract_matrices_alone),
      RICCI_SYMBOL(ricci_result),       RICCI_SYMBOL(ricci_stopped),        RICCI_SYMBOL(ricci_mark),
      RICCI_SYMBOL(ricci_read_rows_twice),
      RICCI_SYMBOL(ricci_math_lgamma_f32),    RICCI_SYMBOL(ricci_math_lgamma_f64),
      RICCI_SYMBOL(ricci_math_digamma_f32),   RICCI_SYMBOL(ricci_math_digamma_f64),
      RICCI_SYMBOL(ricci_math_polygamma_f32), RICCI_SYMBOL(ricci_math_polygamma_f64),
  };
  return symbols;
}

#undef RICCI_SYMBOL

} // namespace ricci
