#include "runtime/MemoryPool.h"

#include "runtime/SizeClass.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace ricci::runtime {

// Stands in the 64 bytes before a block's memory.
struct alignas(64) MemoryPool::Block {
  Block *next = nullptr;
  Block *previous = nullptr;
  int64_t capacity = 0;
  size_t requested = 0; // from the allocator
  uint32_t sizeClass = 0;
  bool owned = false;

  void *memory() { return this + 1; }
  static Block *of(void *memory) { return static_cast<Block *>(memory) - 1; }
};

namespace {

// A contraction that goes through an array a line here and there waits for the table of its pages: in small ones
// `deca,be->abcd` takes 1.3 times as long.
constexpr size_t hugePage = size_t(2) << 20;
constexpr int64_t leastInHugePages = 2 * hugePage;

size_t roundUp(size_t bytes, size_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

void *allocateFromProcess(void *, size_t bytes, size_t alignment) { return std::aligned_alloc(alignment, bytes); }
void releaseToProcess(void *, void *memory, size_t) { std::free(memory); }

} // namespace

const Allocator processAllocator{allocateFromProcess, releaseToProcess};

void *allocateAlone(int64_t bytes) {
  const bool large = bytes >= leastInHugePages;
  const size_t alignment = large ? hugePage : static_cast<size_t>(blockAlignment);
  const size_t request = roundUp(std::max<size_t>(1, static_cast<size_t>(bytes)), alignment);
  void *memory = std::aligned_alloc(alignment, request);
  if (memory && large)
    madvise(memory, request, MADV_HUGEPAGE);
  return memory;
}

MemoryPool::~MemoryPool() {
  releaseUnowned();
  trim();
  assert(live == 0 && "an array outlives its pool");
}

void MemoryPool::link(Block *block) {
  block->previous = nullptr;
  block->next = unowned;
  if (unowned)
    unowned->previous = block;
  unowned = block;
}

void MemoryPool::unlink(Block *block) {
  if (block->previous)
    block->previous->next = block->next;
  else
    unowned = block->next;
  if (block->next)
    block->next->previous = block->previous;
}

void *MemoryPool::allocate(int64_t bytes) {
  Block *block = acquire(bytes);
  if (!block)
    return nullptr;
  block->owned = false;
  link(block);
  return block->memory();
}

void *MemoryPool::allocateOwned(int64_t bytes) {
  Block *block = acquire(bytes);
  if (!block)
    return nullptr;
  block->owned = true;
  return block->memory();
}

MemoryPool::Block *MemoryPool::acquire(int64_t bytes) {
  if (bytes < 0 || bytes > largestBlock)
    return nullptr;
  auto [index, capacity] = classOf(bytes);
  std::lock_guard lock(mutex);
  if (capacity > byteLimit - live)
    return nullptr;
  Block *block = cache[index];
  if (block) {
    cache[index] = block->next;
    cached -= capacity;
  } else {
    if (isSealed)
      return nullptr;
    if (capacity > byteLimit - live - cached)
      trim();
    const bool large = capacity >= leastInHugePages;
    const size_t aligned = large ? hugePage : static_cast<size_t>(blockAlignment);
    const size_t request = roundUp(static_cast<size_t>(capacity) + sizeof(Block), aligned);
    void *raw = allocator.allocate(allocator.user, request, aligned);
    if (!raw && cached) {
      trim();
      raw = allocator.allocate(allocator.user, request, aligned);
    }
    if (!raw)
      return nullptr;
    if (large)
      madvise(raw, request, MADV_HUGEPAGE); // a hint: refusal costs only page faults
    block = new (raw) Block;
    block->capacity = capacity;
    block->requested = request;
    block->sizeClass = index;
  }
  live += capacity;
  peak = std::max(peak, live);
  return block;
}

void MemoryPool::free(void *memory) {
  if (memory)
    release(Block::of(memory));
}

void MemoryPool::release(Block *block) {
  if (!block->owned)
    unlink(block);
  std::lock_guard lock(mutex);
  live -= block->capacity;
  cached += block->capacity;
  block->next = cache[block->sizeClass];
  cache[block->sizeClass] = block;
}

bool MemoryPool::own(void *memory) {
  for (Block *block = unowned; block; block = block->next)
    if (block->memory() == memory) {
      unlink(block);
      block->owned = true;
      return true;
    }
  return false;
}

void MemoryPool::releaseUnowned() {
  while (unowned)
    release(unowned);
}

void MemoryPool::seal(bool sealed) {
  std::lock_guard lock(mutex);
  isSealed = sealed;
}

void MemoryPool::trimUnused() {
  std::lock_guard lock(mutex);
  trim();
}

void MemoryPool::trim() {
  for (Block *&head : cache)
    while (Block *block = head) {
      head = block->next;
      allocator.release(allocator.user, block, block->requested);
    }
  cached = 0;
}

} // namespace ricci::runtime
