// A function as C sees it when it is compiled ahead of time: scalars by value, arrays as pointers to elements in
// row-major order, then the sizes that the types name, then where the results go.
#pragma once

#include "compiler/engine/Function.h"
#include "lang/sema/Checked.h"

namespace ricci::aot {

struct Argument {
  enum Kind { Scalar, Array, Size, Result } kind;
  std::string name; // a C identifier, unlike the other ones
  runtime::DType dtype = runtime::DType::I64;
  std::vector<lang::Dim> sizes = {}; // Array, Result
  lang::Symbol symbol = nullptr;     // of a Size, and of a Scalar that sizes refer to
  std::string type = {};             // as the source has it
};

struct Prototype {
  std::string name; // the C function, the entry's own name
  std::string signature;
  std::vector<Argument> arguments;
};

// Fails where a result's sizes do not follow from the arguments, and where the name is none of C's.
engine::Result<Prototype> prototypeOf(const engine::Module &, const engine::Entry &, const lang::CheckedFn &);

// "int32_t loss(const double *w, int64_t D, double *result)"
std::string declaration(const Prototype &);
// The header of several functions from the file `source`; `stem` names it, and its function that tells of errors.
std::string header(const std::string &stem, const std::string &source, const std::vector<Prototype> &);

// `text` as a C identifier.
std::string identifier(std::string_view text);

} // namespace ricci::aot
