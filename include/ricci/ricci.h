/* Ricci for programs: compile, differentiate and call functions written in index notation.

   An engine compiles texts to modules, a module gives functions, functions are called. All three are immutable once made, and
   any number of threads may use them at once; a workspace serves one call at a time. Nothing here ends the process, prints,
   installs signal handlers or looks at the environment.

   Every function that can fail returns a status, and, where it takes `ricci_error **`, gives an error that says more; that
   argument may be NULL, and what it points to is written on failure only. Objects that are given out belong to the
   caller, who hands each to its `_release`; releasing NULL does nothing. An object may be released before those that were
   made from it. Texts that are given out as `const char *` live as long as the object they were asked of.

   The interface is stable: numbers keep their meaning, structures grow at their end only. `struct_size` is the size of the
   structure as the caller knows it, set by its initialiser. */
#ifndef RICCI_RICCI_H
#define RICCI_RICCI_H

#include <stddef.h>
#include <stdint.h>

#include "dlpack.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RICCI_API __attribute__((visibility("default")))
#else
#define RICCI_API
#endif

/* Of the interface described here; `ricci_abi_version` tells that of the library. A library serves hosts of the same major
   number and a minor number up to its own. */
#define RICCI_ABI_MAJOR 1
#define RICCI_ABI_MINOR 0
RICCI_API uint32_t ricci_abi_version(void); /* major << 16 | minor */
RICCI_API const char *ricci_version(void);  /* "0.1.0" */

typedef int32_t ricci_status;
enum {
  RICCI_OK = 0,
  RICCI_WRONG_PROGRAM = 1,    /* diagnosed in the source */
  RICCI_INVALID_ARGUMENT = 2, /* asked for what is not there, or given what does not fit */
  RICCI_IO_ERROR = 3,         /* a file that cannot be read or written */
  RICCI_RUN_TIME_ERROR = 4,   /* a check or an assert of the program failed */
  RICCI_OUT_OF_MEMORY = 5,
  RICCI_STOPPED = 6,          /* by a stop token */
  RICCI_FAULT = 70            /* Ricci's own */
};

typedef struct ricci_engine ricci_engine;
typedef struct ricci_module ricci_module;
typedef struct ricci_function ricci_function;
typedef struct ricci_workspace ricci_workspace;
typedef struct ricci_stop ricci_stop;
typedef struct ricci_error ricci_error;
typedef struct ricci_text ricci_text;

/* ---------------------------------------------------------------- errors and texts */

RICCI_API ricci_status ricci_error_status(const ricci_error *);
RICCI_API const char *ricci_error_code(const ricci_error *);    /* "E0101", "R0003", or "" */
RICCI_API const char *ricci_error_message(const ricci_error *); /* one line */
RICCI_API const char *ricci_error_text(const ricci_error *);    /* for people, with lines of the source */
/* {"status", "code", "message", "text", "diagnostics": [{"code", "message", "file", "line", "column", "end_line", "end_column",
   "help"}]} */
RICCI_API const char *ricci_error_json(const ricci_error *);

/* A place in a source text; lines and columns count from 1, the end is exclusive. */
typedef struct ricci_span {
  size_t struct_size;
  const char *code, *message, *file, *help;
  uint32_t line, column, end_line, end_column;
} ricci_span;
#define RICCI_SPAN_INIT {sizeof(ricci_span), 0, 0, 0, 0, 0, 0, 0, 0}

RICCI_API size_t ricci_error_span_count(const ricci_error *);
RICCI_API ricci_status ricci_error_span(const ricci_error *, size_t number, ricci_span *span);
RICCI_API void ricci_error_release(ricci_error *);

RICCI_API const char *ricci_text_data(const ricci_text *); /* ends in a NUL that does not count */
RICCI_API size_t ricci_text_size(const ricci_text *);
RICCI_API void ricci_text_release(ricci_text *);

/* ---------------------------------------------------------------- stopping */

/* A token that ends what it was given to: compilation between its stages, a running function at the boundaries of chunks and
   turns of loops. Any thread may request it. */
