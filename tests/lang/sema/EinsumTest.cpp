#include "lang/sema/Einsum.h"

#include "lang/Check.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fstream>

namespace ricci::lang::test {

static std::string letters(std::string_view equation, const std::vector<size_t> &ranks) {
  auto parsed = parseEinsum(equation);
  if (const auto *error = std::get_if<EinsumError>(&parsed))
    return fmt::format("{}: {}", error->offset, error->message);
  auto resolved = resolveEinsum(std::get<EinsumEquation>(parsed), ranks);
  if (const auto *error = std::get_if<EinsumError>(&resolved))
    return fmt::format("{}: {}", error->offset, error->message);
  return std::get<EinsumLetters>(resolved).text();
}

TEST(Einsum, LettersOfEachAxis) {
  EXPECT_EQ(letters("ij,jk->ik", {2, 2}), "ij,jk->ik");
  EXPECT_EQ(letters(" i j , j k ", {2, 2}), "ij,jk->ik");
  EXPECT_EQ(letters("ba", {2}), "ba->ab");
  EXPECT_EQ(letters("aB,Bc", {2, 2}), "aB,Bc->ac");
  EXPECT_EQ(letters("...i,i->...", {3, 1}), "abi,i->ab");
  EXPECT_EQ(letters("i...,j...", {2, 3}), "ib,jab->abij");
  EXPECT_EQ(letters(",", {0, 0}), ",->");
}

TEST(Einsum, FaultsAndTheirPlaces) {
  EXPECT_EQ(letters("ij->ii", {2}), "5: letter `i` is repeated in the output");
  EXPECT_EQ(letters("ij->ik", {2}), "5: output letter `k` is in no operand");
  EXPECT_EQ(letters("i$j->i", {2}), "1: only letters, `,`, `->` and `...` make an equation");
  EXPECT_EQ(letters("ij,jk->ik", {2, 3}), "3: operand 2 has rank 3, the equation names 2 of its axes");
}

TEST(Einsum, AllOfNumPysCases) {
  std::ifstream in(RICCI_EINSUM_CASES);
  if (!in)
    GTEST_SKIP() << "no " << RICCI_EINSUM_CASES;
  nlohmann::json cases = nlohmann::json::parse(in);
  auto accepted = [](const nlohmann::json &one, std::string *said = nullptr, std::string *shape = nullptr) {
    CheckOptions options;
    std::string operands;
    size_t k = 0;
    for (const auto &sizes : one["shapes"]) {
      InputHeader header;
      header.shape = sizes.get<std::vector<int64_t>>();
      options.given.push_back({fmt::format("x{}", k), header});
      operands += fmt::format(", x{}", k++);
    }
    options.loadHeader = [](const std::string &, const std::string &) { return std::nullopt; };
    options.expression = fmt::format("einsum(\"{}\"{})", one["equation"].get<std::string>(), operands);
    SourceManager sources;
    DiagnosticEngine diagnostics;
    auto program = check(sources, nullptr, options, diagnostics);
    if (said)
      *said = render(sources, diagnostics);
    if (program && shape)
      *shape = program->result->type.text();
    return program != nullptr;
  };
  for (const auto &one : cases["valid"]) {
    std::string said, shape;
    EXPECT_TRUE(accepted(one, &said, &shape)) << one["equation"] << said;
    std::string expected;
    for (int64_t size : one["expected_shape"].get<std::vector<int64_t>>())
      expected += (expected.empty() ? "" : ",") + std::to_string(size);
    EXPECT_EQ(shape, expected.empty() ? "f64" : "f64[" + expected + "]") << one["equation"];
  }
  for (const auto &one : cases["invalid"])
    EXPECT_FALSE(accepted(one)) << one["equation"];
}

} // namespace ricci::lang::test
