// Converters between texts and maps: JSON, CSV, pairs of keys and values; and ParseSeverity.
#include <algorithm>
#include <unordered_map>

#include "ottl/conversion.hpp"
#include "ottl/csv.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/go_json.hpp"
#include "ottl/strcase.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

bool parse_json(Call& call, Value& out) { return parse_go_json(call[0].text, call.arena(), out); }

// Texts by their keys, into a map; the last text of a key counts.
bool give_map(Call& call, const std::vector<std::pair<std::string_view, std::string_view>>& texts, Value& out) {
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < texts.size(); ++i) last[texts[i].first] = i;
  std::vector<Value> pairs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (last[texts[i].first] != i) continue;
    if (!call.give(texts[i].first, pairs.emplace_back()) || !call.give(texts[i].second, pairs.emplace_back()))
      return false;
  }
  return call.give(Kind::map, Form::plain, pairs, out);
}

bool parse_csv(Call& call, Value& out) {
  const std::string_view delimiter = call.text(2, ",");
  const std::string_view header = call[1].text;
  if (header.empty()) return false;
  const std::vector<std::string_view> headers = split_text(header, call.text(3, delimiter));
  const std::string_view mode = call.text(4, "strict");
  std::optional<std::vector<std::string>> row;
  std::vector<std::string_view> fields;
  if (mode == "ignoreQuotes") {
    fields = split_text(call[0].text, delimiter);
  } else {
    row = read_csv_row(call[0].text, first_character(delimiter).code, mode == "lazyQuotes");
    if (!row) return false;
    fields.assign(row->begin(), row->end());
  }
  if (fields.size() != headers.size()) return false;
  std::vector<std::pair<std::string_view, std::string_view>> texts;
  for (std::size_t i = 0; i < headers.size(); ++i) texts.emplace_back(headers[i], fields[i]);
  return give_map(call, texts, out);
}

std::unique_ptr<Prepared> check_csv(const Literals& literals, BadArgument& bad) {
  for (const std::size_t i : {2, 3}) {
    const std::string_view delimiter = literals.text(i, ",");
    if (delimiter.empty() || first_character(delimiter).size != delimiter.size())
      bad = {i, "a delimiter is one character"};
  }
  const std::string_view mode = literals.text(4, "strict");
  if (mode != "strict" && mode != "lazyQuotes" && mode != "ignoreQuotes")
    bad = {4, "expected \"strict\", \"lazyQuotes\" or \"ignoreQuotes\""};
  return nullptr;
}

// The arguments after the target, of ParseKeyValue and ToKeyValueString.
std::unique_ptr<Prepared> check_delimiters(const Literals& literals, BadArgument& bad) {
  const std::string_view delimiter = literals.text(1, "=");
  const std::string_view pair_delimiter = literals.text(2, " ");
  if (delimiter.empty()) bad = {1, "the delimiter is empty"};
  if (pair_delimiter.empty()) bad = {2, "the delimiter is empty"};
  if (delimiter == pair_delimiter) bad = {2, "the two delimiters are equal"};
  return nullptr;
}

// At the delimiters that stand outside of quotes; empty parts are left out. Nothing: a quote is not closed.
std::optional<std::vector<std::string>> split_quoted(std::string_view text, std::string_view delimiter) {
  std::vector<std::string> parts;
  std::string part;
  char quote = '\0';
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == '\0' && text.substr(i).starts_with(delimiter)) {
      if (!part.empty()) parts.push_back(std::move(part));
      part.clear();
      i += delimiter.size() - 1;
      continue;
    }
    if (!escaped) {
      if (quote == '\0' && (text[i] == '"' || text[i] == '\'')) {
        quote = text[i];
        continue;
      }
      if (text[i] == quote) {
        quote = '\0';
        continue;
      }
      escaped = text[i] == '\\';
    } else {
      escaped = false;
    }
    part += text[i];
  }
  if (quote != '\0') return std::nullopt;
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

bool parse_key_value(Call& call, Value& out) {
  const std::string_view delimiter = call.text(1, "=");
  if (call[0].text.empty()) return false;
  const auto parts = split_quoted(call[0].text, call.text(2, " "));
  if (!parts) return false;
  std::vector<std::pair<std::string_view, std::string_view>> texts;
  for (const std::string& part : *parts) {
    const std::size_t at = part.find(delimiter);
    if (at == std::string::npos) return false;
    texts.emplace_back(trimmed_space(std::string_view(part).substr(0, at)),
                       trimmed_space(std::string_view(part).substr(at + delimiter.size())));
  }
  return give_map(call, texts, out);
}

// In quotes where it holds a delimiter.
std::string quoted(std::string_view text, std::string_view delimiter, std::string_view pair_delimiter) {
  std::string out;
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  if (out.find(pair_delimiter) == std::string::npos && out.find(delimiter) == std::string::npos) return out;
  return '"' + out + '"';
}