RICCI_API ricci_stop *ricci_stop_create(void); /* NULL: out of memory */
RICCI_API void ricci_stop_request(ricci_stop *);
RICCI_API void ricci_stop_reset(ricci_stop *);
RICCI_API int ricci_stop_requested(const ricci_stop *);
RICCI_API void ricci_stop_release(ricci_stop *); /* when nothing uses it any longer */

/* ---------------------------------------------------------------- engine */

/* Where functions have their memory from. Both are called on any thread and must not throw; `allocate` gives NULL when it has
   nothing. `alignment` is a power of two that divides `bytes`. */
typedef struct ricci_allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  void *user;
} ricci_allocator;

/* Threads of the host's for functions to run on: `run` calls work(argument) `copies` times, on as many threads as it likes, and
   returns when all calls have returned. Results do not depend on how many there are. */
typedef struct ricci_executor {
  void (*run)(void *user, int32_t copies, void (*work)(void *argument), void *argument);
  void *user;
} ricci_executor;

typedef struct ricci_engine_options {
  size_t struct_size;
  const char *target;            /* "cpu" or NULL: this machine */
  int32_t threads;               /* of a call; 0: as many as the process may use */
  int64_t memory_limit;          /* of a call, in bytes; 0: none */
  const ricci_allocator *allocator; /* NULL: the process' */
  const ricci_executor *executor;   /* NULL: our own */
  const char *cache_directory;   /* for compiled code; NULL: none */
  int64_t cache_bytes;           /* at most; 0: 256 MiB */
  const char *library_directory; /* holds std/; NULL: where Ricci is installed */
  const char *compiler;          /* a command to compile in, such as "ricci compile-worker"; NULL: this process */
  void (*print)(void *user, const char *text, size_t size); /* of what functions print; NULL: nowhere. Must not throw */
  void *print_user;
  int32_t colour;                /* of texts for people */
} ricci_engine_options;
#define RICCI_ENGINE_OPTIONS_INIT {sizeof(ricci_engine_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* `options` may be NULL. */
RICCI_API ricci_status ricci_engine_create(const ricci_engine_options *options, ricci_engine **, ricci_error **);
RICCI_API void ricci_engine_release(ricci_engine *);

/* ---------------------------------------------------------------- modules */

/* `name` stands for the text in errors, and other files are imported from its folder. Texts are UTF-8. */
RICCI_API ricci_status ricci_module_compile(ricci_engine *, const char *name, const char *text, size_t size, ricci_module **,
                                            ricci_error **);
RICCI_API ricci_status ricci_module_compile_file(ricci_engine *, const char *path, ricci_module **, ricci_error **);
RICCI_API size_t ricci_module_function_count(const ricci_module *);
RICCI_API const char *ricci_module_function_name(const ricci_module *, size_t number); /* NULL past the end */

typedef enum ricci_stage {
  RICCI_STAGE_RICCI = 0,
  RICCI_STAGE_GRAD = 1,
  RICCI_STAGE_SIMPLIFIED = 2,
  RICCI_STAGE_FUSED = 3,
  RICCI_STAGE_LOOPS = 4,
  RICCI_STAGE_VECTOR = 5,
  RICCI_STAGE_LLVM = 6,
  RICCI_STAGE_ASM = 7
} ricci_stage;

/* A function at a stage of its compilation. */
RICCI_API ricci_status ricci_module_ir(const ricci_module *, const char *function, ricci_stage, ricci_text **, ricci_error **);
typedef struct ricci_export_options {
  size_t struct_size;
  const char *machine; /* "aarch64-linux-gnu", "x86_64-linux-gnu/x86-64-v3", "x86-64-v2"; NULL: this one, with all that it has */
  int32_t serial;      /* not 0: loops run on the caller's thread, and nothing but libm is needed */
} ricci_export_options;
#define RICCI_EXPORT_OPTIONS_INIT {sizeof(ricci_export_options), 0, 0}

/* Compiles functions and derivatives by their names (none: all functions) to STEM.o, STEM.h and libSTEM.so in a folder, STEM
   being the module's name without its ending. They need no Ricci: libm, and unless they are serial an OpenMP runtime. The
   system's linker does it; for another machine there is no shared library. `options` may be NULL. */
