#include "spans/plain_json.hpp"

#include <array>
#include <charconv>
#include <unordered_set>
#include <vector>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

using simdjson::dom::element;

// The keys of one object so far: a list while they are few.
class SeenKeys {
 public:
  // False: the key was there before.
  bool add(std::string_view key) {
    if (few_.size() < kFewMax) {
      for (const std::string_view seen : few_)
        if (seen == key) return false;
      few_.push_back(key);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(key).second;
  }

 private:
  static constexpr std::size_t kFewMax = 32;
  std::vector<std::string_view> few_;
  std::unordered_set<std::string_view> many_;
};

JsonList values_of(const element& list) {
  simdjson::dom::array values;
  return list["values"].get(values) == simdjson::SUCCESS ? JsonList(values) : std::nullopt;
}

void append_array(const JsonList& values, std::string& out) {
  out += '[';
  bool comma_due = false;
  if (values) {
    for (const element value : *values) {
      if (comma_due) out += ',';
      comma_due = true;
      append_plain_value(value, out);
    }
  }
  out += ']';
}

// A JSON number, or one of the names that OTLP/JSON has for what JSON cannot write.
void append_double(const element& value, std::string& out) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) {
    std::string_view name;
    if (value.get(name) == simdjson::SUCCESS)
      append_json_string(name, out);
    else
      out += "null";
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

}  // namespace

void append_plain_value(const element& any_value, std::string& out) {
  simdjson::dom::object object;
  if (any_value.get(object) != simdjson::SUCCESS || object.begin() == object.end()) {
    out += "null";
    return;
  }
  const simdjson::dom::key_value_pair field = *object.begin();
  std::string_view text;
  bool truth = false;
  if (field.key == "stringValue" && field.value.get(text) == simdjson::SUCCESS) {
    append_json_string(text, out);
  } else if (field.key == "intValue" && field.value.get(text) == simdjson::SUCCESS) {
    out += text;
  } else if (field.key == "boolValue" && field.value.get(truth) == simdjson::SUCCESS) {
    out += truth ? "true" : "false";
  } else if (field.key == "doubleValue") {
    append_double(field.value, out);
  } else if (field.key == "arrayValue") {
    append_array(values_of(field.value), out);
  } else if (field.key == "kvlistValue") {
    append_plain_attributes(values_of(field.value), out);
  } else if (field.key == "bytesValue" && field.value.get(text) == simdjson::SUCCESS) {
    append_json_string(text, out);
  } else {
    out += "null";
  }
}

void append_plain_attributes(const JsonList& attributes, std::string& out) {
  out += '{';
  SeenKeys seen;
  bool comma_due = false;
  if (attributes) {
    for (const element attribute : *attributes) {
      std::string_view key;
      element value;
      // Proto3 leaves an empty key out, and an attribute without a value too.
      if (attribute["key"].get(key) != simdjson::SUCCESS) key = "";
      const bool has_value = attribute["value"].get(value) == simdjson::SUCCESS;
      if (!seen.add(key)) continue;
      if (comma_due) out += ',';
      comma_due = true;
      append_json_string(key, out);
      out += ':';
      if (has_value)
        append_plain_value(value, out);
      else
        out += "null";
    }
  }
  out += '}';
}

JsonList list_at(const simdjson::dom::element& object, const char* key) {
  simdjson::dom::array list;
  return object[key].get(list) == simdjson::SUCCESS ? JsonList(list) : std::nullopt;
}

std::optional<std::string_view> text_attribute(const JsonList& attributes, std::string_view key) {
  if (!attributes) return std::nullopt;
  for (const element attribute : *attributes) {
    std::string_view found;
    if (attribute["key"].get(found) != simdjson::SUCCESS || found != key) continue;
    std::string_view text;
    if (attribute["value"]["stringValue"].get(text) == simdjson::SUCCESS) return text;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace entail::cli
