// Arrays mapped from their files instead of read.

#include "runtime/DataFile.h"
#include "runtime/Npy.h"
#include "tests/runtime/TestFiles.h"

#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

const std::vector<double> six{0, 1, 2, 3, 4, 5};
const ArrayType matrix{DType::F64, {2, 3}};

class MappingTest : public testing::Test {
protected:
  Result<Array> read(const std::string &path, const ArrayType &type, int64_t mapFrom = 1) {
    return readArray(path, type, {.pool = pool, .mapFrom = mapFrom});
  }
  // Whether the array at the path, which holds `six`, takes no memory of the pool's.
  testing::AssertionResult maps(const std::string &path, int64_t mapFrom = 1) {
    Result<Array> array = read(path, matrix, mapFrom);
    if (!array)
      return testing::AssertionFailure() << array.error().message;
    if (elementsOf<double>(*array) != six)
      return testing::AssertionFailure() << path << " holds other elements";
    return pool->liveBytes() == 0 ? testing::AssertionSuccess() << path << " is mapped"
                                  : testing::AssertionFailure() << path << " is read";
  }

  // A .npy of zeros that takes no space on the disk.
  std::string sparse(int64_t rows, int64_t columns) {
    std::string path = folder.write("sparse.npy", npyHeaderText({DType::F64, {rows, columns}}));
    off_t header = static_cast<off_t>(std::filesystem::file_size(path));
    EXPECT_EQ(truncate(path.c_str(), header + rows * columns * 8), 0);
    return path;
  }

  TemporaryFolder folder;
  std::shared_ptr<MemoryPool> pool = std::make_shared<MemoryPool>(1 << 20);
};

int64_t residentBytes() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST_F(MappingTest, MapsWhatLiesAsItIsUsed) {
  Array array = arrayOf<double>({2, 3}, six);
  for (const char *name : {"x.npy", "x.npz", "x.safetensors"}) {
    ASSERT_TRUE(writeArray(folder.path(name), array));
    EXPECT_TRUE(maps(folder.path(name)));
    EXPECT_TRUE(maps(folder.path(name), 48));
    EXPECT_FALSE(maps(folder.path(name), 49)) << "smaller arrays are read";
    EXPECT_FALSE(maps(folder.path(name), ReadOptions::neverMap));
  }
  // Behind other arrays of any size and type.
  Aggregate parts{"P", {}};
  parts.fields.push_back({"flags", arrayOf<bool>({3}, {true, false, true})});
  parts.fields.push_back({"x", arrayOf<double>({2, 3}, six)});
  parts.fields.push_back({"f", arrayOf<float>({1}, {1.5f})});
  parts.fields.push_back({"y", arrayOf<double>({2, 3}, six)});
  Value value(std::move(parts));
  for (const char *name : {"p.npz", "p.safetensors"}) {
    ASSERT_TRUE(writeValue(folder.path(name), value));
    for (const char *key : {":x", ":y"})
      EXPECT_TRUE(maps(folder.path(name) + key));
    EXPECT_EQ(elementsOf<float>(*read(folder.path(name) + ":f", {DType::F32, {1}})), std::vector<float>{1.5f});
    EXPECT_EQ(pool->peakBytes(), 64) << "only what was read before is accounted for";
  }
}

