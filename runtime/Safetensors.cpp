#include "runtime/Safetensors.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ricci::runtime {

namespace {

constexpr int64_t lengthSize = 8;
// The format's own limit.
constexpr uint64_t longestHeader = 100'000'000;

struct ElementName {
  std::string_view name;
  DType dtype;
};

constexpr ElementName elementNames[] = {
    {"BOOL", DType::Bool}, {"I32", DType::I32}, {"I64", DType::I64}, {"F32", DType::F32}, {"F64", DType::F64},
};

std::string_view nameOfElement(DType dtype) {
  return std::ranges::find(elementNames, dtype, &ElementName::dtype)->name;
}

} // namespace

std::optional<DType> dtypeOfSafetensors(std::string_view name) {
  auto found = std::ranges::find(elementNames, name, &ElementName::name);
  return found == std::end(elementNames) ? std::nullopt : std::optional(found->dtype);
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  Result<File> file = File::open(path);
  if (!file)
    return std::move(file.error());
  if (file->size() < lengthSize)
    return file->fault("too short for a safetensors file");
  unsigned char lengthBytes[lengthSize];
  if (Status status = file->readAt(0, std::as_writable_bytes(std::span(lengthBytes))); !status)
    return std::move(status.error());
  uint64_t length = 0;
  for (size_t i = lengthSize; i-- > 0;)
    length = length << 8 | lengthBytes[i];
  if (length > longestHeader)
    return file->fault(
        fmt::format("bad safetensors header: {} bytes long; the format allows {}", length, longestHeader));
  int64_t dataOffset = lengthSize + static_cast<int64_t>(length);
  if (dataOffset > file->size())
    return file->fault("ends within the safetensors header");
  std::string text(length, '\0');
  if (Status status = file->readAt(lengthSize, std::as_writable_bytes(std::span(text))); !status)
    return std::move(status.error());
  Result<std::vector<Tensor>> tensors = parseSafetensorsHeader(text, file->size() - dataOffset, *file);
  if (!tensors)
    return std::move(tensors.error());
  return SafetensorsFile(std::move(*file), std::move(*tensors), dataOffset);
}

Result<ArrayType> SafetensorsFile::typeOf(const Tensor &tensor) const {
  if (std::optional<DType> dtype = dtypeOfSafetensors(tensor.dtypeName))
    return ArrayType{*dtype, tensor.shape};
  return fault(
      fmt::format("tensor {:?} holds {}; BOOL, I32, I64, F32 and F64 can be read", tensor.name, tensor.dtypeName),
      ErrorKind::Unsupported);
}

Result<Array> SafetensorsFile::read(const Tensor &tensor, const ReadOptions &options) const {
  Result<ArrayType> type = typeOf(tensor);
  if (!type)
    return std::move(type.error());
  FileSource source(file, dataOffset + tensor.begin, tensor.end - tensor.begin);
  return readElements(source, *type, options);
}

Status writeSafetensors(const std::string &path, std::span<const NamedArray> arrays) {
  std::vector<NamedArray> ordered;
  for (int64_t width : {8, 4, 1})
    std::ranges::copy_if(arrays, std::back_inserter(ordered),
                         [&](const NamedArray &one) { return byteSize(one.array->dtype()) == width; });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  int64_t offset = 0;
  for (const auto &[name, array] : ordered) {
    if (name == safetensorsMetadata)
      return Error{ErrorKind::Unsupported, fmt::format("{}: no array can have the name {}", path, name)};
    int64_t end = offset + array->bytes();
    header[name] = {
        {"dtype", nameOfElement(array->dtype())}, {"shape", array->shape()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((64 - (lengthSize + text.size()) % 64) % 64, ' '); // the data start aligned, as in .npy
  std::string length;
  for (int i = 0; i < lengthSize; ++i)
    length += static_cast<char>(text.size() >> 8 * i);

  Result<FileWriter> file = FileWriter::create(path);
  if (!file)
    return std::move(file.error());
  if (Status status = file->write(length + text); !status)
    return status;
  for (const NamedArray &one : ordered)
    if (Status status = file->write(bytesOf(*one.array)); !status)
      return status;
  return file->close();
}

} // namespace ricci::runtime
