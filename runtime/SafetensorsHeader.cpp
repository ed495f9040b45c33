// The JSON of a safetensors header, taken in as it is read: {NAME: {"dtype": …, "shape": […], "data_offsets": [b, e]},
// …} and, apart from the tensors, "__metadata__": {NAME: TEXT}.

#include "runtime/Safetensors.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ricci::runtime {

namespace {

// Receives the parser's events; returning false ends the parse. Whatever does not belong where it stands is an error,
// so nothing nests deeper than a shape does.
class HeaderEvents {
public:
  std::vector<Tensor> tensors;
  std::string error; // empty: none

  bool start_object(size_t) {
    switch (place) {
    case Place::Start:
      place = Place::Root;
      return true;
    case Place::Entry:
      place = tensor.name == safetensorsMetadata ? Place::Metadata : Place::Tensor;
      seen = {};
      return true;
    default:
      return misplaced("an object");
    }
  }

  bool key(std::string &name) {
    if (place == Place::Root) {
      tensor = {};
      tensor.name = std::move(name);
      place = Place::Entry;
      if (tensor.name == safetensorsMetadata && std::exchange(seenMetadata, true))
        return fail("the metadata stand twice");
      return true;
    }
    if (place == Place::Metadata)
      return true;
    constexpr std::string_view names[] = {"dtype", "shape", "data_offsets"};
    auto found = std::ranges::find(names, name);
    if (found == std::end(names))
      return fail(fmt::format("tensor {:?} has an unknown key {:?}", tensor.name, name));
    field = static_cast<size_t>(found - names);
    if (std::exchange(seen[field], true))
      return fail(fmt::format("tensor {:?} has the key {:?} twice", tensor.name, name));
    return true;
  }

  bool end_object() {
    if (place == Place::Tensor) {
      if (!std::ranges::all_of(seen, std::identity()))
        return fail(fmt::format("tensor {:?} lacks `dtype`, `shape` or `data_offsets`", tensor.name));
      tensors.push_back(std::move(tensor));
    }
    place = place == Place::Root ? Place::End : Place::Root;
    return true;
  }

  bool start_array(size_t) {
    if (place != Place::Tensor || field == dtypeField)
      return misplaced("an array");
    place = field == shapeField ? Place::Shape : Place::Offsets;
    numbers.clear();
    return true;
  }

  bool end_array() {
    if (place == Place::Shape) {
      tensor.shape = numbers;
    } else {
      if (numbers.size() != 2)
        return notTwoOffsets();
      tensor.begin = numbers[0];
      tensor.end = numbers[1];
    }
    place = Place::Tensor;
    return true;
  }

  bool string(std::string &text) {
    if (place == Place::Metadata)
      return true;
    if (place != Place::Tensor || field != dtypeField)
      return misplaced("a string");
    tensor.dtypeName = std::move(text);
    return true;
  }

  bool number_unsigned(uint64_t number) {
    if (place != Place::Shape && place != Place::Offsets)
      return misplaced("a number");
    if (number > std::numeric_limits<int64_t>::max())
      return fail(fmt::format("tensor {:?} has the size or offset {}", tensor.name, number));
    if (place == Place::Offsets && numbers.size() == 2)
      return notTwoOffsets();
    if (numbers.size() == RICCI_MAX_RANK)
      return fail(fmt::format("tensor {:?} has more than {} axes", tensor.name, RICCI_MAX_RANK));
    numbers.push_back(static_cast<int64_t>(number));
    return true;
  }

  bool number_integer(int64_t) { return misplaced("a negative number"); }
  bool number_float(double, const std::string &) { return misplaced("a number that is not whole"); }
  bool boolean(bool) { return misplaced("a boolean"); }
  bool null() { return misplaced("null"); }
  bool binary(std::vector<uint8_t> &) { return misplaced("binary data"); }

