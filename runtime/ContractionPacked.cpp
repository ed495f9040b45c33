#include "runtime/ContractionPacked.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Measured on Zen 5 and Emerald Rapids, AVX-512; see benchmarks/.
constexpr int64_t blockBytes = 704 * 1024; // of B: two thirds of a second-level cache of 1 MB
constexpr int64_t mostColumns = 1024;      // of B, so that their tables are small
constexpr int64_t mostRows = 4096;         // of A: with the depth below 8 MB, for the third-level cache
constexpr int64_t fewStrips = 8;           // below, sharing strips leaves threads without work
constexpr int64_t vectors = 2;             // of a tile: three or four are as fast, and waste more of a turned strip
constexpr int64_t mostTileRows = 14;
constexpr int64_t mostWidth = vectors * 16; // elements
constexpr int64_t depthBytes = 2048;        // of a row of a block: 14 of them take 28 KB of a first-level cache
constexpr int64_t blockRun = 16;            // of the sum along B, where it is arranged in blocks: a line of f32

// Of the elements that are `apart` from one another in a table, how many from the first on follow each other.
int64_t runLength(const int64_t *table, int64_t count, int64_t apart = 1) {
  int64_t length = 1;
  while (length * apart < count && table[length * apart] == table[(length - 1) * apart] + 1)
    ++length;
  return length;
}

enum class Packing { Columns, Rows, Elements };

int64_t runsOf(const int64_t *table, int64_t count) {
  int64_t number = 0;
  for (int64_t i = 0; i < count; i += runLength(table + i, count - i))
    ++number;
  return number;
}

// Long runs along the lanes are copied, along the sum turned.
Packing packingOf(const int64_t *lanes, int64_t laneCount, int64_t stepRun) {
  if (runsOf(lanes, laneCount) * 4 <= laneCount)
    return Packing::Columns;
  return stepRun >= 4 ? Packing::Rows : Packing::Elements;
}

// Where each operand is contiguous along an index of the sum of its own, both are packed from whole lines if the sum
// goes through small blocks of the two: their outer parts outside, that of B innermost.
struct Arrangement {
  int64_t points = 1; // of a block
  int64_t apart = 1;  // of those that follow each other in A
};
Arrangement arrangeSum(IndexGroup &sum, int64_t mostDepth) {
  ricci_index *alongA = nullptr, *alongB = nullptr;
  for (ricci_index &index : sum.all()) {
    if (index.a == 1)
      alongA = &index;
    if (index.b == 1)
      alongB = &index;
  }
  if (!alongA || !alongB || alongA == alongB || sum.size() + 2 > RICCI_MAX_RANK)
    return {};
  const auto split = [](ricci_index &index, int64_t most) {
    int64_t size = std::min(most, index.size);
    while (index.size % size)
      --size;
    const ricci_index inner{size, index.a, index.b, index.c};
    index = {index.size / size, index.a * size, index.b * size, index.c * size};
    return inner;
  };
  const ricci_index innerA = split(*alongA, mostDepth / blockRun), innerB = split(*alongB, blockRun);
  sum.push(innerA);
  sum.push(innerB);
  return {innerA.size * innerB.size, innerB.size};
}

} // namespace

