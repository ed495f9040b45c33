#include "runtime/Plot.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <unordered_set>

namespace ricci::runtime {

namespace {

constexpr double width = 720, height = 450;
constexpr double characterWidth = 7; // of 12 px text, roughly
constexpr size_t mostLegendLines = 20;

// Larger numbers would overflow in differences, and say nothing in a picture.
bool drawable(double value) { return std::abs(value) <= 1e300; }

struct Range {
  double lower = 0, upper = 0;
  bool empty = true;

  void include(double value) {
    lower = empty ? value : std::min(lower, value);
    upper = empty ? value : std::max(upper, value);
    empty = false;
  }
};

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text)
    switch (c) {
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '&':
      result += "&amp;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      // XML has no control characters.
      result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  return result;
}

// Tableau's ten; further ones around the colour wheel by the golden angle.
std::string colour(size_t index) {
  constexpr const char *palette[] = {"#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f",
                                     "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#7f7f7f"};
  if (index < std::size(palette))
    return palette[index];
  return fmt::format("hsl({:.0f}, 50%, 50%)", std::fmod(static_cast<double>(index) * 137.508, 360.0));
}

// The numbers along one axis, all with the digits that tell neighbours apart.
class TickText {
public:
  explicit TickText(const Ticks &ticks) : decimals(ticks.decimals) {
    double largest = std::max(std::abs(ticks.first), std::abs(ticks.last));
    exponential = ticks.decimals > 5 || ticks.step >= 1e5;
    significant = static_cast<int>(std::ceil(std::log10(largest / ticks.step))) + 1;
  }
  std::string operator()(double value) const {
    return exponential ? fmt::format("{:.{}g}", value, significant) : fmt::format("{:.{}f}", value, decimals);
  }

private:
  int decimals;
  int significant;
  bool exponential;
};

double tickAt(const Ticks &ticks, int i) {
  double value = ticks.first + i * ticks.step;
  return std::abs(value) < ticks.step * 1e-9 ? 0.0 : value; // not -0, nor what is left of rounding
}

// The frame: title, axes with grid and numbers, legend; and the map from data to the picture.
class Chart {
public:
  Chart(Range xRange, Range yRange, const ChartText &text, const std::vector<std::string> &legend, bool roundX)
      : x(niceTicks(xRange.lower, xRange.upper, 8, roundX ? 0 : 1)), y(niceTicks(yRange.lower, yRange.upper, 6)) {
    xLower = roundX ? x.first : xRange.lower;
    xUpper = roundX || xRange.lower == xRange.upper ? x.last : xRange.upper;
    size_t widest = 0;
    for (int i = 0; i < y.count; ++i)
      widest = std::max(widest, TickText(y)(tickAt(y, i)).size());
    left = 24 + characterWidth * static_cast<double>(widest) + (text.yLabel.empty() ? 0 : 20);
    top = text.title.empty() ? 20 : 48;
    bottom = height - (text.xLabel.empty() ? 36 : 58);
    size_t longest = 0;
    for (const std::string &name : legend)
      longest = std::max(longest, std::min<size_t>(name.size(), 24));
    right = width - (legend.empty() ? 24 : 52 + characterWidth * static_cast<double>(longest));
    out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
                      "font-family=\"'DejaVu Sans', Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#444\">\n"
                      "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
                      width, height);
    drawText(text);
    drawAxes();
    drawLegend(legend);
  }

