#include "tests/endtoend/Process.h"

#include "runtime/Npy.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ricci::test {

static std::string contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Process::Process(const std::vector<std::string> &arguments, const std::filesystem::path &directory, Errors errors,
                 const std::string &input) {
  std::string in = capture.path() / "in", out = capture.path() / "out", err = capture.path() / "err";
  std::ofstream(in, std::ios::binary) << input;
  if (errors == Errors::Terminal) {
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
      throw std::runtime_error("no terminal");
    err = ptsname(terminal);
  }
  std::vector<std::string> words{RICCI_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  child = fork();
  if (child < 0)
    throw std::runtime_error("fork failed");
  if (child == 0) {
    int from = open(in.c_str(), O_RDONLY);
    int to = open(out.c_str(), O_CREAT | O_WRONLY, 0600);
    int complaints = open(err.c_str(), O_CREAT | O_WRONLY | O_NOCTTY, 0600);
    if (chdir(directory.c_str()) != 0 || dup2(from, 0) < 0 || dup2(to, 1) < 0 || dup2(complaints, 2) < 0)
      _exit(126);
    execv(argv[0], argv.data());
    _exit(127);
  }
}

Process::~Process() {
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  if (terminal >= 0)
    close(terminal);
}

std::string Process::out() const { return contents(capture.path() / "out"); }

std::string Process::err() {
  if (terminal < 0)
    return contents(capture.path() / "err");
  char buffer[4096];
  for (ssize_t got; (got = read(terminal, buffer, sizeof buffer)) > 0;)
    shown.append(buffer, static_cast<size_t>(got));
  return shown;
}

static bool within10Seconds(const std::function<bool()> &happens) {
  auto start = std::chrono::steady_clock::now();
  while (!happens()) {
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(10))
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

bool Process::says(const std::string &text) {
  return within10Seconds([&] { return out() == text; });
}

bool Process::complains(const std::string &text) {
  return within10Seconds([&] { return err().find(text) != std::string::npos; });
}

void Process::signal(int number) { kill(child, number); }

Outcome Process::wait() {
  int status = 0;
  rusage usage{};
  wait4(std::exchange(child, -1), &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out(), err(), usage.ru_maxrss * 1024};
}

Outcome runRicci(const std::vector<std::string> &arguments, const std::filesystem::path &directory,
                 const std::string &input) {
  return Process(arguments, directory, Process::Errors::File, input).wait();
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
  file.write(reinterpret_cast<const char *>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(double)));
  return path;
}

} // namespace ricci::test
