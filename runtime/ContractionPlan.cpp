#include "runtime/ContractionPlan.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Indices of one kind.
struct Group {
  std::array<ricci_index, RICCI_MAX_RANK> items;
  int count = 0;

  void push(ricci_index index) { items[count++] = index; }
  ricci_index take(int position) {
    ricci_index taken = items[position];
    std::copy(items.begin() + position + 1, items.begin() + count, items.begin() + position);
    --count;
    return taken;
  }
  std::span<ricci_index> all() { return {items.data(), static_cast<size_t>(count)}; }
};

// Widest stride first; then (i, j) with i's stride = j's stride times j's size everywhere is one index.
void fuse(Group &group) {
  auto order = [](const ricci_index &x) { return x.c ? x.c : std::max(x.a, x.b); };
  std::sort(group.items.begin(), group.items.begin() + group.count,
            [&](const ricci_index &x, const ricci_index &y) { return order(x) > order(y); });
  int kept = 0;
  for (const ricci_index &inner : group.all()) {
    ricci_index *outer = kept ? &group.items[kept - 1] : nullptr;
    if (outer && outer->a == inner.a * inner.size && outer->b == inner.b * inner.size &&
        outer->c == inner.c * inner.size)
      *outer = {outer->size * inner.size, inner.a, inner.b, inner.c};
    else
      group.items[kept++] = inner;
  }
  group.count = kept;
}

// The position of the index that lies closest in C, or -1.
int innermostInC(const Group &group) {
  int best = -1;
  for (int i = 0; i < group.count; ++i)
    if (best < 0 || group.items[i].c < group.items[best].c)
      best = i;
  return best;
}

// The position of the longest index; one that is contiguous in an operand counts twice, as its reads come in whole
// cache lines.
int longest(const Group &group) {
  auto weight = [](const ricci_index &x) { return x.size * (x.a == 1 || x.b == 1 ? 2 : 1); };
  int best = 0;
  for (int i = 1; i < group.count; ++i)
    if (weight(group.items[i]) > weight(group.items[best]))
      best = i;
  return best;
}

void exchangeOperands(Group &group) {
  for (ricci_index &index : group.all())
    std::swap(index.a, index.b);
}

} // namespace

ContractionPlan planContraction(std::span<const ricci_index> indices) {
  ContractionPlan plan;
  Group batch, m, n, k;
  bool emptySum = false;
  for (const ricci_index &index : indices) {
    if (index.size == 0)
      (index.c ? plan.empty : emptySum) = true;
    if (index.size == 1)
      continue;
    Group &group = !index.c ? k : (index.a != 0) == (index.b != 0) ? batch : index.a ? m : n;
    group.push(index);
  }
  if (plan.empty)
    return plan;
  for (Group *group : {&batch, &m, &n, &k})
    fuse(*group);
  if (emptySum) {
    k.count = 0;
    k.push({0, 1, 1, 0});
  }

  // The rows of C run along n. With neither m nor n it is a dot product, whose kernel wants k contiguous in B.
  int mInner = innermostInC(m), nInner = innermostInC(n);
  plan.exchanged = mInner >= 0 && (nInner < 0 || m.items[mInner].c < n.items[nInner].c);
  if (mInner < 0 && nInner < 0 && k.count > 0)
    plan.exchanged = k.items[longest(k)].b != 1;
  if (plan.exchanged) {
    std::swap(m, n);
    for (Group *group : {&batch, &m, &n, &k})
      exchangeOperands(*group);
    nInner = mInner;
  }
  if (nInner >= 0)
    plan.n = n.take(nInner);
  if (m.count > 0)
    plan.m = m.take(longest(m));
  if (k.count > 0)
    plan.k = k.take(longest(k));
  for (Group *group : {&batch, &m, &n, &k})
    for (const ricci_index &index : group->all())
      plan.loops[plan.loopCount++] = index;
  return plan;
}

} // namespace ricci::runtime
