// `-interpret`: executes functions in the reference interpreter, so that a test can compare meanings before and after
// a pass.
#pragma once

namespace ricci {

void registerInterpretPass();

} // namespace ricci
