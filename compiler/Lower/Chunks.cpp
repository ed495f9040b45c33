#include "Chunks.h"

#include "dialects/Decision.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// A chunk's work in vector operations, some 10 µs: ten times what a parallel loop costs when its threads are awake.
constexpr int64_t worthSharing = 32768;

} // namespace

Chunks planChunks(Environment &env, Location loc, Value extent, Value work, int64_t multiple, int64_t most) {
  Emit emit = env.at(loc);
  const int64_t chunkWork = env.options.chunkWork ? env.options.chunkWork : worthSharing;
  std::optional<int64_t> size = constantIndex(extent), each = constantIndex(work);
  auto ceilDiv = [](int64_t x, int64_t y) { return (x + y - 1) / y; };
  if (size && each) {
    const int64_t length =
        ceilDiv(std::max(ceilDiv(chunkWork, std::max<int64_t>(*each, 1)), ceilDiv(*size, most)), multiple) * multiple;
    const int64_t count = ceilDiv(*size, length);
    decide(loc, [&] {
      Decision decision{.kind = Decision::Kind::Threads, .what = "", .reason = ""};
      const std::string turns = std::to_string(*size) + " iterations of about " + std::to_string(*each) + " vector operations";
      decision.what = count > 1 ? "threads share " + turns + " in " + std::to_string(count) + " chunks"
                                : "threads do not share " + turns;
      decision.reason = count > 1 ? "a chunk is work for some 10 µs, and there are " + std::to_string(mostChunks) + " at most"
                                  : "together they are less than " + std::to_string(chunkWork) + ", which pays for waking a thread";
      decision.refused = count <= 1;
      return decision;
    });
    return {extent, emit.index(length), count > 1 ? emit.index(count) : Value()};
  }
  decide(loc, [&] {
    return Decision{.kind = Decision::Kind::Threads,
                    .what = "threads share a loop in chunks of at least " + std::to_string(chunkWork) + " vector operations",
                    .reason = "its size is known only at run time"};
  });
  // All of them at least 0, so that the plain quotient rounds down.
  auto quotient = [&](Value x, Value y) { return emit.builder.createOrFold<arith::DivUIOp>(emit.loc, x, y); };
  auto roundedUp = [&](Value x, Value y) { return quotient(emit.add(x, emit.sub(y, emit.index(1))), y); };
  Value least = roundedUp(emit.index(chunkWork), emit.max(work, emit.index(1)));
  Value length = emit.max(least, roundedUp(extent, emit.index(most)));
  length = emit.mul(emit.index(multiple), roundedUp(length, emit.index(multiple)));
  return {extent, length, roundedUp(extent, length)};
}

void emitChunks(Emit emit, const Chunks &chunks, ChunkBody body) {
  if (!chunks.count)
    return body(emit.index(0), chunks.extent, emit.index(0));
  OpBuilder &builder = emit.builder;
  auto loop = scf::ParallelOp::create(builder, emit.loc, ValueRange{emit.index(0)}, ValueRange{chunks.count},
                                      ValueRange{emit.index(1)});
  OpBuilder::InsertionGuard restore(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value chunk = loop.getInductionVars().front();
  Value first = emit.mul(chunk, chunks.length);
  body(first, emit.min(emit.add(first, chunks.length), chunks.extent), chunk);
}

} // namespace ricci::lower
