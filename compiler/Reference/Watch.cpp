// Where a value is NaN or infinite, and which element of which operation is to blame.
#include "compiler/Reference/Execution.h"
#include "runtime/Host.h"

#include <cmath>

using namespace mlir;
using namespace ricci;
using namespace ricci::reference;
using runtime::Array;

namespace {

double numberAt(const Array &array, int64_t position) { return load(array, position).as<double>(); }

Array elementAt(const Array &array, int64_t position) {
  Array element = std::move(*Array::create(array.dtype(), {}));
  store(element, 0, load(array, position));
  return element;
}

// Calls visit(position) for the elements of the source that have the value's coordinates `at` along `axes`.
void forEachRelated(const Array &source, ArrayRef<int64_t> axes, ArrayRef<int64_t> at,
                    llvm::function_ref<void(int64_t)> visit) {
  forEach(source.shape(), [&](ArrayRef<int64_t> subscripts) {
    for (auto [subscript, axis] : llvm::zip_equal(subscripts, axes))
      if (axis >= 0 && subscript != at[axis])
        return;
    visit(positionOf(source.shape(), subscripts));
  });
}

} // namespace

LogicalResult Execution::execute(WatchOp op) {
  const Array &value = array(op.getValue());
  unsigned sources = op.getSources().size();
  bool found = false;
  std::vector<Array> reported;
  forEach(value.shape(), [&](ArrayRef<int64_t> at) {
    int64_t here = positionOf(value.shape(), at);
    double number = numberAt(value, here);
    if (found || std::isfinite(number))
      return;
    bool counts = true;
    if (op.getWhere()) {
      const Array &where = array(op.getWhere());
      forEachRelated(where, op.axesOf(sources), at, [&](int64_t position) { counts = where.as<bool>()[position]; });
    }
    for (unsigned source = 0; source < sources; ++source) {
      const Array &given = array(op.getSources()[source]);
      forEachRelated(given, op.axesOf(source), at, [&](int64_t position) {
        double origin = numberAt(given, position);
        counts &= std::isnan(number) ? !std::isnan(origin) : std::isfinite(origin);
      });
    }
    if (!counts)
      return;
    found = true;
    reported.push_back(elementAt(value, here));
    for (int64_t coordinate : at)
      reported.push_back(Array::scalar(coordinate));
    for (unsigned source = 0; op.isPointwise() && source < sources; ++source)
      forEachRelated(array(op.getSources()[source]), op.axesOf(source), at, [&](int64_t position) {
        reported.push_back(elementAt(array(op.getSources()[source]), position));
      });
  });
  if (!found)
    return success();
  auto outcome = runtime::performEffect("nonfinite", op.report(), reported, {});
  return fail(op, outcome.error().code, outcome.error().message);
}
