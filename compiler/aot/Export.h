// Functions compiled ahead of time: an object file, its header and a shared library that need no Ricci at run time.
#pragma once

#include "compiler/engine/Engine.h"

namespace ricci::aot {

struct ExportOptions {
  Machine machine = {}; // without a triple: this one
  bool threads = true;  // loops on an OpenMP runtime
};

struct Exported {
  std::string object, header, library; // paths; no library for another machine
};

// The runtime that the code carries along is MACHINE-openmp.a or MACHINE-serial.a in one of the engine's `runtimes`.
// Writes STEM.o, STEM.h and libSTEM.so into the folder, which is made if it is not there; the stem is the module's file
// name. No names: every function of the module.
engine::Result<Exported> exportFunctions(const engine::Engine &, const engine::Module &, const std::string &folder,
                                         std::vector<std::string> names, const ExportOptions &);

// "aarch64-linux-gnu", or with a processor "x86_64-linux-gnu/x86-64-v3", or such a processor alone.
engine::Result<Machine> parseMachine(const std::string &text);

} // namespace ricci::aot
