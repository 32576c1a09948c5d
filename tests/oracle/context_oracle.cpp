#include "tests/oracle/context_oracle.hpp"

#include <algorithm>
#include <set>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace entail::oracle {
namespace {

bool is_zero(const std::string& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}
std::uint64_t big_endian(const std::string& bytes, std::size_t from) {
  std::uint64_t value = 0;
  for (std::size_t i = from; i < from + 8; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}
std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}
bool only(const std::string& text, const std::string& allowed) {
  return text.find_first_not_of(allowed) == std::string::npos;
}

const std::string kLower = "abcdefghijklmnopqrstuvwxyz";
const std::string kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const std::string kDigits = "0123456789";

bool good_key(const std::string& key) {
  return !key.empty() && key.size() <= 256 && only(key.substr(0, 1), kLower + kDigits) &&
         only(key, kLower + kDigits + "_-*/@");
}
bool good_value(const std::string& value) {
  return !value.empty() && value.size() <= 256 &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7e && c != '=' && c != ','; });
}

}  // namespace

std::string bad_reason(const std::string& trace_id, const std::string& span_id) {
  const bool wrong = (!trace_id.empty() && trace_id.size() != 16) || (!span_id.empty() && span_id.size() != 8);
  if (wrong) return "wrong_length";
  return is_zero(trace_id) || is_zero(span_id) ? "all_zero" : "";
}

std::string emitted_id(const std::string& id, std::size_t size) { return id.size() == size ? id : ""; }

TraceId trace_id_of(const std::string& bytes) { return {big_endian(bytes, 0), big_endian(bytes, 8)}; }
SpanId span_id_of(const std::string& bytes) { return {big_endian(bytes, 0)}; }
std::string bytes_of(TraceId id) {
  std::string out;
  for (const std::uint64_t half : {id.hi, id.lo})
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((half >> shift) & 0xff);
  return out;
}

std::optional<Members> parse_trace_state(const std::string& text) {
  Members members;
  for (const std::string& part : split(text, ',')) {
    const std::string member = trimmed(part);
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string key = member.substr(0, equals);
    const std::string value = member.substr(equals + 1);
    if (!good_key(key) || !good_value(value)) return std::nullopt;
    members.emplace_back(key, value);
  }
  if (members.size() > 32) return std::nullopt;
  return members;
}

std::optional<Members> parse_ot(const std::string& value) {
  Members entries;
  std::set<std::string> keys;
  if (value.size() > 256) return std::nullopt;
  for (const std::string& part : split(value, ';')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    const std::string key = part.substr(0, colon);
    const std::string entry = part.substr(colon + 1);
    if (!only(key.substr(0, 1), kLower) || !only(key, kLower + kDigits)) return std::nullopt;
    if (!only(entry, kLower + kUpper + kDigits + "._-") || !keys.insert(key).second) return std::nullopt;
    entries.emplace_back(key, entry);
  }
  return entries;
}

bool is_sound(const std::string& trace_state) {
  const auto members = parse_trace_state(trace_state);
  if (!members) return false;
  for (const auto& [key, value] : *members)
    if (key == "ot") return parse_ot(value).has_value();
  return true;
}

std::optional<std::uint64_t> randomness_in(const std::string& trace_state) {
  const auto members = parse_trace_state(trace_state);
  if (!members) return std::nullopt;
  for (const auto& [key, value] : *members) {
    if (key != "ot") continue;
    const auto entries = parse_ot(value);
    if (!entries) return std::nullopt;
    for (const auto& [name, digits] : *entries)
      if (name == "rv" && digits.size() == 14 && only(digits, kDigits + "abcdef"))
        return std::stoull(digits, nullptr, 16);
    return std::nullopt;
  }
  return std::nullopt;
}

std::string without_threshold(const std::string& trace_state) {
  const auto members = parse_trace_state(trace_state);
  if (!members) return trace_state;
  std::string out;
  bool changed = false;
  for (const auto& [key, value] : *members) {
    std::string kept = value;
    const auto entries = key == "ot" ? parse_ot(value) : std::nullopt;
    if (entries && !changed) {
      kept.clear();
      for (const auto& [name, digits] : *entries) {
        if (name == "th")
          changed = true;
        else
          kept += (kept.empty() ? "" : ";") + name + ":" + digits;
      }
      if (kept.empty()) continue;
    }
    out += (out.empty() ? "" : ",") + key + "=" + kept;
  }
  return changed ? out : trace_state;
}

std::uint64_t sampling_hash(TraceId trace_id, SpanId span_id, std::uint64_t seed) {
  std::string bytes = bytes_of(trace_id);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((span_id.value >> shift) & 0xff);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace entail::oracle
