#include "compiler/driver/testing/Expansions.h"

#include "lang/sema/Walk.h"

#include <functional>
#include <set>

namespace ricci::driver {

std::vector<const lang::CheckedFn *> expansionsInTests(const lang::CheckedProgram &program,
                                                       const lang::CheckedFn &function) {
  std::vector<const lang::CheckedFn *> found;
  std::set<const lang::CheckedFn *> seen;
  std::function<void(const lang::Expr &)> visit = [&](const lang::Expr &expr) {
    if (expr.kind == lang::ExprKind::Call) {
      const lang::CheckedFn *callee = static_cast<const lang::CallExpr &>(expr).callee;
      bool first = seen.insert(callee).second;
      if (first && callee->expanded && callee->span == function.span)
        found.push_back(callee);
      if (first && !callee->expanded) // the operands of an expanded call include its body
        visit(*callee->body);
    }
    lang::forEachOperand(expr, visit);
  };
  for (const lang::CheckedFn *test : program.functions)
    if (test->test)
      visit(*test->body);
  return found;
}

} // namespace ricci::driver
