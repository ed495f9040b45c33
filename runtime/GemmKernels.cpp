#include "runtime/GemmKernels.h"

using ricci::runtime::GemmKernels;

// The symbols of the generated object files.
#define RICCI_DECLARE_KERNELS(suffix, T)                                                                               \
  extern "C" {                                                                                                         \
  extern const GemmKernels<T>::Tile ricci_tiles_##suffix[];                                                            \
  extern const GemmKernels<T>::PackedTile ricci_packed_tiles_##suffix[];                                               \
  extern const GemmKernels<T>::LoadingTile ricci_loading_tiles_##suffix[];                                             \
  void ricci_dots_##suffix(const T *, int64_t, const T *, T *, int64_t, int64_t, int64_t, int64_t);                    \
  void ricci_dots_ahead_##suffix(const T *, int64_t, const T *, T *, int64_t, int64_t, int64_t, int64_t);              \
  void ricci_axpys_ahead_##suffix(const T *, int64_t, const T *, int64_t, T *, int64_t, int64_t, int64_t);             \
  void ricci_axpys_##suffix(const T *, int64_t, const T *, int64_t, T *, int64_t, int64_t, int64_t);                   \
  void ricci_column_sums_##suffix(const T *, int64_t, const T *, int64_t, T *, int64_t, int64_t, int64_t);             \
  void ricci_dots_and_sums_##suffix(const T *, int64_t, const T *, T *, const T *, T *, int64_t, int64_t, int64_t);    \
  void ricci_pack_rows_##suffix(T *, int64_t, const T *, const int64_t *, int64_t, int64_t);                           \
  void ricci_gather_columns_1_##suffix(T *, const T *, const int64_t *, int64_t, const int64_t *, const int64_t *,     \
                                       int64_t);                                                                       \
  void ricci_gather_columns_2_##suffix(T *, const T *, const int64_t *, int64_t, const int64_t *, const int64_t *,     \
                                       int64_t);                                                                       \
  void ricci_pack_columns_##suffix(T *, int64_t, const T *, const int64_t *, int64_t, int64_t);                        \
  void ricci_pack_panels_##suffix(T *, int64_t, int64_t, const T *, const int64_t *, int64_t, int64_t);                \
  void ricci_add_rows_##suffix(T *, const int64_t *, const T *, int64_t, int64_t, int64_t);                            \
  void ricci_turn_##suffix(T *, const int64_t *, const T *, int64_t, int64_t, int64_t);                                \
  void ricci_turn_streamed_##suffix(T *, const int64_t *, const T *, int64_t, int64_t, int64_t);                       \
  void ricci_copy_rows_##suffix(T *, const int64_t *, const T *, int64_t, int64_t, int64_t);                           \
  void ricci_copy_rows_streamed_##suffix(T *, const int64_t *, const T *, int64_t, int64_t, int64_t);                  \
  }

// The rows of the tallest tiles are those of compiler/Lower/GemmKernels.h.
#define RICCI_ROWS(...) {__VA_ARGS__}
#define RICCI_KERNELS(suffix, lanes, vectors, rows, packedRows)                                                        \
  {lanes,                                                                                                              \
   vectors,                                                                                                            \
   rows,                                                                                                               \
   ricci_tiles_##suffix,                                                                                               \
   packedRows,                                                                                                         \
   ricci_packed_tiles_##suffix,                                                                                        \
   ricci_loading_tiles_##suffix,                                                                                       \
   ricci_dots_##suffix,                                                                                                \
   ricci_dots_ahead_##suffix,                                                                                          \
   ricci_axpys_##suffix,                                                                                               \
   ricci_axpys_ahead_##suffix,                                                                                         \
   ricci_column_sums_##suffix,                                                                                         \
   ricci_dots_and_sums_##suffix,                                                                                       \
   ricci_pack_rows_##suffix,                                                                                           \
   ricci_pack_columns_##suffix,                                                                                        \
   ricci_pack_panels_##suffix,                                                                                         \
   {ricci_gather_columns_1_##suffix, ricci_gather_columns_2_##suffix},                                                 \
   ricci_turn_##suffix,                                                                                                \
   ricci_turn_streamed_##suffix,                                                                                       \
   ricci_copy_rows_##suffix,                                                                                           \
   ricci_add_rows_##suffix,                                                                                            \
   ricci_copy_rows_streamed_##suffix}

#if defined(__aarch64__)

RICCI_DECLARE_KERNELS(f32_neon, float)
RICCI_DECLARE_KERNELS(f64_neon, double)

namespace ricci::runtime {

// There is one register file, whichever is asked for.
static const GemmKernels<float> singles[] = {
    RICCI_KERNELS(f32_neon, 4, 4, RICCI_ROWS(16, 14, 9, 6), RICCI_ROWS(24, 14, 9, 6))};
static const GemmKernels<double> doubles[] = {
    RICCI_KERNELS(f64_neon, 2, 4, RICCI_ROWS(16, 14, 9, 6), RICCI_ROWS(24, 14, 9, 6))};
static int positionOf(RegisterFile) { return 0; }

#else

RICCI_DECLARE_KERNELS(f32_avx512, float)
RICCI_DECLARE_KERNELS(f32_avx2, float)
RICCI_DECLARE_KERNELS(f32_sse, float)
RICCI_DECLARE_KERNELS(f64_avx512, double)
RICCI_DECLARE_KERNELS(f64_avx2, double)
RICCI_DECLARE_KERNELS(f64_sse, double)

namespace ricci::runtime {

// In the order of RegisterFile.
static const GemmKernels<float> singles[] = {
    RICCI_KERNELS(f32_sse, 4, 2, RICCI_ROWS(14, 6), RICCI_ROWS(13, 6)),
    RICCI_KERNELS(f32_avx2, 8, 2, RICCI_ROWS(14, 6), RICCI_ROWS(15, 6)),
    RICCI_KERNELS(f32_avx512, 16, 4, RICCI_ROWS(16, 14, 9, 6), RICCI_ROWS(24, 14, 9, 6))};
static const GemmKernels<double> doubles[] = {
    RICCI_KERNELS(f64_sse, 2, 2, RICCI_ROWS(14, 6), RICCI_ROWS(13, 6)),
    RICCI_KERNELS(f64_avx2, 4, 2, RICCI_ROWS(14, 6), RICCI_ROWS(15, 6)),
    RICCI_KERNELS(f64_avx512, 8, 4, RICCI_ROWS(16, 14, 9, 6), RICCI_ROWS(24, 14, 9, 6))};
static int positionOf(RegisterFile registers) { return static_cast<int>(registers); }

#endif

template <> const GemmKernels<float> &gemmKernels<float>(RegisterFile registers) {
  return singles[positionOf(registers)];
}
template <> const GemmKernels<double> &gemmKernels<double>(RegisterFile registers) {
  return doubles[positionOf(registers)];
}

} // namespace ricci::runtime
