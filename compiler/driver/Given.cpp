#include "compiler/driver/Given.h"

#include "compiler/engine/Signature.h"
#include "runtime/DataFile.h"
#include "runtime/Threefry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <set>

namespace ricci::driver {

using runtime::DType;

namespace {

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// A name, then fields by name or position.
bool isPath(std::string_view text) {
  if (text.empty() || !isLetter(text[0]) || text.back() == '.')
    return false;
  return std::ranges::all_of(text, [](char c) { return isLetter(c) || isDigit(c) || c == '.'; }) &&
         text.find("..") == std::string_view::npos;
}

// `f32[512,512]`
std::optional<runtime::ArrayType> parseType(std::string_view text) {
  runtime::ArrayType type;
  size_t bracket = std::min(text.find('['), text.size());
  bool known = false;
  for (DType dtype : {DType::Bool, DType::I32, DType::I64, DType::F32, DType::F64})
    if (text.substr(0, bracket) == nameOf(dtype)) {
      type.dtype = dtype;
      known = true;
    }
  if (!known)
    return std::nullopt;
  if (bracket == text.size())
    return type;
  if (!text.ends_with(']'))
    return std::nullopt;
  std::string_view sizes = text.substr(bracket + 1);
  while (!sizes.empty()) {
    int64_t size = 0;
    auto [end, code] = std::from_chars(sizes.data(), sizes.data() + sizes.size(), size);
    sizes.remove_prefix(static_cast<size_t>(end - sizes.data()));
    if (code != std::errc() || size < 0 || sizes.empty() || (sizes != "]" && sizes[0] != ','))
      return std::nullopt;
    sizes.remove_prefix(1);
    type.shape.push_back(size);
  }
  return byteCount(type.dtype, type.shape) ? std::optional(type) : std::nullopt;
}

// Standard normal numbers by Box and Muller; integers are their rounded sizes.
void fillNormal(runtime::Array &array, uint64_t seed) {
  dispatch(array.dtype(), [&](auto zero) {
    using T = decltype(zero);
    uint64_t counter = 0;
    for (T &element : array.as<T>()) {
      uint64_t bits = runtime::threefry2x32(seed, counter++);
      double radius = std::sqrt(-2 * std::log((static_cast<double>(bits >> 32) + 0.5) * 0x1p-32));
      double normal = radius * std::cos(2 * std::numbers::pi * static_cast<double>(bits & 0xffffffff) * 0x1p-32);
      if constexpr (std::is_same_v<T, bool>)
        element = normal > 0;
      else if constexpr (std::is_integral_v<T>)
        element = static_cast<T>(std::abs(std::round(normal)));
      else
        element = static_cast<T>(normal);
    }
  });
}

// Less is read: that is quick, and what happens to the file afterwards is of no concern.
constexpr int64_t mapFrom = int64_t(64) << 20;

class GivenParser {
public:
  explicit GivenParser(const GivenOptions &options) : options(options) {}

  std::optional<Problem> add(std::string_view argument) {
    size_t equals = argument.find('=');
    std::string name(argument.substr(0, equals));
    std::string value(argument.substr(equals + 1));
    if (runtime::namesDataFile(value)) {
      if (options.watch)
        options.watch->add(runtime::fileOf(value));
      return addFile(name, value);
    }
    if (std::optional<Literal> literal = parseLiteral(value))
      return insert({name, std::move(*literal)});
    if (std::optional<runtime::ArrayType> type = parseType(value)) {
      if (!options.madeUp)
        return problem(ExitStatus::Usage, fmt::format("`{}`: data are made up by `ricci bench` only", argument));
      return insert({name, MadeUp{std::move(*type), options.seed + given.size()}});
    }
    return problem(ExitStatus::Usage,
                   fmt::format("`{}`: the value is neither a literal nor a file ending in .npy, .npz[:KEY], "
                               ".safetensors[:KEY] or .csv",
                               argument));
  }

  std::vector<Given> given;

private:
  std::optional<Problem> insert(Given one) {
    if (!names.insert(one.name).second)
      return problem(ExitStatus::Usage, fmt::format("`{}` is set twice", one.name));
    given.push_back(std::move(one));
    return std::nullopt;
  }

