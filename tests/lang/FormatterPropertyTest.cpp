// The formatter on everything there is: the programs of this tree, of the registry and of the pages, and generated
// ones; and on thousands of variants with longer names, and with blanks, line breaks, comments and separators put in
// and taken out wherever the grammar allows it.
#include "Formatting.h"

#include "lang/Diagnostic.h"
#include "lang/Lexer.h"
#include "lang/Parser.h"
#include "tests/fuzz/Mutator.h"
#include "tests/fuzz/generate/Generator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ricci::lang::test {

namespace fs = std::filesystem;

namespace {

struct Program {
  std::string name;
  std::string text;
};

std::string contents(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool parses(const std::string &text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  parseFile(sources.file(sources.add("f", text)), diagnostics);
  return !diagnostics.hasErrors();
}

// The blocks between lines of three backquotes.
void addCodeBlocks(const fs::path &page, std::vector<Program> &programs) {
  std::istringstream lines(contents(page));
  std::string block;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      if (inside)
        programs.push_back({fmt::format("{} {}", page.filename().string(), programs.size()), std::exchange(block, {})});
      inside = !inside;
    } else if (inside) {
      block += line + "\n";
    }
  }
}

// Those that have syntax errors are left out.
const std::vector<Program> &programs() {
  static const std::vector<Program> all = [] {
    const fs::path source = RICCI_SOURCE;
    std::vector<Program> found;
    for (const char *folder : {"examples", "tests/lang/errors", "tests/fuzz/corpus", "tests/endtoend/gradbench"})
      for (const auto &entry : fs::recursive_directory_iterator(source / folder))
        if (entry.path().extension() == ".ricci")
          found.push_back({fs::relative(entry.path(), source), contents(entry.path())});
    std::sort(found.begin(), found.end(), [](const Program &a, const Program &b) { return a.name < b.name; });
    if (fs::path tour = source / "../shared/cases/tour.ricci"; fs::exists(tour))
      found.push_back({"tour", contents(tour)});
    for (const char *page : {"README.md", "lang/README.md"})
      addCodeBlocks(source / page, found);
    for (const CodeInfo &entry : allCodes()) {
      found.push_back({fmt::format("{} wrong", entry.name), std::string(entry.wrong)});
      found.push_back({fmt::format("{} right", entry.name), std::string(entry.right)});
    }
    std::erase_if(found, [](const Program &program) { return !parses(program.text); });
    return found;
  }();
  return all;
}

// One thing put in or taken out at a place between two tokens.
std::string disturbed(const std::string &text, fuzz::Random &random) {
  SourceManager sources;
  DiagnosticEngine ignored;
  TokenStream stream = lex(sources.file(sources.add("f", text)), ignored);
  size_t number = random.below(stream.tokens.size());
  const Token &token = stream.tokens[number];
  uint32_t gap = number == 0 ? 0 : stream.tokens[number - 1].end;
  const std::string inserted[] = {
      "\n",     "\n\n\n",         "\r\n",    " ",           "\t",       ";",       ",",
      "\n;\n",  " # a\n",         "\n# b\n", "\n\n# c\n\n", "\n## d\n", " ## e\n", "\n### f\n",
      "#g  \n", "\n\t# α \t\r\n", ";# h\n",  ";## i\n"};
  switch (random.below(4)) {
  case 0: { // a line break or semicolon in the place of what is there
    bool comments = text.substr(gap, token.begin - gap).find('#') != std::string::npos;
    const char *blanks[] = {"", " ", "\n", ";", "\n\n"};
    return comments ? text : text.substr(0, gap) + blanks[random.below(5)] + text.substr(token.begin);
  }
  case 1:
    return text.substr(0, gap) + inserted[random.below(std::size(inserted))] + text.substr(gap);
  default:
    return text.substr(0, token.begin) + inserted[random.below(std::size(inserted))] + text.substr(token.begin);
  }
}

// Every step that leaves a program is kept, so that disturbances pile up.
std::string disturbed(std::string text, size_t steps, fuzz::Random &random) {
  for (; steps > 0; --steps)
    if (std::string next = disturbed(text, random); parses(next))
      text = std::move(next);
  return text;
}

// Names of any length, so that lines have to break anywhere.
std::string withLongNames(const std::string &text, fuzz::Random &random) {
  SourceManager sources;
  DiagnosticEngine ignored;
  std::string longer;
  uint32_t end = 0;
  size_t longest = random.below(60);
  for (const Token &token : lex(sources.file(sources.add("f", text)), ignored).tokens) {
    std::string name = text.substr(token.begin, token.end - token.begin);
    bool word = name == "as" || name == "by" || name == "limit" || name == "float" || name == "int" || name == "num";
    longer += text.substr(end, token.end - end);
    if (token.kind == TokenKind::Identifier && !word)
      longer.append(random.below(longest), '_');
    end = token.end;
  }
  return longer + text.substr(end);
}

} // namespace

TEST(FormatterProperty, ProgramsAreFound) { EXPECT_GT(programs().size(), 300u); }

TEST(FormatterProperty, HoldsForEveryProgram) {
  for (const Program &program : programs())
    EXPECT_EQ(formatKeepsMeaning(program.text), "") << program.name << "\n" << program.text;
}

TEST(FormatterProperty, HoldsWhereverLinesBreak) {
  for (uint64_t seed = 0; seed < 10 * programs().size(); ++seed) {
    fuzz::Random random(seed);
    const Program &program = programs()[seed % programs().size()];
    std::string text = withLongNames(program.text, random);
    ASSERT_TRUE(parses(text)) << text;
    ASSERT_EQ(formatKeepsMeaning(text), "") << program.name << ", seed " << seed << "\n" << text;
  }
}

TEST(FormatterProperty, HoldsWhereverBlanksAndCommentsStand) {
  for (uint64_t seed = 0; seed < 3 * programs().size(); ++seed) {
    fuzz::Random random(seed);
    const Program &program = programs()[seed % programs().size()];
    std::string text = random.oneIn(2) ? withLongNames(program.text, random) : program.text;
    text = disturbed(std::move(text), random.below(80), random);
    ASSERT_EQ(formatKeepsMeaning(text), "") << program.name << ", seed " << seed << "\n" << text;
  }
}

TEST(FormatterProperty, HoldsForGeneratedPrograms) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    fuzz::Random random(seed);
    std::string text = fuzz::Generator(seed).program();
    ASSERT_TRUE(parses(text)) << text;
    ASSERT_EQ(formatKeepsMeaning(text), "") << "seed " << seed << "\n" << text;
    text = disturbed(withLongNames(text, random), 10, random);
    ASSERT_EQ(formatKeepsMeaning(text), "") << "disturbed, seed " << seed << "\n" << text;
  }
}

TEST(FormatterProperty, HoldsForOtherPrograms) {
  std::vector<std::string> corpus;
  for (const Program &program : programs())
    corpus.push_back(program.text);
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    fuzz::Random random(seed);
    std::string text = fuzz::mutateProgram(corpus, random);
    ASSERT_EQ(formatKeepsMeaning(text), "") << "seed " << seed << "\n" << text;
  }
}

} // namespace ricci::lang::test
