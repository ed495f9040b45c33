// The page is a fixed text (page/) around the report's data: compressed, in base64, unpacked by the browser. The texts of
// stages are most of it, and most of their lines occur many times once values are named by how far back they were
// defined: so a text is a list of numbers of lines in one table, and two lines that differ only in the numbers of values
// are the same line to a reader of differences too.
#include "compiler/Inspect/Page.h"
#include "compiler/Inspect/Print.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_map>
#include <zlib.h>

using namespace ricci::inspect;
using Json = nlohmann::ordered_json;

namespace {

// Of the page; what is in it besides is some 60 kB.
constexpr size_t mostBytes = 1'900'000;

template <typename Key> class Table {
public:
  size_t number(const Key &key) {
    auto [found, isNew] = numbers.try_emplace(key, keys.size());
    if (isNew)
      keys.push_back(key);
    return found->second;
  }
  const std::vector<Key> &all() const { return keys; }

private:
  std::map<Key, size_t> numbers;
  std::vector<Key> keys;
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// A line with each value `%12` as `%` and its distance from the last one that a line began with.
std::string relative(std::string_view line, int64_t &last) {
  std::string result;
  const size_t first = line.find_first_not_of(' ');
  int64_t defined = last;
  for (size_t at = 0; at < line.size();) {
    result += line[at];
    if (line[at++] != '%' || at == line.size() || !isDigit(line[at]))
      continue;
    int64_t number = 0;
    auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), number);
    // Whatever is not a plain number, with leading zeros or too long, stays as it is, behind a sign that numbers lack.
    const size_t length = static_cast<size_t>(end - line.data()) - at;
    if (error != std::errc() || (line[at] == '0' && length > 1)) {
      result += '!';
      continue;
    }
    result += std::to_string(number - last);
    result += ';';
    if (at == first + 1)
      defined = number;
    at += length;
  }
  last = defined;
  return result;
}

std::vector<size_t> linesOf(const std::string &text, Table<std::string> &table) {
  std::vector<size_t> lines;
  int64_t last = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    lines.push_back(table.number(relative(line, last)));
  }
  return lines;
}

// What a line came from, by number: kernel, places, rules.
using Origin = std::tuple<int, std::vector<unsigned>, std::vector<std::string>>;

Json stageJson(const Stage &stage, bool withText, Table<std::string> &table, Table<Origin> &origins) {
  Json lines = Json::array();
  unsigned last = 0;
  for (const LineOrigin &line : stage.lines) {
    std::vector<unsigned> places;
    for (const Place &place : line.places)
      places.insert(places.end(), {place.source, place.line, place.column});
    // The distance to the line before, and the origin.
    lines.push_back(line.line - last);
    lines.push_back(origins.number({line.kernel, std::move(places), line.rules}));
    last = line.line;
  }
  if (!withText)
    lines = Json::array();
  return {{"pass", stage.pass},
          {"name", stage.name},
          {"count", std::count(stage.text.begin(), stage.text.end(), '\n')},
          {"text", withText ? Json(linesOf(stage.text, table)) : Json(nullptr)},
          {"lines", lines}};
}

std::string compressed(const std::string &data) {
  uLongf size = compressBound(data.size());
  std::string result(size, '\0');
  // Fails only where memory does.
  if (compress2(reinterpret_cast<Bytef *>(result.data()), &size, reinterpret_cast<const Bytef *>(data.data()), data.size(), 9) != Z_OK)
    throw std::bad_alloc();
  result.resize(size);
  return result;
}

std::string base64(std::string_view data) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((data.size() + 2) / 3 * 4);
  for (size_t at = 0; at < data.size(); at += 3) {
    const size_t count = std::min<size_t>(3, data.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < count ? static_cast<unsigned char>(data[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i)
      result += i <= count ? letters[bits >> (18 - 6 * i) & 63] : '=';
  }
  return result;
}

// `omitted`: stages whose texts are left out.
std::string packed(const Report &report, const std::vector<bool> &omitted) {
  Table<std::string> table;
  Table<Origin> origins;
  Json stages = Json::array();
  for (size_t i = 0; i < report.stages.size(); ++i)
    stages.push_back(stageJson(report.stages[i], !omitted[i], table, origins));
  Json sources = Json::array();
  for (const Source &source : report.sources)
    sources.push_back({{"name", source.name}, {"text", source.text}});
  Json originList = Json::array();
  for (const auto &[kernel, places, rules] : origins.all())
    originList.push_back({kernel, places, rules});
  Json data{{"report", Json::parse(printJson(report))},
            {"sources", std::move(sources)},
            {"stages", std::move(stages)},
            {"origins", std::move(originList)},
            {"table", table.all()}};
  return base64(compressed(data.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

// The title may hold anything that a file's name may.
std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text)
    result += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return result;
}

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
  return text.replace(text.find(mark), mark.size(), by);
}

} // namespace

std::string ricci::inspect::printHtml(const Report &report) {
  // Stages between those that have a name go first, the longest before others.
  std::vector<size_t> order(report.stages.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::sort(order, std::ranges::greater(),
                    [&](size_t i) { return std::pair(report.stages[i].name.empty(), report.stages[i].text.size()); });
  std::vector<bool> omitted(report.stages.size());
  std::string data = packed(report, omitted);
  for (size_t i : order) {
    if (data.size() <= mostBytes)
      break;
    omitted[i] = true;
    data = packed(report, omitted);
  }
  std::string page = replaced(pageText, "@title@", escaped(report.program));
  page = replaced(std::move(page), "@style@", pageStyle);
  page = replaced(std::move(page), "@script@", pageScript);
  return replaced(std::move(page), "@data@", data);
}
