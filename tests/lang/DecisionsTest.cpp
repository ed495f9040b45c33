// The language's decisions in the small, one row each: an expression and its value, by the interpreter and by compiled code.
#include "tests/numerics/Program.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace ricci::test;

namespace {

constexpr double inf = INFINITY, nan = NAN;

struct Decision {
  const char *name;
  const char *expression;
  std::vector<double> value; // all leaves, one after the other
  const char *source = "";   // what the expression is in the scope of
};

const char *guards = "let x = [3.0, 1.0, 2.0]\nlet none = zeros(f64[0])\nlet noInts = zeros(i64[0])\nlet flags = x > 5.0\nlet A = [[1.0, 5.0], [5.0, 2.0]]";

const Decision decisions[] = {
    // names
    {"sibling_binders_reuse_names", "sum[i](x[i]) + prod[i](x[i])", {12}, guards},
    {"inner_blocks_define_anew", "for t in 0..2 { let y = 2.0; yield y + x[t] }", {5, 3}, guards},
    // reductions
    {"max_reduces", "max(x)", {3}, guards},
    {"max_of_two_is_elementwise", "max(x, [1.0, 4.0, 2.0])", {3, 4, 2}, guards},
    {"argmax_gives_the_first", "argmax[i]([7.0, 9.0, 9.0][i])", {1}},
    {"argmin_gives_the_first", "argmin([4.0, 2.0, 2.0])", {1}},
    {"argmax_over_two_indices_is_a_tuple", "argmax[i,j](A[i,j])", {0, 1}, guards},
    {"argmax_of_rank_two_is_a_tuple", "argmax(A)", {0, 1}, guards},
    {"nan_propagates_through_max", "max([1.0, nan, 2.0])", {nan}},
    {"nan_propagates_through_min", "min(1.0, f64(nan))", {nan}},
    {"argmax_takes_the_first_nan", "argmax([1.0, nan, 2.0, nan])", {1}},
    // nothing to reduce
    {"empty_sum", "sum(none)", {0}, guards},
    {"empty_prod", "prod(none)", {1}, guards},
    {"empty_max", "max(none)", {-inf}, guards},
    {"empty_min", "min(none)", {inf}, guards},
    {"empty_mean", "mean(none)", {nan}, guards},
    {"empty_logsumexp", "logsumexp(none)", {-inf}, guards},
    {"empty_any", "any(none > 0.0)", {0}, guards},
    {"empty_all", "all(none > 0.0)", {1}, guards},
    {"guarded_out_sum", "sum[i where flags[i]](x[i])", {0}, guards},
    {"guarded_out_prod", "prod[i where flags[i]](x[i])", {1}, guards},
    {"guarded_out_max", "max[i where flags[i]](x[i])", {-inf}, guards},
    {"guarded_out_min", "min[i where flags[i]](x[i])", {inf}, guards},
    {"guarded_out_mean", "mean[i where flags[i]](x[i])", {nan}, guards},
    {"guarded_out_any", "any[i where flags[i]](x[i] > 0.0)", {0}, guards},
    {"guarded_out_all", "all[i where flags[i]](x[i] > 9.0)", {1}, guards},
    {"guarded_mean_counts_what_passed", "mean[i where x[i] > 1.5](x[i])", {2.5}, guards},
    {"backward_range_is_empty", "sum[i in 3..1](x[i])", {0}, guards},
    {"accumulator_type", "sum<f64>[i](f32(x)[i])", {6}, guards},
    {"block_as_body", "sum[i] { let y = x[i]; y * y }", {14}, guards},
    // integers
    {"division_floors", "[7 / 2, -7 / 2, 7 / -2, -7 / -2]", {3, -4, -4, 3}},
    {"remainder_has_the_divisors_sign", "[7 % 3, -7 % 3, 7 % -3, -7 % -3]", {1, 2, -2, -1}},
    {"overflow_wraps", "9223372036854775807 + i64(iota(2)[1])", {-9223372036854775808.0}},
    {"least_by_minus_one_wraps", "(-9223372036854775808 + iota(1)[0]) / (0 - 1 + iota(1)[0])", {-9223372036854775808.0}},
    {"real_to_integer_truncates", "i64([1.9, -1.9])", {1, -1}},
    {"real_to_integer_saturates", "i32([1e20, -1e20])", {2147483647, -2147483648.0}},
    {"nan_to_integer_is_zero", "i64([nan])", {0}},
    {"bool_to_number", "f64(x > 1.5)", {1, 0, 1}, guards},
    {"integer_powers", "[2 ** 3, 3 ** 0]", {8, 1}},
    {"real_to_an_integer_power", "x ** 2", {9, 1, 4}, guards},
    {"power_is_right_associative", "2.0 ** 3.0 ** 2.0", {512}},
    {"minus_binds_looser_than_power", "-2.0 ** 2.0", {-4}},
    // constants
    {"quotient_of_literals_alone", "1/2", {0}},
    {"quotient_of_literals_where_real", "1/2 + 0.0 * x[0]", {0.5}, guards},
    {"constants_are_exact", "[0.1 + 0.2 - 0.3]", {0}},
    {"round_to_even", "round([0.5, 1.5, 2.5, -0.5])", {0, 2, 2, -0.0}},
    // conditions
    {"untaken_branch_is_not_evaluated", "(if x[0] > 9.0 then x[i64(x[0])] else 1.0)", {1}, guards},
    {"untaken_branch_has_no_gradient", "grad[x](sum[i](if x[i] > 1.5 then log(x[i] - 1.5) else 0.0))", {1 / 1.5, 0, 2}, guards},
    {"and_is_lazy", "sum[i in 0..3](if i > 0 and x[i - 1] > 2.0 then 1.0 else 0.0)", {1}, guards},
    {"comparing_arrays_gives_bools", "all(x > 0.0)", {1}, guards},
    {"not_covers_the_comparison", "not x[0] == 3.0", {0}, guards},
    // accesses
    {"pad_reads_zero", "sum[i in 0..3](x[pad(i - 1)])", {4}, guards},
    {"clamp_reads_the_nearest", "sum[i in 0..3](x[clamp(i - 1)])", {7}, guards},
    {"wrap_reads_around", "sum[i in 0..3](f64(i) * x[wrap(i - 1)])", {5}, guards},
    {"slice_may_be_empty", "sum(x[2..2])", {0}, guards},
    {"steps", "x[0..3 by 2]", {3, 2}, guards},
    // einsum
    {"einsum_ignores_spaces", "einsum(\" ij , j -> i \", A, [1.0, 1.0])", {6, 7}, guards},
    {"einsum_implicit_output_in_ascii_order", "einsum(\"ba\", A)", {1, 5, 5, 2}, guards},
    {"einsum_repeated_letter_is_a_diagonal", "einsum(\"ii->i\", A)", {1, 2}, guards},
    // subgradients
    {"relu_at_zero", "grad[z](relu(z))", {0}, "let z = 0.0"},
    {"abs_at_zero", "grad[z](abs(z))", {0}, "let z = 0.0"},
    {"norm_at_zero", "grad[z](norm(z))", {0, 0}, "let z = [0.0, 0.0]"},
    {"ties_of_max_share", "grad[z](max(z))", {0.5, 0.5, 0}, "let z = [2.0, 2.0, 1.0]"},
    {"ties_of_max_of_two_share", "grad[a,b](max(a, b))", {0.5, 0.5}, "let a = 1.0\nlet b = 1.0"},
    {"floor_has_derivative_zero", "grad[z](floor(z) * z)", {2}, "let z = 2.5"},
};

class Decisions : public testing::TestWithParam<Decision> {};

} // namespace

