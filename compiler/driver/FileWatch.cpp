#include "compiler/driver/FileWatch.h"

#include <chrono>
#include <sys/stat.h>
#include <thread>

namespace ricci::driver {

// Short enough to seem immediate, long enough to cost nothing and to let an editor finish.
static constexpr std::chrono::milliseconds interval(100);

FileWatch::Look FileWatch::lookAt(const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void FileWatch::add(const std::string &path) {
  if (!files.contains(path))
    files.emplace(path, lookAt(path));
}

FileWatch::Looks FileWatch::lookAgain() const {
  std::this_thread::sleep_for(interval);
  Looks now;
  for (const auto &[path, look] : files)
    now.emplace(path, lookAt(path));
  return now;
}

void FileWatch::waitForChange() const {
  Looks now = lookAgain();
  while (now == files)
    now = lookAgain();
  for (Looks last; now != last;) {
    last = std::move(now);
    now = lookAgain();
  }
}

} // namespace ricci::driver
