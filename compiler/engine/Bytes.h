// Numbers and texts as bytes and back, between processes of one machine. Reading never goes past the end: what does not
// fit makes the reader bad, and gives zeros and empty texts from then on.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ricci::engine {

class ByteWriter {
public:
  ByteWriter &number(int64_t value) {
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  ByteWriter &text(std::string_view value) {
    number(static_cast<int64_t>(value.size()));
    bytes.append(value);
    return *this;
  }
  std::string take() { return std::move(bytes); }

private:
  std::string bytes;
};

class ByteReader {
public:
  explicit ByteReader(std::string_view bytes) : bytes(bytes) {}

  int64_t number() {
    int64_t value = 0;
    if (std::string_view raw = next(sizeof value); !raw.empty())
      std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(next(static_cast<uint64_t>(number()))); }
  bool isGood() const { return good; }
  // All was read, and nothing else.
  bool isDone() const { return good && bytes.empty(); }

private:
  std::string_view next(uint64_t size) {
    good &= size <= bytes.size();
    if (!good)
      return {};
    std::string_view result = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return result;
  }

  std::string_view bytes;
  bool good = true;
};

} // namespace ricci::engine
