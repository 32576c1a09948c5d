#include "context/tracestate_members.hpp"

#include "context/whitespace.hpp"
#include "text/hex.hpp"

namespace entail::context::detail {
namespace {

// Character classes, as bits of one table.
enum CharacterClass : std::uint8_t {
  kLower = 1,      // a-z
  kDigit = 2,      // 0-9
  kKeyExtra = 4,   // _ - * /
  kAt = 8,         // @
  kValue = 16,     // 0x20-0x7E without , and =
  kOtOther = 32,   // A-Z . _ -, allowed in ot values besides kLower and kDigit
  kLowerHex = 64,  // 0-9 a-f
};

constexpr std::array<std::uint8_t, 256> make_classes() noexcept {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0x20; c <= 0x7e; ++c)
    if (c != ',' && c != '=') classes[c] |= kValue;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] |= kLower;
  for (unsigned c = 'a'; c <= 'f'; ++c) classes[c] |= kLowerHex;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] |= kDigit | kLowerHex;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] |= kOtOther;
  for (const char c : {'_', '-', '*', '/'}) classes[static_cast<unsigned char>(c)] |= kKeyExtra;
  for (const char c : {'.', '_', '-'}) classes[static_cast<unsigned char>(c)] |= kOtOther;
  classes['@'] |= kAt;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool is_of(char c, unsigned classes) noexcept { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

bool all_of(std::string_view text, unsigned classes) noexcept {
  for (const char c : text)
    if (!is_of(c, classes)) return false;
  return true;
}

// One part of a Level 1 key: a character of the classes `first`, then up to tail_max key characters.
bool is_level_one_part(std::string_view part, unsigned first, std::size_t tail_max) noexcept {
  return !part.empty() && part.size() <= tail_max + 1 && is_of(part[0], first) &&
         all_of(part, kLower | kDigit | kKeyExtra);
}

bool is_key(std::string_view key, TracestateLevel level) noexcept {
  if (key.empty() || key.size() > kKeySizeMax) return false;
  if (level == TracestateLevel::two)
    return is_of(key[0], kLower | kDigit) && all_of(key, kLower | kDigit | kKeyExtra | kAt);
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_level_one_part(key, kLower, 255);
  return is_level_one_part(key.substr(0, at), kLower | kDigit, 240) &&
         is_level_one_part(key.substr(at + 1), kLower, 13);
}

// 1 to 14 lower-case hex digits, padded on the right with zeros to 56 bits.
Result<std::uint64_t, HexError> parse_hex56(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 14) return HexError::wrong_length;
  const auto value = text::parse_hex(digits, text::HexCase::lower);
  if (!value.ok()) return value.error();
  return *value << 4 * (14 - digits.size());
}

}  // namespace

bool MemberCursor::insert(std::string_view key) noexcept {
  for (unsigned i = 0; i < key_count_; ++i)
    if (std::string_view(keys_[i].data, keys_[i].size) == key) return false;
  keys_[key_count_++] = {key.data(), key.size()};
  return true;
}

bool MemberCursor::next(Member& member) noexcept {
  while (!at_end_ && error_ == TracestateError::none) {
    const std::size_t comma = text_.find(',', at_);
    std::size_t begin = at_;
    std::size_t end = comma == std::string_view::npos ? text_.size() : comma;
    at_end_ = comma == std::string_view::npos;
    at_ = end + 1;
    if (level_ == TracestateLevel::collector && begin == end) continue;
    if (slot_count_ == kMembersMax) return fail(TracestateError::too_many_members);
    ++slot_count_;
    while (begin < end && is_ows(text_[begin])) ++begin;
    while (begin < end && is_ows(text_[end - 1])) --end;
    if (begin == end && level_ != TracestateLevel::collector) continue;

    const std::string_view whole = text_.substr(begin, end - begin);
    const std::size_t equals = whole.find('=');
    if (equals == std::string_view::npos) return fail(TracestateError::missing_equals);
    member = {whole.substr(0, equals), whole.substr(equals + 1), begin, end};
    if (!is_key(member.key, level_)) return fail(TracestateError::bad_key);
    if (member.value.empty() || member.value.size() > kValueSizeMax || !all_of(member.value, kValue))
      return fail(TracestateError::bad_value);
    // Two ot members would contradict each other; others are forwarded unchanged, and the first counts.
    const bool is_unique = level_ != TracestateLevel::two || member.key == kOtKey;
    if (is_unique && !insert(member.key)) return fail(TracestateError::duplicate_key);
    return true;
  }
  return false;
}

Result<OtValue, TracestateError> parse_ot(std::string_view value) noexcept {
  if (value.empty() || value.size() > kValueSizeMax) return TracestateError::bad_ot;
  // An entry takes at least two characters and a separator.
  constexpr std::size_t kEntriesMax = (kValueSizeMax + 1) / 3 + 1;
  std::array<std::uint16_t, kEntriesMax> begins;  // of the entries so far
  OtValue result;
  for (std::size_t at = 0;;) {
    const std::size_t semicolon = value.find(';', at);
    const std::size_t end = semicolon == std::string_view::npos ? value.size() : semicolon;
    const std::string_view entry = value.substr(at, end - at);
    const std::size_t colon = entry.find(':');
    if (colon == std::string_view::npos || colon == 0) return TracestateError::bad_ot;
    const std::string_view key = entry.substr(0, colon);
    const std::string_view content = entry.substr(colon + 1);
    if (!is_of(key[0], kLower) || !all_of(key, kLower | kDigit)) return TracestateError::bad_ot;
    if (!all_of(content, kLower | kDigit | kOtOther)) return TracestateError::bad_ot;
    for (unsigned i = 0; i < result.entry_count; ++i)
      if (value.substr(begins[i]).starts_with(entry.substr(0, colon + 1))) return TracestateError::bad_ot;
    begins[result.entry_count++] = static_cast<std::uint16_t>(at);

    if (key == "th") {
      const auto number = parse_hex56(content);
      if (!number.ok()) return TracestateError::bad_ot;
      result.state.threshold = *number;
      result.threshold_begin = at;
      result.threshold_end = end;
    } else if (key == "rv") {
      const auto number = parse_hex56(content);
      if (content.size() != 14 || !number.ok()) return TracestateError::bad_ot;
      result.state.randomness = *number;
    }
    if (semicolon == std::string_view::npos) break;
    at = semicolon + 1;
  }
  return result;
}

}  // namespace entail::context::detail
