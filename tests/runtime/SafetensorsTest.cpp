#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

const std::vector<double> values{1, 2, 3};

std::string tensorOf(std::string_view dtype, std::string_view shape, int64_t begin, int64_t end) {
  return fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", dtype, shape, begin, end);
}

class SafetensorsTest : public testing::Test {
protected:
  Result<Array> read(std::string_view bytes, const std::string &key = "w") {
    std::string path = folder.write("m.safetensors", bytes) + (key.empty() ? "" : ":" + key);
    Result<ArrayType> type = inspectHeader(path);
    if (!type)
      return std::move(type.error());
    return readArray(path, *type, {.pool = std::make_shared<MemoryPool>(1 << 22)});
  }
  void expectFault(Result<Array> array, std::string_view fragment, ErrorKind kind = ErrorKind::Format) {
    ASSERT_FALSE(array) << "no error that would say " << fragment;
    EXPECT_EQ(array.error().kind, kind) << array.error().message;
    EXPECT_NE(array.error().message.find("m.safetensors"), std::string::npos) << array.error().message;
    EXPECT_NE(array.error().message.find(fragment), std::string::npos) << array.error().message;
  }
  // A header that is wrong over data of 24 bytes.
  void expectBadHeader(std::string_view header, std::string_view fragment) {
    SCOPED_TRACE(header);
    expectFault(read(safetensorsFile(header, bytesOf(values))), fragment);
  }

  TemporaryFolder folder;
  std::string vector = tensorOf("F64", "[3]", 0, 24);
};

TEST_F(SafetensorsTest, ReadsEveryTypeAtAnyAlignment) {
  std::string data = std::string("\0\7", 2) + bytesOf(std::vector<float>{1.5f}) + bytesOf(values) +
                     bytesOf(std::vector<int32_t>{-7}) + bytesOf(std::vector<int64_t>{-9});
  std::string header =
      fmt::format(R"({{"flags":{},"f":{},"d":{},"i":{},"l":{},"none":{},"__metadata__":{{"format":"pt"}}}})",
                  tensorOf("BOOL", "[2]", 0, 2), tensorOf("F32", "[]", 2, 6), tensorOf("F64", "[3,1]", 6, 30),
                  tensorOf("I32", "[1]", 30, 34), tensorOf("I64", "[]", 34, 42), tensorOf("F64", "[0,7]", 6, 6));
  for (const char *padding : {"", " ", "   "}) {
    std::string file = safetensorsFile(header + padding, data);
    Result<Array> flags = read(file, "flags");
    ASSERT_TRUE(flags) << flags.error().message;
    EXPECT_EQ(static_cast<uint8_t *>(flags->data())[0], 0);
    EXPECT_EQ(static_cast<uint8_t *>(flags->data())[1], 1) << "compiled code knows only 0 and 1";
    EXPECT_EQ(elementsOf<float>(*read(file, "f")), std::vector<float>{1.5f});
    EXPECT_EQ(read(file, "d")->type(), (ArrayType{DType::F64, {3, 1}}));
    EXPECT_EQ(elementsOf<double>(*read(file, "d")), values);
    EXPECT_EQ(elementsOf<int32_t>(*read(file, "i")), std::vector<int32_t>{-7});
    EXPECT_EQ(elementsOf<int64_t>(*read(file, "l")), std::vector<int64_t>{-9});
    EXPECT_EQ(read(file, "none")->type(), (ArrayType{DType::F64, {0, 7}}));
  }
}

TEST_F(SafetensorsTest, FindsTensorsByKey) {
  std::string one = safetensorsFile("{\"w\":" + vector + "}", bytesOf(values));
  std::string two = safetensorsFile(
      fmt::format(R"({{"a.w":{},"a.\u0062":{}}})", tensorOf("F64", "[2]", 8, 24), tensorOf("F64", "[]", 0, 8)),
      bytesOf(values));
  EXPECT_TRUE(read(one, ""));
  EXPECT_EQ(elementsOf<double>(*read(two, "a.w")), (std::vector<double>{2, 3}));
  EXPECT_EQ(elementsOf<double>(*read(two, "a.b")), std::vector<double>{1});
  expectFault(read(two, ""), "name one as FILE:KEY, of a.w, a.b");
  expectFault(read(two, "c"), "has no entry \"c\"");
  expectFault(read(safetensorsFile("{}", ""), ""), "holds no arrays");
  Result<std::vector<ArchiveEntry>> entries = inspectArchive(folder.write("m.safetensors", two));
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[1].key, "a.b");
  EXPECT_EQ((*entries)[0].type, (ArrayType{DType::F64, {2}}));
  EXPECT_FALSE(inspectArchive(folder.path("none.safetensors")));
}

