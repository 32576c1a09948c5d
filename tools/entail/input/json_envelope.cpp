#include "input/json_envelope.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace entail::cli {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSpace = " \t\r\n";

// The end of the string that begins at `at`, behind its quote; npos: it has none.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

// The end of the value that begins at `at`; npos: the text ends before. Only brackets and strings are looked at.
std::size_t value_end(std::string_view text, std::size_t at) noexcept {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (at == std::string_view::npos || depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']' || (depth == 0 && c == ',')) {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    ++at;
  }
  return depth == 0 ? at : std::string_view::npos;
}

struct Member {
  std::string_view key;
  std::string_view value;
};

// The members of the object that text begins with, as far as they are well formed.
std::vector<Member> members_of(std::string_view text) {
  constexpr std::size_t kMembersMax = 64;
  std::vector<Member> members;
  std::size_t at = text.find_first_not_of(kSpace);
  if (at == std::string_view::npos || text[at] != '{') return members;
  ++at;
  while (members.size() < kMembersMax) {
    at = text.find_first_not_of(kSpace, at);
    if (at == std::string_view::npos || text[at] != '"') return members;
    const std::size_t key_end = string_end(text, at);
    if (key_end == std::string_view::npos) return members;
    const std::string_view key = text.substr(at + 1, key_end - at - 2);
    at = text.find_first_not_of(kSpace, key_end);
    if (at == std::string_view::npos || text[at] != ':') return members;
    at = text.find_first_not_of(kSpace, at + 1);
    if (at == std::string_view::npos) return members;
    const std::size_t end = value_end(text, at);
    members.push_back({key, text.substr(at, end == std::string_view::npos ? end : end - at)});
    if (end == std::string_view::npos) return members;
    at = text.find_first_not_of(kSpace, end);
    if (at == std::string_view::npos || text[at] != ',') return members;
    ++at;
  }
  return members;
}

std::optional<std::string_view> value_of(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? std::nullopt : std::optional(found->value);
}

bool has(const std::vector<Member>& members, std::string_view key) { return value_of(members, key).has_value(); }

// The first element of a list, as far as it is there.
std::string_view first_element(std::string_view list) noexcept {
  const std::size_t at = list.find_first_not_of(kSpace, 1);
  return at == std::string_view::npos ? std::string_view() : list.substr(at);
}

bool is_resource_spans(const std::vector<Member>& members) {
  return has(members, "scopeSpans") || has(members, "scope_spans") || has(members, "instrumentationLibrarySpans");
}

constexpr std::string_view kZipkin = "this is Zipkin's JSON, not OTLP; the Collector's zipkin receiver converts it";
constexpr std::string_view kJaeger =
    "this is Jaeger's own JSON, not OTLP; Jaeger's /api/v3/traces gives OTLP, as does the Collector's jaeger receiver";
constexpr std::string_view kTempoSearch =
    "this is a Tempo search result, which names traces but has no spans; /api/traces/ID gives them";

// The other form that an object has; empty: none that is known.
std::string_view foreign_form(const std::vector<Member>& members) {
  if (has(members, "traceID")) return kJaeger;
  if (has(members, "traceId") && has(members, "id")) return kZipkin;
  if (const auto data = value_of(members, "data"); data && data->starts_with('[')) {
    const std::vector<Member> first = members_of(first_element(*data));
    const bool empty = first_element(*data).starts_with(']');
    if (has(first, "traceID") || has(first, "spans") || (empty && has(members, "errors"))) return kJaeger;
  }
  if (const auto traces = value_of(members, "traces"); traces && traces->starts_with('[')) {
    if (has(members, "metrics") || has(members_of(first_element(*traces)), "traceID")) return kTempoSearch;
  }
  return {};
}

bool begins_as_request(std::string_view message) noexcept {
  const std::size_t brace = message.find_first_not_of(kSpace);
  if (brace == std::string_view::npos || message[brace] != '{') return false;
  const std::size_t key = message.find_first_not_of(kSpace, brace + 1);
  return key != std::string_view::npos && message.substr(key, 9) == "\"resource" && key + 9 < message.size() &&
         message[key + 9] != '"';
}

