// NumPy's .npy, versions 1 to 3: reads bool, int32, int64, float32 and float64 in either byte order and either memory
// order, and converts to row-major little endian; every other type is refused by name. Writes version 1.
#pragma once

#include "runtime/Elements.h"

namespace ricci::runtime {

struct NpyHeader {
  ArrayType type;
  bool bigEndian = false;
  bool columnMajor = false;
};

// Reads up to the first element. The header then is consistent with the number of bytes that are left, exactly.
Result<NpyHeader> readNpyHeader(ByteSource &source);

// Reads the elements that follow the header.
Result<Array> readNpyData(ByteSource &source, const NpyHeader &header, const ReadOptions &options);

// The bytes that precede a row-major array's elements; a multiple of 64.
std::string npyHeaderText(const ArrayType &type);

} // namespace ricci::runtime
