// The text of a .npy header: a Python dictionary with the keys descr, fortran_order and shape.

#include "runtime/Npy.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ricci::runtime {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
// NumPy's headers are some 100 bytes; whoever writes more than this is not describing an array.
constexpr uint32_t longestHeader = 1 << 16;

struct ElementName {
  std::string_view code;
  std::string_view name;
  std::optional<DType> dtype;
};

// Kind and size as in `descr`, without the byte order.
constexpr ElementName elementNames[] = {
    {"b1", "bool", DType::Bool},   {"i4", "int32", DType::I32},   {"i8", "int64", DType::I64},
    {"f4", "float32", DType::F32}, {"f8", "float64", DType::F64}, {"i1", "int8", {}},
    {"i2", "int16", {}},           {"u1", "uint8", {}},           {"u2", "uint16", {}},
    {"u4", "uint32", {}},          {"u8", "uint64", {}},          {"f2", "float16", {}},
    {"f16", "longdouble", {}},     {"c8", "complex64", {}},       {"c16", "complex128", {}},
    {"c32", "clongdouble", {}},    {"O", "Python objects", {}},
};

constexpr ElementName otherKinds[] = {
    {"S", "byte strings", {}}, {"a", "byte strings", {}}, {"U", "strings", {}},
    {"V", "raw records", {}},  {"M", "dates", {}},        {"m", "time spans", {}},
};

// Reads the dictionary; `error` is set by the first thing that is wrong.
class HeaderParser {
public:
  HeaderParser(std::string_view text, const ByteSource &source) : text(text), source(source) {}

