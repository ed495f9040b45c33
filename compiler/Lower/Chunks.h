// Loops whose iterations threads share. A loop is cut into chunks of enough work each to pay for a thread's waking up; their
// bounds follow from sizes alone, so results are the same bit by bit for any number of threads. A chunk is an iteration of an
// `scf.parallel` until OutlineChunks makes it a function of its own that `ricci_parallel_for` calls.
#pragma once

#include "Environment.h"

namespace ricci::lower {

// More chunks than this balance no better, and what a chunk needs of memory is taken once for each.
inline constexpr int64_t mostChunks = 256;

struct Chunks {
  mlir::Value extent; // iterations in all
  mlir::Value length; // iterations of a chunk; the last may have fewer
  mlir::Value count;  // of chunks; null where it is known that one is enough
};

// `work`: what one iteration costs, in vector operations. A chunk is a multiple of `multiple` iterations,
// and there are `most` at most.
Chunks planChunks(Environment &env, mlir::Location loc, mlir::Value extent, mlir::Value work, int64_t multiple = 1,
                  int64_t most = mostChunks);

// Calls `body` once, for the iterations from `first` up to `end` of chunk number `chunk`. What it emits must not fail,
// allocate or write memory that another chunk reads.
using ChunkBody = llvm::function_ref<void(mlir::Value first, mlir::Value end, mlir::Value chunk)>;
void emitChunks(Emit emit, const Chunks &chunks, ChunkBody body);

} // namespace ricci::lower