  double toX(double value) const { return left + (value - xLower) / (xUpper - xLower) * (right - left); }
  double toY(double value) const { return bottom - (value - y.first) / (y.last - y.first) * (bottom - top); }
  template <typename... Args> void add(fmt::format_string<Args...> format, Args &&...args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  }
  std::string finish() && { return std::move(out) + "</svg>\n"; }

private:
  void drawText(const ChartText &text) {
    double middle = (left + right) / 2;
    if (!text.title.empty())
      add("<text x=\"{:.1f}\" y=\"28\" text-anchor=\"middle\" font-size=\"16\" font-weight=\"600\" "
          "fill=\"#222\">{}</text>\n",
          middle, escaped(text.title));
    if (!text.xLabel.empty())
      add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", middle, bottom + 42,
          escaped(text.xLabel));
    if (!text.yLabel.empty())
      add("<text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", (top + bottom) / 2,
          escaped(text.yLabel));
  }

  void drawAxes() {
    add("<g stroke=\"#e4e4e4\">\n");
    for (int i = 0; i < y.count; ++i)
      add("<line x1=\"{0:.1f}\" y1=\"{2:.1f}\" x2=\"{1:.1f}\" y2=\"{2:.1f}\"/>\n", left, right, toY(tickAt(y, i)));
    forXTicks([&](double at, const std::string &) {
      add("<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>\n", at, top, bottom);
    });
    add("</g>\n<path d=\"M{0:.1f} {1:.1f}V{2:.1f}H{3:.1f}\" fill=\"none\" stroke=\"#888\"/>\n", left, top, bottom,
        right);
    add("<g text-anchor=\"end\">\n");
    for (int i = 0; i < y.count; ++i)
      add("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left - 8, toY(tickAt(y, i)) + 4, TickText(y)(tickAt(y, i)));
    add("</g>\n<g text-anchor=\"middle\">\n");
    forXTicks([&](double at, const std::string &label) {
      add("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at, bottom + 20, label);
    });
    add("</g>\n");
  }

  template <typename Fn> void forXTicks(Fn fn) const {
    double slack = x.step * 1e-6;
    for (int i = 0; i < x.count; ++i)
      if (double value = tickAt(x, i); value >= xLower - slack && value <= xUpper + slack)
        fn(toX(value), TickText(x)(value));
  }

  void drawLegend(const std::vector<std::string> &legend) {
    for (size_t i = 0; i < legend.size(); ++i) {
      double at = top + 8 + 18 * static_cast<double>(i);
      if (i == mostLegendLines) {
        add("<text x=\"{:.1f}\" y=\"{:.1f}\">…</text>\n", right + 14, at + 4);
        break;
      }
      add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\"/><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          right + 18, at, colour(i), right + 30, at + 4, escaped(std::string_view(legend[i]).substr(0, 24)));
    }
  }

  Ticks x, y;
  double xLower, xUpper, left, right, top, bottom;
  std::string out;
};

struct Pixel {
  double x, y;
};

// One stretch of a curve without gaps. What falls into one column of pixels is drawn by its first, lowest, highest
// and last point: a million values look the same and take no more room.
class Curve {
public:
  explicit Curve(std::string colour) : colour(std::move(colour)) {}

  void add(Pixel pixel) {
    auto column = static_cast<int64_t>(pixel.x);
    if (!pending.empty() && column != pendingColumn)
      flushColumn();
    pendingColumn = column;
    pending.push_back(pixel);
  }

  void draw(Chart &chart) {
    flushColumn();
    if (points.size() == 1)
      chart.add("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"2.5\" fill=\"{}\"/>\n", points[0].x, points[0].y, colour);
    if (points.size() > 1) {
      std::string path;
      for (const Pixel &point : points)
        fmt::format_to(std::back_inserter(path), "{}{:.2f} {:.2f}", path.empty() ? "M" : "L", point.x, point.y);
      chart.add("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n", path,
                colour);
    }
    points.clear();
  }

private:
  void flushColumn() {
    if (pending.size() > 4) {
      auto [low, high] =
          std::minmax_element(pending.begin(), pending.end(), [](const Pixel &a, const Pixel &b) { return a.y < b.y; });
      std::vector<Pixel> kept{pending.front(), *std::min(low, high), *std::max(low, high), pending.back()};
      pending = std::move(kept);
    }
    points.insert(points.end(), pending.begin(), pending.end());
    pending.clear();
  }

  std::string colour;
  std::vector<Pixel> points, pending;
  int64_t pendingColumn = 0;
};

} // namespace

Ticks niceTicks(double lower, double upper, int wanted, double leastStep) {
  if (lower == upper) {
    double margin = lower == 0 ? 1 : std::abs(lower) / 2;
    lower -= margin;
    upper += margin;
  }
  double rough = std::max({(upper - lower) / wanted, leastStep, 1e-290});
  int exponent = static_cast<int>(std::floor(std::log10(rough)));
  double power = std::pow(10.0, exponent);
  double step = 10 * power;
  int decimals = std::max(0, -exponent - 1);
  for (double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * (1 + 1e-9)) {
      step = factor * power;
      decimals = std::max(0, -exponent);
      break;
    }
  double first = std::floor(lower / step + 1e-9), last = std::ceil(upper / step - 1e-9);
  // Numbers so close that rounding hides the step still need an axis of some extent.
  if (last <= first || first * step == last * step)
    return {lower - std::abs(lower) / 2 - 1, upper + std::abs(upper) / 2 + 1, std::abs(lower) + 2, 2, 0};
  return {first * step, last * step, step, static_cast<int>(last - first) + 1, decimals};
}

std::string lineChart(const std::vector<Series> &series, const ChartText &text) {
  Range xRange, yRange;
  bool named = false;
  std::vector<std::string> legend;
  xRange.include(0);
  for (const Series &one : series) {
    if (!one.values.empty())
      xRange.include(static_cast<double>(one.values.size() - 1));
    for (double value : one.values)
      if (drawable(value))
        yRange.include(value);
    named |= !one.name.empty();
    legend.push_back(one.name);
  }
  if (!named)
    legend.clear();
  Chart chart(xRange, yRange, text, legend, false);
  for (size_t i = 0; i < series.size(); ++i) {
    Curve curve(colour(i));
    for (size_t t = 0; t < series[i].values.size(); ++t) {
      if (double value = series[i].values[t]; drawable(value))
        curve.add({chart.toX(static_cast<double>(t)), chart.toY(value)});
      else
        curve.draw(chart);
    }
    curve.draw(chart);
  }
  return std::move(chart).finish();
}

std::string scatterChart(const std::vector<ScatterPoint> &points, const std::vector<std::string> &legend,
                         const ChartText &text) {
  Range xRange, yRange;
  for (const ScatterPoint &point : points)
    if (drawable(point.x) && drawable(point.y)) {
      xRange.include(point.x);
      yRange.include(point.y);
    }
  Chart chart(xRange, yRange, text, legend, true);
  double radius = points.size() < 500 ? 3.5 : points.size() < 5000 ? 2.5 : 1.5;
  // Points of a colour on the same half pixel are drawn once.
  std::unordered_set<uint64_t> seen;
  chart.add("<g fill-opacity=\"0.75\">\n");
  for (const ScatterPoint &point : points) {
    if (!drawable(point.x) || !drawable(point.y))
      continue;
    double x = chart.toX(point.x), y = chart.toY(point.y);
    uint64_t cell =
        static_cast<uint64_t>(point.group) << 32 | static_cast<uint64_t>(2 * x) << 16 | static_cast<uint64_t>(2 * y);
    if (seen.insert(cell).second)
      chart.add("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\" fill=\"{}\"/>\n", x, y, radius, colour(point.group));
  }
  chart.add("</g>\n");
  return std::move(chart).finish();
}

} // namespace ricci::runtime
