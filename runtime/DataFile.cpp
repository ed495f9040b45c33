#include "runtime/DataFile.h"

#include "runtime/Csv.h"
#include "runtime/Npy.h"
#include "runtime/Zip.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::runtime {

namespace {

constexpr std::string_view npzEnding = ".npz", npyEnding = ".npy", csvEnding = ".csv";

struct Location {
  std::string path;
  std::string key; // empty: none given
};

Location parseLocation(const std::string &text) {
  size_t colon = text.rfind(".npz:");
  if (colon == std::string::npos)
    return {text, ""};
  return {text.substr(0, colon + npzEnding.size()), text.substr(colon + npzEnding.size() + 1)};
}

Error unknownEnding(const std::string &path) {
  if (path.ends_with(".safetensors"))
    return {ErrorKind::Unsupported, fmt::format("{}: .safetensors is not in this version", path)};
  return {ErrorKind::Unsupported, fmt::format("{}: the name ends in none of .npy, .npz, .csv", path)};
}

std::string_view keyOf(const ZipEntry &entry) {
  std::string_view name = entry.name;
  name.remove_suffix(npyEnding.size());
  return name;
}

bool holdsArray(const ZipEntry &entry) { return entry.name.ends_with(npyEnding); }

Result<const ZipEntry *> findEntry(const ZipArchive &archive, const std::string &key) {
  const ZipEntry *found = nullptr;
  std::string keys;
  int arrays = 0;
  for (const ZipEntry &entry : archive.entries()) {
    if (!holdsArray(entry))
      continue;
    if (keyOf(entry) == (key.empty() ? "arr_0" : key))
      return &entry;
    found = &entry;
    if (++arrays <= 20)
      keys += fmt::format("{}{}", arrays == 1 ? "" : ", ", keyOf(entry));
    else if (arrays == 21)
      keys += ", ...";
  }
  if (key.empty() && arrays == 1)
    return found;
  if (arrays == 0)
    return archive.fault("holds no arrays");
  if (key.empty())
    return archive.fault(fmt::format("holds several arrays; name one as FILE.npz:KEY, of {}", keys));
  return archive.fault(fmt::format("has no entry {:?}; there are {}", key, keys));
}

// Calls use(source, header) with the .npy stream at `location`, in whatever it is wrapped.
template <typename T, typename Use> Result<T> withNpy(const Location &location, Use use) {
  auto readFrom = [&](ByteSource &source) -> Result<T> {
    Result<NpyHeader> header = readNpyHeader(source);
    if (!header)
      return std::move(header.error());
    return use(source, *header);
  };
  if (location.path.ends_with(npyEnding)) {
    Result<File> file = File::open(location.path);
    if (!file)
      return std::move(file.error());
    FileSource source(*file);
    return readFrom(source);
  }
  if (!location.path.ends_with(npzEnding))
    return unknownEnding(location.path);
  Result<ZipArchive> archive = ZipArchive::open(location.path);
  if (!archive)
    return std::move(archive.error());
  Result<const ZipEntry *> entry = findEntry(*archive, location.key);
  if (!entry)
    return std::move(entry.error());
  Result<std::unique_ptr<ByteSource>> source = archive->read(**entry);
  if (!source)
    return std::move(source.error());
  return readFrom(**source);
}

Error mismatch(const std::string &path, const ArrayType &found, const ArrayType &expected) {
  return {ErrorKind::Mismatch, fmt::format("{} holds {}; {} is expected", path, describe(found), describe(expected))};
}

Result<Array> readCsvAs(const std::string &path, const ArrayType &expected, std::shared_ptr<MemoryPool> pool) {
  Result<Array> matrix = readCsv(path, std::move(pool));
  if (!matrix || matrix->type() == expected)
    return matrix;
  if (expected.dtype == DType::F64 && matrix->shape() == Shape{matrix->size(), 1} &&
      expected.shape == Shape{matrix->size()})
    return std::move(*matrix).reshaped(expected.shape);
  return mismatch(path, matrix->type(), expected);
}

struct Leaf {
  std::string key;
  const Array *array;
};

void collectLeaves(const Value &value, const std::string &key, std::vector<Leaf> &leaves) {
  if (value.isArray()) {
    leaves.push_back({key, &value.array()});
    return;
  }
  for (const Field &field : value.aggregate().fields)
    collectLeaves(field.value, key.empty() ? field.name : key + "." + field.name, leaves);
}

Status writeNpy(const std::string &path, const Array &array) {
  Result<FileWriter> file = FileWriter::create(path);
  if (!file)
    return std::move(file.error());
  if (Status status = file->write(npyHeaderText(array.type())); !status)
    return status;
  if (Status status = file->write(bytesOf(array)); !status)
    return status;
  return file->close();
}

Status writeNpz(const std::string &path, const std::vector<Leaf> &leaves) {
  Result<ZipWriter> archive = ZipWriter::create(path);
  if (!archive)
    return std::move(archive.error());
  for (const Leaf &leaf : leaves) {
    std::string header = npyHeaderText(leaf.array->type());
    std::span<const std::byte> parts[] = {std::as_bytes(std::span(header)), bytesOf(*leaf.array)};
    if (Status status = archive->add(leaf.key + ".npy", parts); !status)
      return status;
  }
  return archive->finish();
}

} // namespace

bool namesDataFile(std::string_view text) {
  if (text.find(".npz:") != std::string_view::npos)
    return true;
  return std::ranges::any_of(std::initializer_list<std::string_view>{npyEnding, npzEnding, csvEnding, ".safetensors"},
                             [&](std::string_view ending) { return text.ends_with(ending); });
}

Result<ArrayType> inspectHeader(const std::string &path) {
  if (path.ends_with(csvEnding))
    return inspectCsv(path);
  return withNpy<ArrayType>(parseLocation(path),
                            [](ByteSource &, const NpyHeader &header) -> Result<ArrayType> { return header.type; });
}

Result<std::vector<std::string>> archiveKeys(const std::string &path) {
  Result<ZipArchive> archive = ZipArchive::open(path);
  if (!archive)
    return std::move(archive.error());
  std::vector<std::string> keys;
  for (const ZipEntry &entry : archive->entries())
    if (holdsArray(entry))
      keys.emplace_back(keyOf(entry));
  return keys;
}

Result<Array> readArray(const std::string &path, const ArrayType &expected, std::shared_ptr<MemoryPool> pool) {
  if (path.ends_with(csvEnding))
    return readCsvAs(path, expected, std::move(pool));
  return withNpy<Array>(parseLocation(path), [&](ByteSource &source, const NpyHeader &header) -> Result<Array> {
    if (header.type != expected)
      return mismatch(path, header.type, expected);
    return readNpyData(source, header, pool);
  });
}

Status writeArray(const std::string &path, const Array &array) {
  if (path.ends_with(npyEnding))
    return writeNpy(path, array);
  if (path.ends_with(npzEnding))
    return writeNpz(path, {{"arr_0", &array}});
  return Error{ErrorKind::Unsupported, fmt::format("{}: can write .npy and .npz", path)};
}

Status writeValue(const std::string &path, const Value &value) {
  if (value.isArray())
    return writeArray(path, value.array());
  if (!path.ends_with(npzEnding))
    return Error{ErrorKind::Unsupported, fmt::format("{}: a struct or tuple goes to an .npz file", path)};
  std::vector<Leaf> leaves;
  collectLeaves(value, "", leaves);
  return writeNpz(path, leaves);
}

} // namespace ricci::runtime