// Base64 of 8 or 16 bytes as hexadecimal; empty: it is neither.
std::string hex_of_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::size_t bytes = text.size() == 12 ? 8 : text.size() == 24 ? 16 : 0;
  const std::size_t padding = bytes == 8 ? 1 : 2;
  if (bytes == 0 || text.substr(text.size() - padding) != "=="sv.substr(0, padding)) return {};
  std::string hex;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    hex += kHex[bits >> (bit_count + 4) & 0xf];
    hex += kHex[bits >> bit_count & 0xf];
  }
  return hex;
}

bool is_id_key(std::string_view key) noexcept {
  constexpr std::array kKeys = {"traceId"sv,  "spanId"sv,  "parentSpanId"sv,
                                "trace_id"sv, "span_id"sv, "parent_span_id"sv};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

// The key that OTLP has today for one that Tempo may still write; empty: the key stays.
std::string_view present_key(std::string_view key) noexcept {
  if (key == "batches") return "resourceSpans";
  if (key == "instrumentationLibrarySpans") return "scopeSpans";
  return key == "instrumentationLibrary" ? "scope" : std::string_view();
}

}  // namespace

bool ends_early(std::string_view json) noexcept {
  const std::size_t begin = json.find_first_not_of(kSpace);
  return begin != std::string_view::npos && value_end(json, begin) == std::string_view::npos;
}

std::size_t JsonEnvelope::offset_in_message(std::size_t offset) const {
  const auto next = std::ranges::upper_bound(edits_, offset, {}, &Edit::offset);
  if (next == edits_.begin()) return edits_.empty() ? offset : next->offset_in_message;
  const Edit& edit = *std::prev(next);
  return std::min(edit.offset_in_message + (offset - edit.offset), message_size_);
}

// Copies a part of the message between a prefix and a suffix, with its IDs in hexadecimal and its keys as OTLP has
// them.
void JsonEnvelope::copy_edited(std::string_view message, std::string_view prefix, std::string_view part,
                               std::string_view suffix) {
  const auto begin = static_cast<std::size_t>(part.data() - message.data());
  copy_ = prefix;
  copy_.reserve(prefix.size() + part.size() + part.size() / 8 + suffix.size());
  edits_.push_back({copy_.size(), begin});
  std::size_t copied = 0;
  const auto replace = [&](std::size_t from, std::size_t to, std::string_view with) {
    copy_ += part.substr(copied, from - copied);
    copy_ += with;
    copied = to;
    edits_.push_back({copy_.size(), begin + to});
  };
  for (std::size_t at = part.find('"'); at != std::string_view::npos; at = part.find('"', at)) {
    const std::size_t end = string_end(part, at);
    if (end == std::string_view::npos) break;
    const std::string_view key = part.substr(at + 1, end - at - 2);
    const std::size_t colon = part.find_first_not_of(kSpace, end);
    const bool is_key = colon != std::string_view::npos && part[colon] == ':';
    if (const std::string_view now = present_key(key); is_key && !now.empty()) replace(at + 1, end - 1, now);
    at = end;
    if (!is_key || !is_id_key(key)) continue;
    const std::size_t value = part.find_first_not_of(kSpace, colon + 1);
    if (value == std::string_view::npos || part[value] != '"') continue;
    at = string_end(part, value);
    if (at == std::string_view::npos) break;
    if (const std::string hex = hex_of_base64(part.substr(value + 1, at - value - 2)); !hex.empty())
      replace(value + 1, at - 1, hex);
  }
  copy_ += part.substr(copied);
  copy_ += suffix;
  text = copy_;
}

void JsonEnvelope::open(std::string_view message) {
  text = message;
  foreign = {};
  message_size_ = message.size();
  edits_.clear();
  if (begins_as_request(message)) return;
  const std::size_t begin = message.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return;
  if (message[begin] == '[') {
    const std::vector<Member> first = members_of(first_element(message.substr(begin)));
    if (is_resource_spans(first)) return copy_edited(message, "{\"resourceSpans\":", message, "}");
    foreign = foreign_form(first);
    return;
  }
  const std::vector<Member> members = members_of(message);
  if (has(members, "resourceSpans") || has(members, "resource_spans")) return;
  if (has(members, "batches")) return copy_edited(message, {}, message, {});
  if (is_resource_spans(members)) return copy_edited(message, "{\"resourceSpans\":[", message, "]}");
  for (const std::string_view key : {"result"sv, "trace"sv}) {
    const auto inside = value_of(members, key);
    if (inside && inside->starts_with('{')) return copy_edited(message, {}, *inside, {});
  }
  foreign = foreign_form(members);
}

}  // namespace entail::cli