template <typename T> PackedPlan planPacked(const ContractionPlan &contraction, const GemmKernels<T> &kernels) {
  using Share = PackedPlan::Share;
  constexpr int64_t bytes = sizeof(T);
  const int64_t width = vectors * kernels.lanes, height = kernels.maxPackedRows[vectors - 1];
  auto evenly = [](int64_t total, int64_t limit) { return ceilDiv(total, ceilDiv(total, limit)); };
  PackedPlan plan;
  plan.rows = contraction.m;
  plan.columns = contraction.n;
  plan.sum = contraction.k;
  plan.lower = contraction.lower;
  plan.m = plan.rows.points();
  plan.n = plan.columns.points();
  plan.k = plan.sum.points();
  const int64_t mostDepth = depthBytes / bytes;
  const auto [whole, apart] = arrangeSum(plan.sum, mostDepth);
  plan.blockDepth = whole > 1 ? std::min(plan.k, mostDepth / whole * whole) : evenly(plan.k, mostDepth);
  plan.aApart = apart;
  // Strips of nearly equal height.
  plan.strips = ceilDiv(plan.m, height);
  plan.stripRows = plan.m / plan.strips;
  plan.higherStrips = plan.m % plan.strips;
  const int64_t panels = ceilDiv(plan.n, width);
  const int64_t fitting = std::clamp<int64_t>(blockBytes / (plan.blockDepth * bytes) / width, 1, mostColumns / width);
  plan.share = plan.strips < fewStrips ? Share::Panels : fitting >= panels ? Share::OwnStrips : Share::Strips;
  const int64_t blockPanels = plan.share == Share::Panels ? 1 : evenly(panels, fitting);
  plan.blockColumns = blockPanels * width;
  plan.blockStrips = plan.share == Share::OwnStrips ? plan.strips : evenly(plan.strips, mostRows / height);
  const double tileFlops =
      2.0 * static_cast<double>((plan.stripRows + 1) * width) * static_cast<double>(plan.blockDepth);
  plan.aPitch = roundUp((plan.stripRows + 1) * plan.blockDepth, 64);
  plan.bPitch = roundUp(width * plan.blockDepth, 64);
  if (plan.share == Share::Panels) {
    plan.chunk = std::max(shareOf(tileFlops * static_cast<double>(plan.strips)), ceilDiv(panels, mostChunks));
    plan.aElements = plan.strips * plan.aPitch;
    plan.bElements = ceilDiv(panels, plan.chunk) * plan.bPitch;
  } else {
    const bool own = plan.share == Share::OwnStrips;
    plan.chunk =
        std::max(shareOf(tileFlops * static_cast<double>(blockPanels)), own ? ceilDiv(plan.strips, mostChunks) : 1);
    plan.aElements = (own ? ceilDiv(plan.strips, plan.chunk) : plan.blockStrips) * plan.aPitch;
    plan.bElements = blockPanels * plan.bPitch;
  }
  plan.tableElements = roundUp(2 * plan.blockDepth * static_cast<int64_t>(sizeof(int64_t)) / bytes, 64);
  return plan;
}

