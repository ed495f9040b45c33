#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <gtest/gtest.h>
#include <random>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

const std::vector<double> values{1, 2, 3};

class NpzTest : public testing::Test {
protected:
  Result<Array> read(std::string_view bytes, const std::string &key = "X") {
    std::string path = folder.write("d.npz", bytes) + (key.empty() ? "" : ":" + key);
    Result<ArrayType> type = inspectHeader(path);
    if (!type)
      return std::move(type.error());
    return readArray(path, *type, {.pool = std::make_shared<MemoryPool>(1 << 22)});
  }
  Result<Array> read(const std::vector<ZipItem> &items, const std::string &key = "X") {
    return read(zipFile(items), key);
  }
  void expectFault(Result<Array> array, std::string_view fragment, ErrorKind kind = ErrorKind::Format) {
    ASSERT_FALSE(array) << "no error that would say " << fragment;
    EXPECT_EQ(array.error().kind, kind) << array.error().message;
    EXPECT_NE(array.error().message.find("d.npz"), std::string::npos) << array.error().message;
    EXPECT_NE(array.error().message.find(fragment), std::string::npos) << array.error().message;
  }

  TemporaryFolder folder;
  std::string vector = npyVector(values);
};

TEST_F(NpzTest, ReadsStoredDeflatedAndZip64) {
  for (bool deflate : {false, true})
    for (bool zip64 : {false, true}) {
      ZipItem item{"X.npy", vector, deflate};
      item.zip64 = zip64;
      Result<Array> array = read({{"other.txt", "hello"}, item});
      ASSERT_TRUE(array) << array.error().message;
      EXPECT_EQ(elementsOf<double>(*array), values);
    }
  EXPECT_TRUE(read(zipFile({{"X.npy", vector}}, "a comment PK\5\6 that looks like more")));
}

TEST_F(NpzTest, ReadsLongDeflatedData) {
  std::vector<double> noise(100000);
  std::mt19937_64 random(3);
  for (double &value : noise)
    value = static_cast<double>(random() % 1000);
  Result<Array> array = read({{"X.npy", npyVector(noise), true}});
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(elementsOf<double>(*array), noise);
  EXPECT_TRUE(read({{"X.npy", npyVector({}), true}}));
}

TEST_F(NpzTest, FindsEntriesByKey) {
  EXPECT_TRUE(read({{"X.npy", vector}}, ""));
  EXPECT_TRUE(read({{"arr_0.npy", vector}, {"b.npy", vector}}, ""));
  expectFault(read({{"a.npy", vector}, {"b.npy", vector}}, ""), "several arrays");
  expectFault(read({{"a.npy", vector}, {"b.npy", vector}}, "c"), "there are a, b");
  expectFault(read({{"a.txt", vector}}, ""), "no arrays");
  expectFault(read(std::vector<ZipItem>{}, ""), "no arrays");
  expectFault(read({{"X.npy", vector}, {"X.npy", vector}}), "twice");
}

TEST_F(NpzTest, ListsEntries) {
  std::string path = folder.write("d.npz", zipFile({{"b.npy", vector}, {"note.txt", ""}, {"1.w.npy", vector}}));
  Result<std::vector<ArchiveEntry>> entries = inspectArchive(path);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].key, "b");
  EXPECT_EQ((*entries)[1].key, "1.w");
  EXPECT_EQ((*entries)[1].type, (ArrayType{DType::F64, {3}}));
  EXPECT_FALSE(inspectArchive(folder.path("none.npz")));
  EXPECT_TRUE(namesArchive(path));
  EXPECT_FALSE(namesArchive(path + ":b") || namesArchive(path + ":") || namesArchive("x.npy"));
}

TEST_F(NpzTest, ChecksTheData) {
  ZipItem item{"X.npy", vector};
  item.statedCrc = 1;
  expectFault(read({item}), "checksum");
  item.deflate = true;
  expectFault(read({item}), "checksum");
  item = {"X.npy", "rubbish", true};
  expectFault(read({item}), "too short");
  item = {"X.npy", vector + "x", true};
  expectFault(read({item}), "after its data");
  item = {"X.npy", vector};
  item.method = 8; // declared deflated, but is not
  expectFault(read({item}), "the compressed data");
}