  std::optional<Problem> insertFile(const std::string &name, const std::string &path) {
    runtime::Result<runtime::ArrayType> type = runtime::inspectHeader(path);
    if (!type)
      return problem(type.error());
    return insert({name, DataFile{path, std::move(*type)}});
  }

  std::optional<Problem> addFile(const std::string &name, const std::string &path) {
    if (!runtime::namesArchive(path))
      return insertFile(name, path);
    runtime::Result<std::vector<runtime::ArchiveEntry>> entries = runtime::inspectArchive(path);
    if (!entries)
      return problem(entries.error());
    if (entries->empty() || std::ranges::find(*entries, "arr_0", &runtime::ArchiveEntry::key) != entries->end())
      return insertFile(name, path);
    for (auto &[key, type] : *entries)
      if (std::optional<Problem> wrong = insert({name + "." + key, DataFile{path + ":" + key, std::move(type)}}))
        return wrong;
    return std::nullopt;
  }

  const GivenOptions &options;
  std::set<std::string> names;
};

} // namespace

bool isAssignment(std::string_view argument) {
  size_t equals = argument.find('=');
  return equals != std::string_view::npos && isPath(argument.substr(0, equals));
}

Outcome<std::vector<Given>> parseGiven(const std::vector<std::string> &arguments, const GivenOptions &options) {
  GivenParser parser(options);
  for (const std::string &argument : arguments)
    if (std::optional<Problem> wrong = parser.add(argument))
      return std::move(*wrong);
  return std::move(parser.given);
}

namespace {

lang::InputHeader headerOf(const runtime::ArrayType &type) {
  lang::InputHeader header;
  for (lang::Scalar element :
       {lang::Scalar::Bool, lang::Scalar::I32, lang::Scalar::I64, lang::Scalar::F32, lang::Scalar::F64})
    if (engine::dtypeOf(element) == type.dtype)
      header.element = element;
  header.shape = type.shape;
  return header;
}

} // namespace

lang::InputHeader headerOf(const DataFile &file) {
  lang::InputHeader header = headerOf(file.type);
  header.table = file.path.ends_with(".csv");
  return header;
}

lang::InputHeader headerOf(const Given &given) {
  if (const auto *file = std::get_if<DataFile>(&given.source))
    return headerOf(*file);
  if (const auto *madeUp = std::get_if<MadeUp>(&given.source))
    return headerOf(madeUp->type);
  const Literal &literal = std::get<Literal>(given.source);
  lang::InputHeader header;
  header.element = literal.kind == Literal::Bool      ? lang::Scalar::Bool
                   : literal.kind == Literal::Integer ? lang::Scalar::I64
                                                      : lang::Scalar::F64;
  header.shape = literal.shape;
  header.literal = true;
  if (literal.kind == Literal::Integer && literal.shape.empty())
    header.integer = literal.elements[0].integer;
  return header;
}

Outcome<runtime::Array> read(const Given &given, DType dtype, size_t rank, std::shared_ptr<runtime::MemoryPool> pool) {
  if (const auto *literal = std::get_if<Literal>(&given.source)) {
    std::optional<runtime::Array> array = toArray(*literal, dtype);
    if (!array)
      return problem(ExitStatus::WrongProgram,
                     fmt::format("the value given for `{}` is not a literal of type {}", given.name, nameOf(dtype)));
    return std::move(*array);
  }
  if (const auto *file = std::get_if<DataFile>(&given.source)) {
    runtime::Shape shape = file->type.shape;
    if (headerOf(*file).table && rank == 1)
      shape.pop_back();
    runtime::Result<runtime::Array> array =
        runtime::readArray(file->path, {dtype, std::move(shape)}, {.pool = std::move(pool), .mapFrom = mapFrom});
    if (!array)
      return problem(array.error());
    return std::move(*array);
  }
  const MadeUp &madeUp = std::get<MadeUp>(given.source);
  runtime::Result<runtime::Array> array = runtime::Array::create(dtype, madeUp.type.shape, std::move(pool));
  if (!array)
    return problem(array.error());
  fillNormal(*array, madeUp.seed);
  return std::move(*array);
}

} // namespace ricci::driver
