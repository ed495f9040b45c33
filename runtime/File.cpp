#include "runtime/File.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ricci::runtime {

namespace {

// The kernel moves at most 2 GiB at a time.
constexpr size_t chunk = size_t(1) << 30;

std::string reason() { return std::strerror(errno); }

} // namespace

Descriptor::~Descriptor() {
  if (number >= 0)
    ::close(number);
}

bool Descriptor::close() { return ::close(std::exchange(number, -1)) == 0; }

Result<File> File::open(const std::string &path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0)
    return Error{ErrorKind::Io, fmt::format("cannot open {}: {}", path, reason())};
  struct stat status;
  if (::fstat(descriptor.get(), &status) != 0)
    return Error{ErrorKind::Io, fmt::format("cannot open {}: {}", path, reason())};
  if (!S_ISREG(status.st_mode))
    return Error{ErrorKind::Io, fmt::format("{} is not a regular file", path)};
  return File(std::move(descriptor), path, status.st_size);
}

Status File::readAt(int64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    ssize_t got = ::pread(descriptor.get(), into.data(), std::min(into.size(), chunk), offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Error{ErrorKind::Io, fmt::format("cannot read {}: {}", name, reason())};
    if (got == 0)
      return fault(fmt::format("ends early, at byte {}", offset));
    into = into.subspan(static_cast<size_t>(got));
    offset += got;
  }
  return {};
}

std::shared_ptr<const std::byte> File::map(int64_t offset, int64_t size) const {
  int64_t before = offset % sysconf(_SC_PAGESIZE);
  size_t length = static_cast<size_t>(size + before);
  // Writable, though none of us writes there, so that an array is like any other to its host.
  void *start =
      mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor.get(), offset - before);
  if (start == MAP_FAILED)
    return nullptr;
  return {static_cast<const std::byte *>(start) + before,
          [start, length](const std::byte *) { munmap(start, length); }};
}

Error File::fault(std::string_view what, ErrorKind kind) const { return {kind, fmt::format("{}: {}", name, what)}; }

namespace {

// A new file in the place of the old one, with its permissions; none where the folder does not allow it.
Descriptor replaced(const std::string &path, const struct stat &old) {
  std::error_code failed;
  std::string target = std::filesystem::canonical(path, failed); // the file, not a link to it
  if (failed || ::unlink(target.c_str()) != 0)
    return Descriptor();
  Descriptor fresh(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fresh.get() >= 0)
    (void)::fchmod(fresh.get(), old.st_mode & 07777);
  return fresh;
}

} // namespace

Result<FileWriter> FileWriter::create(const std::string &path) {
  auto cannot = [&] { return Error{ErrorKind::Io, fmt::format("cannot write {}: {}", path, reason())}; };
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  struct stat status;
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0)
    return cannot();
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    if (Descriptor fresh = replaced(path, status); fresh.get() >= 0)
      descriptor = std::move(fresh);
    else if (::ftruncate(descriptor.get(), 0) != 0)
      return cannot();
  }
  return FileWriter(std::move(descriptor), path);
}

Status FileWriter::replace(const std::string &path, std::string_view text) {
  std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), &std::free);
  struct stat old;
  if (!target || ::stat(target.get(), &old) != 0 || ::access(target.get(), W_OK) != 0)
    return FileWriter(Descriptor(), path).failed();
  if (!S_ISREG(old.st_mode))
    return Error{ErrorKind::Io, fmt::format("{} is not a regular file", path)};
  std::string temporary = std::string(target.get()) + ".XXXXXX";
  FileWriter writer(Descriptor(::mkostemp(temporary.data(), O_CLOEXEC)), path);
  if (writer.descriptor.get() < 0)
    return writer.failed();
  Status status = writer.write(text);
  // Only root may give a file away; what others may write here they may also own.
  [[maybe_unused]] int owned = ::fchown(writer.descriptor.get(), old.st_uid, old.st_gid);
  // On disk before the name points to it: a crash must not leave an empty file.
  if (status && (::fchmod(writer.descriptor.get(), old.st_mode & 07777) != 0 || ::fsync(writer.descriptor.get()) != 0))
    status = writer.failed();
  if (status)
    status = writer.close();
  if (status && ::rename(temporary.c_str(), target.get()) != 0)
    status = writer.failed();
  if (!status)
    ::unlink(temporary.c_str());
  return status;
}

Error FileWriter::failed() const { return {ErrorKind::Io, fmt::format("cannot write {}: {}", name, reason())}; }

Status FileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(descriptor.get(), bytes.data(), std::min(bytes.size(), chunk));
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return failed();
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

Status FileWriter::close() {
  if (!descriptor.close())
    return failed();
  return {};
}

Status FileSource::read(std::span<std::byte> into) {
  Status status = file.readAt(position, into);
  if (status)
    position += static_cast<int64_t>(into.size());
  return status;
}

} // namespace ricci::runtime
