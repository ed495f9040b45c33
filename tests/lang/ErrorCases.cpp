#include "ExpectedDiagnostics.h"

#include "lang/Check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace ricci::lang::test {

static std::string contents(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

static std::vector<std::string> errorCases() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(RICCI_ERROR_CASES))
    if (entry.path().extension() == ".ricci")
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

static std::filesystem::path pathOf(const std::string &name) {
  return std::filesystem::path(RICCI_ERROR_CASES) / (name + ".ricci");
}

class ErrorCase : public ::testing::TestWithParam<std::string> {};

TEST_P(ErrorCase, SaysExactlyWhatIsExpected) {
  std::string program = contents(pathOf(GetParam()));
  std::vector<Expectation> expected = expectations(program);
  ASSERT_FALSE(expected.empty()) << "the case expects nothing";

  SourceManager sources;
  DiagnosticEngine diagnostics = diagnose(sources, GetParam() + ".ricci", std::move(program), RICCI_ERROR_CASES "/modules");
  for (const Diagnostic &diagnostic : diagnostics.diagnostics()) {
    auto found = std::find_if(expected.begin(), expected.end(),
                              [&](const Expectation &e) { return matches(sources, diagnostic, e); });
    if (found == expected.end())
      ADD_FAILURE() << "not expected:\n" << render(sources, diagnostic);
    else
      expected.erase(found);
  }
  for (const Expectation &missing : expected)
    ADD_FAILURE() << fmt::format("missing: {} at {}:{}, {}", missing.code, missing.line, missing.column, missing.fragment);
}

INSTANTIATE_TEST_SUITE_P(Lang, ErrorCase, ::testing::ValuesIn(errorCases()),
                         [](const auto &test) { return test.param; });

// The registry is complete only if every entry has been seen to happen.
TEST(Registry, EveryCodeHasAnErrorCase) {
  std::set<std::string_view> unseen;
  for (const CodeInfo &entry : allCodes())
    unseen.insert(entry.name);
  for (const std::string &name : errorCases())
    for (const Expectation &expected : expectations(contents(pathOf(name))))
      unseen.erase(expected.code);
  unseen.erase("E0007"); // needs a file of 16 MiB: FilesPastTheLimitAreRefused
  unseen.erase("E0801"); // need a command line: InputsThatDoNotFit
  unseen.erase("E0803");
  std::erase_if(unseen, [](std::string_view name) { return name >= "E0910"; }); // show only in compilation
  EXPECT_TRUE(unseen.empty()) << "provoked by no file: " << fmt::format("{}", fmt::join(unseen, " "));
}

TEST(Registry, FilesPastTheLimitAreRefused) {
  SourceManager sources;
  DiagnosticEngine diagnostics = diagnose(sources, "f", std::string(SourceManager::kMaxFileSize + 1, ' '));
  ASSERT_EQ(diagnostics.diagnostics().size(), 1u);
  EXPECT_EQ(diagnostics.diagnostics().front().code, Code::E0007);
}

TEST(Registry, InputsThatDoNotFit) {
  SourceManager sources;
  const SourceFile &script = sources.file(sources.add("f", "param x: f64[3]\n"));
  DiagnosticEngine diagnostics;
  CheckOptions options;
  options.given = {{"x", {Scalar::F32, {3}, {}, false}}};
  check(sources, &script, options, diagnostics);
  options.given = {};
  options.expression = "sum(y)";
  check(sources, &script, options, diagnostics);
  ASSERT_EQ(diagnostics.diagnostics().size(), 2u) << render(sources, diagnostics);
  EXPECT_EQ(diagnostics.diagnostics()[0].code, Code::E0803);
  EXPECT_EQ(diagnostics.diagnostics()[1].code, Code::E0801);
}

TEST(Registry, NamesAscendAndTextsAreThere) {
  std::string_view last;
  for (const CodeInfo &entry : allCodes()) {
    EXPECT_LT(last, entry.name);
    EXPECT_FALSE(entry.title.empty()) << entry.name;
    EXPECT_GT(entry.text.size(), 60u) << entry.name;
    last = entry.name;
  }
}

// `ricci explain` shows these programs, so they have to do what it says.
TEST(Registry, ExamplesDoWhatTheySay) {
  for (const CodeInfo &entry : allCodes()) {
    SourceManager sources;
    if (!entry.wrong.empty()) {
      DiagnosticEngine diagnostics = diagnose(sources, "wrong", std::string(entry.wrong));
      bool provoked = false;
      for (const Diagnostic &diagnostic : diagnostics.diagnostics())
        provoked |= diagnostic.code == entry.code;
      EXPECT_TRUE(provoked) << entry.name << " is not provoked by its example:\n" << entry.wrong << "\n" << render(sources, diagnostics);
    }
    DiagnosticEngine diagnostics = diagnose(sources, "right", std::string(entry.right));
    EXPECT_FALSE(diagnostics.hasErrors()) << entry.name << "\n" << render(sources, diagnostics);
  }
}

} // namespace ricci::lang::test
