// What functions compiled ahead of time run on: the part of the runtime that is linked into their object file. It needs
// the C library, libm and, in one of its two forms, an OpenMP runtime; no C++ library. It is compiled for machines
// whose headers may not be there, so what it asks of the C library it declares itself.
#pragma once

#include "runtime/Abi.h"

extern "C" {

// Runs the entry and puts its results where `results` says, whose sizes must be those that come out. The results must
// not overlap one another; where one overlaps an argument it is computed apart and copied. Returns 0, or the number of
// the run-time error (R0001 is 1), which ricci_aot_message of this thread then tells of.
int32_t ricci_aot_call(ricci_entry entry, const ricci_array *arguments, int64_t argumentCount,
                       const ricci_array *results, int64_t resultCount);
// "file:line:column: message" of this thread's last failure.
const char *ricci_aot_message(void);

// The register file that the object is compiled for (ricci::runtime::RegisterFile); the compiler defines it.
extern const int32_t ricci_aot_register_file;
}
