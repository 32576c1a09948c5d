// OTLP attributes as the JSON that queries expect: {"http.method": "GET", "retries": 3}, not a list of typed values.
//
// Integers keep all their digits, NaN and the infinities become strings, bytes stay base64, and a missing value is
// null. Of attributes with the same key the first counts. Thread rule: Immutable (free functions).
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace entail::cli {

// The list of attributes, values or other elements at a key; nothing if it is absent.
using JsonList = std::optional<simdjson::dom::array>;

// Appends an OTLP/JSON AnyValue as a plain JSON value.
void append_plain_value(const simdjson::dom::element& any_value, std::string& out);
// Appends a list of OTLP/JSON key-value pairs as a plain JSON object.
void append_plain_attributes(const JsonList& attributes, std::string& out);

// The list that an object has at the key.
JsonList list_at(const simdjson::dom::element& object, const char* key);
// The first attribute of that name, if it is a string.
std::optional<std::string_view> text_attribute(const JsonList& attributes, std::string_view key);

}  // namespace entail::cli
