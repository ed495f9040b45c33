#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

const std::vector<double> six{0, 1, 2, 3, 4, 5};

class NpyTest : public testing::Test {
protected:
  // Inspects, then reads what the header says.
  Result<Array> read(std::string_view bytes) {
    std::string path = folder.write("x.npy", bytes);
    Result<ArrayType> type = inspectHeader(path);
    if (!type)
      return std::move(type.error());
    return readArray(path, *type, {.pool = std::make_shared<MemoryPool>(1 << 20)});
  }

  void expectFault(std::string_view bytes, std::string_view fragment, ErrorKind kind = ErrorKind::Format) {
    Result<Array> array = read(bytes);
    ASSERT_FALSE(array) << "no error that would say " << fragment;
    EXPECT_EQ(array.error().kind, kind) << array.error().message;
    EXPECT_NE(array.error().message.find("x.npy"), std::string::npos) << array.error().message;
    EXPECT_NE(array.error().message.find(fragment), std::string::npos) << array.error().message;
  }

  TemporaryFolder folder;
};

TEST_F(NpyTest, ReadsEveryVersion) {
  for (int version : {1, 2, 3}) {
    Result<Array> array = read(npyFile(dictionaryOf("<f8", "(2, 3)"), bytesOf(six), version));
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(array->type(), (ArrayType{DType::F64, {2, 3}}));
    EXPECT_EQ(elementsOf<double>(*array), six);
  }
}

TEST_F(NpyTest, ReadsEveryTypeAndByteOrder) {
  EXPECT_EQ(elementsOf<int32_t>(*read(npyFile(dictionaryOf("<i4", "(2,)"), bytesOf(std::vector<int32_t>{-7, 9})))),
            (std::vector<int32_t>{-7, 9}));
  EXPECT_EQ(elementsOf<int64_t>(*read(npyFile(dictionaryOf("=i8", "(1,)"), bytesOf(std::vector<int64_t>{-7})))),
            (std::vector<int64_t>{-7}));
  EXPECT_EQ(elementsOf<float>(*read(npyFile(dictionaryOf(">f4", "()"), std::string("\x3f\x80\0\0", 4)))),
            (std::vector<float>{1}));
  EXPECT_EQ(elementsOf<int64_t>(*read(npyFile(dictionaryOf(">i8", "(1,)"), std::string("\0\0\0\0\0\0\1\2", 8)))),
            (std::vector<int64_t>{258}));
  Result<Array> flags = read(npyFile(dictionaryOf("|b1", "(3,)"), std::string("\0\1\7", 3)));
  ASSERT_TRUE(flags);
  EXPECT_EQ(static_cast<uint8_t *>(flags->data())[2], 1) << "compiled code knows only 0 and 1";
}

TEST_F(NpyTest, ReordersFortranOrder) {
  Result<Array> array = read(npyFile(dictionaryOf("<f8", "(2, 3)", true), bytesOf(six)));
  ASSERT_TRUE(array);
  EXPECT_EQ(elementsOf<double>(*array), (std::vector<double>{0, 2, 4, 1, 3, 5}));
}

TEST_F(NpyTest, ToleratesOtherWriters) {
  EXPECT_TRUE(read(npyFile("{\"shape\":(1L,),\"fortran_order\":False,\"descr\":\"<f8\"}", std::string(8, '\0'))));
  EXPECT_TRUE(read(npyFile(dictionaryOf("<f8", "(0, 1000000000000)"), "")));
}

TEST_F(NpyTest, RefusesOtherTypesByName) {
  const std::pair<const char *, const char *> types[] = {
      {"|i1", "int8"},     {"<u8", "uint64"},    {"<f2", "float16"}, {"<f16", "longdouble"},
      {"<c16", "complex"}, {"|O", "objects"},    {"<U5", "strings"}, {"|S3", "byte strings"},
      {"|V8", "records"},  {"<M8[ns]", "dates"}, {"<m8[s]", "time"},
  };
  for (auto [descr, name] : types)
    expectFault(npyFile(dictionaryOf(descr, "(1,)"), std::string(8, '\0')), name, ErrorKind::Unsupported);
  expectFault(npyFile("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", std::string(8, '\0')),
              "records", ErrorKind::Unsupported);
  expectFault(npyFile(dictionaryOf("<f9", "(1,)"), std::string(9, '\0')), "`descr`");
  expectFault(npyFile(dictionaryOf("|f8", "(1,)"), std::string(8, '\0')), "byte order");
}

TEST_F(NpyTest, NeverConverts) {
  std::string path = folder.write("x.npy", npyFile(dictionaryOf("<f4", "(1,)"), std::string(4, '\0')));
  Result<Array> array = readArray(path, {DType::F64, {1}});
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::Mismatch);
  EXPECT_NE(array.error().message.find("f32[1]"), std::string::npos);
  EXPECT_FALSE(readArray(path, {DType::F32, {2}}));
}

