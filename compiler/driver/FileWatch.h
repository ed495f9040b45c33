// Notices that files change. It looks at them again and again, which works on every file system, and however an editor
// saves: over the file, or by putting another one in its place.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace ricci::driver {

class FileWatch {
public:
  // To be called before the file is read, so that no change goes unnoticed; the first call for a file counts.
  void add(const std::string &path);

  // Returns once a file looks different from when it was added, or has come or gone, and all have come to rest.
  void waitForChange() const;

private:
  // Device, inode, size, modification time; zeros if there is no such file.
  using Look = std::tuple<uint64_t, uint64_t, int64_t, int64_t, int64_t>;
  using Looks = std::map<std::string, Look>;
  static Look lookAt(const std::string &path);
  Looks lookAgain() const;

  Looks files;
};

} // namespace ricci::driver
