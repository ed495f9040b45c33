// Runs `ricci test` on programs given as text.
#pragma once

#include "tests/endtoend/Process.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ricci::test {

class Tested : public testing::Test {
protected:
  Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "test");
    return runRicci(arguments, folder.path());
  }
  void write(const std::string &name, std::string_view text) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  // The result of one test in t.ricci, which holds `text`.
  nlohmann::json resultOf(const std::string &text, const std::string &function, std::vector<std::string> options = {}) {
    write("t.ricci", text);
    options.insert(options.begin(), {"t.ricci", "--json"});
    Outcome outcome = run(options);
    nlohmann::json object = nlohmann::json::parse(outcome.out, nullptr, false);
    for (const nlohmann::json &entry : object["tests"])
      if (entry["name"] == "t.ricci:" + function)
        return entry;
    ADD_FAILURE() << "no result for " << function << "\n" << outcome.out << outcome.err;
    return {{"status", ""}, {"message", ""}};
  }
  void expectFailure(const std::string &text, const std::string &function, std::string_view fragment) {
    nlohmann::json result = resultOf(text, function);
    EXPECT_EQ(result["status"], "failed") << text;
    EXPECT_NE(result["message"].get<std::string>().find(fragment), std::string::npos) << result["message"];
  }
  void expectPass(const std::string &text, const std::string &function) {
    nlohmann::json result = resultOf(text, function);
    EXPECT_EQ(result["status"], "passed") << result["message"];
  }

  TemporaryFolder folder;
};

} // namespace ricci::test