TEST_F(NpyTest, NoticesWrongLengths) {
  std::string good = npyFile(dictionaryOf("<f8", "(2, 3)"), bytesOf(six));
  expectFault(good + "x", "bytes after its data");
  for (size_t size = 0; size < good.size(); ++size) {
    std::string path = folder.write("x.npy", std::string_view(good).substr(0, size));
    Result<ArrayType> type = inspectHeader(path);
    ASSERT_FALSE(type) << size << " bytes";
    EXPECT_EQ(type.error().kind, ErrorKind::Format);
  }
  expectFault(npyFile(dictionaryOf("<f8", "(2, 3)"), bytesOf(six), 1, -1), "x.npy");
  expectFault(npyFile(dictionaryOf("<f8", "(2, 3)"), bytesOf(six), 1, 5), "x.npy");
  expectFault(npyFile(dictionaryOf("<f8", "(2, 3)"), bytesOf(six), 2, 1 << 30), "bytes long");
}

TEST_F(NpyTest, RefusesBogusShapes) {
  for (const char *shape :
       {"(-1,)", "(1.5,)", "(True,)", "(99999999999999999999,)", "(2 3)", "(,)", "(1", "[1]", "1", "('a',)"})
    expectFault(npyFile(dictionaryOf("<f8", shape), std::string(8, '\0')), "bad .npy header");
  for (const char *shape : {"(4611686018427387904,)", "(4294967296, 4294967296)", "(0, 4611686018427387904, 4)"})
    expectFault(npyFile(dictionaryOf("<f8", shape), ""), "larger than any memory");
  // Four times this overflows to nothing.
  expectFault(npyFile(dictionaryOf("<i4", "(4611686018427387904,)"), ""), "larger than any memory");
  expectFault(npyFile(dictionaryOf("<f8", "(1000000000000,)"), std::string(8, '\0')), "cut short");
  std::string axes = "(";
  for (int i = 0; i < 33; ++i)
    axes += "1,";
  expectFault(npyFile(dictionaryOf("<f8", axes + ")"), std::string(8, '\0')), "axes", ErrorKind::Unsupported);
}

TEST_F(NpyTest, RefusesBogusDictionaries) {
  for (const char *text :
       {"", "{", "}", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "{'descr': <f8, 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f8, 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': ()} x",
        "{'descr': '<f8' 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (), 'x': 1}",
        "{'descr': '', 'fortran_order': False, 'shape': ()}", "{'descr': '<', 'fortran_order': False, 'shape': ()}"})
    expectFault(npyFile(text, std::string(8, '\0')), "bad .npy header");
}

TEST_F(NpyTest, RefusesWhatIsNoFile) {
  expectFault("not an array at all", "first bytes");
  expectFault(std::string("\x93NUMPY\4\0\0\0\0\0", 12), "version", ErrorKind::Unsupported);
  EXPECT_EQ(inspectHeader(folder.path("none.npy")).error().kind, ErrorKind::Io);
  std::string pipe = folder.path("pipe.npy");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(inspectHeader(pipe).error().kind, ErrorKind::Io);
  ASSERT_EQ(mkdir(folder.path("dir.npy").c_str(), 0700), 0);
  EXPECT_EQ(inspectHeader(folder.path("dir.npy")).error().kind, ErrorKind::Io);
  EXPECT_EQ(inspectHeader(folder.write("x.txt", "")).error().kind, ErrorKind::Unsupported);
}

TEST_F(NpyTest, HoldsTheMemoryLimit) {
  std::vector<double> big(200000);
  expectFault(npyVector(big), "out of memory", ErrorKind::Memory);
}

TEST_F(NpyTest, SurvivesMutations) {
  std::string good = npyFile(dictionaryOf("<f8", "(2, 3)", true), bytesOf(six));
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = good;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % 80] = static_cast<char>(random());
    Result<Array> array = read(bytes);
    EXPECT_TRUE(array || !array.error().message.empty());
  }
}

TEST_F(NpyTest, WritesWhatItReads) {
  std::string path = folder.path("out.npy");
  for (const Shape &shape : {Shape{}, Shape{1}, Shape{6}, Shape{2, 3}, Shape{0, 4}}) {
    std::vector<float> elements(static_cast<size_t>(*elementCount(shape)), 1.5f);
    ASSERT_TRUE(writeArray(path, arrayOf(shape, elements)));
    EXPECT_EQ((readBytes(path).size() - elements.size() * 4) % 64, 0u) << "the data are aligned";
    EXPECT_EQ(*inspectHeader(path), (ArrayType{DType::F32, shape}));
    EXPECT_EQ(elementsOf<float>(*readArray(path, {DType::F32, shape})), elements);
  }
  Status status = writeArray(folder.path("no/such/folder.npy"), Array::scalar(1.0));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Io);
  EXPECT_FALSE(writeArray(folder.path("x.csv"), Array::scalar(1.0)));
  EXPECT_FALSE(writeArray("/dev/full", Array::scalar(1.0)));
}

} // namespace
