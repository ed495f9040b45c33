// Regular files, read by position and written in order, and the stream of bytes that a format's reader sees.
// Every error names the file.
#pragma once

#include "runtime/Result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ricci::runtime {

// Owns a file descriptor.
class Descriptor {
public:
  explicit Descriptor(int number = -1) : number(number) {}
  Descriptor(Descriptor &&other) noexcept : number(std::exchange(other.number, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(number, other.number);
    return *this;
  }
  ~Descriptor();
  int get() const { return number; }
  // Closes now; false with errno set if the system reports that written data are lost.
  bool close();

private:
  int number;
};

class File {
public:
  // Anything but a regular file is refused: a pipe can be read only once, and may never end.
  static Result<File> open(const std::string &path);

  const std::string &path() const { return name; }
  int64_t size() const { return length; }
  // Reads exactly into.size() bytes.
  Status readAt(int64_t offset, std::span<std::byte> into) const;
  // The bytes as memory that the system fills when it is touched; what is written there stays there. Null if the system
  // refuses. Touching what another process has cut off since is SIGBUS, which nobody can prevent.
  std::shared_ptr<const std::byte> map(int64_t offset, int64_t size) const;
  // An error about this file's contents.
  Error fault(std::string_view what, ErrorKind kind = ErrorKind::Format) const;

private:
  File(Descriptor descriptor, std::string name, int64_t length)
      : descriptor(std::move(descriptor)), name(std::move(name)), length(length) {}

  Descriptor descriptor;
  std::string name;
  int64_t length;
};

class FileWriter {
public:
  // Creates the file. One that is there is replaced rather than emptied, wherever the folder allows it: who has it open
  // or mapped keeps what it was.
  static Result<FileWriter> create(const std::string &path);
  // Gives an existing regular file other contents, or leaves it as it is: they are written beside it and then take its
  // place, with its permissions. A link stays one.
  static Status replace(const std::string &path, std::string_view text);

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // Without it a full disk may go unnoticed.
  Status close();

private:
  FileWriter(Descriptor descriptor, std::string name) : descriptor(std::move(descriptor)), name(std::move(name)) {}
  Error failed() const;

  Descriptor descriptor;
  std::string name;
};

// Bytes in order, of known number.
class ByteSource {
public:
  virtual ~ByteSource() = default;
  // Reads exactly into.size() bytes, or fails; `remaining` tells how many there are.
  virtual Status read(std::span<std::byte> into) = 0;
  virtual int64_t remaining() const = 0;
  // The remaining bytes as memory, see File::map; null where they do not lie in a file as they are.
  virtual std::shared_ptr<const std::byte> map() const { return nullptr; }
  // An error about these bytes, naming where they come from.
  virtual Error fault(std::string_view what, ErrorKind kind = ErrorKind::Format) const = 0;
};

// A file's bytes, or `size` of them from `offset` on, which lie within it. The file outlives the source.
class FileSource final : public ByteSource {
public:
  explicit FileSource(const File &file) : FileSource(file, 0, file.size()) {}
  FileSource(const File &file, int64_t offset, int64_t size) : file(file), position(offset), end(offset + size) {}
  Status read(std::span<std::byte> into) override;
  int64_t remaining() const override { return end - position; }
  std::shared_ptr<const std::byte> map() const override { return file.map(position, remaining()); }
  Error fault(std::string_view what, ErrorKind kind) const override { return file.fault(what, kind); }

private:
  const File &file;
  int64_t position;
  int64_t end;
};

} // namespace ricci::runtime