TEST_F(SafetensorsTest, RefusesOtherTypesByName) {
  for (const char *dtype : {"F16", "BF16", "U8", "U64", "F8_E4M3", "C64", "F128", "f64", ""}) {
    std::string header =
        fmt::format(R"({{"w":{},"v":{}}})", tensorOf(dtype, "[8]", 0, 16), tensorOf("F64", "[]", 16, 24));
    std::string file = safetensorsFile(header, bytesOf(values));
    expectFault(read(file), fmt::format("tensor \"w\" holds {};", dtype), ErrorKind::Unsupported);
    EXPECT_TRUE(read(file, "v")) << "the other tensors can be read";
    expectFault(read(file, ""), "several");
    Result<std::vector<ArchiveEntry>> entries = inspectArchive(folder.path("m.safetensors"));
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().kind, ErrorKind::Unsupported);
  }
}

TEST_F(SafetensorsTest, NeverConverts) {
  std::string path = folder.write("m.safetensors", safetensorsFile("{\"w\":" + vector + "}", bytesOf(values)));
  Result<Array> array = readArray(path, {DType::F32, {3}});
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::Mismatch);
  EXPECT_FALSE(readArray(path, {DType::F64, {4}}));
}

TEST_F(SafetensorsTest, BoundsTheHeader) {
  expectFault(read(""), "too short");
  expectFault(read("1234567"), "too short");
  expectFault(read(safetensorsFile("{}", "", 1)), "ends within");
  expectFault(read(safetensorsFile("{}", "", 50'000'000)), "ends within");
  expectFault(read(safetensorsFile("{}", "", 100'000'000)), "100000002 bytes long");
  expectFault(read(std::string(8, '\xff') + "{}"), "18446744073709551615 bytes long");
  expectFault(read(safetensorsFile("", "")), "no JSON object");
}

TEST_F(SafetensorsTest, RefusesWhatIsNoHeader) {
  for (const char *text : {" {}", "[]", "3", "\"w\"", "\xef\xbb\xbf{}"})
    expectBadHeader(text, "no JSON object");
  expectBadHeader(std::string_view("{}\0", 3), "no JSON object");
  for (const char *text :
       {"{", "{}}", "{} x", "{\"w\"}", "{\"w\":}", "{'w':1}", "{\"w\":{}", "{\"\xff\":{}}", "{/**/}"})
    expectBadHeader(text, "");
  expectBadHeader("{\"w\":" + vector, "no valid JSON");
}

TEST_F(SafetensorsTest, RefusesWhatNestsOrIsOutOfPlace) {
  std::string deep(100000, '[');
  expectBadHeader("{\"w\":" + deep, "out of place");
  expectBadHeader("{\"__metadata__\":{\"a\":" + deep, "out of place");
  std::string objects;
  for (int i = 0; i < 100000; ++i)
    objects += "{\"a\":";
  expectBadHeader(objects, "");
  for (const char *value : {"3", "null", "true", "\"text\"", "[1]", "-1", "1.5", "1e999"})
    expectBadHeader(fmt::format("{{\"w\":{}}}", value),
                    value == std::string_view("1e999") ? "JSON" : "out of place in \"w\"");
  for (const char *metadata : {"3", "null", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":[]}"})
    expectBadHeader(fmt::format("{{\"__metadata__\":{}}}", metadata), "out of place in \"__metadata__\"");
  for (const char *shape : {"3", "\"3\"", "[-3]", "[3.0]", "[[3]]", "[null]", "[\"3\"]", "{}"})
    expectBadHeader("{\"w\":" + tensorOf("F64", shape, 0, 24) + "}", "out of place in \"w\"");
  expectBadHeader(R"({"w":{"dtype":["F64"],"shape":[3],"data_offsets":[0,24]}})", "out of place");
  expectBadHeader(R"({"w":{"dtype":"F64","shape":[3],"data_offsets":"0"}})", "out of place");
}

TEST_F(SafetensorsTest, WantsEachThingOnce) {
  expectBadHeader(R"({"w":{"dtype":"F64","shape":[3]}})", "lacks");
  expectBadHeader(R"({"w":{}})", "lacks");
  expectBadHeader(R"({"w":{"dtype":"F64","shape":[3],"data_offsets":[0,24],"order":"C"}})", "unknown key \"order\"");
  expectBadHeader(R"({"w":{"dtype":"F64","dtype":"F64","shape":[3],"data_offsets":[0,24]}})", "twice");
  for (const char *offsets : {"[]", "[0]", "[0,24,24]"})
    expectBadHeader(fmt::format(R"({{"w":{{"dtype":"F64","shape":[3],"data_offsets":{}}}}})", offsets), "are not two");
  expectBadHeader(fmt::format("{{\"w\":{},\"\\u0077\":{}}}", vector, tensorOf("F64", "[0]", 24, 24)), "stands twice");
  expectBadHeader(R"({"__metadata__":{},"__metadata__":{}})", "stand twice");
}

