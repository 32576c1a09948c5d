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

Result<Layout, TracestateError> read_layout(std::string_view text) noexcept {
  Layout layout;
  MemberCursor cursor(text, TracestateLevel::two);
  Member member;
  while (cursor.next(member)) {
    ++layout.member_count;
    if (member.key != kOtKey) continue;
    layout.has_ot = true;
    layout.ot = member;
  }
  layout.slot_count = cursor.slot_count();
  if (cursor.failed()) return cursor.error();
  if (!layout.has_ot) return layout;
  const Result<OtValue, TracestateError> value = detail::parse_ot(layout.ot.value);
  if (!value.ok()) return value.error();
  layout.ot_value = *value;
  return layout;
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

Result<OtState, TracestateError> parse_tracestate(std::string_view text, TracestateLevel level) noexcept {
  MemberCursor cursor(text, level);
  Member member;
  std::optional<std::string_view> ot;
  while (cursor.next(member))
    if (member.key == kOtKey) ot = member.value;
  if (cursor.failed()) return cursor.error();
  if (!ot) return OtState{};
  const Result<OtValue, TracestateError> value = detail::parse_ot(*ot);
  if (!value.ok()) return value.error();
  return value->state;
}

Result<std::optional<std::string_view>, TracestateError> find_tracestate_member(std::string_view text,
                                                                                std::string_view key,
                                                                                TracestateLevel level) noexcept {
  MemberCursor cursor(text, level);
  Member member;
  std::optional<std::string_view> found;
  while (cursor.next(member))
    if (member.key == key && !found) found = member.value;
  if (cursor.failed()) return cursor.error();
  return found;
}

std::optional<std::string_view> tracestate_value(std::string_view text, std::string_view key,
                                                 TracestateLevel level) noexcept {
  const auto member = find_tracestate_member(text, key, level);
  return member.ok() ? *member : std::nullopt;
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
  const Result<Layout, TracestateError> parsed = read_layout(text);
  *changed = parsed.ok() && parsed->has_ot && parsed->ot_value.state.threshold;
  if (!*changed) return std::string(text);
  const Layout& layout = *parsed;
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
  const Result<Layout, TracestateError> parsed = read_layout(text);
  if (!parsed.ok()) return std::string(text);
  const Layout& layout = *parsed;
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
