// OTLP/JSON as plain trees, compared field by field with the freedom that the specification gives a writer
// (reference: OTLP "JSON Protobuf Encoding"): hex of either case, 64-bit integers as text or number, no difference
// between an absent field, null and an empty list. It shares nothing with the room otlp. Thread rule: Confined.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace entail::cli::test {

struct OtlpValue {
  enum class Kind : std::uint8_t { null, boolean, number, text, list, object } kind = Kind::null;
  std::string scalar;  // a number as written; text without escapes; "true" or "false"
  std::vector<OtlpValue> items;
  std::map<std::string, OtlpValue> members;
};

inline OtlpValue otlp_value(simdjson::ondemand::value value) {
  OtlpValue tree;
  switch (value.type().value()) {
    case simdjson::ondemand::json_type::array:
      tree.kind = OtlpValue::Kind::list;
      for (auto item : value.get_array()) tree.items.push_back(otlp_value(item.value()));
      break;
    case simdjson::ondemand::json_type::object:
      tree.kind = OtlpValue::Kind::object;
      for (auto field : value.get_object()) {
        const std::string key(field.unescaped_key().value());
        tree.members[key] = otlp_value(field.value().value());
      }
      break;
    case simdjson::ondemand::json_type::string:
      tree.kind = OtlpValue::Kind::text;
      tree.scalar = std::string(value.get_string().value());
      break;
    case simdjson::ondemand::json_type::number: {
      const std::string_view token = value.raw_json_token();
      tree.kind = OtlpValue::Kind::number;
      tree.scalar = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
      break;
    }
    case simdjson::ondemand::json_type::boolean:
      tree.kind = OtlpValue::Kind::boolean;
      tree.scalar = value.get_bool().value() ? "true" : "false";
      break;
    default:
      break;
  }
  return tree;
}

// The resourceSpans of all documents in the text, concatenated; documents of other signals have none.
inline std::vector<OtlpValue> resource_spans_of(const std::string& text) {
  std::vector<OtlpValue> all;
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(text);
  simdjson::ondemand::document_stream documents;
  EXPECT_EQ(parser.iterate_many(padded, std::max<std::size_t>(padded.size(), 1000)).get(documents), simdjson::SUCCESS);
  for (auto document : documents) {
    simdjson::ondemand::object object;
    EXPECT_EQ(document.get_object().get(object), simdjson::SUCCESS);
    simdjson::ondemand::value spans;
    if (object["resourceSpans"].get(spans) != simdjson::SUCCESS) continue;
    for (OtlpValue& item : otlp_value(spans).items) all.push_back(std::move(item));
  }
  EXPECT_EQ(documents.truncated_bytes(), 0u);
  return all;
}

struct FormDifferences {
  std::uint64_t same_values = 0;  // scalars that are equal, possibly spelled differently
  std::uint64_t hex_case = 0, integer_spelling = 0, empties = 0;
  std::uint64_t values_lost = 0;   // integers beyond 64 bits
  std::vector<std::string> other;  // must stay empty: each with its path

  void add(const FormDifferences& more) {
    same_values += more.same_values;
    hex_case += more.hex_case;
    integer_spelling += more.integer_spelling;
    empties += more.empties;
    values_lost += more.values_lost;
  }
};

class FormComparison {
 public:
  void compare(const std::string& path, const std::string& key, const OtlpValue& before, const OtlpValue& after) {
    using Kind = OtlpValue::Kind;
    if (before.kind == Kind::object && after.kind == Kind::object) return compare_members(path, before, after);
    if (before.kind == Kind::list && after.kind == Kind::list) return compare_items(path, key, before, after);
    if (before.kind == Kind::list || before.kind == Kind::object || after.kind == Kind::list ||
        after.kind == Kind::object)
      return differ(path);
    compare_scalars(path, key, before, after);
  }

  FormDifferences differences;

 private:
  void differ(const std::string& path) {
    if (differences.other.size() < 5) differences.other.push_back(path);
  }

  static bool is_empty(const OtlpValue& value) {
    return value.kind == OtlpValue::Kind::null || (value.kind == OtlpValue::Kind::list && value.items.empty());
  }

  // An attribute whose value is an integer beyond 64 bits keeps only its key.
  static bool is_beyond_64_bits(const std::string& key, const OtlpValue& value) {
    const auto integer = value.members.find("intValue");
    if (key != "value" || integer == value.members.end()) return false;
    std::int64_t number = 0;
    const std::string& text = integer->second.scalar;
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc::result_out_of_range;
  }

  void compare_members(const std::string& path, const OtlpValue& before, const OtlpValue& after) {
    for (const auto& [key, value] : before.members) {
      const auto found = after.members.find(key);
      if (found != after.members.end())
        compare(path + "." + key, key, value, found->second);
      else if (is_empty(value))
        ++differences.empties;
      else if (is_beyond_64_bits(key, value))
        ++differences.values_lost;
      else
        differ(path + "." + key + " is missing");
    }
    for (const auto& [key, value] : after.members)
      if (!before.members.contains(key)) differ(path + "." + key + " is new");
  }

  void compare_items(const std::string& path, const std::string& key, const OtlpValue& before, const OtlpValue& after) {
    if (before.items.size() != after.items.size()) return differ(path + " has another length");
    for (std::size_t i = 0; i < before.items.size(); ++i)
      compare(path + "[" + std::to_string(i) + "]", key, before.items[i], after.items[i]);
  }

  void compare_scalars(const std::string& path, const std::string& key, const OtlpValue& before,
                       const OtlpValue& after) {
    if (before.kind == after.kind && before.scalar == after.scalar) {
      ++differences.same_values;
      return;
    }
    constexpr std::array<std::string_view, 3> kIds = {"traceId", "spanId", "parentSpanId"};
    constexpr std::array<std::string_view, 4> k64Bits = {"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano",
                                                         "intValue"};
    if (std::find(kIds.begin(), kIds.end(), key) != kIds.end()) {
      std::string lower = before.scalar;
      for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (lower != after.scalar) return differ(path);
      ++differences.hex_case;
    } else if (std::find(k64Bits.begin(), k64Bits.end(), key) != k64Bits.end()) {
      if (before.scalar != after.scalar || after.kind != OtlpValue::Kind::text) return differ(path);
      ++differences.integer_spelling;
    } else if (key == "doubleValue" && before.kind == OtlpValue::Kind::number &&
               after.kind == OtlpValue::Kind::number) {
      if (std::strtod(before.scalar.c_str(), nullptr) != std::strtod(after.scalar.c_str(), nullptr))
        return differ(path);
    } else {
      return differ(path);
    }
    ++differences.same_values;
  }
};

inline FormDifferences compare_forms(const std::vector<OtlpValue>& before, const std::vector<OtlpValue>& after) {
  FormComparison comparison;
  OtlpValue left, right;
  left.kind = right.kind = OtlpValue::Kind::list;
  left.items = before;
  right.items = after;
  comparison.compare("resourceSpans", "", left, right);
  return comparison.differences;
}

}  // namespace entail::cli::test
