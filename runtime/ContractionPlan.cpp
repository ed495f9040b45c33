#include "runtime/ContractionPlan.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ricci::runtime {

namespace {

void exchangeOperands(IndexGroup &group) {
  for (ricci_index &index : group.all())
    std::swap(index.a, index.b);
}

template <typename Key> void order(IndexGroup &group, Key key) {
  std::sort(group.all().begin(), group.all().end(),
            [&](const ricci_index &x, const ricci_index &y) { return key(x) > key(y); });
}

// The least stride in C.
int64_t innermostInC(const IndexGroup &group) {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const ricci_index &index : group.all())
    least = std::min(least, index.c);
  return least;
}

} // namespace

ricci_index IndexGroup::popOutermost() {
  ricci_index outermost = items[0];
  std::copy(items.begin() + 1, items.begin() + count, items.begin());
  --count;
  return outermost;
}

int64_t IndexGroup::points() const {
  int64_t product = 1;
  for (const ricci_index &index : all())
    product *= index.size;
  return product;
}

// (i, j) with i's stride = j's stride times j's size everywhere is one index.
void IndexGroup::fuse() {
  order(*this, [](const ricci_index &x) { return x.c ? x.c : std::max(x.a, x.b); });
  int kept = 0;
  for (const ricci_index &inner : all()) {
    ricci_index *outer = kept ? &items[kept - 1] : nullptr;
    if (outer && outer->a == inner.a * inner.size && outer->b == inner.b * inner.size &&
        outer->c == inner.c * inner.size)
      *outer = {outer->size * inner.size, inner.a, inner.b, inner.c};
    else
      items[kept++] = inner;
  }
  count = kept;
}

int64_t offsetOf(const IndexGroup &group, int64_t ricci_index::*stride, int64_t position) {
  int64_t offset = 0;
  std::span<const ricci_index> all = group.all();
  for (size_t i = all.size(); i-- > 0;) {
    offset += position % all[i].size * (all[i].*stride);
    position /= all[i].size;
  }
  return offset;
}

void fillOffsets(const IndexGroup &group, int64_t ricci_index::*stride, int64_t first, int64_t count,
                 int64_t *offsets) {
  if (group.size() == 0) {
    std::fill_n(offsets, count, 0);
    return;
  }
  const ricci_index &inner = group.all().back();
  while (count > 0) {
    const int64_t run = std::min(count, inner.size - first % inner.size), start = offsetOf(group, stride, first);
    for (int64_t i = 0; i < run; ++i)
      offsets[i] = start + i * (inner.*stride);
    first += run, count -= run, offsets += run;
  }
}

ContractionPlan planContraction(std::span<const ricci_index> indices) {
  ContractionPlan plan;
  IndexGroup batch;
  bool emptySum = false;
  for (const ricci_index &index : indices) {
    if (index.size == 0)
      (index.c ? plan.empty : emptySum) = true;
    if (index.size == 1)
      continue;
    IndexGroup &group = !index.c ? plan.k : (index.a != 0) == (index.b != 0) ? batch : index.a ? plan.m : plan.n;
    group.push(index);
  }
  if (plan.empty)
    return plan;
  if (emptySum) {
    plan.k.clear();
    plan.k.push({0, 1, 1, 0});
  }
  for (IndexGroup *group : {&batch, &plan.m, &plan.n, &plan.k})
    group->fuse();

  // The rows of C run along n. With neither m nor n it is a dot product, whose kernel wants k contiguous in B.
  plan.exchanged = innermostInC(plan.m) < innermostInC(plan.n);
  if (plan.m.size() == 0 && plan.n.size() == 0 && plan.k.size() > 0)
    plan.exchanged = plan.k.all().back().b != 1;
  if (plan.exchanged) {
    std::swap(plan.m, plan.n);
    for (IndexGroup *group : {&batch, &plan.m, &plan.n, &plan.k})
      exchangeOperands(*group);
  }
  // Strips of A are read row by row: neighbouring rows should be neighbours in A. Along k what is contiguous in an
  // operand comes innermost, A's before B's, which is packed more often.
  order(plan.m, [](const ricci_index &x) { return x.a; });
  order(plan.k, [](const ricci_index &x) { return std::pair(std::min(x.a, x.b), x.a); });
  plan.loops = batch;
  return plan;
}

// The sum comes last, as the loops over C's indices must stand outside.
void ContractionPlan::boundTables() {
  for (IndexGroup *group : {&m, &n, &k})
    while (group->size() > 1 && group->points() > mostTablePoints)
      loops.push(group->popOutermost());
}

} // namespace ricci::runtime
