// Against NumPy and safetensors themselves, where they are installed: they read what we write, and we read what they
// write.

#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

class NumpyTest : public testing::Test {
protected:
  explicit NumpyTest(std::string modules = "numpy") : modules(std::move(modules)) {}

  void SetUp() override {
    for (const char *candidate : {"python3", "/usr/bin/python3"}) {
      python = candidate;
      if (run("import " + modules, " 2>/dev/null"))
        return;
    }
    GTEST_SKIP() << "no python3 with " << modules;
  }
  // Runs the program in the test's folder.
  bool run(const std::string &program, const std::string &redirection = "") const {
    folder.write("script.py", program);
    std::string command = "cd " + folder.path("") + " && " + python + " script.py" + redirection;
    return std::system(command.c_str()) == 0;
  }

  std::string modules;
  std::string python;
  TemporaryFolder folder;
};

class PythonSafetensorsTest : public NumpyTest {
protected:
  PythonSafetensorsTest() : NumpyTest("numpy, safetensors.numpy") {}
};

TEST_F(NumpyTest, ReadsWhatNumpyWrites) {
  ASSERT_TRUE(run("import numpy as np\n"
                  "a = np.arange(24.0).reshape(2, 3, 4)\n"
                  "np.save('c.npy', a)\n"
                  "np.save('fortran.npy', np.asfortranarray(a))\n"
                  "np.save('big.npy', a.astype('>f8'))\n"
                  "np.save('strided.npy', a[:, ::-1, ::2])\n"
                  "np.savez('stored.npz', a=a, n=np.int64(7))\n"
                  "np.savez_compressed('deflated.npz', a=a, flags=a > 3)\n"
                  "np.savez('plain.npz', a)\n"));
  ArrayType type{DType::F64, {2, 3, 4}};
  std::vector<double> expected(24);
  for (int i = 0; i < 24; ++i)
    expected[i] = i;
  for (const char *name :
       {"c.npy", "fortran.npy", "big.npy", "stored.npz:a", "deflated.npz:a", "plain.npz", "plain.npz:arr_0"}) {
    Result<Array> array = readArray(folder.path(name), type);
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(elementsOf<double>(*array), expected) << name;
  }
  EXPECT_EQ(readArray(folder.path("strided.npy"), {DType::F64, {2, 3, 2}})->as<double>()[0], 8);
  EXPECT_EQ(readArray(folder.path("stored.npz:n"), {DType::I64, {}})->as<int64_t>()[0], 7);
  EXPECT_EQ(*inspectHeader(folder.path("deflated.npz:flags")), (ArrayType{DType::Bool, {2, 3, 4}}));
}

TEST_F(NumpyTest, WritesWhatNumpyReads) {
  ASSERT_TRUE(writeArray(folder.path("m.npy"), arrayOf<float>({2, 3}, {0, 1, 2, 3, 4, 5})));
  ASSERT_TRUE(writeArray(folder.path("s.npy"), Array::scalar(int64_t(-4))));
  ASSERT_TRUE(writeArray(folder.path("e.npy"), arrayOf<int32_t>({0, 3}, {})));
  Aggregate model{"Mlp", {}};
  model.fields.push_back({"w", arrayOf<double>({2, 2}, {1, 2, 3, 4})});
  model.fields.push_back({"flag", Array::scalar(true)});
  ASSERT_TRUE(writeValue(folder.path("p.npz"), Value(std::move(model))));
  EXPECT_TRUE(run("import numpy as np, zipfile\n"
                  "m = np.load('m.npy'); assert m.dtype == np.float32 and (m == np.arange(6).reshape(2, 3)).all()\n"
                  "s = np.load('s.npy'); assert s.dtype == np.int64 and s.shape == () and s == -4\n"
                  "assert np.load('e.npy').shape == (0, 3)\n"
                  "p = np.load('p.npz'); assert list(p) == ['w', 'flag']\n"
                  "assert (p['w'] == [[1, 2], [3, 4]]).all() and p['flag'].dtype == bool and p['flag']\n"
                  "assert zipfile.ZipFile('p.npz').testzip() is None\n"));
}

TEST_F(PythonSafetensorsTest, ReadsWhatItWrites) {
  ASSERT_TRUE(run("import numpy as np\n"
                  "from safetensors.numpy import save_file\n"
                  "a = np.arange(24.0).reshape(2, 3, 4)\n"
                  "save_file({'a': a, 'f': a.astype(np.float32), 'flags': a > 3, 'n': np.array(7), 'none': a[:0],\n"
                  "           'half': a.astype(np.float16)}, 'm.safetensors', metadata={'by': 'python'})\n"));
  std::vector<double> expected(24);
  for (int i = 0; i < 24; ++i)
    expected[i] = i;
  std::string path = folder.path("m.safetensors");
  Result<Array> array = readArray(path + ":a", {DType::F64, {2, 3, 4}});
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(elementsOf<double>(*array), expected);
  EXPECT_EQ(readArray(path + ":f", {DType::F32, {2, 3, 4}})->as<float>()[5], 5);
  EXPECT_EQ(readArray(path + ":n", {DType::I64, {}})->as<int64_t>()[0], 7);
  EXPECT_EQ(*inspectHeader(path + ":flags"), (ArrayType{DType::Bool, {2, 3, 4}}));
  EXPECT_TRUE(readArray(path + ":none", {DType::F64, {0, 3, 4}}));
  EXPECT_EQ(inspectHeader(path + ":half").error().kind, ErrorKind::Unsupported);
}

TEST_F(PythonSafetensorsTest, WritesWhatItReads) {
  Aggregate model{"Mlp", {}};
  model.fields.push_back({"flag", Array::scalar(true)});
  model.fields.push_back({"w", arrayOf<double>({2, 2}, {1, 2, 3, 4})});
  model.fields.push_back({"b", arrayOf<float>({3}, {5, 6, 7})});
  model.fields.push_back({"none", arrayOf<int32_t>({0, 3}, {})});
  ASSERT_TRUE(writeValue(folder.path("p.safetensors"), Value(std::move(model))));
  ASSERT_TRUE(writeArray(folder.path("s.safetensors"), Array::scalar(int64_t(-4))));
  EXPECT_TRUE(run("import numpy as np\n"
                  "from safetensors.numpy import load_file\n"
                  "p = load_file('p.safetensors'); assert set(p) == {'flag', 'w', 'b', 'none'}\n"
                  "assert p['w'].dtype == np.float64 and (p['w'] == [[1, 2], [3, 4]]).all()\n"
                  "assert p['b'].dtype == np.float32 and (p['b'] == [5, 6, 7]).all()\n"
                  "assert p['flag'].dtype == bool and p['flag'] and p['none'].shape == (0, 3)\n"
                  "s = load_file('s.safetensors')['arr_0']; assert s.dtype == np.int64 and s == -4\n"));
}

} // namespace
