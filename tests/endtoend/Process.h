// Runs the built `ricci` as a user does, and hands files to it.
#pragma once

#include "runtime/DType.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ricci::test {

struct Outcome {
  int status; // exit status; 128 + signal if it was ended by one
  std::string out, err;
  int64_t residentBytes; // at its peak
};

// A fresh folder, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path &path() const { return folder; }

  // Writes name.npy and returns its full path.
  std::string npy(const std::string &name, const runtime::Shape &shape, const std::vector<double> &values) const;

private:
  std::filesystem::path folder;
};

// `ricci` while it runs; killed at the end if it still does.
class Process {
public:
  enum class Errors { File, Terminal }; // what standard error is

  // `input` is what it reads from standard input.
  Process(const std::vector<std::string> &arguments, const std::filesystem::path &directory,
          Errors errors = Errors::File, const std::string &input = "");
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  // What it has said so far.
  std::string out() const;
  std::string err();
  // Whether standard output is `text`, or standard error contains it, within ten seconds.
  bool says(const std::string &text);
  bool complains(const std::string &text);

  void signal(int number);
  Outcome wait();

private:
  TemporaryFolder capture;
  pid_t child = -1;
  int terminal = -1; // our end of it
  std::string shown; // on the terminal
};

Outcome runRicci(const std::vector<std::string> &arguments, const std::filesystem::path &directory,
                 const std::string &input = "");

} // namespace ricci::test