TEST_F(MappingTest, ReadsWhatDoesNot) {
  std::string shape = "(2, 3)", data = bytesOf(six);
  std::string big = data;
  for (size_t i = 0; i < big.size(); i += 8)
    std::reverse(big.begin() + i, big.begin() + i + 8);
  EXPECT_FALSE(maps(folder.write("big.npy", npyFile(dictionaryOf(">f8", shape), big))));
  std::string columns = bytesOf(std::vector<double>{0, 3, 1, 4, 2, 5});
  EXPECT_FALSE(maps(folder.write("fortran.npy", npyFile(dictionaryOf("<f8", shape, true), columns))));
  for (const char *padding : {"", " ", "  ", "   "}) {
    std::string text = npyFile(dictionaryOf("<f8", shape) + padding, data);
    std::string path = folder.write("odd.npy", text);
    EXPECT_EQ(static_cast<bool>(maps(path)), (text.size() - data.size()) % 8 == 0);
    std::string header = R"({"x":{"dtype":"F64","shape":[2,3],"data_offsets":[0,48]}})" + std::string(padding);
    path = folder.write("odd.safetensors", safetensorsFile(header, data));
    EXPECT_EQ(static_cast<bool>(maps(path)), header.size() % 8 == 0);
  }
  std::string npy = npyFile(dictionaryOf("<f8", shape), data);
  EXPECT_FALSE(maps(folder.write("deflated.npz", zipFile({{"x.npy", npy, true}}))));
  std::string flags = folder.write("flags.npy", npyFile(dictionaryOf("|b1", "(3,)"), std::string("\0\1\7", 3)));
  Result<Array> booleans = read(flags, {DType::Bool, {3}});
  ASSERT_TRUE(booleans);
  EXPECT_EQ(static_cast<uint8_t *>(booleans->data())[2], 1);
  EXPECT_TRUE(read(folder.write("none.npy", npyFile(dictionaryOf("<f8", "(0, 3)"), "")), {DType::F64, {0, 3}}));
}

TEST_F(MappingTest, BelievesAMappedFileInNothingElse) {
  std::string path = folder.path("x.npy");
  ASSERT_TRUE(writeArray(path, arrayOf<double>({2, 3}, six)));
  ASSERT_EQ(truncate(path.c_str(), 128 + 40), 0);
  EXPECT_EQ(read(path, matrix).error().kind, ErrorKind::Format);
  ASSERT_EQ(truncate(path.c_str(), 128 + 56), 0);
  EXPECT_EQ(read(path, matrix).error().kind, ErrorKind::Format);
}

TEST_F(MappingTest, CostsNoMemoryUntilItIsTouched) {
  constexpr int64_t rows = 1 << 20, columns = 1 << 12; // 32 GiB
  std::string path = sparse(rows, columns);
  int64_t before = residentBytes();
  Result<Array> array = read(path, {DType::F64, {rows, columns}});
  ASSERT_TRUE(array) << array.error().message;
  std::span<const double> elements = std::as_const(*array).as<double>();
  double sum = 0;
  for (int64_t row = 0; row < rows; row += rows / 16)
    sum += elements[row * columns];
  EXPECT_EQ(sum + elements.back(), 0);
  EXPECT_EQ(pool->peakBytes(), 0);
  EXPECT_LT(residentBytes() - before, int64_t(16) << 20);
}

TEST_F(MappingTest, IsTheHostsOwn) {
  std::string path = folder.path("x.npy");
  ASSERT_TRUE(writeArray(path, arrayOf<double>({2, 3}, six)));
  std::string bytes = readBytes(path);
  Result<Array> array = read(path, matrix);
  ASSERT_TRUE(array);
  array->as<double>()[0] = 7;
  EXPECT_EQ(readBytes(path), bytes) << "writing to the array does not reach the file";
  Array moved = std::move(*array);
  EXPECT_EQ(moved.as<double>()[0], 7);
  EXPECT_EQ(moved.as<double>()[5], 5);
}

TEST_F(MappingTest, OutlivesTheFileThatIsSavedOver) {
  std::string path = folder.path("x.npy"), link = folder.path("link.npy");
  ASSERT_TRUE(writeArray(path, arrayOf<double>({2, 3}, six)));
  ASSERT_EQ(symlink("x.npy", link.c_str()), 0);
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  Result<Array> array = read(path, matrix);
  ASSERT_TRUE(array);
  ASSERT_TRUE(writeArray(link, Array::scalar(1.0)));
  EXPECT_EQ(elementsOf<double>(*array), six);
  EXPECT_EQ(*inspectHeader(path), (ArrayType{DType::F64, {}})) << "the link was followed";
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
  std::filesystem::remove(path);
  EXPECT_EQ(array->as<double>()[5], 5);
}

} // namespace
