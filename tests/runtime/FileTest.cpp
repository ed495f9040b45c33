#include "runtime/File.h"

#include "TestFiles.h"

#include <gtest/gtest.h>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using namespace ricci::runtime;

namespace {

mode_t modeOf(const std::string &path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST(ReplacedFile, KeepsItsPermissions) {
  test::TemporaryFolder folder;
  std::string path = folder.write("f", "a longer text than the next");
  for (mode_t mode : {0600u, 0644u, 0751u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    ASSERT_TRUE(FileWriter::replace(path, "text"));
    EXPECT_EQ(test::readBytes(path), "text");
    EXPECT_EQ(modeOf(path), mode);
  }
  ASSERT_TRUE(FileWriter::replace(path, ""));
  EXPECT_EQ(test::readBytes(path), "");
}

TEST(ReplacedFile, LeavesNothingBeside) {
  test::TemporaryFolder folder;
  std::string path = folder.write("f", "old");
  ASSERT_TRUE(FileWriter::replace(path, "new"));
  auto entries = std::filesystem::directory_iterator(folder.path(""));
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(ReplacedFile, IsWhatALinkPointsTo) {
  test::TemporaryFolder folder;
  std::string path = folder.write("f", "old"), link = folder.path("link");
  ASSERT_EQ(::symlink("f", link.c_str()), 0);
  ASSERT_TRUE(FileWriter::replace(link, "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(test::readBytes(path), "new");
}

TEST(ReplacedFile, HasToBeAFile) {
  test::TemporaryFolder folder;
  Status missing = FileWriter::replace(folder.path("none"), "new");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("none: No such file"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.path("none")));
  EXPECT_FALSE(FileWriter::replace(folder.path(""), "new"));
  std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(FileWriter::replace(pipe, "new"));
}

TEST(ReplacedFile, HasToBeOneThatMayBeWritten) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write everything";
  test::TemporaryFolder folder;
  std::string path = folder.write("f", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  EXPECT_FALSE(FileWriter::replace(path, "new"));
  EXPECT_EQ(test::readBytes(path), "old");
}

} // namespace
