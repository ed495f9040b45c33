// 64-byte aligned blocks for one context, with a limit and an account of what is and was in use. Freed blocks are
// kept by size class and handed out again, since a training loop asks for the same sizes at every step. Owned blocks may
// be made and freed on any thread: results may be dropped on another one while the context goes on. Unowned ones are for
// the invocation at hand, whose thread alone makes them and takes them over.
#pragma once

#include "runtime/SizeClass.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>

namespace ricci::runtime {

// Where a pool's blocks come from: the process, or the host. Both functions may be called on any thread and must not
// throw; `allocate` returns null when it has nothing. `alignment` is a power of two that divides `bytes`.
struct Allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  void *user = nullptr;
};
extern const Allocator processAllocator;

// Of the process, for std::free: aligned as a pool's blocks, and in large pages where those are. Null if there is none.
void *allocateAlone(int64_t bytes);

class MemoryPool {
public:
  static constexpr int64_t unlimited = std::numeric_limits<int64_t>::max();

  explicit MemoryPool(int64_t limit = unlimited, const Allocator &allocator = processAllocator)
      : byteLimit(limit), allocator(allocator) {}
  ~MemoryPool();
  MemoryPool(const MemoryPool &) = delete;
  MemoryPool &operator=(const MemoryPool &) = delete;

  // Null when the limit or the system refuses. Zero bytes is a valid request. The block is unowned.
  void *allocate(int64_t bytes);
  void *allocateOwned(int64_t bytes);
  // `block` is a live block of this pool, or null.
  void free(void *block);
  // Detaches a block from `releaseUnowned`; it stays accounted until freed.
  // False if `memory` is not the start of a live, unowned block.
  bool own(void *memory);
  // Frees every live block that nobody has taken over with `own`.
  void releaseUnowned();

  // A sealed pool hands out the blocks that it has kept, and asks nobody for more.
  void seal(bool sealed);
  // Gives back the blocks that are kept and not in use.
  void trimUnused();

  int64_t limit() const { return byteLimit; }
  int64_t liveBytes() const { return read(live); }
  int64_t peakBytes() const { return read(peak); }

private:
  struct Block;

  // Null or a block that is in no list.
  Block *acquire(int64_t bytes);
  void release(Block *block);
  void link(Block *block);
  void unlink(Block *block);
  void trim(); // holds the lock already

  int64_t read(const int64_t &counter) const {
    std::lock_guard lock(mutex);
    return counter;
  }

  Block *unowned = nullptr;
  const int64_t byteLimit;
  const Allocator allocator;

  mutable std::mutex mutex; // of what follows
  std::array<Block *, sizeClassCount> cache{};
  int64_t live = 0;
  int64_t cached = 0;
  int64_t peak = 0;
  bool isSealed = false;
};

} // namespace ricci::runtime
