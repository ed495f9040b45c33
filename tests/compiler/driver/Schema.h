// Validates JSON against a schema of draft 2020-12, as far as report.schema.json uses it: type, properties, required,
// additionalProperties, items, enum, minimum, maximum, anyOf, $ref to $defs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ricci::test {

// What is wrong, each with its place as a JSON pointer; a keyword that this does not know is wrong too.
std::vector<std::string> violations(const nlohmann::json &schema, const nlohmann::json &value);

} // namespace ricci::test
