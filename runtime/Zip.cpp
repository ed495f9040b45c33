#include "runtime/Zip.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

namespace ricci::runtime {

namespace {

// The bytes of one entry. Compressed or not, both its length and its checksum are held against the directory.
class EntrySource final : public ByteSource {
public:
  EntrySource(const File &file, const ZipEntry &entry, int64_t dataOffset)
      : file(file), entry(entry), position(dataOffset), end(dataOffset + entry.compressedSize) {}
  ~EntrySource() override {
    if (inflating)
      inflateEnd(&stream);
  }
  EntrySource(const EntrySource &) = delete;
  EntrySource &operator=(const EntrySource &) = delete;

  Status read(std::span<std::byte> into) override {
    Status status = entry.deflated ? inflateInto(into) : copyInto(into);
    if (!status)
      return status;
    checksum = static_cast<uint32_t>(crc32_z(checksum, reinterpret_cast<Bytef *>(into.data()), into.size()));
    produced += static_cast<int64_t>(into.size());
    return remaining() == 0 ? finish() : Status();
  }
  int64_t remaining() const override { return entry.size - produced; }
  std::shared_ptr<const std::byte> map() const override {
    return entry.deflated ? nullptr : file.map(position, remaining());
  }
  Error fault(std::string_view what, ErrorKind kind) const override {
    return file.fault(fmt::format("entry {:?}: {}", entry.name, what), kind);
  }

private:
  Error damaged(std::string_view what) const { return fault(what, ErrorKind::Format); }

  Status copyInto(std::span<std::byte> into) {
    Status status = file.readAt(position, into);
    position += static_cast<int64_t>(into.size());
    return status;
  }

  Status refill() {
    size_t size = static_cast<size_t>(std::min<int64_t>(end - position, buffer.size()));
    if (size == 0)
      return damaged("the compressed data end early");
    if (Status status = file.readAt(position, std::span(buffer).first(size)); !status)
      return status;
    position += static_cast<int64_t>(size);
    stream.next_in = reinterpret_cast<Bytef *>(buffer.data());
    stream.avail_in = static_cast<uInt>(size);
    return {};
  }

  Status inflateInto(std::span<std::byte> into) {
    if (!inflating) {
      if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // negative: no zlib header
        return fault("zlib has no memory left", ErrorKind::Memory);
      inflating = true;
    }
    while (!into.empty()) {
      if (stream.avail_in == 0)
        if (Status status = refill(); !status)
          return status;
      size_t room = std::min<size_t>(into.size(), size_t(1) << 30);
      stream.next_out = reinterpret_cast<Bytef *>(into.data());
      stream.avail_out = static_cast<uInt>(room);
      int code = inflate(&stream, Z_NO_FLUSH);
      into = into.subspan(room - stream.avail_out);
      if (code == Z_STREAM_END) {
        ended = true;
        if (!into.empty())
          return damaged("the compressed data are shorter than declared");
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return damaged("the compressed data are damaged");
      }
    }
    return {};
  }

  // All bytes are out: now the stream must be at its end too.
  Status finish() {
    if (entry.deflated) {
      std::byte extra;
      while (!ended) {
        if (stream.avail_in == 0)
          if (Status status = refill(); !status)
            return status;
        stream.next_out = reinterpret_cast<Bytef *>(&extra);
        stream.avail_out = 1;
        int code = inflate(&stream, Z_NO_FLUSH);
        if (stream.avail_out == 0)
          return damaged("the compressed data are longer than declared");
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
          return damaged("the compressed data are damaged");
        ended = code == Z_STREAM_END;
      }
      if (stream.avail_in != 0 || position != end)
        return damaged("bytes follow the compressed data");
    }
    return checksum == entry.crc ? Status() : damaged("the checksum does not match: the data are damaged");
  }

