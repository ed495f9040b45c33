// The prebuilt kernels under every contraction, as compiler/Lower/GemmKernels.cpp generates them: a set for each
// element type and register file. Strides are in elements; what is not named a stride is contiguous.
#pragma once

#include <cstdint>

namespace ricci::runtime {

template <typename T> struct GemmKernels {
  // What will be read and written next: places that tiles move on, by so many bytes, as they ask for a line at each.
  // They do so for a number of rounds at a time.
  struct Ahead {
    const T *a, *b;
    T *c;
    int64_t aNext, bNext, cNext, rounds;
  };
  // Where tiles stand that follow one another: `count` of them, each so far from the one before. Every `steps` steps of
  // the sum, a multiple of 4, they ask for lines ahead: all at once would wait for each other.
  struct Walk {
    int64_t count = 1, aNext = 0, bNext = 0, cNext = 0, steps = int64_t(1) << 62;
    Ahead *ahead = nullptr;
  };
  static const Walk once; // a single tile, and nothing after it
  // Register tiles, C[r, j] (+)= sum_p A[r*aRow + p*aStep] * B[p*bStep + j], C with rows cRow apart. Their rows and
  // vectors are fixed; the last vector has `last` columns, 1 to `lanes`: all in a tile of one vector that is not
  // narrow.
  using Tile = void (*)(const T *a, int64_t aRow, int64_t aStep, const T *b, int64_t bStep, T *c, int64_t cRow,
                        int64_t k, int64_t last, int64_t accumulate, const Walk &walk);

  // The same for packed operands, A[p*rows + r] and B[p*width + j] with the width of the tile's vectors. Asks for the
  // lines ahead[line[p]], p < k, while it computes.
  using PackedTile = void (*)(const T *a, const T *b, T *c, int64_t cRow, int64_t k, int64_t last, int64_t accumulate,
                              const T *ahead, const int64_t *line);
  // Also packs a vector of the next B, next[p*width + j] = source[step[p] + j] for j < columns, else 0.
  using LoadingTile = void (*)(const T *a, const T *b, T *c, int64_t cRow, int64_t k, int64_t last, int64_t accumulate,
                               const T *ahead, const int64_t *line, T *next, const T *source, const int64_t *step,
                               int64_t columns);
  // C[place[j] + i] = block[i*pitch + j] for i < along, at most a vector, and j < across. Reads whole vectors of
  // columns.
  using Turn = void (*)(T *c, const int64_t *place, const T *block, int64_t pitch, int64_t across, int64_t along);
  // C[place[i] + j] = block[i*pitch + j] for i < rows, j < columns.
  using CopyRows = void (*)(T *c, const int64_t *place, const T *block, int64_t pitch, int64_t rows, int64_t columns);

  static constexpr int64_t mostRows = 16; // of any tile

  int64_t lanes;      // elements of a vector
  int64_t maxVectors; // of a tile
  int64_t maxRows[4]; // of a tile, by its vectors less one
  const Tile *tiles;  // by vectors, then rows; then the narrow ones, whose one vector is not whole: mostRows of each
  int64_t maxPackedRows[4];      // of a packed tile, by its vectors less one
  const PackedTile *packedTiles; // by vectors, then rows
  const LoadingTile *loadingTiles;

  // y[i*yStep] (+)= sum_p A[i*aRow + p] * x[p]. Ahead: a row at a time, fetched ahead.
  using Dots = void (*)(const T *a, int64_t aRow, const T *x, T *y, int64_t yStep, int64_t rows, int64_t k,
                        int64_t accumulate);
  Dots dots, dotsAhead;
  // y[j] (+)= sum_p x[p*xStep] * B[p*bRow + j]: several rows of B at a time past y, or one, fetched ahead; or the sums
  // of several columns at a time in registers.
  using RowSums = void (*)(const T *x, int64_t xStep, const T *b, int64_t bRow, T *y, int64_t columns, int64_t k,
                           int64_t accumulate);
  RowSums axpys, axpysAhead, columnSums;
  // y[i] = sum_p A[i*aRow + p] * x[p] and s[p] (+)= sum_i w[i] * A[i*aRow + p], reading A once. w may be y.
  void (*dotsAndSums)(const T *a, int64_t aRow, const T *x, T *y, const T *w, T *s, int64_t rows, int64_t k,
                      int64_t accumulate);
  // panel[p*width + j] = B[column[j] + p].
  void (*packRows)(T *panel, int64_t width, const T *b, const int64_t *column, int64_t k, int64_t columns);
  // panel[p*width + j] = B[step[p] + j].
  void (*packColumns)(T *panel, int64_t width, const T *b, const int64_t *step, int64_t k, int64_t columns);
  // Panels whose columns follow one another, `next` apart: to[s*next + p*width + j] = B[step[p] + s*width + j].
  void (*packPanels)(T *to, int64_t next, int64_t width, const T *b, const int64_t *step, int64_t k, int64_t panels);
  // Tiles of one or two vectors after each other, to[(j*k + p)*width + i] = source[step[p] + column[j] + i] for p < k,
  // j < columns and i < present[j], else 0.
  void (*gatherColumns[2])(T *to, const T *source, const int64_t *step, int64_t k, const int64_t *column,
                           const int64_t *present, int64_t columns);
  // Streamed: past the caches, whole vectors to aligned places only.
  Turn turn, turnStreamed;
  CopyRows copyRows, addRows, copyRowsStreamed; // addRows adds

  PackedTile packedTile(int64_t rows, int64_t vectors) const { return packedTiles[packedPosition(rows, vectors)]; }
  LoadingTile loadingTile(int64_t rows, int64_t vectors) const { return loadingTiles[packedPosition(rows, vectors)]; }
  // By rows less one: tiles of so many vectors, the last of which has `last` columns.
  const Tile *tilesOf(int64_t vectors, int64_t last) const {
    return tiles + mostRows * (vectors == 1 && last < lanes ? maxVectors : vectors - 1);
  }
  int64_t panelWidth() const { return lanes * maxVectors; }

private:
  int64_t packedPosition(int64_t rows, int64_t vectors) const {
    int64_t first = 0;
    for (int64_t narrower = 1; narrower < vectors; ++narrower)
      first += maxPackedRows[narrower - 1];
    return first + rows - 1;
  }
};

template <typename T> inline constexpr typename GemmKernels<T>::Walk GemmKernels<T>::once{};

enum class RegisterFile { Sse, Avx2, Avx512 };

// The widest registers of this machine.
RegisterFile hostRegisterFile();
template <typename T> const GemmKernels<T> &gemmKernels(RegisterFile registers);
template <> const GemmKernels<float> &gemmKernels<float>(RegisterFile registers);
template <> const GemmKernels<double> &gemmKernels<double>(RegisterFile registers);

} // namespace ricci::runtime
