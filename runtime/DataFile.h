// Arrays and aggregates in files, by the name's ending: .npy, .csv, and the archives .npz and .safetensors (an entry is
// "d.npz:X"; without a key the only one, or arr_0). Headers can be looked at without reading data, so that sizes are
// known before compiling. Nothing in a file is trusted: each fault is an Error naming the file, and memory is taken
// only for data that the file can hold.
#pragma once

#include "runtime/Elements.h"
#include "runtime/Value.h"

namespace ricci::runtime {

// Whether the text is of a kind that names a data file rather than a number: it ends in a known extension.
bool namesDataFile(std::string_view text);

// The file itself, without the key of an entry.
std::string fileOf(std::string_view text);

// Whether it names an archive as a whole.
bool namesArchive(std::string_view text);

// Type and shape of an array in a file. A .csv is a matrix of f64.
Result<ArrayType> inspectHeader(const std::string &path);

struct ArchiveEntry {
  std::string key;
  ArrayType type;
};

// All arrays of an archive, in its order. What a .npz holds besides is passed over.
Result<std::vector<ArchiveEntry>> inspectArchive(const std::string &path);

// Reads an array whose type and shape are `expected`: the element type is never converted, and a file that changed
// since its header was read is noticed. A .csv of one column also passes as a vector. The entries of an .npz that are
// mapped are not held against their checksums, for which all of them would have to be read.
Result<Array> readArray(const std::string &path, const ArrayType &expected, const ReadOptions &options = {});

// To .npy or, under the key arr_0, to an archive.
Status writeArray(const std::string &path, const Array &array);

// An array as above; an aggregate to an archive with one entry for each leaf, nested fields joined by dots.
Status writeValue(const std::string &path, const Value &value);

} // namespace ricci::runtime
