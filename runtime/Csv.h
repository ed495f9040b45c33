// Comma-separated numbers as an f64 matrix of rows × columns. A byte order mark and blank lines are skipped, and so is
// the first row if any of its fields is not a number; fields may be quoted; lines end in LF, CRLF or CR. The locale
// plays no part. Ragged rows, empty fields and words are errors that name line and column.
#pragma once

#include "runtime/Array.h"

namespace ricci::runtime {

// Reads the whole file too: there is no other way to know its size.
Result<ArrayType> inspectCsv(const std::string &path);

Result<Array> readCsv(const std::string &path, std::shared_ptr<MemoryPool> pool);

} // namespace ricci::runtime
