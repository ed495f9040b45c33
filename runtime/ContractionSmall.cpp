#include "runtime/ContractionSmall.h"

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"

#include <utility>

namespace ricci::runtime {

namespace {

// Arrays of a point from this size on, of which all points together come from afar, are asked for while the point
// before is computed: the operands gain f32 16³ 3 %, 20³ to 64³ 8 to 18 %, the result 48³ and 64³ another 8 to 25 %.
// From the second-level cache it costs up to 4 %.
constexpr int64_t fetchedBytes = 1024, farBytes = 512 * 1024;
// Of such requests: steps of the sum between two of them, and lines of an array in one, as there are few steps or many.
// A tile that asked for all its lines at its beginning would wait for some: no more than 16 can be under way.
constexpr int64_t fewestSteps = 4, fewestLines = 2;
// Points in one call, after which the requests, rounded up to lines, are brought into step again.
constexpr int64_t pointsTogether = 32;
constexpr int64_t lineBytes = 64;
constexpr int64_t mostWidth = 64; // of a panel, on every register file

// All strips of one panel, whose last vector has `last` columns.
template <typename T>
[[gnu::always_inline]] inline void
runStrips(const GemmKernels<T> &kernels, const SmallProduct &product, const EvenParts &strips, const T *a, const T *b,
          int64_t bStep, T *c, int64_t vectors, int64_t last, bool accumulate, typename GemmKernels<T>::Walk &walk) {
  const auto *tiles = kernels.tilesOf(vectors, last);
  for (const auto &[count, height] :
       {std::pair<int64_t, int64_t>(strips.larger, strips.size + 1), {strips.count - strips.larger, strips.size}}) {
    if (count == 0)
      continue;
    walk.count = count;
    walk.aNext = height * product.aRow;
    walk.cNext = height * product.cRow;
    tiles[height - 1](a, product.aRow, product.aStep, b, bStep, c, product.cRow, product.k, last, accumulate, walk);
    a += count * walk.aNext;
    c += count * walk.cNext;
  }
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
void runInParts(const GemmKernels<T> &kernels, const SmallProduct &product, const T *a, const T *b, T *c,
                bool accumulate) {
  const int64_t vectors = vectorsOf(kernels, product.n);
  if (product.bColumn != 1 || vectors > kernels.maxVectors || dotsOf(kernels, product) > 0) {
    SmallRunner<T>(kernels, product).run(a, b, c, accumulate);
  } else {
    typename GemmKernels<T>::Walk walk;
    runStrips(kernels, product, EvenParts(product.m, kernels.maxRows[vectors - 1]), a, b, product.bStep, c, vectors,
              product.n - (vectors - 1) * kernels.lanes, accumulate, walk);
  }
}

// Of points that come from afar and have few strips: strips of one height, if that is at least half of the tallest.
// They are one walk, whose requests are spread evenly: 32³ gains 3 to 9 %. With many strips (64³), or near, fewer are
// better.
static int64_t evenHeight(int64_t total, int64_t tallest) {
  for (int64_t height = tallest; total < 8 * tallest && 2 * height >= tallest; --height)
    if (total % height == 0)
      return height;
  return tallest;
}

template <typename T>
SmallRunner<T>::SmallRunner(const GemmKernels<T> &kernels, const SmallProduct &product, int64_t points)
    : kernels(kernels), product(product), points(points), dots(dotsOf(kernels, product)),
      panels(vectorsOf(kernels, product.n - dots), kernels.maxVectors) {
  const int64_t largest = std::max({product.m * product.k, product.k * product.n, product.m * product.n});
  const bool isFar = isAskedFor(largest);
  const auto stripsOf = [&](int64_t vectors) {
    const int64_t tallest = kernels.maxRows[vectors - 1];
    return EvenParts(product.m, isFar ? evenHeight(product.m, tallest) : tallest);
  };
  strips = stripsOf(panels.size);
  if (panels.larger)
    widerStrips = stripsOf(panels.size + 1);
}

template <typename T> bool SmallRunner<T>::isAskedFor(int64_t elements) const {
  const int64_t bytes = elements * static_cast<int64_t>(sizeof(T));
  return bytes >= fetchedBytes && bytes * points >= farBytes;
}

// Has the tiles of a point ask for arrays of the next that follow one another and come from afar.
template <typename T> void SmallRunner<T>::lookAhead(const ricci_index &index, Walk &walk, Ahead &ahead) const {
  const auto bytesOf = [&](int64_t next, int64_t elements) {
    return next == elements && isAskedFor(elements) ? elements * static_cast<int64_t>(sizeof(T)) : 0;
  };
  const int64_t aBytes = bytesOf(index.a, product.m * product.k), bBytes = bytesOf(index.b, product.k * product.n),
                cBytes = bytesOf(index.c, product.m * product.n), most = std::max({aBytes, bBytes, cBytes}),
                tiles = (panels.count - panels.larger) * strips.count + panels.larger * widerStrips.count;
  if (most == 0)
    return;
  const auto times = [&] { return tiles * ceilDiv(product.k, walk.steps); };
  walk.steps = fewestSteps;
  while (walk.steps < product.k && most < fewestLines * lineBytes * times())
    walk.steps *= 2;
  ahead.rounds = ceilDiv(most, times() * lineBytes);
  ahead.aNext = ceilDiv(aBytes, times() * ahead.rounds);
  ahead.bNext = ceilDiv(bBytes, times() * ahead.rounds);
  ahead.cNext = ceilDiv(cBytes, times() * ahead.rounds);
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
    ahead.c = c + index.c;
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
  template void runInParts(const GemmKernels<T> &, const SmallProduct &, const T *, const T *, T *, bool);             \
  template bool findSmall(const GemmKernels<T> &, const ContractionPlan &, SmallProduct &);                            \
  template class SmallRunner<T>;
RICCI_INSTANTIATE(float)
RICCI_INSTANTIATE(double)
#undef RICCI_INSTANTIATE

} // namespace ricci::runtime
