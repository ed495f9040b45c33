#include "tests/runtime/TestFiles.h"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <zlib.h>

namespace ricci::runtime::test {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ricci-runtime-").string() + std::string(6, 'X');
  folder = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored; // a folder left behind fails no test
  std::filesystem::remove_all(folder, ignored);
}

std::string TemporaryFolder::write(std::string_view name, std::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

std::string readBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

void put(std::string &out, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    out += static_cast<char>(value >> 8 * i);
}

std::string deflated(const std::string &content) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

} // namespace

std::string npyFile(std::string dictionary, std::string_view data, int version, int lengthLie) {
  std::string file = "\x93NUMPY";
  put(file, static_cast<uint64_t>(version), 1);
  put(file, 0, 1);
  put(file, dictionary.size() + static_cast<size_t>(lengthLie), version == 1 ? 2 : 4);
  return file + dictionary + std::string(data);
}

std::string dictionaryOf(std::string_view descr, std::string_view shape, bool fortranOrder) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", descr, fortranOrder ? "True" : "False",
                     shape);
}

std::string npyVector(const std::vector<double> &elements) {
  return npyFile(dictionaryOf("<f8", fmt::format("({},)", elements.size())), bytesOf(elements));
}

std::string zipFile(const std::vector<ZipItem> &items, std::string_view comment) {
  std::string file, directory;
  for (const ZipItem &item : items) {
    std::string data = item.deflate ? deflated(item.content) : item.content;
    uint64_t size = item.statedSize.value_or(item.content.size());
    uint64_t compressed = item.statedCompressedSize.value_or(data.size());
    uint32_t crc =
        item.statedCrc.value_or(crc32_z(0, reinterpret_cast<const Bytef *>(item.content.data()), item.content.size()));
    uint64_t offset = item.statedOffset.value_or(file.size());
    std::string extra;
    if (item.zip64) {
      put(extra, 1, 2);
      put(extra, 24, 2);
      put(extra, size, 8);
      put(extra, compressed, 8);
      put(extra, offset, 8);
      size = compressed = offset = 0xffffffff;
    }
    auto common = [&](std::string &out, size_t nameSize) {
      put(out, 20, 2);
      put(out, item.flags, 2);
      put(out, item.method >= 0 ? item.method : item.deflate ? 8 : 0, 2);
      put(out, 0, 4);
      put(out, crc, 4);
      put(out, compressed, 4);
      put(out, size, 4);
      put(out, nameSize, 2);
      put(out, extra.size(), 2);
    };
    std::string localName = item.localName.value_or(item.name);
    directory += "PK\1\2";
    put(directory, 20, 2);
    common(directory, item.name.size());
    directory.append(10, '\0'); // comment, disk, attributes
    put(directory, offset, 4);
    directory += item.name + extra;
    file += "PK\3\4";
    common(file, localName.size());
    file += localName + extra + data;
  }
  size_t offset = file.size();
  file += directory + "PK\5\6";
  put(file, 0, 4);
  put(file, items.size(), 2);
  put(file, items.size(), 2);
  put(file, directory.size(), 4);
  put(file, offset, 4);
  put(file, comment.size(), 2);
  return file + std::string(comment);
}

std::string safetensorsFile(std::string_view header, std::string_view data, int64_t lengthLie) {
  std::string file;
  put(file, static_cast<uint64_t>(static_cast<int64_t>(header.size()) + lengthLie), 8);
  return file.append(header).append(data);
}

} // namespace ricci::runtime::test