RICCI_API ricci_status ricci_module_export(const ricci_module *, const char *folder, const char *const *names, size_t count,
                                           const ricci_export_options *options, ricci_error **);
RICCI_API void ricci_module_release(ricci_module *);

/* ---------------------------------------------------------------- functions */

/* By the name in the source, or a derivative by its own: f_grad_w, f_value_grad_w_b, f_jvp_w, f_vjp_w, f_hvp_w. `stop` may be
   NULL. */
RICCI_API ricci_status ricci_module_function(const ricci_module *, const char *name, const ricci_stop *stop, ricci_function **,
                                             ricci_error **);

typedef enum ricci_derivative {
  RICCI_GRAD = 0,       /* f's arguments -> gradient of its value, a scalar, for each name */
  RICCI_VALUE_GRAD = 1, /* f's arguments -> value, gradients */
  RICCI_JVP = 2,        /* f's arguments, a tangent for each name -> tangent of the value */
  RICCI_VJP = 3,        /* f's arguments, a cotangent of the value -> cotangents of the names */
  RICCI_HVP = 4         /* f's arguments, a direction for each name -> Hessian times direction */
} ricci_derivative;

/* With respect to parameters, or fields of them ("p.w1"). */
RICCI_API ricci_status ricci_function_derivative(const ricci_function *, ricci_derivative, const char *const *names,
                                                 size_t count, const ricci_stop *stop, ricci_function **, ricci_error **);

/* What goes in and out: arrays, those of structs and tuples one after another. */
typedef struct ricci_leaf {
  size_t struct_size;
  const char *name; /* "w", "p.w1"; of results the path in the value, or "" */
  const char *type; /* "f64[N,3]" */
  DLDataType dtype;
  int32_t rank;
  const int64_t *sizes; /* -1 where the arguments say */
} ricci_leaf;
#define RICCI_LEAF_INIT {sizeof(ricci_leaf), 0, 0, {0, 0, 0}, 0, 0}

RICCI_API const char *ricci_function_signature(const ricci_function *); /* "loss(w: f64[D], X: f64[N,D]) -> f64" */
RICCI_API size_t ricci_function_parameter_count(const ricci_function *);
RICCI_API size_t ricci_function_result_count(const ricci_function *);
RICCI_API ricci_status ricci_function_parameter(const ricci_function *, size_t number, ricci_leaf *);
RICCI_API ricci_status ricci_function_result(const ricci_function *, size_t number, ricci_leaf *);
/* Its kernels, their FLOPs and bytes, the decisions and the memory plan as JSON: what `ricci inspect --json` prints, by
   share/ricci/report.schema.json, nothing measured. Compiles the function again. */
RICCI_API ricci_status ricci_function_report(const ricci_function *, ricci_text **, ricci_error **);

/* Arguments may have any strides; one without gaps that is aligned to its elements is not copied. `results` takes as many
   tensors as the function has; each is released by its `deleter`. */
RICCI_API ricci_status ricci_function_call(const ricci_function *, const DLTensor *arguments, size_t argument_count,
                                           DLManagedTensorVersioned **results, size_t result_count, const ricci_stop *stop,
                                           ricci_error **);

/* Writes the results into the host's memory, of any strides. It may be that of arguments, but no two results' may overlap. With a
   workspace nothing is allocated, unless an error is asked for and there
   is one; without, memory of earlier calls is used again. After a failure the results hold anything. */
RICCI_API ricci_status ricci_function_call_into(const ricci_function *, ricci_workspace *workspace, const DLTensor *arguments,
                                                size_t argument_count, const DLTensor *results, size_t result_count,
                                                const ricci_stop *stop, ricci_error **);
RICCI_API void ricci_function_release(ricci_function *);

/* Memory for calls with arguments of the same shapes. Runs the function once on these, without its effects. A later call that
   needs more (as loops may, whose turns the data decide) is RICCI_OUT_OF_MEMORY. */
RICCI_API ricci_status ricci_workspace_create(const ricci_function *, const DLTensor *arguments, size_t argument_count,
                                              ricci_workspace **, ricci_error **);
RICCI_API void ricci_workspace_release(ricci_workspace *);

#ifdef __cplusplus
}
#endif

#endif /* RICCI_RICCI_H */
