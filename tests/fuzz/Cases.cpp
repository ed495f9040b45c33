#include "tests/fuzz/Cases.h"

#include "compiler/pipeline/Pipeline.h"
#include "lang/Check.h"
#include "lang/Parser.h"
#include "runtime/Context.h"
#include "runtime/DataFile.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace ricci::fuzz {

namespace fs = std::filesystem;

static std::string contents(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static std::vector<fs::path> programsIn(const fs::path &folder) {
  std::vector<fs::path> found;
  if (fs::exists(folder))
    for (const fs::directory_entry &entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".ricci")
        found.push_back(entry.path());
  std::sort(found.begin(), found.end()); // a seed means the same case on every machine
  return found;
}

Cases::Cases(fs::path folder) : scratch(std::move(folder)) {
  const fs::path source = RICCI_SOURCE;
  for (const char *part : {"tests/fuzz/corpus", "examples", "tests/endtoend/gradbench"})
    for (const fs::path &path : programsIn(source / part))
      programs.push_back(contents(path));
  if (programs.empty())
    throw std::runtime_error("no programs under " + source.string());

  files.emplace_back(".npz", contents(source / "examples/data/digits.npz").substr(0, 4096));
  files.emplace_back(".csv", contents(source / "examples/data/diabetes.csv").substr(0, 400));
  const std::string numbers(32 * 8, '\x3f');
  for (const char *header : {"{'descr': '<f8', 'fortran_order': False, 'shape': (4, 8), }",
                             "{'descr': '>f4', 'fortran_order': True, 'shape': (8, 8), }",
                             "{'descr': '|b1', 'fortran_order': False, 'shape': (256,), }"}) {
    std::string text = header;
    text.resize((text.size() + 10 + 64) / 64 * 64 - 10 - 1, ' ');
    text += '\n';
    std::string bytes = std::string("\x93NUMPY\x01", 7) + '\0' + static_cast<char>(text.size() & 255) +
                        static_cast<char>(text.size() >> 8) + text + numbers;
    files.emplace_back(".npy", bytes);
  }
  // Whole archives, so that the directory at an .npz's end is reached.
  runtime::Aggregate pair;
  pair.fields.push_back({"0", runtime::Array::scalar(1.5)});
  pair.fields.push_back({"1", runtime::Array::scalar(int64_t(7))});
  const runtime::Value value(std::move(pair));
  for (const char *extension : {".npz", ".safetensors"}) {
    fs::path archive = scratch / (std::string("small") + extension);
    if (!runtime::writeValue(archive, value))
      throw std::runtime_error("cannot write " + archive.string());
    files.emplace_back(extension, contents(archive));
  }
}

std::string Cases::program(uint64_t seed) const {
  Random random(seed);
  return mutateProgram(programs, random);
}

std::pair<std::string, std::string> Cases::data(uint64_t seed) const {
  Random random(seed);
  const auto &[extension, bytes] = files[random.below(files.size())];
  return {extension, mutateBytes(bytes, random)};
}

void Cases::run(uint64_t seed, Progress &progress) const {
  if (isData(seed)) {
    auto [extension, bytes] = data(seed);
    runData(extension, bytes, progress);
  } else {
    runProgram(program(seed), /*checkNan=*/seed % 8 == 0, progress);
  }
}

void Cases::runProgram(const std::string &text, bool checkNan, Progress &progress) const {
  ++progress.tally.programs;
  progress.phase = Phase::Parse;
  lang::SourceManager sources;
  lang::FileId file = sources.add("case.ricci", text);
  {
    lang::DiagnosticEngine diagnostics;
    lang::parseFile(sources.file(file), diagnostics);
    if (diagnostics.hasErrors()) {
      lang::render(sources, diagnostics);
      return;
    }
  }
  ++progress.tally.parsed;

  progress.phase = Phase::Check;
  lang::DiagnosticEngine diagnostics;
  auto checked = lang::check(sources, &sources.file(file), {}, diagnostics);
  lang::render(sources, diagnostics);
  if (!checked)
    return;
  ++progress.tally.checked;

  progress.phase = Phase::Compile;
  CompileOptions options;
  options.verify = true;
  options.checkNan = checkNan;
  Compiled compiled = compile(*checked, sources, options, diagnostics);
  if (!compiled.fault.empty())
    throw std::runtime_error("compiler fault: " + compiled.fault);
  if (!compiled.code)
    return;
  ++progress.tally.compiled;

  // What writes files, or needs data, is not run.
  bool writes = text.find("save") != std::string::npos || text.find("plot") != std::string::npos ||
                text.find("scatter") != std::string::npos;
  if (writes || compiled.code->inputCount() > 0)
    return;
  progress.phase = Phase::Run;
  runtime::ContextOptions limits;
  limits.threads = 1;
  limits.memoryLimit = int64_t{256} << 20;
  runtime::Context context(limits);
  (void)runtime::invoke(context, compiled.code->entry(), {}, compiled.code->outputCount());
  ++progress.tally.ran;
}

void Cases::runData(const std::string &extension, const std::string &bytes, Progress &progress) const {
  ++progress.tally.files;
  progress.phase = Phase::Data;
  fs::path path = scratch / ("case" + extension);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  std::vector<std::string> names{path};
  if (runtime::namesArchive(path.string()))
    if (auto entries = runtime::inspectArchive(path))
      for (const runtime::ArchiveEntry &entry : *entries)
        names.push_back(path.string() + ":" + entry.key);
  for (const std::string &name : names)
    if (auto header = runtime::inspectHeader(name)) {
      (void)runtime::readArray(name, *header, {.mapFrom = 1});
      if (auto array = runtime::readArray(name, *header))
        ++progress.tally.filesRead;
    }
}

} // namespace ricci::fuzz
