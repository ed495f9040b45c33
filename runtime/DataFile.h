// Arrays and aggregates in files, by the name's ending: .npy, .npz (an entry is "d.npz:X"; without a key the only
// one, or arr_0), .csv. Headers can be looked at without reading data, so that sizes are known before compiling.
// Nothing in a file is trusted: each fault is an Error naming the file, and memory is taken only for data that the
// file can hold.
#pragma once

#include "runtime/Value.h"

namespace ricci::runtime {

// Whether the text is of a kind that names a data file rather than a number: it ends in a known extension.
bool namesDataFile(std::string_view text);

// Type and shape of an array in a file. A .csv is a matrix of f64.
Result<ArrayType> inspectHeader(const std::string &path);

// The keys of an .npz, in its order; entries that are no .npy are passed over.
Result<std::vector<std::string>> archiveKeys(const std::string &path);

// Reads an array whose type and shape are `expected`: the element type is never converted, and a file that changed
// since its header was read is noticed. A .csv of one column also passes as a vector.
Result<Array> readArray(const std::string &path, const ArrayType &expected, std::shared_ptr<MemoryPool> pool = nullptr);

// To .npy or, under the key arr_0, to .npz.
Status writeArray(const std::string &path, const Array &array);

// An array as above; an aggregate to an .npz with one entry for each leaf, nested fields joined by dots.
Status writeValue(const std::string &path, const Value &value);

} // namespace ricci::runtime
