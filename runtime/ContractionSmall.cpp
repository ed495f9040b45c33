#include "runtime/ContractionSmall.h"

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"

#include <bit>

namespace ricci::runtime {

namespace {

constexpr int64_t mostNearBytes = 192 * 1024; // of B, whose panels come from the second-level cache
// Operands of a point from this size on, of which all points together come from afar, are asked for while the point
// before is computed: f32 16³ gains 3 %, 20³ to 64³ 8 to 18 %. From the second-level cache it costs up to 4 %.
constexpr int64_t fetchedBytes = 1024, farBytes = 512 * 1024;
// Of such requests: steps of the sum between two of them, and lines in one, as there are few steps or many. A tile that
// asked for all its lines at its beginning would wait for some: no more than 16 can be under way.
constexpr int64_t fewestSteps = 4, fewestLines = 2;
// Points in one call, after which the requests, rounded up to lines, are brought into step again.
constexpr int64_t pointsTogether = 32;
constexpr int64_t lineBytes = 64;
constexpr int64_t mostWidth = 64; // of a panel, on every register file

template <typename T>
[[gnu::always_inline]] inline bool isSmall(const GemmKernels<T> &kernels, const SmallProduct &product) {
  const auto &[m, n, k, aRow, aStep, bColumn, bStep, cRow] = product;
  constexpr int64_t bytes = sizeof(T);
  // One row or column is a product with a vector, for which there is better than tiles.
  if (m < 2 || n < 2 || k < 1 || m > mostSmallProducts || n > mostNearBytes || k > mostNearBytes ||
      n * k * bytes > mostNearBytes || m * n * k > mostSmallProducts)
    return false;
  // A panel stays in the first-level cache. Whole vectors are written where B is turned.
  const auto wholeVectors = [&](int64_t x) { return (x + kernels.lanes - 1) & -kernels.lanes; };
  const int64_t width = std::min(wholeVectors(n), kernels.panelWidth());
  return (bColumn == 1 || bStep == 1) && width * wholeVectors(k) * bytes <= mostSmallBytes;
}

template <typename T> int64_t vectorsOf(const GemmKernels<T> &kernels, int64_t columns) {
  return (columns + kernels.lanes - 1) >> std::countr_zero(static_cast<uint64_t>(kernels.lanes));
}

template <typename T> int64_t dotsOf(const GemmKernels<T> &kernels, const SmallProduct &product) {
  return product.aStep == 1 ? columnsByDots(product.n, product.k, kernels.lanes) : 0;
}

// All strips of one panel, whose last vector has `last` columns.
template <typename T>
[[gnu::always_inline]] inline void
runStrips(const GemmKernels<T> &kernels, const SmallProduct &product, const EvenParts &strips, const T *a, const T *b,
          int64_t bStep, T *c, int64_t vectors, int64_t last, bool accumulate, typename GemmKernels<T>::Walk &walk) {
  const auto *tiles = kernels.tilesOf(vectors, last);
  const auto run = [&](int64_t count, int64_t height) {
    walk.count = count;
    walk.aNext = height * product.aRow;
    walk.cNext = height * product.cRow;
    tiles[height - 1](a, product.aRow, product.aStep, b, bStep, c, product.cRow, product.k, last, accumulate, walk);
  };
  if (strips.larger) {
    run(strips.larger, strips.size + 1);
    a += strips.larger * walk.aNext;
    c += strips.larger * walk.cNext;
  }
  run(strips.count - strips.larger, strips.size);
}

} // namespace

template <typename T>
bool findSmall(const GemmKernels<T> &kernels, const ContractionPlan &plan, SmallProduct &product) {
  if (plan.m.size() != 1 || plan.n.size() != 1 || plan.k.size() != 1)
    return false;
  const ricci_index &rows = plan.m.all()[0], &columns = plan.n.all()[0], &sum = plan.k.all()[0];
  product = {rows.size, columns.size, sum.size, rows.a, sum.a, columns.b, sum.b, rows.c};
  return columns.c == 1 && isSmall(kernels, product);
}

template <typename T>
[[gnu::noinline]] void runInPanels(const GemmKernels<T> &kernels, const SmallProduct &product, const T *a, const T *b,
                                   T *c, bool accumulate) {
  SmallRunner<T>(kernels, product).run(a, b, c, accumulate);
}

template <typename T>
bool runSmall(const GemmKernels<T> &kernels, const ricci_index *indices, const T *a, const T *b, T *c,
              bool accumulate) {
  const ricci_index *rows = &indices[0], *columns = &indices[1], &sum = indices[2];
  if (rows->b || columns->a || sum.c || !rows->c || !columns->c)
    return false;
  SmallProduct product{rows->size, columns->size, sum.size, rows->a, sum.a, columns->b, sum.b, rows->c};
  if (columns->c != 1) {
    if (rows->c != 1)
      return false;
    product = {columns->size, rows->size, sum.size, columns->b, sum.b, rows->a, sum.a, columns->c};
    std::swap(a, b);
  }
  if (!isSmall(kernels, product))
    return false;
  const int64_t vectors = vectorsOf(kernels, product.n);
  if (product.bColumn != 1 || vectors > kernels.maxVectors || dotsOf(kernels, product) > 0) {
    runInPanels(kernels, product, a, b, c, accumulate);
    return true;
  }
  const int64_t last = product.n - (vectors - 1) * kernels.lanes, mostRows = kernels.maxRows[vectors - 1];
  if (product.m <= mostRows) {
    kernels.tilesOf(vectors, last)[product.m - 1](a, product.aRow, product.aStep, b, product.bStep, c, product.cRow,
                                                  product.k, last, accumulate, GemmKernels<T>::once);
  } else {
    typename GemmKernels<T>::Walk walk;
    runStrips(kernels, product, EvenParts(product.m, mostRows), a, b, product.bStep, c, vectors, last, accumulate,
              walk);
  }
  return true;
}

template <typename T>
SmallRunner<T>::SmallRunner(const GemmKernels<T> &kernels, const SmallProduct &product, int64_t points)
    : kernels(kernels), product(product), points(points), dots(dotsOf(kernels, product)),
      panels(vectorsOf(kernels, product.n - dots), kernels.maxVectors),
      strips(product.m, kernels.maxRows[panels.size - 1]),
      widerStrips(panels.larger ? EvenParts(product.m, kernels.maxRows[panels.size]) : EvenParts()) {}

// Has the tiles of a point ask for operands of the next that follow one another and come from afar.
template <typename T> void SmallRunner<T>::lookAhead(const ricci_index &index, Walk &walk, Ahead &ahead) const {
  const auto farBytesOf = [&](int64_t next, int64_t elements) {
    const int64_t bytes = elements * static_cast<int64_t>(sizeof(T));
    return next == elements && bytes >= fetchedBytes && bytes * points >= farBytes ? bytes : 0;
  };
  const int64_t aBytes = farBytesOf(index.a, product.m * product.k),
                bBytes = farBytesOf(index.b, product.k * product.n),
                tiles = (panels.count - panels.larger) * strips.count + panels.larger * widerStrips.count;
  if (product.k < 2 || (aBytes == 0 && bBytes == 0))
    return;
  const auto times = [&] { return tiles * ceilDiv(product.k - product.k % 2, walk.steps); };
  walk.steps = fewestSteps;
  while (walk.steps < product.k && std::max(aBytes, bBytes) < fewestLines * lineBytes * times())
    walk.steps *= 2;
  ahead.aLines = ceilDiv(aBytes, times() * lineBytes);
  ahead.bLines = ceilDiv(bBytes, times() * lineBytes);
  walk.ahead = &ahead;
}

template <typename T>
void SmallRunner<T>::runLine(const T *a, const T *b, T *c, bool accumulate, const ricci_index &index) const {
  Ahead ahead{};
  Walk walk;
  lookAhead(index, walk, ahead);
  // With one tile a point, points are one walk.
  const bool isOneTile = panels.count == 1 && strips.count == 1 && dots == 0 && product.bColumn == 1;
  for (int64_t i = 0, count; i < index.size; i += count) {
    count = isOneTile ? std::min(pointsTogether, index.size - i) : 1;
    ahead.a = a + index.a;
    ahead.b = b + index.b;
    if (isOneTile) {
      walk.count = count;
      walk.aNext = index.a;
      walk.bNext = index.b;
      walk.cNext = index.c;
      const int64_t last = product.n - (panels.size - 1) * kernels.lanes;
      kernels.tilesOf(panels.size, last)[product.m - 1](a, product.aRow, product.aStep, b, product.bStep, c,
                                                        product.cRow, product.k, last, accumulate, walk);
    } else {
      runTiles(a, b, c, accumulate, walk);
    }
    a += count * index.a;
    b += count * index.b;
    c += count * index.c;
  }
}

template <typename T> void SmallRunner<T>::run(const T *a, const T *b, T *c, bool accumulate) const {
  Walk walk;
  runTiles(a, b, c, accumulate, walk);
}

template <typename T> void SmallRunner<T>::runTiles(const T *a, const T *b, T *c, bool accumulate, Walk &walk) const {
  int64_t column = 0;
  for (uint32_t panel = 0; panel < panels.count; ++panel) {
    const int64_t vectors = panels[panel], width = vectors * kernels.lanes,
                  columns = std::min(width, product.n - dots - column);
    const T *from = b + column * product.bColumn;
    if (product.bColumn == 1)
      runPanel(a, from, product.bStep, c + column, vectors, columns, accumulate, walk);
    else
      runTurned(a, from, c + column, vectors, columns, accumulate, walk);
    column += width;
  }
  for (column = product.n - dots; column < product.n; ++column)
    runColumn(a, b + column * product.bColumn, c + column, accumulate);
}

template <typename T>
void SmallRunner<T>::runTurned(const T *a, const T *b, T *c, int64_t vectors, int64_t columns, bool accumulate,
                               Walk &walk) const {
  alignas(64) T turned[mostSmallBytes / sizeof(T)];
  int64_t places[mostWidth];
  for (int64_t j = 0; j < columns; ++j)
    places[j] = j * product.bColumn;
  const int64_t width = vectors * kernels.lanes;
  kernels.packRows(turned, width, b, places, product.k, columns);
  runPanel(a, turned, width, c, vectors, columns, accumulate, walk);
}

template <typename T>
void SmallRunner<T>::runPanel(const T *a, const T *b, int64_t bStep, T *c, int64_t vectors, int64_t columns,
                              bool accumulate, Walk &walk) const {
  const int64_t last = columns - (vectors - 1) * kernels.lanes;
  const EvenParts &heights = vectors == panels.size ? strips : widerStrips;
  runStrips(kernels, product, heights, a, b, bStep, c, vectors, last, accumulate, walk);
}

template <typename T> void SmallRunner<T>::runColumn(const T *a, const T *b, T *c, bool accumulate) const {
  T together[mostSmallBytes / sizeof(T)];
  if (product.bStep != 1) {
    for (int64_t p = 0; p < product.k; ++p)
      together[p] = b[p * product.bStep];
    b = together;
  }
  kernels.dots(a, product.aRow, b, c, product.cRow, product.m, product.k, accumulate);
}

#define RICCI_INSTANTIATE(T)                                                                                           \
  template bool runSmall(const GemmKernels<T> &, const ricci_index *, const T *, const T *, T *, bool);                \
  template bool findSmall(const GemmKernels<T> &, const ContractionPlan &, SmallProduct &);                            \
  template class SmallRunner<T>;
RICCI_INSTANTIATE(float)
RICCI_INSTANTIATE(double)
#undef RICCI_INSTANTIATE

} // namespace ricci::runtime
