#include "SmallContraction.h"

#include "SmallProduct.h"

#include "dialects/Decision.h"
#include "runtime/ContractionSmall.h"

namespace ricci::lower {

using namespace mlir;

namespace {

using runtime::mostSmallBytes, runtime::mostSmallProducts;
// One that meets a single row is read once, from the second-level cache up to here as fast as by the runtime or faster.
constexpr int64_t mostStreamedBytes = 256 * 1024;
// Two matrices without anything around them, from here on: the runtime has tiles of two widths in one product, which at
// 100³ save a sixth of the time and at 110³ a third.
constexpr int64_t mostPlainProducts = 300'000;
// From here on its call costs less than it saves where it sums the last columns along rows (65³ a tenth).
constexpr int64_t leastSummedProducts = 32'768;

using Dims = SmallVector<ContractionDim>;
using Stride = Value ContractionDim::Strides::*;

int64_t sizeOf(const ContractionDim &dim) { return *constantIndex(dim.size); }
int64_t known(Value stride) { return constantIndex(stride).value_or(ShapedType::kDynamic); }

// Any number above mostSmallProducts for more than that.
int64_t points(ArrayRef<ContractionDim> dims) {
  int64_t product = 1;
  for (const ContractionDim &dim : dims)
    product = std::min(product * std::min(sizeOf(dim), mostSmallProducts + 1), mostSmallProducts + 1);
  return product;
}

// Indices by kind, those of size 1 left out; an array that does not have one has stride 0.
struct Roles {
  Dims batch, rows, columns, sums;
  Value a, b, c;

