#include "runtime/Csv.h"

#include "runtime/File.h"

#include <charconv>
#include <fmt/format.h>

namespace ricci::runtime {

namespace {

struct CsvField {
  std::string_view text;
  int64_t line;   // from 1
  int64_t column; // the field's number in its row, from 1
  bool lastInRow;
};

// Cuts text into fields.
class CsvScanner {
public:
  explicit CsvScanner(std::string_view text) : rest(text) {
    if (rest.starts_with("\xef\xbb\xbf"))
      rest.remove_prefix(3);
  }

  // False at the end of the text, or at a fault.
  bool next(CsvField &field) {
    if (column == 0)
      skipBlankLines();
    if (rest.empty() && column == 0)
      return false;
    field.line = line;
    field.column = ++column;
    skipSpaces();
    if (rest.starts_with('"')) {
      if (!quoted(field))
        return false;
    } else {
      field.text = rest.substr(0, rest.find_first_of(",\r\n"));
      rest.remove_prefix(field.text.size());
      while (field.text.ends_with(' ') || field.text.ends_with('\t'))
        field.text.remove_suffix(1);
    }
    field.lastInRow = !rest.starts_with(',');
    if (field.lastInRow) {
      skipLineEnd();
      column = 0;
    } else {
      rest.remove_prefix(1);
    }
    return true;
  }

  // What is wrong with the quotes, if anything.
  std::optional<std::string> fault;

private:
  void skipSpaces() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }

  void skipLineEnd() {
    if (rest.empty())
      return;
    rest.remove_prefix(rest.starts_with("\r\n") ? 2 : 1);
    ++line;
  }

  void skipBlankLines() {
    for (;;) {
      skipSpaces();
      if (rest.empty() || (rest[0] != '\r' && rest[0] != '\n'))
        return;
      skipLineEnd();
    }
  }

  // Two quotes stand for one; since a number has none, the text between the outer ones is taken as it is.
  bool quoted(CsvField &field) {
    size_t end = 1;
    while ((end = rest.find('"', end)) != std::string_view::npos && rest.substr(end + 1).starts_with('"'))
      end += 2;
    if (end == std::string_view::npos) {
      fault = fmt::format("line {}, field {}: the quote is not closed", field.line, field.column);
      return false;
    }
    field.text = rest.substr(1, end - 1);
    for (char c : field.text)
      line += c == '\n';
    rest.remove_prefix(end + 1);
    skipSpaces();
    if (rest.empty() || std::string_view(",\r\n").find(rest[0]) != std::string_view::npos)
      return true;
    fault = fmt::format("line {}, field {}: text after the closing quote", field.line, field.column);
    return false;
  }

  std::string_view rest;
  int64_t line = 1;
  int64_t column = 0;
};

enum class NumberFault { None, Empty, Word, Range };

NumberFault parseNumber(std::string_view text, double &value) {
  if (text.empty())
    return NumberFault::Empty;
  if (text[0] == '+' && text.size() > 1 && text[1] != '-')
    text.remove_prefix(1);
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::invalid_argument || end != text.data() + text.size())
    return NumberFault::Word;
  return code == std::errc::result_out_of_range ? NumberFault::Range : NumberFault::None;
}

std::string excerpt(std::string_view text) { return fmt::format("{:?}", text.substr(0, 40)); }

bool firstRowIsHeader(std::string_view text) {
  CsvScanner scanner(text);
  CsvField field;
  double value;
  while (scanner.next(field)) {
    if (parseNumber(field.text, value) == NumberFault::Word)
      return true;
    if (field.lastInRow)
      break;
  }
  return false;
}

std::string describe(NumberFault fault, std::string_view text) {
  switch (fault) {
  case NumberFault::Empty:
    return "the field is empty";
  case NumberFault::Range:
    return fmt::format("{} is out of the range of f64", excerpt(text));
  default:
    return fmt::format("{} is not a number", excerpt(text));
  }
}

// Passes the numbers of the file in order to `take`; gives rows and columns.
template <typename Take> Result<Shape> parseCsv(std::string_view text, const File &file, Take take) {
  bool inHeader = firstRowIsHeader(text);
  CsvScanner scanner(text);
  CsvField field;
  int64_t rows = 0, columns = 0;
  while (scanner.next(field)) {
    if (inHeader) {
      inHeader = !field.lastInRow;
      continue;
    }
    double value;
    if (NumberFault fault = parseNumber(field.text, value); fault != NumberFault::None)
      return file.fault(fmt::format("line {}, field {}: {}", field.line, field.column, describe(fault, field.text)));
    take(value);
    if (!field.lastInRow)
      continue;
    if (rows > 0 && field.column != columns)
      return file.fault(fmt::format("line {}: {} fields, the rows before have {}", field.line, field.column, columns));
    columns = field.column;
    ++rows;
  }
  if (scanner.fault)
    return file.fault(*scanner.fault);
  if (rows == 0)
    return file.fault("holds no numbers");
  return Shape{rows, columns};
}

// The file's text, in an array of bytes so that the pool accounts for it.
Result<Array> readText(const File &file, std::shared_ptr<MemoryPool> pool) {
  Result<Array> text = Array::create(DType::Bool, {file.size()}, std::move(pool));
  if (!text)
    return file.fault(text.error().message, text.error().kind);
  Status status = file.readAt(0, {static_cast<std::byte *>(text->data()), static_cast<size_t>(text->size())});
  if (!status)
    return std::move(status.error());
  return text;
}

std::string_view textOf(const Array &bytes) {
  return {static_cast<const char *>(bytes.data()), static_cast<size_t>(bytes.size())};
}

} // namespace

Result<ArrayType> inspectCsv(const std::string &path) {
  Result<File> file = File::open(path);
  if (!file)
    return std::move(file.error());
  Result<Array> text = readText(*file, nullptr);
  if (!text)
    return std::move(text.error());
  Result<Shape> shape = parseCsv(textOf(*text), *file, [](double) {});
  if (!shape)
    return std::move(shape.error());
  return ArrayType{DType::F64, std::move(*shape)};
}

Result<Array> readCsv(const std::string &path, std::shared_ptr<MemoryPool> pool) {
  Result<File> file = File::open(path);
  if (!file)
    return std::move(file.error());
  Result<Array> text = readText(*file, pool);
  if (!text)
    return text;
  Result<Shape> shape = parseCsv(textOf(*text), *file, [](double) {});
  if (!shape)
    return std::move(shape.error());
  Result<Array> numbers = Array::create(DType::F64, std::move(*shape), std::move(pool));
  if (!numbers)
    return file->fault(numbers.error().message, numbers.error().kind);
  double *next = numbers->as<double>().data();
  Result<Shape> again = parseCsv(textOf(*text), *file, [&](double value) { *next++ = value; });
  if (!again)
    return std::move(again.error());
  return numbers;
}

} // namespace ricci::runtime
