#include "compiler/Autodiff/MinCut.h"

#include <algorithm>

using namespace ricci::autodiff;
using llvm::ArrayRef;
using llvm::MutableArrayRef;
using llvm::SmallVector;

static constexpr unsigned unreached = ~0u;

unsigned Network::addNode() {
  arcsOf.emplace_back();
  return arcsOf.size() - 1;
}

void Network::addArc(unsigned from, unsigned to, int64_t capacity) {
  arcsOf[from].push_back(arcs.size());
  arcs.push_back({to, capacity});
  arcsOf[to].push_back(arcs.size());
  arcs.push_back({from, 0});
}

SmallVector<unsigned> Network::levels() const {
  SmallVector<unsigned> level(arcsOf.size(), unreached), queue = {source};
  level[source] = 0;
  for (size_t first = 0; first < queue.size(); ++first)
    for (unsigned arc : arcsOf[queue[first]])
      if (unsigned to = arcs[arc].to; arcs[arc].capacity > 0 && level[to] == unreached) {
        level[to] = level[queue[first]] + 1;
        queue.push_back(to);
      }
  return level;
}

// Sends what one path can take from the source to the sink, each step one level on. `next`: the arcs of each node that
// were not tried in vain yet.
int64_t Network::push(ArrayRef<unsigned> level, MutableArrayRef<unsigned> next) {
  SmallVector<unsigned> path;
  auto end = [&] { return path.empty() ? source : arcs[path.back()].to; };
  auto leads = [&](unsigned arc) {
    return arcs[arc].capacity > 0 && level[arcs[arc].to] == level[arcs[arc ^ 1].to] + 1;
  };
  while (end() != sink) {
    ArrayRef<unsigned> choices = arcsOf[end()];
    unsigned &tried = next[end()];
    while (tried < choices.size() && !leads(choices[tried]))
      ++tried;
    if (tried < choices.size()) {
      path.push_back(choices[tried]);
      continue;
    }
    if (path.empty())
      return 0;
    path.pop_back();
    ++next[end()];
  }
  int64_t amount = unlimited;
  for (unsigned arc : path)
    amount = std::min(amount, arcs[arc].capacity);
  for (unsigned arc : path) {
    arcs[arc].capacity -= amount;
    arcs[arc ^ 1].capacity += amount;
  }
  return amount;
}

llvm::BitVector Network::cut() {
  for (;;) {
    SmallVector<unsigned> level = levels();
    if (level[sink] == unreached) {
      llvm::BitVector side(arcsOf.size());
      for (unsigned node = 0; node < level.size(); ++node)
        if (level[node] != unreached)
          side.set(node);
      return side;
    }
    SmallVector<unsigned> next(arcsOf.size(), 0);
    while (push(level, next) > 0)
      ;
  }
}
