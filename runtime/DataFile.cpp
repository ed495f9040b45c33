#include "runtime/DataFile.h"

#include "runtime/Csv.h"
#include "runtime/Npy.h"
#include "runtime/Safetensors.h"
#include "runtime/Zip.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::runtime {

namespace {

enum class Format { Npy, Npz, Safetensors, Csv };

struct Ending {
  std::string_view text;
  Format format;
};

constexpr Ending endings[] = {
    {".npy", Format::Npy}, {".npz", Format::Npz}, {".safetensors", Format::Safetensors}, {".csv", Format::Csv}};

constexpr bool isArchive(Format format) { return format == Format::Npz || format == Format::Safetensors; }

struct Location {
  Format format;
  std::string path;
  std::string key; // empty: none given
};

std::optional<Location> locate(std::string_view text) {
  // First, because a key may look like a file's name.
  for (const auto &[ending, format] : endings)
    if (size_t at = text.rfind(fmt::format("{}:", ending)); isArchive(format) && at != std::string_view::npos) {
      size_t colon = at + ending.size();
      return Location{format, std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    }
  for (const auto &[ending, format] : endings)
    if (text.ends_with(ending))
      return Location{format, std::string(text), ""};
  return std::nullopt;
}

Error unknownEnding(const std::string &path) {
  return {ErrorKind::Unsupported, fmt::format("{}: the name ends in none of .npy, .npz, .safetensors, .csv", path)};
}

// The position of the archive's entry that `key` names: without a key arr_0, or the only one.
template <typename Archive>
Result<size_t> findKey(const Archive &archive, std::span<const std::string_view> keys, const std::string &key) {
  auto found = std::ranges::find(keys, key.empty() ? std::string_view("arr_0") : std::string_view(key));
  if (found != keys.end())
    return static_cast<size_t>(found - keys.begin());
  if (key.empty() && keys.size() == 1)
    return size_t(0);
  if (keys.empty())
    return archive.fault("holds no arrays");
  constexpr size_t most = 20;
  std::string list =
      fmt::format("{}{}", fmt::join(keys.first(std::min(keys.size(), most)), ", "), keys.size() > most ? ", ..." : "");
  if (key.empty())
    return archive.fault(fmt::format("holds several arrays; name one as FILE:KEY, of {}", list));
  return archive.fault(fmt::format("has no entry {:?}; there are {}", key, list));
}

constexpr std::string_view npyEnding = ".npy"; // of an .npz's entries

std::string_view keyOf(const ZipEntry &entry) {
  std::string_view name = entry.name;
  name.remove_suffix(npyEnding.size());
  return name;
}

std::vector<const ZipEntry *> arraysIn(const ZipArchive &archive) {
  std::vector<const ZipEntry *> arrays;
  for (const ZipEntry &entry : archive.entries())
    if (entry.name.ends_with(npyEnding))
      arrays.push_back(&entry);
  return arrays;
}

// Calls use(source, header) with the .npy stream that the source holds.
template <typename T, typename Use> Result<T> withNpy(ByteSource &source, Use use) {
  Result<NpyHeader> header = readNpyHeader(source);
  if (!header)
    return std::move(header.error());
  return use(source, *header);
}

template <typename T, typename Use> Result<T> withNpy(const ZipArchive &archive, const ZipEntry &entry, Use use) {
  Result<std::unique_ptr<ByteSource>> source = archive.read(entry);
  if (!source)
    return std::move(source.error());
  return withNpy<T>(**source, use);
}

// The same with the array at `location`, an .npy or in an .npz.
template <typename T, typename Use> Result<T> withNpy(const Location &location, Use use) {
  if (location.format == Format::Npy) {
    Result<File> file = File::open(location.path);
    if (!file)
      return std::move(file.error());
    FileSource source(*file);
    return withNpy<T>(source, use);
  }
  Result<ZipArchive> archive = ZipArchive::open(location.path);
  if (!archive)
    return std::move(archive.error());
  std::vector<const ZipEntry *> arrays = arraysIn(*archive);
  std::vector<std::string_view> keys;
  for (const ZipEntry *entry : arrays)
    keys.push_back(keyOf(*entry));
  Result<size_t> found = findKey(*archive, keys, location.key);
  if (!found)
    return std::move(found.error());
  return withNpy<T>(*archive, *arrays[*found], use);
}

// Calls use(file, tensor) with the tensor at `location`.
template <typename T, typename Use> Result<T> withTensor(const Location &location, Use use) {
  Result<SafetensorsFile> file = SafetensorsFile::open(location.path);
  if (!file)
    return std::move(file.error());
  std::vector<std::string_view> keys;
  for (const Tensor &tensor : file->tensors())
    keys.push_back(tensor.name);
  Result<size_t> found = findKey(*file, keys, location.key);
  if (!found)
    return std::move(found.error());
  return use(*file, file->tensors()[*found]);
}

Result<ArrayType> typeOf(ByteSource &, const NpyHeader &header) { return header.type; }

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

void collectLeaves(const Value &value, const std::string &key, std::vector<NamedArray> &leaves) {
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

Status writeNpz(const std::string &path, std::span<const NamedArray> arrays) {
  Result<ZipWriter> archive = ZipWriter::create(path);
  if (!archive)
    return std::move(archive.error());
  for (const auto &[name, array] : arrays) {
    std::string header = npyHeaderText(array->type());
    std::span<const std::byte> parts[] = {std::as_bytes(std::span(header)), bytesOf(*array)};
    if (Status status = archive->add(name + ".npy", parts); !status)
      return status;
  }
  return archive->finish();
}

Status writeArchive(const std::string &path, std::span<const NamedArray> arrays) {
  return locate(path)->format == Format::Npz ? writeNpz(path, arrays) : writeSafetensors(path, arrays);
}

} // namespace

bool namesDataFile(std::string_view text) { return locate(text).has_value(); }

std::string fileOf(std::string_view text) {
  std::optional<Location> location = locate(text);
  return location ? location->path : std::string(text);
}

bool namesArchive(std::string_view text) {
  std::optional<Location> location = locate(text);
  return location && isArchive(location->format) && location->path == text;
}

Result<ArrayType> inspectHeader(const std::string &path) {
  std::optional<Location> location = locate(path);
  if (!location)
    return unknownEnding(path);
  switch (location->format) {
  case Format::Csv:
    return inspectCsv(path);
  case Format::Safetensors:
    return withTensor<ArrayType>(*location, [](auto &file, const Tensor &tensor) { return file.typeOf(tensor); });
  case Format::Npy:
  case Format::Npz:
    break;
  }
  return withNpy<ArrayType>(*location, typeOf);
}

Result<std::vector<ArchiveEntry>> inspectArchive(const std::string &path) {
  std::vector<ArchiveEntry> entries;
  auto add = [&](std::string_view key, Result<ArrayType> type) -> Status {
    if (!type)
      return std::move(type.error());
    entries.push_back({std::string(key), std::move(*type)});
    return {};
  };
  if (locate(path)->format == Format::Safetensors) {
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    if (!file)
      return std::move(file.error());
    for (const Tensor &tensor : file->tensors())
      if (Status status = add(tensor.name, file->typeOf(tensor)); !status)
        return std::move(status.error());
    return entries;
  }
  Result<ZipArchive> archive = ZipArchive::open(path);
  if (!archive)
    return std::move(archive.error());
  for (const ZipEntry *entry : arraysIn(*archive))
    if (Status status = add(keyOf(*entry), withNpy<ArrayType>(*archive, *entry, typeOf)); !status)
      return std::move(status.error());
  return entries;
}

Result<Array> readArray(const std::string &path, const ArrayType &expected, const ReadOptions &options) {
  std::optional<Location> location = locate(path);
  if (!location)
    return unknownEnding(path);
  switch (location->format) {
  case Format::Csv:
    return readCsvAs(path, expected, options.pool);
  case Format::Safetensors:
    return withTensor<Array>(*location, [&](auto &file, const Tensor &tensor) -> Result<Array> {
      if (Result<ArrayType> type = file.typeOf(tensor); type && *type != expected)
        return mismatch(path, *type, expected);
      return file.read(tensor, options);
    });
  case Format::Npy:
  case Format::Npz:
    break;
  }
  return withNpy<Array>(*location, [&](ByteSource &source, const NpyHeader &header) -> Result<Array> {
    if (header.type != expected)
      return mismatch(path, header.type, expected);
    return readNpyData(source, header, options);
  });
}

Status writeArray(const std::string &path, const Array &array) {
  if (path.ends_with(npyEnding))
    return writeNpy(path, array);
  if (NamedArray only{"arr_0", &array}; namesArchive(path))
    return writeArchive(path, std::span(&only, 1));
  return Error{ErrorKind::Unsupported, fmt::format("{}: can write .npy, .npz and .safetensors", path)};
}

Status writeValue(const std::string &path, const Value &value) {
  if (value.isArray())
    return writeArray(path, value.array());
  if (!namesArchive(path))
    return Error{ErrorKind::Unsupported,
                 fmt::format("{}: a struct or tuple goes to an .npz or .safetensors file", path)};
  std::vector<NamedArray> leaves;
  collectLeaves(value, "", leaves);
  return writeArchive(path, leaves);
}

} // namespace ricci::runtime
