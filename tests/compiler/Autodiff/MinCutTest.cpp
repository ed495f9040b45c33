// The cut against all cuts, on random networks small enough for that.
#include "compiler/Autodiff/MinCut.h"

#include <gtest/gtest.h>
#include <random>

using ricci::autodiff::Network;

namespace {

struct Arc {
  unsigned from, to;
  int64_t capacity;
};

int64_t costOf(const std::vector<Arc> &arcs, unsigned side) {
  int64_t sum = 0;
  for (const Arc &arc : arcs)
    if ((side >> arc.from & 1) && !(side >> arc.to & 1))
      sum += arc.capacity;
  return sum;
}

TEST(MinCut, IsTheCheapestAndTheSmallest) {
  std::mt19937_64 engine(1);
  auto below = [&](uint64_t bound) { return engine() % bound; };
  for (int trial = 0; trial < 300; ++trial) {
    const unsigned nodes = 2 + static_cast<unsigned>(below(7));
    std::vector<Arc> arcs;
    Network network;
    for (unsigned node = 2; node < nodes; ++node)
      network.addNode();
    for (uint64_t count = below(3 * nodes); count > 0; --count)
      arcs.push_back({static_cast<unsigned>(below(nodes)), static_cast<unsigned>(below(nodes)),
                      below(8) == 0 ? int64_t(1) << 40 : static_cast<int64_t>(below(10))});
    for (const Arc &arc : arcs)
      network.addArc(arc.from, arc.to, arc.capacity);
    llvm::BitVector found = network.cut();
    unsigned side = 0;
    for (unsigned node : found.set_bits())
      side |= 1u << node;
    ASSERT_TRUE(found.test(Network::source) && !found.test(Network::sink));
    for (unsigned other = 0; other < 1u << nodes; ++other)
      if ((other >> Network::source & 1) && !(other >> Network::sink & 1)) {
        EXPECT_LE(costOf(arcs, side), costOf(arcs, other));
        if (costOf(arcs, side) == costOf(arcs, other))
          EXPECT_EQ(side & other, side) << "a cut as cheap leaves out what this one has";
      }
  }
}

} // namespace
