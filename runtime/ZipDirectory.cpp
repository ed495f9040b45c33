// Opening an archive: PKWARE's APPNOTE 6.3, sections 4.3.12 (central directory) to 4.3.16 (its end record) and
// 4.5.3 (zip64).

#include "runtime/Zip.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace ricci::runtime {

namespace {

constexpr int64_t endRecordSize = 22, locatorSize = 20, endRecord64Size = 56, entrySize = 46, localHeaderSize = 30;
constexpr uint64_t largestDirectory = uint64_t(64) << 20;
// A match of 258 bytes costs deflate at least two bits.
constexpr int64_t mostExpansion = 1032;

// Little endian numbers at byte positions, within bounds that the caller has checked.
class Fields {
public:
  explicit Fields(std::span<const std::byte> bytes) : bytes(bytes) {}
  uint64_t number(size_t at, size_t width) const {
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;)
      value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  }
  uint16_t u16(size_t at) const { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(size_t at) const { return static_cast<uint32_t>(number(at, 4)); }
  uint64_t u64(size_t at) const { return number(at, 8); }
  bool starts(std::string_view signature, size_t at = 0) const {
    return std::equal(signature.begin(), signature.end(), reinterpret_cast<const char *>(bytes.data()) + at);
  }
  std::string_view text(size_t at, size_t size) const {
    return {reinterpret_cast<const char *>(bytes.data()) + at, size};
  }

private:
  std::span<const std::byte> bytes;
};

Result<std::vector<std::byte>> bytesAt(const File &file, int64_t offset, int64_t size) {
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  if (Status status = file.readAt(offset, bytes); !status)
    return std::move(status.error());
  return bytes;
}

struct Extent {
  uint64_t offset;
  uint64_t size;
  uint64_t entries;
};

// Where the central directory is; it lies wholly within the file.
Result<Extent> locateDirectory(const File &file) {
  int64_t tailSize = std::min(file.size(), endRecordSize + 0xffff);
  Result<std::vector<std::byte>> tail = bytesAt(file, file.size() - tailSize, tailSize);
  if (!tail)
    return std::move(tail.error());
  Fields fields(*tail);
  int64_t at = tailSize - endRecordSize;
  // A comment may follow; the record that accounts for the rest of the file is the right one.
  while (at >= 0 && !(fields.starts("PK\5\6", at) && at + endRecordSize + fields.u16(at + 20) == tailSize))
    --at;
  if (at < 0)
    return file.fault("is not a .npz file: it has no zip directory");
  int64_t recordOffset = file.size() - tailSize + at;
  Extent extent{fields.u32(at + 16), fields.u32(at + 12), fields.u16(at + 10)};
  if (fields.u16(at + 4) != fields.u16(at + 6))
    return file.fault("archives in several parts cannot be read", ErrorKind::Unsupported);

  if (recordOffset >= locatorSize) {
    Result<std::vector<std::byte>> locator = bytesAt(file, recordOffset - locatorSize, locatorSize);
    if (!locator)
      return std::move(locator.error());
    if (Fields where(*locator); where.starts("PK\6\7")) {
      uint64_t offset64 = where.u64(8);
      if (offset64 > static_cast<uint64_t>(recordOffset) ||
          static_cast<uint64_t>(recordOffset) - offset64 < locatorSize + endRecord64Size)
        return file.fault("bad zip64 directory: it lies outside the file");
      Result<std::vector<std::byte>> record = bytesAt(file, static_cast<int64_t>(offset64), endRecord64Size);
      if (!record)
        return std::move(record.error());
      Fields fields64(*record);
      if (!fields64.starts("PK\6\6"))
        return file.fault("bad zip64 directory: its signature is missing");
      extent = {fields64.u64(48), fields64.u64(40), fields64.u64(32)};
      recordOffset = static_cast<int64_t>(offset64);
    }
  }
  uint64_t end = static_cast<uint64_t>(recordOffset);
  if (extent.offset > end || extent.size > end - extent.offset)
    return file.fault("bad zip directory: it lies outside the file");
  if (extent.size > largestDirectory)
    return file.fault(
        fmt::format("the zip directory takes {} bytes; at most {} can be read", extent.size, largestDirectory),
        ErrorKind::Unsupported);
  if (extent.entries > extent.size / entrySize)
    return file.fault(fmt::format("bad zip directory: {} entries in {} bytes", extent.entries, extent.size));
  return extent;
}

// Sizes too large for their 32-bit fields stand in an extra field, in this order, only those.
bool readZip64(Fields extra, size_t extraSize, uint64_t &size, uint64_t &compressed, uint64_t &offset) {
  for (size_t at = 0; at + 4 <= extraSize;) {
    size_t id = extra.u16(at), length = extra.u16(at + 2);
    at += 4;
    if (length > extraSize - at)
      return false;
    if (id == 1) {
      size_t end = at + length;
      for (uint64_t *value : {&size, &compressed, &offset}) {
        if (*value != 0xffffffff)
          continue;
        if (end - at < 8)
          return false;
        *value = extra.u64(at);
        at += 8;
      }
      return true;
    }
    at += length;
  }
  return size != 0xffffffff && compressed != 0xffffffff && offset != 0xffffffff;
}

Result<std::vector<ZipEntry>> readDirectory(const File &file, const Extent &extent) {
  Result<std::vector<std::byte>> bytes =
      bytesAt(file, static_cast<int64_t>(extent.offset), static_cast<int64_t>(extent.size));
  if (!bytes)
    return std::move(bytes.error());
  Fields fields(*bytes);
  std::vector<ZipEntry> entries;
  std::set<std::string_view> names;
  size_t at = 0;
  for (uint64_t i = 0; i < extent.entries; ++i) {
    if (bytes->size() - at < entrySize || !fields.starts("PK\1\2", at))
      return file.fault(fmt::format("bad zip directory: entry {} is damaged", i));
    size_t nameSize = fields.u16(at + 28), extraSize = fields.u16(at + 30), commentSize = fields.u16(at + 32);
    if (bytes->size() - at - entrySize < nameSize + extraSize + commentSize)
      return file.fault(fmt::format("bad zip directory: entry {} is cut short", i));
    std::string_view name = fields.text(at + entrySize, nameSize);
    uint64_t size = fields.u32(at + 24), compressed = fields.u32(at + 20), offset = fields.u32(at + 42);
    Fields extra(std::span(*bytes).subspan(at + entrySize + nameSize, extraSize));
    auto fault = [&](std::string_view what, ErrorKind kind = ErrorKind::Format) {
      return file.fault(fmt::format("entry {:?} {}", name, what), kind);
    };
    if (!names.insert(name).second)
      return fault("stands twice in the archive");
    if (!readZip64(extra, extraSize, size, compressed, offset))
      return fault("has a bad zip64 field");
    if (fields.u16(at + 8) & 1)
      return fault("is encrypted", ErrorKind::Unsupported);
    int method = fields.u16(at + 10);
    if (method != 0 && method != 8)
      return fault(fmt::format("is compressed by method {}; stored and deflated ones can be read", method),
                   ErrorKind::Unsupported);
    if (offset > extent.offset || extent.offset - offset < localHeaderSize + nameSize ||
        compressed > extent.offset - offset - localHeaderSize - nameSize)
      return fault("lies outside the file");
    if (method == 0 ? size != compressed : size / mostExpansion > compressed)
      return fault(fmt::format("cannot hold {} bytes in {}", size, compressed));
    entries.push_back({std::string(name), method == 8, fields.u32(at + 16), static_cast<int64_t>(compressed),
                       static_cast<int64_t>(size), static_cast<int64_t>(offset)});
    at += entrySize + nameSize + extraSize + commentSize;
  }
  return entries;
}

// Entries over one another make a small file expand without bound.
const ZipEntry *firstOverlap(const std::vector<ZipEntry> &entries) {
  std::vector<const ZipEntry *> order;
  for (const ZipEntry &entry : entries)
    order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const ZipEntry *a, const ZipEntry *b) { return a->headerOffset < b->headerOffset; });
  for (size_t i = 1; i < order.size(); ++i) {
    const ZipEntry &before = *order[i - 1];
    int64_t occupied = localHeaderSize + static_cast<int64_t>(before.name.size()) + before.compressedSize;
    if (order[i]->headerOffset - before.headerOffset < occupied)
      return order[i];
  }
  return nullptr;
}

} // namespace

Result<ZipArchive> ZipArchive::open(const std::string &path) {
  Result<File> file = File::open(path);
  if (!file)
    return std::move(file.error());
  Result<Extent> extent = locateDirectory(*file);
  if (!extent)
    return std::move(extent.error());
  Result<std::vector<ZipEntry>> entries = readDirectory(*file, *extent);
  if (!entries)
    return std::move(entries.error());
  if (const ZipEntry *overlap = firstOverlap(*entries))
    return file->fault(fmt::format("entry {:?} overlaps another", overlap->name));
  return ZipArchive(std::move(*file), std::move(*entries));
}

} // namespace ricci::runtime