TEST_P(Decisions, Hold) {
  const Decision &decision = GetParam();
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate(decision.source, decision.expression, {});
    ASSERT_EQ(result.error, "");
    std::vector<double> values;
    for (const ricci::runtime::Array &leaf : result.values)
      for (double value : numbers(leaf))
        values.push_back(value);
    ASSERT_EQ(values.size(), decision.value.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (std::isnan(decision.value[i]))
        EXPECT_TRUE(std::isnan(values[i])) << values[i];
      else
        EXPECT_DOUBLE_EQ(values[i], decision.value[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Lang, Decisions, testing::ValuesIn(decisions), [](const auto &info) { return std::string(info.param.name); });

// What ends a run, by the code of its error.
TEST(DecisionsTest, RunTimeErrors) {
  const std::pair<const char *, const char *> cases[] = {
      {"1 / iota(1)[0]", "R0002"},
      {"1 % iota(1)[0]", "R0002"},
      {"argmax(zeros(f64[0]))", "R0004"},
      {"max(zeros(i64[0]))", "R0004"},
      {"min(zeros(i64[0]))", "R0004"},
      {"x[n]", "R0001"},
      {"x[0 - n]", "R0001"},
      {"x[n..1]", "R0001"},
  };
  for (const auto &[expression, code] : cases) {
    Evaluated result = runSource("fn id(n: i64) -> i64 { n }\nlet x = [1.0, 2.0]\nlet n = id(3)", expression, {});
    EXPECT_EQ(result.error.substr(0, 5), code) << expression << ": " << result.error;
  }
}
