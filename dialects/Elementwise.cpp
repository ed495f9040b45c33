#include "dialects/Fold.h"
#include "dialects/Ricci.h"
#include "dialects/ScalarExpr.h"
#include "dialects/TensorExpr.h"

using namespace mlir;
using namespace ricci;

namespace ricci {
// The body of an elementwise operation, on numbers and on code under construction alike.
template <typename Op> struct Body;
} // namespace ricci

#define GET_OP_CLASSES
#include "dialects/RicciElementwise.cpp.inc"