  bool parse_error(size_t position, const std::string &, const nlohmann::json::exception &) {
    return fail(fmt::format("no valid JSON at character {}", position));
  }

private:
  enum class Place { Start, Root, Entry, Tensor, Metadata, Shape, Offsets, End };
  static constexpr size_t dtypeField = 0, shapeField = 1;

  bool fail(std::string what) {
    if (error.empty())
      error = std::move(what);
    return false;
  }
  bool misplaced(std::string_view what) { return fail(fmt::format("{} is out of place in {:?}", what, tensor.name)); }
  bool notTwoOffsets() { return fail(fmt::format("the `data_offsets` of tensor {:?} are not two", tensor.name)); }

  Place place = Place::Start;
  bool seenMetadata = false;
  Tensor tensor; // being read
  size_t field = 0;
  std::array<bool, 3> seen{};
  Shape numbers;
};

std::optional<std::string> faultOf(const Tensor &tensor) {
  if (tensor.begin > tensor.end)
    return fmt::format("tensor {:?} ends before it begins", tensor.name);
  std::optional<DType> dtype = dtypeOfSafetensors(tensor.dtypeName);
  if (!dtype)
    return std::nullopt;
  std::optional<int64_t> bytes = byteCount(*dtype, tensor.shape);
  if (!bytes)
    return fmt::format("the shape of tensor {:?} is larger than any memory", tensor.name);
  if (*bytes != tensor.end - tensor.begin)
    return fmt::format("tensor {:?} is {}, which takes {} bytes; it has {}", tensor.name,
                       describe(*dtype, tensor.shape), *bytes, tensor.end - tensor.begin);
  return std::nullopt;
}

// Tensors one behind the other, from the first byte to the last.
std::optional<std::string> faultOfPlaces(const std::vector<const Tensor *> &byPlace, int64_t dataSize) {
  int64_t covered = 0;
  for (const Tensor *tensor : byPlace) {
    if (tensor->end > dataSize)
      return fmt::format("tensor {:?} ends at byte {} of {}", tensor->name, tensor->end, dataSize);
    if (tensor->begin < covered)
      return fmt::format("tensor {:?} overlaps another", tensor->name);
    if (tensor->begin > covered)
      return fmt::format("a gap of {} bytes before tensor {:?}", tensor->begin - covered, tensor->name);
    covered = tensor->end;
  }
  if (covered < dataSize)
    return fmt::format("{} bytes follow the last tensor", dataSize - covered);
  return std::nullopt;
}

std::optional<std::string> findFault(const std::vector<Tensor> &tensors, int64_t dataSize) {
  std::vector<const Tensor *> order;
  for (const Tensor &tensor : tensors) {
    if (std::optional<std::string> fault = faultOf(tensor))
      return fault;
    order.push_back(&tensor);
  }
  std::ranges::sort(order, {}, [](const Tensor *tensor) -> std::string_view { return tensor->name; });
  auto twice =
      std::ranges::adjacent_find(order, {}, [](const Tensor *tensor) -> std::string_view { return tensor->name; });
  if (twice != order.end())
    return fmt::format("tensor {:?} stands twice", (*twice)->name);
  std::ranges::sort(order, {}, [](const Tensor *tensor) { return std::pair(tensor->begin, tensor->end); });
  return faultOfPlaces(order, dataSize);
}

} // namespace

Result<std::vector<Tensor>> parseSafetensorsHeader(std::string_view text, int64_t dataSize, const File &file) {
  auto bad = [&](std::string_view what) { return file.fault(fmt::format("bad safetensors header: {}", what)); };
  // The parser would pass over a byte order mark, and take a zero for the end.
  if (!text.starts_with('{') || text.find('\0') != std::string_view::npos)
    return bad("it is no JSON object");
  HeaderEvents events;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events))
    return bad(events.error);
  if (std::optional<std::string> fault = findFault(events.tensors, dataSize))
    return bad(*fault);
  return std::move(events.tensors);
}

} // namespace ricci::runtime
