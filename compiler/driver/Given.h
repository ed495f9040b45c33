// What the command line sets by name: `epochs=10`, `X=x.npy`, `p.w1=d.npz:w1`, `p=model.safetensors`, and in benchmarks
// made-up data, `A=f32[512,512]`. Headers are read here, data when the compiled program is there to take them.
#pragma once

#include "compiler/driver/FileWatch.h"
#include "compiler/driver/Literal.h"
#include "compiler/driver/Problem.h"
#include "lang/Check.h"

#include <variant>

namespace ricci::driver {

struct MadeUp {
  runtime::ArrayType type;
  uint64_t seed;
};

struct DataFile {
  std::string path; // with the key, if any
  runtime::ArrayType type;
};

struct Given {
  std::string name; // of a variable, or of a field: p.w1, t.0
  std::variant<Literal, DataFile, MadeUp> source;
};

// Whether an argument sets an input: `name=…`, where a file's name would need a letter, digits, `_` and `.` only.
bool isAssignment(std::string_view argument);

struct GivenOptions {
  bool madeUp = false; // allowed
  uint64_t seed = 0;
  FileWatch *watch = nullptr; // is told of every file
};

// An archive without a key stands for its entry arr_0, if there is one, otherwise for all its entries as fields.
Outcome<std::vector<Given>> parseGiven(const std::vector<std::string> &arguments, const GivenOptions &options = {});

// What sema is told of it.
lang::InputHeader headerOf(const Given &given);
lang::InputHeader headerOf(const DataFile &file);

// The data, as elements of `dtype` on `rank` axes. A literal adapts, a file does not; but a .csv of one column is
// a vector, if that is what is wanted.
Outcome<runtime::Array> read(const Given &given, runtime::DType dtype, size_t rank,
                             std::shared_ptr<runtime::MemoryPool> pool);

} // namespace ricci::driver
