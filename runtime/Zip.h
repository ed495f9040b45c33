// Zip archives as .npz uses them: stored or deflated entries, zip64. The central directory is checked as a whole before
// any entry is read: sizes within the file, no entry over another, none declared larger than deflate can expand.
#pragma once

#include "runtime/File.h"

#include <memory>
#include <vector>

namespace ricci::runtime {

struct ZipEntry {
  std::string name;
  bool deflated = false;
  uint32_t crc = 0;
  int64_t compressedSize = 0;
  int64_t size = 0;
  int64_t headerOffset = 0;
};

class ZipArchive {
public:
  static Result<ZipArchive> open(const std::string &path);

  const std::vector<ZipEntry> &entries() const { return directory; }
  // The entry's bytes, decompressed as they are read; the checksum is verified when the last one is.
  // The archive must outlive the source.
  Result<std::unique_ptr<ByteSource>> read(const ZipEntry &entry) const;
  Error fault(std::string_view what, ErrorKind kind = ErrorKind::Format) const { return file.fault(what, kind); }

private:
  ZipArchive(File file, std::vector<ZipEntry> directory) : file(std::move(file)), directory(std::move(directory)) {}

  File file;
  std::vector<ZipEntry> directory;
};

// Writes an archive of stored entries, each at a multiple of 64 bytes.
class ZipWriter {
public:
  static Result<ZipWriter> create(const std::string &path);

  // One entry, whose bytes are those of `parts` in turn.
  Status add(std::string_view name, std::span<const std::span<const std::byte>> parts);
  // The directory; without it there is no archive.
  Status finish();

private:
  explicit ZipWriter(FileWriter file) : file(std::move(file)) {}

  FileWriter file;
  std::string directory;
  uint64_t entryCount = 0;
  uint64_t offset = 0;
};

} // namespace ricci::runtime
