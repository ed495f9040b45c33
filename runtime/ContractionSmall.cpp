#include "runtime/ContractionSmall.h"

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"

#include <bit>

namespace ricci::runtime {

namespace {

constexpr int64_t mostNearBytes = 192 * 1024; // of B, whose panels come from the second-level cache
// Operands of a batch from this size on fill pages, at whose ends the processor's own prefetching starts anew: 64³
// gains 9 to 28 %, smaller ones lose up to a tenth.
constexpr int64_t fetchedBytes = 16 * 1024;
constexpr int64_t lineBytes = 64;
constexpr int64_t mostWidth = 64; // of a panel, on every register file

template <typename T> bool isSmall(const GemmKernels<T> &kernels, const SmallProduct &product) {
  const auto &[m, n, k, aRow, aStep, bStep, bColumn, cRow] = product;
  constexpr int64_t bytes = sizeof(T);
  // One row or column is a product with a vector, for which there is better than tiles.
  if (m < 2 || n < 2 || k < 1 || m > mostSmallProducts || n > mostNearBytes || k > mostNearBytes ||
      n * k * bytes > mostNearBytes || m * n * k > mostSmallProducts)
    return false;
  // A panel stays in the first-level cache. Whole vectors are written where B is turned.
  const int64_t width = std::min(roundUp(n, kernels.lanes), kernels.panelWidth());
  return (bColumn == 1 || bStep == 1) && width * roundUp(k, kernels.lanes) * bytes <= mostSmallBytes;
}

} // namespace

template <typename T>
bool findSmall(const GemmKernels<T> &kernels, std::span<const ricci_index> indices, SmallProduct &product,
               bool &exchanged) {
  if (indices.size() != 3)
    return false;
  const ricci_index *rows = nullptr, *columns = nullptr, *sum = nullptr;
  for (const ricci_index &index : indices)
    (!index.c ? sum : index.a ? rows : columns) = &index;
  if (!rows || !columns || !sum || rows->b)
    return false;
  exchanged = columns->c != 1;
  if (!exchanged)
    product = {rows->size, columns->size, sum->size, rows->a, sum->a, sum->b, columns->b, rows->c};
  else if (rows->c == 1)
    product = {columns->size, rows->size, sum->size, columns->b, sum->b, sum->a, rows->a, columns->c};
  else
    return false;
  return isSmall(kernels, product);
}

template <typename T>
bool findSmall(const GemmKernels<T> &kernels, const ContractionPlan &plan, SmallProduct &product) {
  if (plan.m.size() != 1 || plan.n.size() != 1 || plan.k.size() != 1)
    return false;
  const ricci_index &rows = plan.m.all()[0], &columns = plan.n.all()[0], &sum = plan.k.all()[0];
  product = {rows.size, columns.size, sum.size, rows.a, sum.a, sum.b, columns.b, rows.c};
  return columns.c == 1 && isSmall(kernels, product);
}

EvenParts::EvenParts(int64_t total, int64_t limit) : size(static_cast<uint32_t>(total)) {
  if (total <= limit)
    return;
  count = static_cast<uint32_t>(total + limit - 1) / static_cast<uint32_t>(limit);
  size = static_cast<uint32_t>(total) / count;
  larger = static_cast<uint32_t>(total) - size * count;
}

template <typename T>
SmallRunner<T>::SmallRunner(const GemmKernels<T> &kernels, const SmallProduct &product)
    : kernels(kernels), product(product),
      dots(product.aStep == 1 ? columnsByDots(product.n, product.k, kernels.lanes) : 0),
      panels((product.n - dots + kernels.lanes - 1) >> std::countr_zero(static_cast<uint64_t>(kernels.lanes)),
             kernels.maxVectors),
      strips(product.m, kernels.maxRows[panels.size - 1]),
      widerStrips(panels.larger ? EvenParts(product.m, kernels.maxRows[panels.size]) : EvenParts()) {}

template <typename T> void SmallRunner<T>::Ahead::ask() {
  constexpr int64_t step = lineBytes / sizeof(T);
  for (int64_t i = 0; i < aShare; i += step)
    __builtin_prefetch(a + i);
  for (int64_t i = 0; i < bShare; i += step)
    __builtin_prefetch(b + i);
  a += aShare;
  b += bShare;
}

template <typename T>
void SmallRunner<T>::runLine(const T *a, const T *b, T *c, bool accumulate, const ricci_index &index) const {
  const int64_t tiles = (panels.count - panels.larger) * strips.count + panels.larger * widerStrips.count;
  const auto share = [&](int64_t next, int64_t elements) {
    const bool isWorth = next == elements && elements * static_cast<int64_t>(sizeof(T)) >= fetchedBytes;
    return isWorth ? ceilDiv(elements, tiles) : 0;
  };
  const int64_t aShare = share(index.a, product.m * product.k), bShare = share(index.b, product.k * product.n);
  for (int64_t i = 0; i < index.size; ++i) {
    run(a, b, c, accumulate, {a + index.a, b + index.b, aShare, bShare});
    a += index.a;
    b += index.b;
    c += index.c;
    accumulate |= index.c == 0;
  }
}

template <typename T> void SmallRunner<T>::run(const T *a, const T *b, T *c, bool accumulate, Ahead ahead) const {
  int64_t column = 0;
  for (uint32_t panel = 0; panel < panels.count; ++panel) {
    const int64_t vectors = panels[panel], width = vectors * kernels.lanes,
                  columns = std::min(width, product.n - dots - column);
    const T *from = b + column * product.bColumn;
    if (product.bColumn == 1)
      runPanel(a, from, product.bStep, c + column, vectors, columns, accumulate, ahead);
    else
      runTurned(a, from, c + column, vectors, columns, accumulate, ahead);
    column += width;
  }
  for (column = product.n - dots; column < product.n; ++column)
    runColumn(a, b + column * product.bColumn, c + column, accumulate);
}

template <typename T>
void SmallRunner<T>::runTurned(const T *a, const T *b, T *c, int64_t vectors, int64_t columns, bool accumulate,
                               Ahead &ahead) const {
  alignas(64) T turned[mostSmallBytes / sizeof(T)];
  int64_t places[mostWidth];
  for (int64_t j = 0; j < columns; ++j)
    places[j] = j * product.bColumn;
  const int64_t width = vectors * kernels.lanes;
  kernels.packRows(turned, width, b, places, product.k, columns);
  runPanel(a, turned, width, c, vectors, columns, accumulate, ahead);
}

template <typename T>
void SmallRunner<T>::runPanel(const T *a, const T *b, int64_t bStep, T *c, int64_t vectors, int64_t columns,
                              bool accumulate, Ahead &ahead) const {
  const int64_t last = columns - (vectors - 1) * kernels.lanes;
  const bool isWhole = vectors == kernels.maxVectors && last == kernels.lanes;
  const auto *tiles = isWhole ? kernels.wholeTiles() : kernels.maskedTiles(vectors);
  const EvenParts &heights = vectors == panels.size ? strips : widerStrips;
  for (uint32_t strip = 0; strip < heights.count; ++strip) {
    const int64_t height = heights[strip];
    ahead.ask();
    tiles[height - 1](a, product.aRow, product.aStep, b, bStep, c, product.cRow, product.k, last, accumulate);
    a += height * product.aRow;
    c += height * product.cRow;
  }
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
  template bool findSmall(const GemmKernels<T> &, std::span<const ricci_index>, SmallProduct &, bool &);               \
  template bool findSmall(const GemmKernels<T> &, const ContractionPlan &, SmallProduct &);                            \
  template class SmallRunner<T>;
RICCI_INSTANTIATE(float)
RICCI_INSTANTIATE(double)
#undef RICCI_INSTANTIATE

} // namespace ricci::runtime