namespace {

template <typename T> class PackedRunner {
public:
  PackedRunner(ricci_context *context, const GemmKernels<T> &kernels, const PackedPlan &plan, const T *a, const T *b,
               T *c, T *workspace)
      : context(context), kernels(kernels), plan(plan), width(vectors * kernels.lanes), panels(ceilDiv(plan.n, width)),
        aBlock(workspace), bBlock(workspace + plan.aSpace()), c(c),
        left{plan.rows, &ricci_index::a, a,
             plan.m,    plan.stripRows,  plan.higherStrips,
             1,         plan.aApart,     reinterpret_cast<int64_t *>(bBlock + plan.bSpace())},
        right{plan.columns, &ricci_index::b, b, plan.n, width, 0, kernels.lanes, 1, left.steps + plan.blockDepth} {}

  void run(bool accumulate) {
    for (int64_t strip = 0; strip < plan.strips; strip += plan.blockStrips)
      for (int64_t p = 0; p < plan.k; p += plan.blockDepth) {
        depth = std::min(plan.blockDepth, plan.k - p);
        adds = accumulate || p > 0;
        for (Side *side : {&left, &right})
          fillOffsets(plan.sum, side->stride, p, depth, side->steps);
        runBlock(strip, std::min(strip + plan.blockStrips, plan.strips));
      }
  }

private:
  // A strip of A or a panel of B: `count` of its lanes, packed `pitch` apart along the sum.
  struct Slice {
    int64_t first, count, pitch;
  };

  // An operand, in slices along the indices that C has of it.
  struct Side {
    const IndexGroup &lanes;
    int64_t ricci_index::*stride;
    const T *data;
    int64_t laneCount;
    int64_t size, larger; // of a slice; so many have a lane more
    int64_t multiple;     // that a slice's pitch is rounded up to
    int64_t apart;        // of points of the sum that may follow each other
    int64_t *steps;       // where the points of the present block of the sum are

    Slice slice(int64_t number) const {
      const int64_t first = number * size + std::min(number, larger);
      const int64_t count = std::min(size + (number < larger), laneCount - first);
      return {first, count, roundUp(count, multiple)};
    }
    const T *at(int64_t lane) const { return data + offsetOf(lanes, stride, lane); }
    bool isContiguous() const { return lanes.size() > 0 && lanes.all().back().*stride == 1; }
  };

  // Where the columns of some panels are in C.
  struct Columns {
    Columns(const PackedRunner &runner, int64_t first, int64_t last) : first(first), last(last) {
      const int64_t start = first * runner.width, count = std::min(last * runner.width, runner.plan.n) - start;
      fillOffsets(runner.plan.columns, &ricci_index::c, start, count, places);
    }
    int64_t first, last;
    int64_t places[mostColumns];
  };

  // The lines of C that a tile is added to, in a table as long as a tile asks for: a chunk has one and writes its head.
  struct Following {
    int64_t lines[depthBytes / static_cast<int64_t>(sizeof(T))] = {};
  };

  void runBlock(int64_t firstStrip, int64_t lastStrip) {
    const int64_t blockPanels = plan.blockColumns / width;
    if (plan.share != PackedPlan::Share::OwnStrips)
      packInChunks(left, firstStrip, lastStrip, aBlock, plan.aPitch);
    if (plan.share == PackedPlan::Share::Panels) {
      inChunks(context, panels, plan.chunk, [&](int64_t first, int64_t last) {
        T *own = bBlock + first / plan.chunk * plan.bPitch;
        Following following;
        for (int64_t number = first; number < last; ++number)
          runOwnPanel(number, last, own, firstStrip, lastStrip, following);
      });
      return;
    }
    for (int64_t first = 0; first < panels; first += blockPanels) {
      const int64_t last = std::min(first + blockPanels, panels);
      packInChunks(right, first, last, bBlock, plan.bPitch);
      runPanels(Columns(*this, first, last), firstStrip, lastStrip);
    }
  }

  // The packed panels, for strips that are packed or, from the first on, are packed now.
  void runPanels(const Columns &columns, int64_t firstStrip, int64_t lastStrip) {
    inChunks(context, lastStrip - firstStrip, plan.chunk, [&](int64_t begin, int64_t end) {
      if (plan.share == PackedPlan::Share::OwnStrips)
        return runOwnStrips(begin, end, columns);
      Following following;
      for (int64_t number = begin; number < end; ++number)
        runStrip(firstStrip + number, aBlock + number * plan.aPitch, columns, bBlock, right.steps, following,
                 [&](int64_t i) { return nextPanel(number, columns.last + i, panels); });
    });
  }

  // A panel that is packed for all strips, the first of which ask for the one after it.
  void runOwnPanel(int64_t number, int64_t end, T *own, int64_t firstStrip, int64_t lastStrip,
                   Following &following) const {
    pack(right, number, number + 1, own, plan.bPitch);
    const Columns columns(*this, number, number + 1);
    for (int64_t strip = firstStrip; strip < lastStrip; ++strip)
      runStrip(strip, aBlock + (strip - firstStrip) * plan.aPitch, columns, own, right.steps, following,
               [&](int64_t) { return nextPanel(strip - firstStrip, number + 1, end); });
  }

  // Each of the first strips of a block asks for a vector of the columns of panel `next`, if they lie together.
  const T *nextPanel(int64_t strip, int64_t next, int64_t end) const {
    const bool asks = strip < vectors && next < end && right.isContiguous();
    return asks ? right.at(next * width) + strip * kernels.lanes : nullptr;
  }

  // Strips that are packed for all panels; the first two ask for the next strip, if its rows lie together.
  void runOwnStrips(int64_t begin, int64_t end, const Columns &columns) const {
    T *own = aBlock + begin / plan.chunk * plan.aPitch;
    Following following;
    for (int64_t number = begin; number < end; ++number) {
      pack(left, number, number + 1, own, plan.aPitch);
      const Slice next = left.slice(number + 1);
      const T *asked = number + 1 < end && left.isContiguous() ? left.at(next.first) : nullptr;
      runStrip(number, own, columns, bBlock, left.steps, following,
               [&](int64_t i) -> const T * { return asked && i < 2 ? asked + i * (next.count - 1) : nullptr; });
    }
  }

  void packInChunks(const Side &side, int64_t first, int64_t last, T *to, int64_t pitch) {
    inChunks(context, last - first, shareOf(elementFlops * static_cast<double>(pitch)),
             [&](int64_t begin, int64_t end) { pack(side, first + begin, first + end, to + begin * pitch, pitch); });
  }

  // Slices `pitch` apart: to[p*slice.pitch + j] = element p, j of the slice.
  void pack(const Side &side, int64_t first, int64_t last, T *to, int64_t pitch) const {
    int64_t lanes[mostColumns];
    const int64_t most = mostColumns / (side.size + 1);
    for (int64_t begin = first, end; begin < last; begin = end) {
      end = std::min(begin + most, last);
      const Slice head = side.slice(begin), tail = side.slice(end - 1);
      const int64_t count = tail.first + tail.count - head.first;
      fillOffsets(side.lanes, side.stride, head.first, count, lanes);
      packTogether(side, begin, end, to + (begin - first) * pitch, pitch, lanes, count);
      // Tiles multiply whole vectors: what memory held before may be denormal, and ten times as slow.
      if (tail.count < tail.pitch)
        for (int64_t p = 0; p < depth; ++p)
          std::fill_n(to + (end - 1 - first) * pitch + p * tail.pitch + tail.count, tail.pitch - tail.count, T(0));
    }
  }

  // `lanes`: those of all the slices, `laneCount` in number.
  void packTogether(const Side &side, int64_t first, int64_t last, T *to, int64_t pitch, const int64_t *lanes,
                    int64_t laneCount) const {
    const int64_t start = side.slice(first).first;
    switch (packingOf(lanes, side.slice(first).count, runLength(side.steps, depth, side.apart))) {
    case Packing::Columns:
      for (int64_t number = first, alike; number < last; number += alike, to += alike * pitch) {
        const Slice slice = side.slice(number);
        const int64_t *own = lanes + slice.first - start;
        // Slices of one size that lie together are read as one.
        const int64_t run = runLength(own, start + laneCount - slice.first);
        alike = 1;
        while (number + alike < last && (alike + 1) * slice.count <= run &&
               side.slice(number + alike).count == slice.count)
          ++alike;
        if (alike > 1)
          kernels.packPanels(to, pitch, slice.count, side.data + own[0], side.steps, depth, alike);
        else
          for (int64_t j = 0, length; j < slice.count; j += length) {
            length = runLength(own + j, slice.count - j);
            kernels.packColumns(to + j, slice.pitch, side.data + own[j], side.steps, depth, length);
          }
      }
      return;
    case Packing::Rows:
      for (int64_t number = first; number < last; ++number, to += pitch) {
        const Slice slice = side.slice(number);
        for (int64_t p = 0, length; p < depth; p += length * side.apart) {
          length = runLength(side.steps + p, depth - p, side.apart);
          for (int64_t q = p; q < p + side.apart; ++q)
            kernels.packRows(to + q * slice.pitch, side.apart * slice.pitch, side.data + side.steps[q],
                             lanes + slice.first - start, length, slice.count);
        }
      }
      return;
    case Packing::Elements:
      // Steps outside: lines that several slices share are read once.
      for (int64_t p = 0; p < depth; ++p) {
        const T *line = side.data + side.steps[p];
        for (int64_t number = first; number < last; ++number) {
          const Slice slice = side.slice(number);
          T *place = to + (number - first) * pitch + p * slice.pitch;
          for (int64_t j = 0; j < slice.count; ++j)
            place[j] = line[lanes[slice.first - start + j]];
        }
      }
    }
  }

  // `ask(i)` is what the tile of panel i, of those here, asks for at `lines`; null: what the next one is added to.
  template <typename Ask>
  void runStrip(int64_t number, const T *packed, const Columns &columns, const T *b, const int64_t *lines,
                Following &following, Ask ask) const {
    const Slice strip = left.slice(number);
    int64_t rows[mostTileRows];
    fillOffsets(plan.rows, &ricci_index::c, strip.first, strip.count, rows);
    const int64_t pitch = strip.count > 1 ? rows[1] - rows[0] : 0;
    bool isEven = true;
    for (int64_t r = 2; r < strip.count; ++r)
      isEven &= rows[r] - rows[r - 1] == pitch;
    for (int64_t line = 0; line < std::min(depth, strip.count * vectors); ++line)
      following.lines[line] = rows[line / vectors] + line % vectors * kernels.lanes;

    const int64_t *places = columns.places;
    for (int64_t i = 0; i < columns.last - columns.first; ++i, b += plan.bPitch, places += width) {
      const Slice panel = right.slice(columns.first + i);
      if (plan.lower && panel.first >= strip.first + strip.count)
        return;
      const int64_t tileVectors = panel.pitch / kernels.lanes, tail = panel.count - (tileVectors - 1) * kernels.lanes;
      const bool direct = isEven && runLength(places, panel.count) == panel.count;
      alignas(64) T aside[mostTileRows * mostWidth];
      T *to = direct ? c + rows[0] + places[0] : aside;
      const T *asked = ask(i);
      const bool isLast = columns.first + i + 1 == columns.last;
      kernels.packedTile(strip.count, tileVectors)(packed, b, to, direct ? pitch : width, depth, tail, adds && direct,
                                                   asked ? asked : c + places[isLast ? 0 : width],
                                                   asked ? lines : following.lines);
      if (!direct)
        scatter(aside, rows, strip.count, places, panel.count);
    }
  }

  void scatter(const T *tile, const int64_t *rows, int64_t rowCount, const int64_t *columns, int64_t count) const {
    for (int64_t j = 0, length; j < count; j += length) {
      length = runLength(columns + j, count - j);
      if (length > 2) {
        (adds ? kernels.addRows : kernels.copyRows)(c + columns[j], rows, tile + j, width, rowCount, length);
        continue;
      }
      for (int64_t r = 0; r < rowCount; ++r)
        for (int64_t i = j; i < j + length; ++i) {
          T &target = c[rows[r] + columns[i]];
          target = tile[r * width + i] + (adds ? target : T(0));
        }
    }
  }

  ricci_context *context;
  const GemmKernels<T> &kernels;
  const PackedPlan &plan;
  int64_t width, panels;
  T *aBlock, *bBlock;
  T *c;
  Side left, right;
  // Of the present block of the sum.
  int64_t depth = 0;
  bool adds = false;
};

} // namespace

template <typename T>
void runPacked(ricci_context *context, const GemmKernels<T> &kernels, const PackedPlan &plan, const T *a, const T *b,
               T *c, bool accumulate, T *workspace) {
  PackedRunner<T>(context, kernels, plan, a, b, c, workspace).run(accumulate);
}

template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<float> &);
template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<double> &);
template void runPacked(ricci_context *, const GemmKernels<float> &, const PackedPlan &, const float *, const float *,
                        float *, bool, float *);
template void runPacked(ricci_context *, const GemmKernels<double> &, const PackedPlan &, const double *,
                        const double *, double *, bool, double *);

} // namespace ricci::runtime
