#include "context/tracestate.hpp"

#include <cmath>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "context/tracestate_members.hpp"
#include "text/hex.hpp"

namespace entail::context {
namespace {

using detail::kOtKey;
using detail::Member;
using detail::MemberCursor;
using detail::OtValue;

// What the rewriters need of a valid tracestate.
struct Layout {
  bool has_ot = false;
  Member ot;
  OtValue ot_value;
  unsigned member_count = 0;  // without empty members
  unsigned slot_count = 0;    // with empty members
};

bool read_layout(std::string_view text, Layout& layout) noexcept {
  MemberCursor cursor(text, TracestateLevel::two);
  Member member;
  while (cursor.next(member)) {
    ++layout.member_count;
    if (member.key != kOtKey) continue;
    layout.has_ot = true;
    layout.ot = member;
  }
  layout.slot_count = cursor.slot_count();
  if (cursor.error() != TracestateError::none) return false;
  return !layout.has_ot || detail::parse_ot(layout.ot.value, layout.ot_value);
}

std::string join(std::string_view first, std::string_view second, std::string_view third) {
  std::string text;
  text.reserve(first.size() + second.size() + third.size());
  text.append(first).append(second).append(third);
  return text;
}

// Removes [begin, end) and one comma with its whitespace: the one before, or the one after if there is none before.
std::string without_member(std::string_view text, std::size_t begin, std::size_t end) {
  const auto is_separator = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t before = begin;
  while (before > 0 && is_separator(text[before - 1])) --before;
  if (before > 0) {
    --before;  // the comma
    while (before > 0 && is_separator(text[before - 1])) --before;
    return join(text.substr(0, before), text.substr(end), {});
  }
  while (end < text.size() && is_separator(text[end])) ++end;
  if (end < text.size()) ++end;  // the comma
  while (end < text.size() && is_separator(text[end])) ++end;
  return join(text.substr(0, begin), text.substr(end), {});
}

}  // namespace

const char* describe(TracestateError error) noexcept {
  switch (error) {
    case TracestateError::none:
      return "no error";
    case TracestateError::too_many_members:
      return "more than 32 list members";
    case TracestateError::bad_key:
      return "a key with a character, a form or a length that is not allowed";
    case TracestateError::bad_value:
      return "a value that is empty, over 256 characters, or holds a character that is not allowed";
    case TracestateError::missing_equals:
      return "a list member without =";
    case TracestateError::duplicate_key:
      return "a key that occurs twice";
    case TracestateError::bad_ot:
      return "an ot entry that does not parse";
  }
  return "unknown error";
}

TracestateError parse_tracestate(std::string_view text, OtState& ot, TracestateLevel level) noexcept {
  ot = {};
  MemberCursor cursor(text, level);
  Member member;
  OtValue value;
  bool ot_is_valid = true;
  while (cursor.next(member))
    if (member.key == kOtKey) ot_is_valid = detail::parse_ot(member.value, value);
  if (cursor.error() != TracestateError::none) return cursor.error();
  if (!ot_is_valid) return TracestateError::bad_ot;
  ot = value.state;
  return TracestateError::none;
}

std::optional<std::string_view> tracestate_value(std::string_view text, std::string_view key) noexcept {
  MemberCursor cursor(text, TracestateLevel::two);
  Member member;
  std::optional<std::string_view> found;
  while (cursor.next(member))
    if (member.key == key) found = member.value;
  if (cursor.error() != TracestateError::none) return std::nullopt;
  return found;
}

std::uint64_t threshold_of_percentage(double percentage) noexcept {
  if (!(percentage > 0)) return kThresholdCount;
  if (percentage >= 100) return 0;
  return kThresholdCount - static_cast<std::uint64_t>(std::llround(percentage / 100 * 0x1p56));
}

std::string threshold_text(std::uint64_t threshold) {
  ENTAIL_DCHECK(threshold < kThresholdCount);
  std::string text;
  text::append_hex(threshold, 14, text);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.empty()) text = "0";
  return text;
}

std::string erase_threshold(std::string_view text, bool* changed) {
  Layout layout;
  *changed = read_layout(text, layout) && layout.has_ot && layout.ot_value.state.threshold;
  if (!*changed) return std::string(text);
  if (layout.ot_value.entry_count == 1) {
    if (layout.member_count == 1) return {};
    return without_member(text, layout.ot.begin, layout.ot.end);
  }
  const std::size_t value_begin = layout.ot.end - layout.ot.value.size();
  std::size_t begin = value_begin + layout.ot_value.threshold_begin;
  std::size_t end = value_begin + layout.ot_value.threshold_end;
  if (layout.ot_value.threshold_begin == 0)
    ++end;  // the semicolon behind
  else
    --begin;  // the semicolon before
  return join(text.substr(0, begin), text.substr(end), {});
}

std::string raise_threshold(std::string_view text, std::uint64_t threshold, bool* changed) {
  *changed = false;
  Layout layout;
  if (!read_layout(text, layout)) return std::string(text);
  const std::string digits = threshold_text(threshold);
  if (!layout.has_ot) {
    if (layout.member_count > 0 && layout.slot_count == detail::kMembersMax) return std::string(text);
    *changed = true;
    return layout.member_count == 0 ? "ot=th:" + digits : "ot=th:" + digits + "," + std::string(text);
  }
  const OtValue& value = layout.ot_value;
  const std::size_t value_begin = layout.ot.end - layout.ot.value.size();
  std::size_t begin = layout.ot.end;
  std::size_t end = layout.ot.end;
  std::string entry = ";th:" + digits;
  if (value.state.threshold) {
    if (*value.state.threshold >= threshold) return std::string(text);
    begin = value_begin + value.threshold_begin;
    end = value_begin + value.threshold_end;
    entry.erase(0, 1);
  }
  if (layout.ot.value.size() - (end - begin) + entry.size() > detail::kValueSizeMax) return std::string(text);
  *changed = true;
  return join(text.substr(0, begin), entry, text.substr(end));
}

}  // namespace entail::context