TEST_F(SafetensorsTest, ChecksPlaces) {
  auto pair = [&](const std::string &w, const std::string &v) { return fmt::format(R"({{"w":{},"v":{}}})", w, v); };
  expectBadHeader("{}", "24 bytes follow");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[2]", 0, 16) + "}", "8 bytes follow");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[2]", 8, 24) + "}", "a gap of 8 bytes before tensor \"w\"");
  expectBadHeader(pair(tensorOf("F64", "[]", 0, 8), tensorOf("F64", "[]", 16, 24)),
                  "a gap of 8 bytes before tensor \"v\"");
  expectBadHeader(pair(tensorOf("F64", "[2]", 0, 16), tensorOf("F64", "[2]", 8, 24)), "overlaps");
  expectBadHeader(pair(vector, vector), "overlaps");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[4]", 0, 32) + "}", "ends at byte 32 of 24");
  expectBadHeader("{\"w\":" + tensorOf("U8", "[3]", 24, 0) + "}", "ends before it begins");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[2]", 0, 24) + "}", "takes 16 bytes; it has 24");
  expectBadHeader("{\"w\":" + tensorOf("F32", "[3]", 0, 24) + "}", "takes 12 bytes");
  expectBadHeader("{\"w\":" + tensorOf("U8", "[24]", 0, 9223372036854775807) + "}", "of 24");
  expectBadHeader(R"({"w":{"dtype":"F64","shape":[3],"data_offsets":[0,9223372036854775808]}})", "9223372036854775808");
}

TEST_F(SafetensorsTest, RefusesBogusShapes) {
  for (const char *shape : {"[4611686018427387904]", "[4294967296,4294967296]", "[0,4611686018427387904,4]"})
    expectBadHeader("{\"w\":" + tensorOf("F64", shape, 0, 24) + "}", "larger than any memory");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[18446744073709551615]", 0, 24) + "}", "18446744073709551615");
  expectBadHeader("{\"w\":" + tensorOf("F64", "[18446744073709551616]", 0, 24) + "}", "out of place");
  std::string axes = "[1";
  for (int i = 0; i < 32; ++i)
    axes += ",1";
  expectBadHeader("{\"w\":" + tensorOf("F64", axes + "]", 0, 24) + "}", "more than 32 axes");
}

TEST_F(SafetensorsTest, HoldsTheMemoryLimit) {
  std::vector<double> big(1 << 20);
  expectFault(read(safetensorsFile("{\"w\":" + tensorOf("F64", "[1048576]", 0, 8 << 20) + "}", bytesOf(big))),
              "out of memory", ErrorKind::Memory);
}

TEST_F(SafetensorsTest, SurvivesTruncationAndMutation) {
  std::string good = safetensorsFile(fmt::format(R"({{"w":{},"v":{},"__metadata__":{{"a":"b"}}}})",
                                                 tensorOf("F64", "[2]", 8, 24), tensorOf("F32", "[2,1]", 0, 8)),
                                     bytesOf(values));
  ASSERT_TRUE(read(good));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read(std::string_view(good).substr(0, size)));
  std::mt19937 random(11);
  int readable = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = good;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    Result<Array> array = read(bytes);
    readable += static_cast<bool>(array);
    EXPECT_TRUE(array || !array.error().message.empty());
  }
  EXPECT_GT(readable, 0);
}

TEST_F(SafetensorsTest, WritesWhatItReads) {
  std::string path = folder.path("out.safetensors");
  Aggregate inner{"Mlp", {}};
  inner.fields.push_back({"flag", Array::scalar(true)});
  inner.fields.push_back({"w1", arrayOf<float>({2, 1}, {1, 2})});
  Aggregate pair;
  pair.fields.push_back({"0", Value(std::move(inner))});
  pair.fields.push_back({"1", arrayOf<double>({3}, values)});
  pair.fields.push_back({"2", arrayOf<int32_t>({0, 2}, {})});
  Value value(std::move(pair));
  ASSERT_TRUE(writeValue(path, value));
  EXPECT_EQ(elementsOf<double>(*readArray(path + ":1", {DType::F64, {3}})), values);
  EXPECT_EQ(elementsOf<float>(*readArray(path + ":0.w1", {DType::F32, {2, 1}})), (std::vector<float>{1, 2}));
  EXPECT_EQ(elementsOf<bool>(*readArray(path + ":0.flag", {DType::Bool, {}})), std::vector<bool>{true});
  EXPECT_TRUE(readArray(path + ":2", {DType::I32, {0, 2}}));
  std::string first = readBytes(path);
  EXPECT_EQ((first.size() - 24 - 8 - 1) % 64, 0u) << "the data are aligned";
  ASSERT_TRUE(writeValue(path, value));
  EXPECT_EQ(readBytes(path), first) << "the same values give the same bytes";

  ASSERT_TRUE(writeArray(path, Array::scalar(2.5)));
  EXPECT_EQ(*inspectHeader(path + ":arr_0"), (ArrayType{DType::F64, {}}));
  ASSERT_TRUE(writeValue(path, Value(Aggregate{})));
  EXPECT_TRUE(inspectArchive(path)->empty());
  Aggregate reserved{"P", {}};
  reserved.fields.push_back({"__metadata__", Array::scalar(1.0)});
  Status status = writeValue(path, Value(std::move(reserved)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Unsupported);
  EXPECT_FALSE(writeValue(folder.path("no/such/folder.safetensors"), value));
}

} // namespace
