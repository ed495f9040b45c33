// Tells perf of code that is made at run time: names, bytes and source lines, in a file of the "jitdump" format (Linux,
// tools/perf/Documentation/jitdump-specification.txt). There is one file for the
// process, jit-PID.dump in the first folder that is named, which perf finds because it is mapped. LLVM's own plugin is of no use for objects with several
// functions: it writes all line tables before all functions, and perf takes the last table for the first function.
#pragma once

#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"

namespace ricci {

// Null, if the file cannot be made: perf is then told nothing.
std::shared_ptr<llvm::orc::ObjectLinkingLayer::Plugin> perfDumpPlugin(const std::string &folder);

} // namespace ricci
