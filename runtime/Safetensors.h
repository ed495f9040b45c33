// The safetensors format: a JSON header that gives each tensor a name, a type, a shape and a place, then their bytes,
// row-major and little endian. The header is believed in nothing: it is checked as a whole before any data are read,
// with no more memory than a few times its size, which is bounded, and with no recursion.
#pragma once

#include "runtime/Elements.h"

namespace ricci::runtime {

// The one name that no tensor can have.
inline constexpr std::string_view safetensorsMetadata = "__metadata__";

struct Tensor {
  std::string name;
  std::string dtypeName; // as in the file: F64, BF16
  Shape shape;
  int64_t begin = 0, end = 0; // its bytes, counted from the first behind the header
};

// What the header says, in its order. Names are distinct; the tensors cover the `dataSize` bytes without gap or
// overlap, and each has the bytes that its shape takes, if its type is one of Ricci's.
Result<std::vector<Tensor>> parseSafetensorsHeader(std::string_view text, int64_t dataSize, const File &file);

class SafetensorsFile {
public:
  static Result<SafetensorsFile> open(const std::string &path);

  const std::vector<Tensor> &tensors() const { return directory; }
  // Element types that Ricci lacks are refused here: the file's other tensors can be read.
  Result<ArrayType> typeOf(const Tensor &tensor) const;
  Result<Array> read(const Tensor &tensor, const ReadOptions &options) const;
  Error fault(std::string_view what, ErrorKind kind = ErrorKind::Format) const { return file.fault(what, kind); }

private:
  SafetensorsFile(File file, std::vector<Tensor> directory, int64_t dataOffset)
      : file(std::move(file)), directory(std::move(directory)), dataOffset(dataOffset) {}

  File file;
  std::vector<Tensor> directory;
  int64_t dataOffset;
};

struct NamedArray {
  std::string name;
  const Array *array;
};

// The same arrays give the same bytes. Wider elements come first, so that all are aligned.
Status writeSafetensors(const std::string &path, std::span<const NamedArray> arrays);

// Ricci's type of that name, if it has it.
std::optional<DType> dtypeOfSafetensors(std::string_view name);

} // namespace ricci::runtime
