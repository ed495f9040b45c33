#include "runtime/Host.h"

#include "runtime/DataFile.h"
#include "runtime/File.h"
#include "runtime/HostSpec.h"
#include "runtime/Plot.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <new>

namespace ricci::runtime {

namespace {

Error fault(std::string message) { return {ErrorKind::Format, std::move(message)}; }

Result<std::string> format(std::string_view spec, std::span<const Array> operands) {
  Result<std::vector<PrintSegment>> segments = parsePrint(spec, operands);
  if (!segments)
    return std::move(segments.error());
  std::string line;
  for (const PrintSegment &segment : *segments) {
    line += segment.text;
    if (!segment.value)
      continue;
    Result<std::string> text = toText(*segment.value, {.scalarFormat = segment.format});
    if (!text)
      return std::move(text.error());
    line += *text;
  }
  return line;
}

Status print(std::string_view spec, std::span<const Array> operands, const TextSink &sink) {
  Result<std::string> line = format(spec, operands);
  if (!line)
    return std::move(line.error());
  if (sink)
    sink(*line + '\n');
  return {};
}

Error notFinite(std::string_view spec, std::span<const Array> operands) {
  Result<std::string> text = format(spec, operands);
  return text ? fault(std::move(*text)) : std::move(text.error());
}

// The options of save, plot and scatter.
struct FileEffect {
  std::string path;
  std::vector<Value> values;
  ChartText text;
  std::vector<std::string> legend;
};

std::vector<std::string> splitAtCommas(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    names.emplace_back(name);
    if (comma == std::string_view::npos)
      return names;
    text.remove_prefix(comma + 1);
  }
}

Result<FileEffect> parseFileEffect(std::string_view spec, std::span<const Array> operands) {
  Result<std::vector<EffectOption>> options = parseOptions(spec);
  if (!options)
    return std::move(options.error());
  FileEffect effect;
  for (EffectOption &option : *options) {
    if (option.name == "path")
      effect.path = std::move(option.value);
    else if (option.name == "title")
      effect.text.title = std::move(option.value);
    else if (option.name == "xlabel")
      effect.text.xLabel = std::move(option.value);
    else if (option.name == "ylabel")
      effect.text.yLabel = std::move(option.value);
    else if (option.name == "legend")
      effect.legend = splitAtCommas(option.value);
    else if (option.name == "value") {
      size_t position = 0;
      Result<Value> value = parseOperand(option.value, position, operands);
      if (!value)
        return std::move(value.error());
      effect.values.push_back(std::move(*value));
    } else {
      return fault(fmt::format("unknown option `{}`", option.name));
    }
  }
  if (effect.path.empty())
    return fault("the file has no name");
  return effect;
}

Status save(std::string_view spec, std::span<const Array> operands) {
  Result<FileEffect> effect = parseFileEffect(spec, operands);
  if (!effect)
    return std::move(effect.error());
  if (effect->values.size() != 1)
    return fault("save takes one value");
  return writeValue(effect->path, effect->values[0]);
}

std::vector<double> numbersOf(const Array &array) {
  return dispatch(array.dtype(), [&](auto zero) {
    auto elements = array.as<decltype(zero)>();
    return std::vector<double>(elements.begin(), elements.end());
  });
}

// A vector is one series, a matrix one for each column (rows are what a loop stacks), an aggregate those of its
// fields, under their names.
Status collectSeries(const Value &value, const std::string &name, std::vector<Series> &series) {
  if (!value.isArray()) {
    for (const Field &field : value.aggregate().fields) {
      std::string label = value.aggregate().isTuple() ? name : name.empty() ? field.name : name + "." + field.name;
      if (Status status = collectSeries(field.value, label, series); !status)
        return status;
    }
    return {};
  }
  const Array &array = value.array();
  if (array.rank() > 2)
    return fault(fmt::format("plot takes vectors and matrices, not {}", describe(array.type())));
  std::vector<double> numbers = numbersOf(array);
  if (array.rank() < 2) {
    series.push_back({name, std::move(numbers)});
    return {};
  }
  int64_t rows = array.shape()[0], columns = array.shape()[1];
  if (rows == 0)
    return {};
  for (int64_t column = 0; column < columns; ++column) {
    Series one{name, {}};
    for (int64_t row = 0; row < rows; ++row)
      one.values.push_back(numbers[static_cast<size_t>(row * columns + column)]);
    series.push_back(std::move(one));
  }
  return {};
}

Status writeText(const std::string &path, std::string_view text) {
  if (!path.ends_with(".svg"))
    return fault(fmt::format("{}: a picture goes to an .svg file", path));
  Result<FileWriter> file = FileWriter::create(path);
  if (!file)
    return std::move(file.error());
  if (Status status = file->write(text); !status)
    return status;
  return file->close();
}

Status plot(std::string_view spec, std::span<const Array> operands) {
  Result<FileEffect> effect = parseFileEffect(spec, operands);
  if (!effect)
    return std::move(effect.error());
  std::vector<Series> series;
  for (const Value &value : effect->values)
    if (Status status = collectSeries(value, "", series); !status)
      return status;
  for (size_t i = 0; i < std::min(series.size(), effect->legend.size()); ++i)
    series[i].name = effect->legend[i];
  return writeText(effect->path, lineChart(series, effect->text));
}

Status scatter(std::string_view spec, std::span<const Array> operands) {
  Result<FileEffect> effect = parseFileEffect(spec, operands);
  if (!effect)
    return std::move(effect.error());
  bool arrays = std::ranges::all_of(effect->values, [](const Value &value) { return value.isArray(); });
  if (!arrays || effect->values.empty() || effect->values.size() > 2)
    return fault("scatter takes points and, if you like, labels");
  const Array &xy = effect->values[0].array();
  if (xy.rank() != 2 || xy.shape()[1] != 2)
    return fault(fmt::format("scatter takes points as [N,2], not {}", describe(xy.type())));
  std::vector<double> coordinates = numbersOf(xy);
  std::vector<ScatterPoint> points;
  for (size_t i = 0; i + 1 < coordinates.size(); i += 2)
    points.push_back({coordinates[i], coordinates[i + 1]});
  std::vector<std::string> legend;
  if (effect->values.size() == 2) {
    const Array &labels = effect->values[1].array();
    if (labels.shape() != Shape{xy.shape()[0]})
      return fault(
          fmt::format("scatter takes one label a point, not {} for {}", describe(labels.type()), describe(xy.type())));
    if (labels.dtype() == DType::F32 || labels.dtype() == DType::F64)
      return fault(fmt::format("scatter takes integers as labels, not {}", describe(labels.type())));
    std::vector<double> numbers = numbersOf(labels);
    std::map<double, size_t> groups;
    for (double number : numbers)
      groups.emplace(number, 0);
    for (auto &[number, group] : groups) {
      group = legend.size();
      legend.push_back(fmt::format("{:.0f}", number));
    }
    for (size_t i = 0; i < points.size(); ++i)
      points[i].group = groups[numbers[i]];
  }
  return writeText(effect->path, scatterChart(points, legend, effect->text));
}

} // namespace

