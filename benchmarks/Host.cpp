// The participants `ricci`, `specialised` and `openblas` of a benchmark: reads one request a line from standard input,
// JSON, and answers each with one line. peers.py is the same for what is written in Python.
//
//   {"do": "prepare", "participant": "ricci" or "specialised", "text", "expression", "open_sizes",
//    "inputs": {name: file}, "threads"}         -> {"compile_ms"}
//   {"do": "prepare", "participant": "openblas", "equation", "inputs": {"A": file, "B": file}, "threads"}
//   {"do": "results", "participant", "folder"}   runs once, saves 0.npy, 1.npy, … there -> {"count", "peak_bytes"}
//   {"do": "run", "participant", "repeats"}      after one run that is not timed -> {"cpu", "wall"}, seconds in all
//   {"do": "ceilings", "threads", "footprints": [bytes], "only_reads"}
//                                                -> {"f32_flops", "f64_flops", "f32_exps", "f64_exps",
//                                                    "bytes": {footprint: rate}}, per second
//   {"do": "about"}                              -> {"about"}, the version of OpenBLAS
//   {"do": "release"}                            forgets the workload of all
// A request that cannot be served is answered by {"error": text}.
#include "Blas.h"
#include "Program.h"

#include "compiler/driver/Roofline.h"
#include "runtime/DataFile.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

using nlohmann::json;
using namespace ricci;

namespace {

struct Clocks {
  double cpu, wall;
};

Clocks now() {
  timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return {static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec),
          std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

class Host {
public:
  json answer(const json &request) {
    const std::string what = request.at("do");
    if (what == "prepare")
      return prepare(request);
    if (what == "results")
      return results(request.at("participant"), request.at("folder"));
    if (what == "run")
      return time(request.at("participant"), request.at("repeats"));
    if (what == "ceilings")
      return ceilings(request.at("threads"), request.at("footprints"), request.at("only_reads"));
    if (what == "about")
      return {{"about", bench::openBlasVersion()}};
    if (what == "release") {
      programs.clear();
      blas.reset();
      arrays.clear();
      return json::object();
    }
    throw std::runtime_error("there is no request " + what);
  }

private:
  json prepare(const json &request) {
    bench::Arrays inputs;
    for (const auto &[name, file] : request.at("inputs").items()) {
      const runtime::Array &array = read(file);
      inputs.emplace(name, runtime::Array::borrow(array.type(), array.data()));
    }
    resetPeak();
    const int threads = request.at("threads");
    const std::string participant = request.at("participant");
    if (participant == "openblas") {
      blas.emplace(request.at("equation"), inputs.at("A"), inputs.at("B"), threads);
      return json::object();
    }
    programs.erase(participant);
    const bench::Sizes sizes = request.at("open_sizes") ? bench::Sizes::Open : bench::Sizes::Known;
    auto [program, isNew] =
        programs.try_emplace(participant, request.at("text"), request.at("expression"), inputs, threads, sizes);
    return {{"compile_ms", program->second.compileSeconds() * 1e3}};
  }

  // All participants compute on the same memory.
  const runtime::Array &read(const std::string &file) {
    if (auto found = arrays.find(file); found != arrays.end())
      return found->second;
    auto type = runtime::inspectHeader(file);
    auto array = type ? runtime::readArray(file, *type) : runtime::Result<runtime::Array>(type.error());
    if (!array)
      throw std::runtime_error(array.error().message);
    return arrays.emplace(file, std::move(*array)).first->second;
  }

  void run(const std::string &participant) {
    if (participant == "openblas")
      blas.value().run();
    else
      programs.at(participant).run();
  }

  json results(const std::string &participant, const std::string &folder) {
    int64_t count = 0;
    auto save = [&](const runtime::Array &array) {
      runtime::Status saved = runtime::writeArray(folder + "/" + std::to_string(count++) + ".npy", array);
      if (!saved)
        throw std::runtime_error(saved.error().message);
    };
    if (participant == "openblas")
      save(blas.value().run());
    else
      for (const runtime::Array &array : programs.at(participant).run())
        save(array);
    return {{"count", count}, {"peak_bytes", peakBytes()}};
  }

  json time(const std::string &participant, int64_t repeats) {
    run(participant);
    Clocks start = now();
    for (int64_t i = 0; i < repeats; ++i)
      run(participant);
    Clocks end = now();
    return {{"cpu", end.cpu - start.cpu}, {"wall", end.wall - start.wall}};
  }

  static json ceilings(int threads, const std::vector<int64_t> &footprints, bool onlyReads) {
    runtime::Context context({.threads = threads});
    json rates;
    for (int64_t footprint : footprints)
      rates[std::to_string(footprint)] = driver::bytesPerSecond(footprint, context, onlyReads);
    return {{"f32_flops", driver::flopsPerSecond<float>(context)},
            {"f64_flops", driver::flopsPerSecond<double>(context)},
            {"f32_exps", bench::expsPerSecond(runtime::DType::F32) * threads},
            {"f64_exps", bench::expsPerSecond(runtime::DType::F64) * threads},
            {"bytes", rates}};
  }

  // The most memory resident since `resetPeak`, as the operating system counts it; 0 where it does not say.
  static int64_t peakBytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmHWM:"))
        return std::stoll(line.substr(6)) << 10;
    return 0;
  }
  static void resetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  std::map<std::string, runtime::Array> arrays; // by file
  std::map<std::string, bench::Program> programs; // by participant
  std::optional<bench::BlasContraction> blas;
};

} // namespace

int main() {
  Host host;
  for (std::string line; std::getline(std::cin, line);) {
    json reply;
    try {
      reply = host.answer(json::parse(line));
    } catch (const std::exception &error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
