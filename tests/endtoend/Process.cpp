#include "tests/endtoend/Process.h"

#include "runtime/Npy.h"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ricci::test {

static std::string contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome runRicci(const std::vector<std::string> &arguments, const std::filesystem::path &directory) {
  TemporaryFolder capture;
  std::string out = capture.path() / "out", err = capture.path() / "err";
  std::vector<std::string> words{RICCI_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t child = fork();
  if (child < 0)
    throw std::runtime_error("fork failed");
  if (child == 0) {
    int in = open("/dev/null", O_RDONLY);
    int to = open(out.c_str(), O_CREAT | O_WRONLY, 0600);
    int errors = open(err.c_str(), O_CREAT | O_WRONLY, 0600);
    if (chdir(directory.c_str()) != 0 || dup2(in, 0) < 0 || dup2(to, 1) < 0 || dup2(errors, 2) < 0)
      _exit(126);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(out), contents(err),
          usage.ru_maxrss * 1024};
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "ricci-XXXXXX";
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error("cannot make " + pattern);
  folder = pattern;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(folder); }

std::string TemporaryFolder::npy(const std::string &name, const runtime::Shape &shape,
                                 const std::vector<double> &values) const {
  std::string path = folder / (name + ".npy");
  std::ofstream file(path, std::ios::binary);
  file << runtime::npyHeaderText({runtime::DType::F64, shape});
  file.write(reinterpret_cast<const char *>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(double)));
  return path;
}

} // namespace ricci::test
