// Files for the readers' tests, right and wrong ones, made byte by byte.
#pragma once

#include "runtime/Array.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ricci::runtime::test {

// A folder of its own for each test, gone at its end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path(std::string_view name) const { return folder / name; }
  // Writes the file and gives its path.
  std::string write(std::string_view name, std::string_view bytes) const;

private:
  std::filesystem::path folder;
};

std::string readBytes(const std::string &path);

template <typename T> std::string bytesOf(const std::vector<T> &elements) {
  return {reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T)};
}

// A .npy file with this dictionary and these data; `lengthLie` is added to the header's stated length.
std::string npyFile(std::string dictionary, std::string_view data, int version = 1, int lengthLie = 0);
std::string dictionaryOf(std::string_view descr, std::string_view shape, bool fortranOrder = false);
// A vector of doubles.
std::string npyVector(const std::vector<double> &elements);

struct ZipItem {
  std::string name;
  std::string content;
  bool deflate = false;
  // What the headers say instead of the truth.
  std::optional<uint64_t> statedSize = {};
  std::optional<uint64_t> statedCompressedSize = {};
  std::optional<uint32_t> statedCrc = {};
  std::optional<uint32_t> statedOffset = {};
  std::optional<std::string> localName = {};
  int method = -1;
  int flags = 0;
  bool zip64 = false;
};

// Without zip64's end records, with a comment at the end.
std::string zipFile(const std::vector<ZipItem> &items, std::string_view comment = "");

// A .safetensors file; `lengthLie` is added to the header's stated length.
std::string safetensorsFile(std::string_view header, std::string_view data, int64_t lengthLie = 0);

template <typename T> Array arrayOf(Shape shape, const std::vector<T> &elements) {
  Array array = std::move(*Array::create(dtypeOf<T>(), std::move(shape)));
  std::copy(elements.begin(), elements.end(), array.as<T>().begin());
  return array;
}

template <typename T> std::vector<T> elementsOf(const Array &array) {
  return {array.as<T>().begin(), array.as<T>().end()};
}

} // namespace ricci::runtime::test
