#include "runtime/aot/Aot.h"

#include "runtime/GemmKernels.h"
#include "runtime/SizeClass.h"

#include <cstddef>

extern "C" {
void *aligned_alloc(size_t alignment, size_t bytes);
void free(void *memory);
void *memcpy(void *to, const void *from, size_t bytes);
size_t strlen(const char *text);
int _setjmp(void *state) __attribute__((returns_twice));
[[noreturn]] void longjmp(void *state, int value);
}

struct ricci_context {
  const int32_t *stop; // to what nobody sets
};

namespace {

using namespace ricci::runtime;

constexpr size_t mostMessage = 512;
thread_local char message[mostMessage];

const int32_t neverStopped = 0;
constexpr int32_t outOfMemory = 100, wrongSizes = 3;

void append(size_t &end, const char *text) {
  size_t length = strlen(text);
  if (length > mostMessage - 1 - end)
    length = mostMessage - 1 - end;
  memcpy(message + end, text, length);
  end += length;
  message[end] = 0;
}

void say(const char *where, const char *what) {
  size_t end = 0;
  append(end, where);
  if (*where)
    append(end, ": ");
  append(end, what);
}

// Of one call: its memory goes with it.
class Call : public ricci_context {
public:
  Call(const ricci_array *results, bool *placed) : ricci_context{&neverStopped}, results(results), placed(placed) {}
  ~Call() {
    for (Block *block = blocks; block;) {
      Block *next = block->next;
      free(block);
      block = next;
    }
  }

  bool run(ricci_entry entry, const ricci_array *arguments, ricci_array *computed) {
    if (_setjmp(landing) != 0)
      return false;
    entry(this, arguments, computed);
    return true;
  }

  void *allocate(int64_t bytes) {
    if (bytes < 0 || bytes > largestBlock)
      fail("", outOfMemory, "out of memory");
    auto [index, capacity] = classOf(bytes);
    if (Block *kept = unused[index]) {
      unused[index] = kept->nextUnused;
      return kept + 1;
    }
    void *memory = aligned_alloc(blockAlignment, sizeof(Block) + static_cast<size_t>(capacity));
    if (!memory)
      fail("", outOfMemory, "out of memory");
    auto *block = static_cast<Block *>(memory);
    block->next = blocks;
    block->index = index;
    blocks = block;
    return block + 1;
  }
  void release(void *memory) {
    if (!memory)
      return;
    Block *block = static_cast<Block *>(memory) - 1;
    block->nextUnused = unused[block->index];
    unused[block->index] = block;
  }

  void *result(int64_t number, int64_t bytes) { return placed[number] ? results[number].data : allocate(bytes); }

  [[noreturn]] void fail(const char *where, int32_t number, const char *what) {
    say(where, what);
    code = number;
    longjmp(landing, 1);
  }

  int32_t code = 0;

private:
  struct alignas(blockAlignment) Block {
    Block *next, *nextUnused;
    uint32_t index;
  };

  const ricci_array *results;
  const bool *placed;
  Block *blocks = nullptr;
  Block *unused[sizeClassCount] = {};
  // Larger than any machine's state of a jump: its header may be another machine's.
  alignas(16) unsigned char landing[1024];
};

Call &callOf(ricci_context *context) { return *static_cast<Call *>(context); }

int64_t bytesOf(const ricci_array &array) {
  constexpr int64_t elementBytes[] = {1, 4, 8, 4, 8}; // by ricci_dtype
  int64_t bytes = elementBytes[array.dtype];
  for (int32_t axis = 0; axis < array.rank; ++axis)
    bytes *= array.sizes[axis];
  return bytes;
}

bool overlap(const ricci_array &a, const ricci_array &b) {
  auto first = reinterpret_cast<uintptr_t>(a.data), second = reinterpret_cast<uintptr_t>(b.data);
  return first < second + static_cast<uintptr_t>(bytesOf(b)) && second < first + static_cast<uintptr_t>(bytesOf(a));
}

bool haveSameSizes(const ricci_array &a, const ricci_array &b) {
  for (int32_t axis = 0; axis < a.rank; ++axis)
    if (a.sizes[axis] != b.sizes[axis])
      return false;
  return true;
}

// "R0005" -> 5
int32_t numberOf(const char *code) {
  int32_t number = 0;
  for (; *code; ++code)
    if (*code >= '0' && *code <= '9')
      number = number * 10 + (*code - '0');
  return number;
}

} // namespace

int32_t ricci_aot_call(ricci_entry entry, const ricci_array *arguments, int64_t argumentCount,
                       const ricci_array *results, int64_t resultCount) {
  bool placed[resultCount + 1]; // the compiler's own extension: a handful
  ricci_array computed[resultCount + 1];
  for (int64_t i = 0; i < resultCount; ++i) {
    const bool isAligned = reinterpret_cast<uintptr_t>(results[i].data) % blockAlignment == 0;
    placed[i] = results[i].data && (isAligned || results[i].rank == 0);
    for (int64_t k = 0; k < argumentCount; ++k)
      placed[i] = placed[i] && !overlap(results[i], arguments[k]);
  }
  Call call(results, placed);
  if (!call.run(entry, arguments, computed))
    return call.code;
  for (int64_t i = 0; i < resultCount; ++i)
    if (!haveSameSizes(results[i], computed[i])) {
      say("", "a result does not have the sizes of the memory for it");
      return wrongSizes;
    }
  // What is an argument as it came must be read before another result is written over it.
  for (int64_t i = 0; i < resultCount; ++i)
    for (int64_t k = 0; k < argumentCount; ++k) {
      if (computed[i].data != arguments[k].data || bytesOf(computed[i]) == 0)
        continue;
      void *copy = aligned_alloc(blockAlignment, static_cast<size_t>(classOf(bytesOf(computed[i])).capacity));
      if (!copy) {
        say("", "out of memory");
        return outOfMemory;
      }
      memcpy(copy, computed[i].data, static_cast<size_t>(bytesOf(computed[i])));
      memcpy(results[i].data, copy, static_cast<size_t>(bytesOf(computed[i])));
      free(copy);
      computed[i].data = results[i].data;
    }
  for (int64_t i = 0; i < resultCount; ++i)
    if (computed[i].data != results[i].data && bytesOf(results[i]) > 0)
      memcpy(results[i].data, computed[i].data, static_cast<size_t>(bytesOf(results[i])));
  return 0;
}

const char *ricci_aot_message(void) { return message; }

void *ricci_alloc(ricci_context *context, int64_t bytes) { return callOf(context).allocate(bytes); }
void ricci_free(ricci_context *context, void *memory) { callOf(context).release(memory); }
void *ricci_result(ricci_context *context, int64_t number, int64_t bytes) {
  return callOf(context).result(number, bytes);
}
void ricci_fail(ricci_context *context, const char *where, const char *code, const char *what) {
  callOf(context).fail(where, numberOf(code), what);
}
void ricci_stopped(ricci_context *) {}

namespace ricci::runtime {
RegisterFile hostRegisterFile() { return static_cast<RegisterFile>(ricci_aot_register_file); }
} // namespace ricci::runtime
