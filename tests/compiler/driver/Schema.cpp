#include "tests/compiler/driver/Schema.h"

#include <set>

using nlohmann::json;

namespace {

class Validator {
public:
  explicit Validator(const json &root) : root(root) {}

  void check(const json &schema, const json &value, const std::string &at) {
    static const std::set<std::string> annotations{"$schema", "$defs", "title", "description"};
    for (const auto &[keyword, rule] : schema.items()) {
      if (annotations.contains(keyword))
        continue;
      if (keyword == "$ref")
        check(root.at(json::json_pointer(rule.get<std::string>().substr(1))), value, at);
      else if (keyword == "type")
        expect(isOfType(value, rule), at, "is not of type " + rule.get<std::string>());
      else if (keyword == "enum")
        expect(std::find(rule.begin(), rule.end(), value) != rule.end(), at, value.dump() + " is none of " + rule.dump());
      else if (keyword == "minimum")
        expect(!value.is_number() || value >= rule, at, "is too small");
      else if (keyword == "maximum")
        expect(!value.is_number() || value <= rule, at, "is too large");
      else if (keyword == "anyOf")
        expect(std::any_of(rule.begin(), rule.end(), [&](const json &part) { return holds(part, value); }), at, "fits nothing of anyOf: " + value.dump().substr(0, 200));
      else if (keyword == "items" && value.is_array())
        for (size_t i = 0; i < value.size(); ++i)
          check(rule, value[i], at + "/" + std::to_string(i));
      else if (keyword == "properties" && value.is_object())
        for (const auto &[name, part] : rule.items()) {
          if (value.contains(name))
            check(part, value[name], at + "/" + name);
        }
      else if (keyword == "required" && value.is_object())
        for (const json &name : rule)
          expect(value.contains(name), at, "lacks " + name.dump());
      else if (keyword == "additionalProperties" && value.is_object()) {
        for (const auto &[name, part] : value.items())
          if (!schema.contains("properties") || !schema["properties"].contains(name))
            rule.is_boolean() ? expect(rule.get<bool>(), at, "has " + name) : check(rule, part, at + "/" + name);
      } else if (keyword != "items" && keyword != "properties" && keyword != "required" && keyword != "additionalProperties")
        expect(false, at, "meets the unknown keyword " + keyword);
    }
  }

  std::vector<std::string> found;

private:
  bool holds(const json &schema, const json &value) {
    Validator inner(root);
    inner.check(schema, value, "");
    return inner.found.empty();
  }

  static bool isOfType(const json &value, const std::string &type) {
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "boolean" ? value.is_boolean()
           : type == "null"    ? value.is_null()
           : type == "integer" ? value.is_number_integer()
                               : type == "number" && value.is_number();
  }

  void expect(bool condition, const std::string &at, const std::string &message) {
    if (!condition)
      found.push_back(at + " " + message);
  }

  const json &root;
};

} // namespace

std::vector<std::string> ricci::test::violations(const json &schema, const json &value) {
  Validator validator(schema);
  validator.check(schema, value, "");
  return validator.found;
}
