// Linear recurrences in every form that lowering knows: along the last axis and along others, forwards and backwards,
// alone and with what computes their operands fused in; lengths around a vector's.
#include "Compare.h"

namespace ricci::test {
namespace {

using Shape = std::vector<int64_t>;

struct Form {
  Shape shape;
  int64_t axis;
  std::string element = "f64";
  bool dynamic = false;
  // Of the factors: given, ones, or computed where they are used, infinite or 1, so that zeros matter.
  enum Factors { Given, Ones, Infinite } factors = Given;

  std::string type(const Shape &sizes, const std::string &of) const {
    std::string text = "tensor<";
    for (int64_t size : sizes)
      text += (dynamic ? "?" : std::to_string(size)) + "x";
    return text + of + ">";
  }
  std::string type() const { return type(shape, element); }
  Shape factorShape() const {
    Shape sizes = shape;
    sizes[axis] = std::max<int64_t>(0, sizes[axis] - 1);
    return sizes;
  }

  std::string program(const std::string &attributes) const {
    const std::string x = type(), a = type(factorShape(), element);
    std::string sizes, body;
    for (size_t k = 0; dynamic && k < shape.size(); ++k) {
      body += "  %d" + std::to_string(k) + " = ricci.dim %a, " + std::to_string(k) + " : " + a + "\n";
      sizes += (k ? ", %d" : "%d") + std::to_string(k);
    }
    if (dynamic)
      sizes = " dims(" + sizes + ")";
    switch (factors) {
    case Given:
      body += "  %f = ricci.neg %a : " + a + "\n  %y = ricci.neg %x : " + x + "\n";
      break;
    case Ones:
      body += "  %f = ricci.fill " + std::string(element[0] == 'f' ? "1.0" : "1") + " : " + element + sizes + " : " +
              a + "\n  %y = ricci.mul %x, %x : " + x + "\n";
      break;
    case Infinite:
      body +=
          "  %p = ricci.relu %a : " + a + "\n  %f = ricci.div %a, %p : " + a + "\n  %y = ricci.relu %x : " + x + "\n";
      break;
    }
    return "func.func @f(%x: " + x + ", %a: " + a + ") -> (" + x + ", " + x + ") {\n" + body +
           "  %r = ricci.recurrence " + std::to_string(axis) + " " + attributes + " %y, %f : " + x + ", " + a +
           "\n  %s = ricci.recurrence " + std::to_string(axis) + " " + attributes + " %x, %f : " + x + ", " + a +
           "\n  return %r, %s : " + x + ", " + x + "\n}\n";
  }
};

std::ostream &operator<<(std::ostream &stream, const Form &form) {
  static const char *names[] = {"Given", "Ones", "Infinite"};
  stream << form.element << (form.dynamic ? "Dynamic" : "");
  for (int64_t size : form.shape)
    stream << "_" << size;
  return stream << "_along" << form.axis << names[form.factors];
}

class Recurrence : public ::testing::TestWithParam<Form> {};

TEST_P(Recurrence, EqualsReference) {
  const Form &form = GetParam();
  for (const char *attributes : {"", "reverse", "masked", "reverse masked"}) {
    const std::string program = form.program(attributes);
    std::vector<Shape> shapes;
    if (form.dynamic)
      shapes = {form.shape, form.factorShape()};
    for (auto [vectorBytes, fuse] : {std::pair(64u, false), {64u, true}, {16u, true}})
      EXPECT_TRUE(compiledEqualsReference(program, {shapes, vectorBytes, /*chunkWork=*/0, fuse}))
          << vectorBytes << (fuse ? " fused\n" : "\n") << program;
  }
}

std::vector<Form> forms() {
  std::vector<Form> all;
  for (Form::Factors factors : {Form::Given, Form::Ones, Form::Infinite}) {
    for (int64_t length : {0, 1, 2, 8, 21})
      all.push_back({{length}, 0, "f64", false, factors});
    for (int64_t lines : {0, 1, 4, 7})
      all.push_back({{lines, 9}, 1, "f64", lines == 7, factors});
    for (int64_t columns : {0, 1, 5, 17})
      all.push_back({{6, columns}, 0, "f64", columns == 5, factors});
    all.push_back({{3, 4, 11}, 1, "f64", false, factors});
    all.push_back({{3, 5, 7}, 2, "f64", true, factors});
    all.push_back({{2, 0, 3}, 1, "f64", true, factors});
    all.push_back({{0}, 0, "f64", true, factors});
    all.push_back({{1}, 0, "f64", true, factors});
    all.push_back({{19}, 0, "f32", true, factors});
    all.push_back({{3, 19}, 0, "f32", false, factors});
  }
  for (Form::Factors factors : {Form::Given, Form::Ones})
    for (const char *element : {"i32", "i64"}) {
      all.push_back({{37}, 0, element, false, factors});
      all.push_back({{5, 9}, 1, element, true, factors});
      all.push_back({{5, 9}, 0, element, false, factors});
    }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Forms, Recurrence, ::testing::ValuesIn(forms()), ::testing::PrintToStringParamName());

// A result may take the place of the input where that ends, but not of the factors.
TEST(Recurrence, InPlace) {
  for (const char *factors : {"%e", "%x"})
    EXPECT_TRUE(compiledEqualsReference(
        R"(func.func @f(%x: tensor<?x?xf64>, %n: tensor<?xf64>) -> tensor<?x?xf64> {
      %e = ricci.sin %x : tensor<?x?xf64>
      %i = ricci.dim %n, 0 : tensor<?xf64>
      %j = ricci.dim %x, 1 : tensor<?x?xf64>
      %a = ricci.gather )" +
            std::string(factors) +
            R"( dims(%i, %j) {map = affine_map<(d0, d1) -> (d0, d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<?x?xf64> -> tensor<?x?xf64>
      %r = ricci.recurrence 0 %e, %a : tensor<?x?xf64>, tensor<?x?xf64>
      %s = ricci.recurrence 0 reverse %r, %a : tensor<?x?xf64>, tensor<?x?xf64>
      return %s : tensor<?x?xf64> })",
        {{{6, 9}, {5}}, 64, false}));
}

} // namespace
} // namespace ricci::test