Result<void, RunError> performEffect(std::string_view what, std::string_view spec, std::span<const Array> operands,
                                     const TextSink &sink) {
  Status status;
  const char *code = plotFailedCode;
  if (what == "print") {
    code = printFailedCode;
    status = print(spec, operands, sink);
  } else if (what == "nonfinite") {
    code = notFiniteCode;
    status = notFinite(spec, operands);
  } else if (what == "save") {
    code = saveFailedCode;
    status = save(spec, operands);
  } else if (what == "plot") {
    status = plot(spec, operands);
  } else if (what == "scatter") {
    status = scatter(spec, operands);
  } else {
    status = fault(fmt::format("there is no effect `{}`", what));
  }
  if (!status)
    return RunError{"", code, std::move(status.error().message)};
  return {};
}

namespace {

// Apart from ricci_host, so that everything is destroyed before the jump.
bool perform(Context &context, const char *what, const char *spec, const char *where, int32_t count,
             const ricci_array *args) {
  if (!context.performsEffects() && std::string_view(what) != "nonfinite")
    return true;
  try {
    std::vector<Array> operands;
    for (int32_t i = 0; i < count; ++i)
      operands.push_back(Array::borrow(args[i]));
    Result<void, RunError> result =
        performEffect(what, spec, operands, [&](std::string_view text) { context.print(text); });
    if (result)
      return true;
    result.error().where = where;
    context.setError(std::move(result.error()));
  } catch (const std::bad_alloc &) {
    context.setError({"", outOfMemoryCode, "out of memory"}); // short enough for no memory of its own
  }
  return false;
}

} // namespace
} // namespace ricci::runtime

void ricci_host(ricci_context *handle, const char *what, const char *spec, const char *where, int32_t count,
                const ricci_array *args) {
  using ricci::runtime::Context;
  if (!ricci::runtime::perform(Context::of(handle), what, spec, where, count, args))
    Context::of(handle).fail();
}
