// The cheapest way to part two nodes of a network (Dinic's algorithm).
#pragma once

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace ricci::autodiff {

class Network {
public:
  static constexpr unsigned source = 0, sink = 1;
  static constexpr int64_t unlimited = int64_t(1) << 60; // more than all other arcs together

  Network() : arcsOf(2) {}
  unsigned addNode();
  void addArc(unsigned from, unsigned to, int64_t capacity);
  // The nodes on the source's side of the cheapest cut, as few as there are. Takes the capacities away.
  llvm::BitVector cut();

private:
  struct Arc {
    unsigned to;
    int64_t capacity;
  };
  // Distances from the source along arcs with capacity left.
  llvm::SmallVector<unsigned> levels() const;
  int64_t push(llvm::ArrayRef<unsigned> level, llvm::MutableArrayRef<unsigned> next);

  llvm::SmallVector<Arc> arcs; // each followed by the one back
  std::vector<llvm::SmallVector<unsigned, 4>> arcsOf;
};

} // namespace ricci::autodiff
