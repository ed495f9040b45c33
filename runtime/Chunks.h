// How the loops of a contraction are divided among threads: into chunks that depend on sizes alone, so that results do
// not depend on the number of threads.
#pragma once

#include "runtime/Abi.h"

#include <algorithm>
#include <cstdint>

namespace ricci::runtime {

// A parallel loop costs a microsecond, or some where a thread sleeps; a thread's share should take ten times that.
// Twice as many took 1 % more of two threads' time over ten products, up to 5 % of 256³: the last share of a loop
// leaves a thread without work.
inline constexpr double chunkFlops = 2e6;
// Packing moves an f32 from memory in about the time of so many operations: 8 to 12 GB/s, where 160 GFLOP/s are
// computed.
inline constexpr double elementFlops = 64;
// A matrix that is multiplied by a vector is read in that of so many: 30 GB/s from the third level, 120 from the
// second.
inline constexpr double readFlops = 16;
inline constexpr int64_t mostChunks = 16; // where each needs a buffer of its own

inline int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline int64_t ceilDiv(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// How many things of `flops` each make a thread's share.
inline int64_t shareOf(double flops) { return static_cast<int64_t>(chunkFlops / std::max(flops, 1.0)) + 1; }

// body(first, last) over chunks of [0, count), whose bounds depend on `count` and `chunk` alone.
template <typename Body> void inChunks(ricci_context *context, int64_t count, int64_t chunk, Body body) {
  if (!context || count <= chunk) {
    body(0, count);
    return;
  }
  struct Environment {
    Body *body;
    int64_t count, chunk;
  } environment{&body, count, chunk};
  ricci_parallel_for(
      context, ceilDiv(count, chunk),
      [](void *opaque, int64_t number) {
        auto &shared = *static_cast<Environment *>(opaque);
        int64_t first = number * shared.chunk;
        (*shared.body)(first, std::min(first + shared.chunk, shared.count));
      },
      &environment);
}

// The same in as few pieces as there are threads, each of at least `least` and all but the last a multiple of
// `multiple`: for a body that does the same for each of `count` however they are divided.
template <typename Body>
void inPieces(ricci_context *context, int64_t count, int64_t least, int64_t multiple, Body body) {
  const int64_t piece = context ? ceilDiv(count, ricci_threads(context)) : count;
  inChunks(context, count, roundUp(std::max(piece, least), multiple), body);
}

} // namespace ricci::runtime
