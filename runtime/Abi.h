// What compiled code and the runtime say to each other: plain C, no LLVM, stable names.
// Every array is row-major and contiguous; sizes are in elements, memory in bytes.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Element types as numbers in compiled code. `key` values are stored as I64, bool as one byte.
enum ricci_dtype { RICCI_BOOL = 0, RICCI_I32 = 1, RICCI_I64 = 2, RICCI_F32 = 3, RICCI_F64 = 4 };

#define RICCI_MAX_RANK 32

// One array at the boundary of a compiled function. Inputs are borrowed, aligned to their elements at least, and never
// written to; outputs are owned by the context.
typedef struct ricci_array {
  void *data;
  int64_t sizes[RICCI_MAX_RANK];
  int32_t rank;
  int32_t dtype;
} ricci_array;

// Everything one invocation needs: memory pool and limit, thread count, output stream, the pending error. It begins with
// the address of a number that is not 0 once the invocation is to end; compiled loops read it at every turn.
typedef struct ricci_context ricci_context;

// Every compiled entry has this type. `in` and `out` are arrays of descriptors in the order of the signature.
typedef void (*ricci_entry)(ricci_context *, const ricci_array *in, ricci_array *out);

// 64-byte aligned memory from the context's pool; never null: over the limit it fails the invocation.
void *ricci_alloc(ricci_context *, int64_t bytes);
void ricci_free(ricci_context *, void *);

// Ends the invocation with a run-time error. `where` points to a static, NUL-terminated "file:line:column",
// `code` to its code ("R0001"), `message` to its text. Never called from inside a parallel chunk.
void ricci_fail(ricci_context *, const char *where, const char *code, const char *message);

// What a loop calls that has read a number other than 0 there: ends the invocation with R0104. Does nothing inside a
// parallel chunk; the loop that runs the chunks ends then.
void ricci_stopped(ricci_context *);

// Memory for result `number` of the invocation, 64-byte aligned: the host's own, if it gave one of just so many bytes,
// else as from ricci_alloc. Asked for at most once for each result.
void *ricci_result(ricci_context *, int64_t number, int64_t bytes);

// Runs fn(ctx, first, last) over the `chunks` chunks of one loop; chunk boundaries are the caller's, so results
// never depend on the number of threads. fn must not fail, allocate or print.
typedef void (*ricci_chunk)(void *env, int64_t chunk);
void ricci_parallel_for(ricci_context *, int64_t chunks, ricci_chunk fn, void *env);

// How many threads a loop begun here may have, for what is the same however it is divided.
int64_t ricci_threads(ricci_context *);

// Effects a script asks for: `what` is "print", "save", "plot" or "scatter", or "nonfinite", an error; `spec` its static
// text (a format string with {} segments already resolved to operand numbers, a path, options), `args` the values.
// `where` is the static location for errors.
void ricci_host(ricci_context *, const char *what, const char *spec, const char *where, int32_t count,
                const ricci_array *args);

// The first `places` positions of each of `rows` rows of `n` elements in ascending or descending order, which is stable
// and takes NaN for the largest; 0 for places past n.
void ricci_argsort(ricci_context *, const void *keys, int32_t dtype, int64_t rows, int64_t n, int64_t places,
                   int32_t descending, int64_t *out);

#ifdef __cplusplus
}
#endif