TEST_F(NpzTest, ChecksDeclaredSizes) {
  ZipItem item{"X.npy", vector, true};
  item.statedSize = vector.size() - 8;
  expectFault(read({item}), "cut short");
  item.statedSize = vector.size() + 8;
  expectFault(read({item}), "after its data");
  // The declared size fits the .npy header, but not the stream.
  item = {"X.npy", npyFile(dictionaryOf("<f8", "(4,)"), bytesOf(values)), true};
  item.statedSize = item.content.size() + 8;
  expectFault(read({item}), "shorter than declared");
  item = {"X.npy", npyFile(dictionaryOf("<f8", "(2,)"), bytesOf(values)), true};
  item.statedSize = item.content.size() - 8;
  expectFault(read({item}), "longer than declared");
  item = {"X.npy", vector};
  item.statedSize = vector.size() + 1;
  expectFault(read({item}), "cannot hold");
  item = {"X.npy", vector, true};
  item.statedSize = uint64_t(1) << 40;
  item.zip64 = true;
  expectFault(read({item}), "cannot hold");
  item.statedSize = ~uint64_t(0);
  expectFault(read({item}), "cannot hold");
  item = {"X.npy", vector};
  item.statedCompressedSize = item.statedSize = uint64_t(1) << 62;
  item.zip64 = true;
  expectFault(read({item}), "outside the file");
  item = {"X.npy", vector};
  item.statedOffset = 0xfffffff0;
  expectFault(read({item}), "outside the file");
}

TEST_F(NpzTest, HoldsTheMemoryLimitAgainstBombs) {
  std::vector<double> zeros(1 << 20);
  std::string bomb = zipFile({{"X.npy", npyVector(zeros), true}});
  EXPECT_LT(bomb.size(), 20000u);
  expectFault(read(bomb), "out of memory", ErrorKind::Memory);
}

TEST_F(NpzTest, RefusesOverlapsDisguisesAndEncryption) {
  ZipItem again{"Y.npy", vector};
  again.statedOffset = 0;
  again.localName = "X.npy";
  expectFault(read({{"X.npy", vector}, again}), "overlaps");
  ZipItem disguised{"X.npy", vector};
  disguised.localName = "Z.npy";
  expectFault(read({disguised}), "disagrees");
  ZipItem encrypted{"X.npy", vector};
  encrypted.flags = 1;
  expectFault(read({encrypted}), "encrypted", ErrorKind::Unsupported);
  ZipItem exotic{"X.npy", vector};
  exotic.method = 14;
  expectFault(read({exotic}), "method 14", ErrorKind::Unsupported);
}

TEST_F(NpzTest, SurvivesTruncationAndMutation) {
  ZipItem large{"X.npy", vector, true};
  large.zip64 = true;
  std::string good = zipFile({{"A.npy", vector}, large});
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read(std::string_view(good).substr(0, size)));
  std::mt19937 random(5);
  int readable = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = good;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    Result<Array> array = read(bytes);
    readable += static_cast<bool>(array);
    EXPECT_TRUE(array || !array.error().message.empty());
  }
  EXPECT_GT(readable, 0);
}

TEST_F(NpzTest, WritesWhatItReads) {
  std::string path = folder.path("out.npz");
  Aggregate inner{"Mlp", {}};
  inner.fields.push_back({"w1", arrayOf<float>({2, 1}, {1, 2})});
  inner.fields.push_back({"b", Array::scalar(int64_t(3))});
  Aggregate pair;
  pair.fields.push_back({"0", arrayOf<double>({3}, values)});
  pair.fields.push_back({"1", Value(std::move(inner))});
  Value value(std::move(pair));
  ASSERT_TRUE(writeValue(path, value));
  EXPECT_EQ(elementsOf<double>(*readArray(path + ":0", {DType::F64, {3}})), values);
  EXPECT_EQ(*inspectHeader(path + ":1.w1"), (ArrayType{DType::F32, {2, 1}}));
  EXPECT_EQ(elementsOf<int64_t>(*readArray(path + ":1.b", {DType::I64, {}})), (std::vector<int64_t>{3}));
  Status status = writeValue(folder.path("out.npy"), value);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find(".npz"), std::string::npos);
  ASSERT_TRUE(writeArray(path, Array::scalar(true)));
  EXPECT_EQ(*inspectHeader(path), (ArrayType{DType::Bool, {}}));
  EXPECT_FALSE(writeValue("/dev/full/x.npz", value));
}

} // namespace
