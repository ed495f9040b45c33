// JSON as text. Written by hand because what is told of a failure must not fail in another way: the library that the
// command line uses ends the process when memory runs out in one of its destructors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ricci::engine {

// In quotation marks; bytes that are no UTF-8 become U+FFFD.
std::string quotedJson(std::string_view text);

// {"name": value, …} or [value, …], member by member.
class JsonWriter {
public:
  JsonWriter &open(char bracket) {
    separate();
    text += bracket;
    isFirst = true;
    return *this;
  }
  JsonWriter &close(char bracket) {
    text += bracket;
    isFirst = false;
    return *this;
  }
  JsonWriter &name(std::string_view key) {
    separate();
    text += quotedJson(key) + ":";
    isFirst = true; // no comma before its value
    return *this;
  }
  JsonWriter &string(std::string_view value) { return raw(quotedJson(value)); }
  JsonWriter &number(int64_t value) { return raw(std::to_string(value)); }
  JsonWriter &raw(std::string_view value) {
    separate();
    text += value;
    return *this;
  }
  std::string take() { return std::move(text); }

private:
  void separate() {
    if (!isFirst)
      text += ',';
    isFirst = false;
  }

  std::string text;
  bool isFirst = true;
};

} // namespace ricci::engine