  const File &file;
  const ZipEntry &entry;
  int64_t position; // of the next byte to take from the file
  int64_t end;
  int64_t produced = 0;
  uint32_t checksum = 0;
  bool inflating = false;
  bool ended = false;
  z_stream stream{};
  std::array<std::byte, 1 << 16> buffer;
};

constexpr size_t dataAlignment = 64;

void put(std::string &out, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    out += static_cast<char>(value >> 8 * i);
}

// What local header and directory say alike, from the version on. Sizes always stand in a zip64 field: one way for
// small and large entries.
void putCommon(std::string &out, uint32_t crc, size_t nameSize, size_t extraSize) {
  put(out, 45, 2);         // zip64
  put(out, 1 << 11, 2);    // names are UTF-8
  put(out, 0, 2);          // stored
  put(out, 0, 2);          // the time of day: archives of equal contents are equal
  put(out, 1 << 5 | 1, 2); // the first of January 1980
  put(out, crc, 4);
  put(out, 0xffffffff, 4);
  put(out, 0xffffffff, 4);
  put(out, nameSize, 2);
  put(out, extraSize, 2);
}

} // namespace

Result<std::unique_ptr<ByteSource>> ZipArchive::read(const ZipEntry &entry) const {
  std::array<std::byte, 30> header;
  if (Status status = file.readAt(entry.headerOffset, header); !status)
    return std::move(status.error());
  auto u16 = [&](size_t at) { return static_cast<int>(header[at]) | static_cast<int>(header[at + 1]) << 8; };
  constexpr std::string_view signature = "PK\3\4";
  std::string name(static_cast<size_t>(u16(26)), '\0');
  bool good = std::equal(signature.begin(), signature.end(), reinterpret_cast<char *>(header.data()));
  if (good) {
    Status status = file.readAt(entry.headerOffset + 30, std::as_writable_bytes(std::span(name)));
    if (!status)
      return std::move(status.error());
  }
  int64_t dataOffset = entry.headerOffset + 30 + u16(26) + u16(28);
  if (!good || name != entry.name || dataOffset > file.size() - entry.compressedSize)
    return fault(fmt::format("entry {:?} is damaged: its header disagrees with the directory", entry.name));
  return std::unique_ptr<ByteSource>(new EntrySource(file, entry, dataOffset));
}

Result<ZipWriter> ZipWriter::create(const std::string &path) {
  Result<FileWriter> file = FileWriter::create(path);
  if (!file)
    return std::move(file.error());
  return ZipWriter(std::move(*file));
}

Status ZipWriter::add(std::string_view name, std::span<const std::span<const std::byte>> parts) {
  uint64_t size = 0;
  uLong crc = 0;
  for (std::span<const std::byte> part : parts) {
    size += part.size();
    crc = crc32_z(crc, reinterpret_cast<const Bytef *>(part.data()), part.size());
  }
  // A second extra field moves the data to where they can be mapped.
  constexpr size_t signatureAndCommon = 30, zip64Field = 20, fieldHeader = 6;
  size_t unaligned = offset + signatureAndCommon + name.size() + zip64Field + fieldHeader;
  size_t padding = (dataAlignment - unaligned % dataAlignment) % dataAlignment;
  std::string header = "PK\3\4";
  putCommon(header, static_cast<uint32_t>(crc), name.size(), zip64Field + fieldHeader + padding);
  header += name;
  put(header, 1, 2);
  put(header, 16, 2);
  put(header, size, 8);
  put(header, size, 8);
  put(header, 0xd935, 2); // as Android's zipalign does: the alignment, then zeros
  put(header, 2 + padding, 2);
  put(header, dataAlignment, 2);
  header.append(padding, '\0');

  directory += "PK\1\2";
  put(directory, 3 << 8 | 45, 2); // made on Unix
  putCommon(directory, static_cast<uint32_t>(crc), name.size(), 28);
  put(directory, 0, 2);                       // no comment
  put(directory, 0, 2);                       // first disk
  put(directory, 0, 2);                       // binary
  put(directory, uint64_t(0100644) << 16, 4); // rw-r--r--
  put(directory, 0xffffffff, 4);
  directory += name;
  put(directory, 1, 2);
  put(directory, 24, 2);
  put(directory, size, 8);
  put(directory, size, 8);
  put(directory, offset, 8);

  ++entryCount;
  offset += header.size() + size;
  if (Status status = file.write(header); !status)
    return status;
  for (std::span<const std::byte> part : parts)
    if (Status status = file.write(part); !status)
      return status;
  return {};
}

Status ZipWriter::finish() {
  std::string tail = std::move(directory);
  uint64_t size = tail.size();
  tail += "PK\6\6";
  put(tail, 44, 8); // of the rest of this record
  put(tail, 3 << 8 | 45, 2);
  put(tail, 45, 2);
  put(tail, 0, 4);
  put(tail, 0, 4);
  put(tail, entryCount, 8);
  put(tail, entryCount, 8);
  put(tail, size, 8);
  put(tail, offset, 8);
  tail += "PK\6\7";
  put(tail, 0, 4);
  put(tail, offset + size, 8);
  put(tail, 1, 4);
  tail += "PK\5\6";
  put(tail, 0, 4);
  put(tail, 0xffff, 2);
  put(tail, 0xffff, 2);
  put(tail, 0xffffffff, 4);
  put(tail, 0xffffffff, 4);
  put(tail, 0, 2);
  if (Status status = file.write(tail); !status)
    return status;
  return file.close();
}

} // namespace ricci::runtime