  void exchange() {
    std::swap(rows, columns);
    std::swap(a, b);
    for (Dims *dims : {&batch, &rows, &columns, &sums})
      for (ContractionDim &dim : *dims)
        std::swap(dim.stride.a, dim.stride.b);
  }
};

// Outermost first; two indices that are one wherever they occur become one.
void fuse(const Emit &emit, Dims &dims) {
  auto key = [](const ContractionDim &dim) {
    int64_t c = known(dim.stride.c), widest = std::max(known(dim.stride.a), known(dim.stride.b));
    return c ? c : widest;
  };
  llvm::sort(dims, [&](const ContractionDim &x, const ContractionDim &y) { return key(x) > key(y); });
  auto follows = [](Value outer, Value inner, int64_t size) {
    return known(outer) != ShapedType::kDynamic && known(inner) != ShapedType::kDynamic &&
           known(outer) == known(inner) * size;
  };
  Dims fused;
  for (const ContractionDim &inner : dims) {
    ContractionDim *outer = fused.empty() ? nullptr : &fused.back();
    const int64_t size = sizeOf(inner);
    if (outer && follows(outer->stride.a, inner.stride.a, size) && follows(outer->stride.b, inner.stride.b, size) &&
        follows(outer->stride.c, inner.stride.c, size))
      *outer = {emit.index(sizeOf(*outer) * size), inner.stride};
    else
      fused.push_back(inner);
  }
  dims = fused;
}

// None if a size is not known that has to be.
std::optional<Roles> rolesOf(const Emit &emit, const Contraction &contraction) {
  Roles roles{{}, {}, {}, {}, contraction.a, contraction.b, contraction.c};
  for (ContractionDim dim : contraction.dims) {
    auto &[a, b, c] = dim.stride;
    Dims &dims = !c ? roles.sums : a && b ? roles.batch : a ? roles.rows : roles.columns;
    std::optional<int64_t> size = constantIndex(dim.size);
    if (!size && &dims != &roles.batch)
      return std::nullopt;
    if (size == 1)
      continue;
    for (Value *stride : {&a, &b, &c})
      if (!*stride)
        *stride = emit.index(0);
    dims.push_back(dim);
  }
  for (Dims *dims : {&roles.rows, &roles.columns, &roles.sums})
    fuse(emit, *dims);
  return roles;
}

// The index along which both arrays are contiguous, or one array alone.
ContractionDim *contiguous(Dims &dims, std::initializer_list<Stride> arrays) {
  auto *found = llvm::find_if(dims, [&](const ContractionDim &dim) {
    return llvm::all_of(arrays, [&](Stride array) { return known(dim.stride.*array) == 1; });
  });
  return found == dims.end() ? nullptr : found;
}

constexpr Stride inA = &ContractionDim::Strides::a, inB = &ContractionDim::Strides::b,
                 inC = &ContractionDim::Strides::c;

// How vectors run, after an exchange of the operands if that is better: along C and B; else along C, and along the sum
// of a B that is turned, or that has only one row of A to meet. Returns the index along C, none if no form fits.
ContractionDim *orient(Roles &roles, SmallProduct::Form &form) {
  using Form = SmallProduct::Form;
  auto fits = [&](const ContractionDim &column) {
    const bool oneRow = points(roles.rows) < 2;
    switch (form) {
    case Form::Rows:
      return known(column.stride.b) == 1 || points(roles.sums) == 0;
    case Form::Turned:
      return !oneRow && contiguous(roles.sums, {inB});
    case Form::Dots:
      return oneRow && roles.sums.size() == 1 && contiguous(roles.sums, {inA, inB});
    }
    llvm_unreachable("all forms are above");
  };
  for (Form wanted : {Form::Rows, Form::Turned, Form::Dots})
    for (int turn = 0; turn < 2; ++turn, roles.exchange()) {
      form = wanted;
      if (ContractionDim *column = contiguous(roles.columns, {inC}); column && fits(*column))
        return column;
    }
  return nullptr;
}

// A product of two matrices whose tiles the runtime chooses better.
bool isRuntimes(const Roles &roles, int64_t products, int64_t lanes) {
  if (!roles.batch.empty() || roles.rows.size() != 1 || roles.columns.size() != 1 || roles.sums.size() != 1)
    return false;
  const ContractionDim &sum = roles.sums.front();
  return products > mostPlainProducts ||
         (products >= leastSummedProducts && known(sum.stride.a) == 1 &&
          runtime::columnsByDots(sizeOf(roles.columns.front()), sizeOf(sum), lanes) > 0);
}

Decision onRuntime(std::string reason, std::string edit = "") {
  return {.kind = Decision::Kind::Product,
          .what = "a product of two arrays is left to the runtime's kernels, which plan on the sizes at hand",
          .reason = std::move(reason),
          .edit = std::move(edit)};
}

StringRef nameOf(SmallProduct::Form form) {
  switch (form) {
  case SmallProduct::Form::Rows: return "along the rows of the second operand as they lie";
  case SmallProduct::Form::Turned: return "along the sum, each second operand turned into memory of its own first";
  case SmallProduct::Form::Dots: return "along the sum, whose lanes are added at the end";
  }
  llvm_unreachable("a form without a name");
}

} // namespace

bool emitSmallContraction(Environment &env, Location loc, const Contraction &contraction) {
  Emit emit = env.at(loc);
  std::optional<Roles> found = rolesOf(emit, contraction);
  if (!found) {
    decide(loc, [] {
      return onRuntime("its sizes are known only at run time",
                       "where the program or its inputs' headers tell the sizes, small products are done in place");
    });
    return false;
  }
  Roles &roles = *found;
  const int64_t products = points(roles.rows) * points(roles.columns) * points(roles.sums);
  SmallProduct::Form form;
  ContractionDim *vectors = orient(roles, form);
  const int64_t bytes = points(roles.columns) * points(roles.sums) * byteSize(contraction.element);
  const int64_t mostOfIt = points(roles.rows) < 2 ? mostStreamedBytes : mostSmallBytes;
  if (!vectors || products > mostSmallProducts || bytes > mostOfIt) {
    decide(loc, [&] {
      if (!vectors)
        return onRuntime("no order of its indices lets vectors run along the result and an operand or the sum",
                         "with the index last that the result and an operand share, they could");
      if (products > mostSmallProducts)
        return onRuntime("it has more than " + std::to_string(mostSmallProducts) + " products, which threads share");
      return onRuntime("its second operand has " + std::to_string(bytes) + " bytes, which are worth packing from " +
                       std::to_string(mostOfIt) + " on");
    });
    return false;
  }
  if (isRuntimes(roles, products, env.target.lanes(contraction.element))) {
    decide(loc, [&] { return onRuntime("tiles of several shapes suit it"); });
    return false;
  }
  decide(loc, [&] {
    return Decision{.kind = Decision::Kind::Product,
                    .what = "a product of two arrays is computed in place in register tiles, vectors " + nameOf(form).str(),
                    .reason = "its " + std::to_string(products) + " products and the " + std::to_string(bytes) +
                              " bytes of its second operand are too few to pay for planning and packing"};
  });
  if (points(roles.rows) * points(roles.columns) == 0)
    return true;

  // The tile's rows are those of the longest index; the others are loops.
  Value zero = emit.index(0);
  ContractionDim row{emit.index(1), {zero, zero, zero}};
  const ContractionDim column = *vectors;
  roles.columns.erase(vectors);
  if (!roles.rows.empty()) {
    auto *longest = llvm::max_element(
        roles.rows, [](const ContractionDim &x, const ContractionDim &y) { return sizeOf(x) < sizeOf(y); });
    row = *longest;
    roles.rows.erase(longest);
  }
  if (form == SmallProduct::Form::Turned) {
    ContractionDim *inner = contiguous(roles.sums, {inB});
    std::rotate(inner, inner + 1, roles.sums.end());
  }
  SmallProduct product{contraction.element, roles.a, roles.b, roles.c, roles.batch, roles.sums, row, column, form};
  llvm::append_range(product.loops, roles.columns);
  llvm::append_range(product.loops, roles.rows);
  emitSmallProduct(env, loc, product);
  return true;
}

} // namespace ricci::lower
