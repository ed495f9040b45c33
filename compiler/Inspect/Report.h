// All that `ricci inspect` knows of one compiled program, as plain data: what the pipeline fills (Observer.h) and the printers
// show (Print.h). Numbers are of one run of the program; lines and columns count from 1.
#pragma once

#include "compiler/Inspect/Formula.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ricci::inspect {

struct Source {
  std::string name, text;
};

// A position in a source; line 0: none.
struct Place {
  unsigned source = 0, line = 0, column = 0;
  bool operator==(const Place &) const = default;
};

// Of one line of a stage's text: the places it came from, the first is that of the operation itself; the derivative rules
// that made it, the last one first ("vjp of mul"); the kernel it belongs to, or −1.
struct LineOrigin {
  unsigned line = 0;
  std::vector<Place> places;
  std::vector<std::string> rules;
  int kernel = -1;
};

// The program after a pass.
struct Stage {
  std::string pass; // "fuse-kernels"
  std::string name; // as `--stage` takes it; empty where that does not show it
  std::string text = {};
  std::vector<LineOrigin> lines = {}; // those that have an origin, in order
};

struct Decision {
  std::string stage, kind, what, reason, edit, unit;
  Place place = {};
  bool refused = false;
  struct Candidate {
    std::string name;
    double cost;
  };
  std::vector<Candidate> candidates = {};
  size_t chosen = 0;
};

// A count as a formula in the program's sizes, and its number if they are known.
struct Count {
  Formula formula;
  std::optional<double> number;
};

// What the instructions of a kernel are. Shares are of the innermost loops, where the time goes.
struct Code {
  unsigned instructions = 0;
  unsigned vectorLanes = 0; // of the widest floating-point arithmetic; 1: scalar, 0: there is none
  unsigned vectorBits = 0;
  unsigned arithmetic = 0;  // floating-point instructions that compute, in the innermost loops
  unsigned fused = 0;       // of them multiply and add
  unsigned masked = 0;      // instructions under a mask of lanes, in the innermost loops
  unsigned spills = 0, reloads = 0; // registers written to the stack and read back
  std::vector<std::string> calls;   // of the runtime and of libm, each once
};

struct Time {
  double least = 0, median = 0, most = 0; // seconds of one run
  unsigned runs = 0;
};

// One loop nest or call: what `kernels` counts.
struct Kernel {
  std::string name;       // "max, -, exp, sum and /"
  std::string kind;       // "kernel", or the operation's name where it stands alone
  Place place = {};
  unsigned line = 0, lastLine = 0; // of the text of `fused`
  Formula turns = {};        // of the loops around it
  Count flops = {}, doubleFlops = {}, bytes = {}; // all turns together
  Code code = {};
  std::optional<double> predicted = {}; // seconds, by the roofline
  std::optional<Time> measured = {};
};

// A block of memory that the program takes, from the step that takes it to the one that gives it back.
struct Allocation {
  std::string name;
  Place place = {};
  Count bytes;
  unsigned first = 0, last = 0; // lines of the text of `fused`
  bool inLoop = false;          // taken at every turn of a loop
  bool result = false;          // handed to the caller
};

struct Memory {
  std::vector<Allocation> allocations;
  Count peak;                // of what is alive at a time
  Count total;               // if nothing were given back or reused
  unsigned reused = 0;       // results that take the memory of an operand
};

// What the machine does at most, measured; 0 where it was not asked.
struct Machine {
  double singleFlops = 0, doubleFlops = 0; // a second
  struct Level {
    std::string name;
    int64_t bytes;     // footprint that it was measured with
    double bandwidth;  // bytes a second
  };
  std::vector<Level> levels;
  int threads = 1;
};

struct Report {
  std::string program, function;
  std::string target;
  std::vector<Source> sources;
  std::map<std::string, int64_t> sizes; // of the names in formulas, where they are known
  std::vector<Stage> stages;
  std::vector<Decision> decisions;
  std::vector<Kernel> kernels;
  Memory memory;
  Machine machine;
  unsigned stackBytes = 0; // the largest frame of a compiled function
  std::optional<Time> measured = {};
  double compileSeconds = 0;
};

} // namespace ricci::inspect