bool to_key_value_string(Call& call, Value& out) {
  const std::string_view delimiter = call.text(1, "=");
  const std::string_view pair_delimiter = call.text(2, " ");
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  ItemCursor cursor(call[0]);
  std::string_view key;
  for (Value item; cursor.next(key, item);)
    if (!element_text(item, call.arena(), pairs.emplace_back(key, std::string_view()).second)) return false;
  if (call.boolean(3, false))
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (&name != &pairs.front().first) text += pair_delimiter;
    text += quoted(name, delimiter, pair_delimiter);
    text += delimiter;
    text += quoted(value, delimiter, pair_delimiter);
  }
  return call.give(text, out);
}

struct Severities final : Prepared {
  struct Criterion {
    std::string level;
    std::vector<std::string> equals;
    std::int64_t min = 1;  // min > max: no range
    std::int64_t max = 0;
  };
  bool is_valid = false;  // an invalid mapping is an error of each evaluation
  std::vector<Criterion> criteria;
};

bool read_range(const Value& range, Severities::Criterion& out) {
  if (range.kind == Kind::text) {
    const std::string_view text = range.text;
    if (text.size() != 3 || text.substr(1) != "xx" || text[0] < '2' || text[0] > '5') return false;
    out.min = (text[0] - '0') * 100;
    out.max = out.min + 99;
    return true;
  }
  Value min;
  Value max;
  if (range.kind != Kind::map || !member_of(range, "min", min) || !member_of(range, "max", max)) return false;
  if (min.kind != Kind::integer || max.kind != Kind::integer) return false;
  out.min = min.integer;
  out.max = max.integer;
  return true;
}

bool read_criterion(const Value& map, Severities::Criterion& out) {
  Value part;
  if (map.kind != Kind::map) return false;
  if (member_of(map, "equals", part)) {
    if (part.kind != Kind::list) return false;
    ItemCursor cursor(part);
    std::string_view key;
    for (Value item; cursor.next(key, item);) {
      if (item.kind != Kind::text) return false;
      out.equals.emplace_back(item.text);
    }
  }
  return !member_of(map, "range", part) || read_range(part, out);
}

bool read_severities(const Value& mapping, Severities& out) {
  ItemCursor levels(mapping);
  std::string_view level;
  for (Value list; levels.next(level, list);) {
    if (list.kind != Kind::list) return false;
    ItemCursor cursor(list);
    std::string_view key;
    for (Value item; cursor.next(key, item);) {
      Severities::Criterion criterion;
      criterion.level = level;
      if (!read_criterion(item, criterion)) return false;
      out.criteria.push_back(std::move(criterion));
    }
  }
  return true;
}

std::unique_ptr<Prepared> prepare_severity(const Literals& literals, BadArgument&) {
  auto out = std::make_unique<Severities>();
  out->is_valid = literals.values[1] != nullptr && read_severities(*literals.values[1], *out);
  return out;
}

// The first level, as the mapping is written, that fits.
bool parse_severity(Call& call, Value& out) {
  const Severities& severities = *call.prepared<Severities>();
  const Value& value = call[0];
  if (!severities.is_valid || (value.kind != Kind::text && value.kind != Kind::integer)) return false;
  for (const Severities::Criterion& criterion : severities.criteria) {
    const bool fits = value.kind == Kind::integer ? value.integer >= criterion.min && value.integer <= criterion.max
                                                  : std::find(criterion.equals.begin(), criterion.equals.end(),
                                                              value.text) != criterion.equals.end();
    if (!fits) continue;
    out = Value::of_text(criterion.level);
    return true;
  }
  return false;
}

constexpr Parameter kTarget = {"Target", Take::text};
constexpr Parameter kDelimiter = {"Delimiter", Take::written_text, true};
constexpr Parameter kPairDelimiter = {"PairDelimiter", Take::written_text, true};

constexpr FunctionRow kRows[] = {
    {.name = "ParseJSON", .parameters = {{kTarget}}, .evaluate = parse_json},
    {.name = "ParseCSV",
     .parameters = {{kTarget,
                     {"Header", Take::text},
                     kDelimiter,
                     {"HeaderDelimiter", Take::written_text, true},
                     {"Mode", Take::written_text, true}}},
     .evaluate = parse_csv,
     .prepare = check_csv},
    {.name = "ParseKeyValue",
     .parameters = {{kTarget, kDelimiter, kPairDelimiter}},
     .evaluate = parse_key_value,
     .prepare = check_delimiters},
    {.name = "ToKeyValueString",
     .parameters = {{{"Target", Take::map}, kDelimiter, kPairDelimiter, {"SortOutput", Take::written_boolean, true}}},
     .evaluate = to_key_value_string,
     .prepare = check_delimiters},
    {.name = "ParseSeverity",
     .parameters = {{{"Target", Take::any}, {"Mapping", Take::map}}},
     .evaluate = parse_severity,
     .prepare = prepare_severity},
};

}  // namespace

std::span<const FunctionRow> parsing_rows() { return kRows; }

}  // namespace entail::ottl::functions