  Result<NpyHeader> parse() {
    expect('{');
    while (!error && !accept('}')) {
      entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (!error && position != text.size())
      fail("text after the dictionary");
    if (!error && !(sawType && sawOrder && sawShape))
      fail("`descr`, `fortran_order` or `shape` is missing");
    if (error)
      return std::move(*error);
    return std::move(header);
  }

private:
  void fail(std::string_view what, ErrorKind kind = ErrorKind::Format) {
    if (!error)
      error =
          source.fault(kind == ErrorKind::Format ? fmt::format("bad .npy header: {}", what) : std::string(what), kind);
  }

  void skipSpace() {
    while (position < text.size() && std::string_view(" \t\r\n").find(text[position]) != std::string_view::npos)
      ++position;
  }
  bool accept(char c) {
    skipSpace();
    if (position == text.size() || text[position] != c)
      return false;
    ++position;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail(fmt::format("`{}` expected at character {}", c, position));
  }
  bool acceptWord(std::string_view word) {
    skipSpace();
    if (!text.substr(position).starts_with(word))
      return false;
    position += word.size();
    return true;
  }

  std::string_view string() {
    skipSpace();
    char quote = position < text.size() ? text[position] : 0;
    size_t end = quote == '\'' || quote == '"' ? text.find(quote, position + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(fmt::format("string expected at character {}", position));
      return {};
    }
    std::string_view content = text.substr(position + 1, end - position - 1);
    position = end + 1;
    return content;
  }

  void once(bool &seen) {
    if (seen)
      fail("a key stands twice");
    seen = true;
  }

  void entry() {
    std::string_view key = string();
    expect(':');
    if (error)
      return;
    if (key == "descr") {
      once(sawType);
      elementType();
    } else if (key == "fortran_order") {
      once(sawOrder);
      header.columnMajor = acceptWord("True");
      if (!header.columnMajor && !acceptWord("False"))
        fail("`fortran_order` is neither True nor False");
    } else if (key == "shape") {
      once(sawShape);
      shape();
    } else {
      fail("an unknown key");
    }
  }

  void elementType() {
    skipSpace();
    if (position < text.size() && text[position] == '[')
      return fail("holds records with fields; arrays of one number type can be read", ErrorKind::Unsupported);
    std::string_view descr = string();
    if (error)
      return;
    std::string_view code = descr;
    char order = '=';
    if (!code.empty() && std::string_view("<>=|").find(code[0]) != std::string_view::npos) {
      order = code[0];
      code.remove_prefix(1);
    }
    header.bigEndian = order == '>';
    for (const ElementName &element : elementNames)
      if (element.code == code) {
        if (!element.dtype)
          return refuse(element.name, descr);
        if (order == '|' && byteSize(*element.dtype) > 1)
          return fail("`descr` lacks a byte order");
        header.type.dtype = *element.dtype;
        return;
      }
    for (const ElementName &kind : otherKinds)
      if (code.starts_with(kind.code))
        return refuse(kind.name, descr);
    fail("`descr` names no type");
  }

  void refuse(std::string_view name, std::string_view descr) {
    fail(fmt::format("holds {} ({:?}); bool, int32, int64, float32 and float64 can be read", name, descr),
         ErrorKind::Unsupported);
  }

  void shape() {
    expect('(');
    while (!error && !accept(')')) {
      skipSpace();
      int64_t size = 0;
      auto [end, code] = std::from_chars(text.data() + position, text.data() + text.size(), size);
      if (code != std::errc() || size < 0)
        return fail(fmt::format("`shape` has no valid size at character {}", position));
      position = static_cast<size_t>(end - text.data());
      acceptWord("L"); // Python 2 wrote its long integers so
      header.type.shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    if (header.type.shape.size() > RICCI_MAX_RANK)
      fail(fmt::format("has {} axes; at most {} can be read", header.type.shape.size(), RICCI_MAX_RANK),
           ErrorKind::Unsupported);
  }

  std::string_view text;
  const ByteSource &source;
  size_t position = 0;
  bool sawType = false, sawOrder = false, sawShape = false;
  NpyHeader header;
  std::optional<Error> error;
};

} // namespace

Result<NpyHeader> readNpyHeader(ByteSource &source) {
  unsigned char start[8];
  if (source.remaining() < 10)
    return source.fault("too short for a .npy file");
  if (Status status = source.read(std::as_writable_bytes(std::span(start))); !status)
    return std::move(status.error());
  if (!std::equal(magic.begin(), magic.end(), reinterpret_cast<char *>(start)))
    return source.fault("is not a .npy file: its first bytes are others");
  int version = start[6];
  if (version < 1 || version > 3 || start[7] != 0)
    return source.fault(fmt::format(".npy version {}.{} is not known", version, start[7]), ErrorKind::Unsupported);

  unsigned char lengthBytes[4] = {};
  size_t lengthSize = version == 1 ? 2 : 4;
  if (source.remaining() < static_cast<int64_t>(lengthSize))
    return source.fault("ends within the .npy header");
  if (Status status = source.read(std::as_writable_bytes(std::span(lengthBytes, lengthSize))); !status)
    return std::move(status.error());
  uint32_t length = lengthBytes[0] | lengthBytes[1] << 8 | lengthBytes[2] << 16 | uint32_t(lengthBytes[3]) << 24;
  if (length > longestHeader)
    return source.fault(fmt::format("bad .npy header: {} bytes long", length));
  if (source.remaining() < length)
    return source.fault("ends within the .npy header");
  std::string text(length, '\0');
  if (Status status = source.read(std::as_writable_bytes(std::span(text))); !status)
    return std::move(status.error());

  Result<NpyHeader> header = HeaderParser(text, source).parse();
  if (!header)
    return header;
  std::optional<int64_t> bytes = byteCount(header->type.dtype, header->type.shape);
  if (!bytes)
    return source.fault("bad .npy header: the shape is larger than any memory");
  if (*bytes != source.remaining())
    return source.fault(fmt::format("{}: {} takes {} bytes, {} follow the header",
                                    *bytes > source.remaining() ? "is cut short" : "has bytes after its data",
                                    describe(header->type), *bytes, source.remaining()));
  return header;
}

std::string npyHeaderText(const ArrayType &type) {
  std::string_view code;
  for (const ElementName &element : elementNames)
    if (element.dtype == type.dtype)
      code = element.code;
  std::string dictionary = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                       type.dtype == DType::Bool ? '|' : '<', code, fmt::join(type.shape, ", "),
                                       type.shape.size() == 1 ? "," : "");
  size_t unpadded = magic.size() + 4 + dictionary.size() + 1;
  dictionary.append((64 - unpadded % 64) % 64, ' ');
  dictionary += '\n';
  std::string text(magic);
  text += {'\1', '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return text + dictionary;
}

} // namespace ricci::runtime
