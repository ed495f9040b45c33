// An example in a doc comment: a script in the scope of its file. Behind an expression or a definition, `# = VALUE`
// says what it gives, as `ricci eval` prints it.
#pragma once

#include "compiler/driver/testing/Report.h"
#include "lang/DocExamples.h"

#include <string_view>

namespace ricci::driver {

TestResult runExample(const Settings &settings, const lang::SourceFile &file, const lang::DocExample &example);

// Whether a printed value is the one written: blanks do not count, and a number with a point or an exponent stands for
// all that are rounded to it.
bool isValueWritten(std::string_view printed, std::string_view written);

} // namespace ricci::driver
