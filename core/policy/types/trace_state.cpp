#include <algorithm>
#include <array>
#include <memory>

#include "context/tracestate.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

constexpr std::size_t kMembersMax = 32;

constexpr bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A part of a key: its first character, then up to `rest` more.
bool is_key_part(std::string_view part, std::size_t rest, bool digit_first) noexcept {
  if (part.empty() || part.size() - 1 > rest) return false;
  if (!is_lower_or_digit(part[0]) || (!digit_first && part[0] <= '9')) return false;
  return std::ranges::all_of(
      part, [](char c) { return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; });
}

bool is_key(std::string_view key) noexcept {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_key_part(key, 255, false);
  return is_key_part(key.substr(0, at), 240, true) && is_key_part(key.substr(at + 1), 13, false);
}

bool is_value(std::string_view value) noexcept {
  const auto is_allowed = [](char c) { return c >= ' ' && c <= '~' && c != '=' && c != ','; };
  return !value.empty() && value.size() <= 256 && value.back() != ' ' && std::ranges::all_of(value, is_allowed);
}

// The value as the Collector finds it, which reads a tracestate by the grammar of Level 1, with other whitespace than
// ours; nothing if any member is bad.
std::optional<std::string_view> collector_value(std::string_view text, std::string_view wanted) noexcept {
  constexpr std::string_view kBlanks = " \t";
  std::array<std::string_view, kMembersMax> keys;
  std::size_t count = 0;
  std::optional<std::string_view> found;
  while (!text.empty()) {
    const std::string_view member = text.substr(0, text.find(','));
    text.remove_prefix(std::min(member.size() + 1, text.size()));
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view key = member.substr(0, equals);
    std::string_view value = member.substr(equals + 1);
    key.remove_prefix(std::min(key.find_first_not_of(kBlanks), key.size()));
    value = value.substr(0, value.find_last_not_of(kBlanks) + 1);
    if (!is_key(key) || !is_value(value) || count == kMembersMax) return std::nullopt;
    if (std::find(keys.begin(), keys.begin() + count, key) != keys.begin() + count) return std::nullopt;
    keys[count++] = key;
    if (key == wanted) found = value;
  }
  return found;
}

// The Collector ignores values that are too long for an entry of 256 bytes.
std::vector<std::string> values_of(const PolicyOptions& policy, const Scope& scope) {
  std::vector<std::string> values = policy.values;
  if (scope.is_compat())
    std::erase_if(values, [&](const std::string& value) { return policy.key.size() + value.size() >= 256; });
  return values;
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const NewBit bit = scope.bit_of(QuestionKey("tracestate").with(policy.key).with(policy.values));
  if (bit.is_new) {
    const auto values =
        std::make_shared<const ottl::StringMatcher>(ottl::StringMatcher::exact(values_of(policy, scope)));
    const auto find = scope.is_compat() ? collector_value : context::tracestate_value;
    const auto holds = [key = policy.key, values, find](const otlp::Decoded& decoded, const otlp::SpanView& span) {
      if (span.trace_state.size == 0) return false;
      const auto* bytes = reinterpret_cast<const char*>(decoded.bytes.data());
      const auto value = find({bytes + span.trace_state.offset, span.trace_state.size}, key);
      return value && values->matches(*value);
    };
    scope.add_span_test({.holds = holds, .bit = bit.bit});
  }
  return {scope.add_bit(bit.bit), {.monotone = true}};
}

}  // namespace

Type trace_state_type() {
  return {.name = "trace_state",
          .help = "Keeps traces by an entry of the W3C tracestate.",
          .rows = {key_row("Key of a tracestate entry, on any span."),
                   values_row("Values, one of which must equal the entry's.")},
          .compile = compile};
}

}  // namespace entail::policy
