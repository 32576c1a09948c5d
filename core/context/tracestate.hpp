// W3C tracestate and its OpenTelemetry entry `ot` (th, rv): what a sampler reads from it, and how th is changed.
//
// Level 2 grammar by default; the Level 1 keys by option. Every rejection has a reason. Parsing is one pass over the
// text, allocates nothing and holds at most 32 keys on the stack, whatever arrives: the 33rd list member (empty ones
// count, as in the grammar) and an ot sub-key beyond the 256 characters of a value end it.
//
// Not here: joining several headers (the caller joins them with commas first), and the rule that a tracestate without
// a valid traceparent is not looked at.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::context {

constexpr std::uint64_t kRandomnessMask = (std::uint64_t{1} << 56) - 1;
constexpr std::uint64_t kThresholdCount = std::uint64_t{1} << 56;  // 2^56: probability 0
constexpr std::size_t kTraceStateBytesMax = 32768;  // 32 members take at most 16,447; the rest allows for whitespace

enum class TracestateError : std::uint8_t {
  none,
  too_many_members,
  bad_key,
  bad_value,
  missing_equals,
  duplicate_key,
  bad_ot,
};
const char* describe(TracestateError error) noexcept;

enum class TracestateLevel : std::uint8_t { two, strict_one };

// What the sampler asks of a tracestate. rv and th are set only when `ot` parses and has them.
struct OtState {
  std::optional<std::uint64_t> randomness;  // rv, 56 bits
  std::optional<std::uint64_t> threshold;   // th, 56 bits: kept iff randomness >= threshold
};

// Parses the whole header value; the error says why it is not a tracestate. An `ot` entry that does not parse is
// bad_ot: the rest is sound. Keeps nothing on error. Empty text and empty members are sound.
TracestateError parse_tracestate(std::string_view text, OtState& ot,
                                 TracestateLevel level = TracestateLevel::two) noexcept;

// The value of a member by key; nullopt if absent or if the text does not parse. Borrows text. What stands inside `ot`
// is not looked at: bad_ot hides no other member.
std::optional<std::string_view> tracestate_value(std::string_view text, std::string_view key) noexcept;

// R of a trace: rv if given, else the low 56 bits of its ID.
constexpr std::uint64_t randomness(std::uint64_t trace_id_low, const OtState& ot) noexcept {
  return ot.randomness ? *ot.randomness : (trace_id_low & kRandomnessMask);
}

// T of a sampling percentage: 2^56 - round(p * 2^56), as the Collector computes it; exactly 2^56 at 0 and below (and
// for NaN), exactly 0 at 100 and above.
std::uint64_t threshold_of_percentage(double percentage) noexcept;
// The th value: 14 digits, trailing zeros stripped, "0" for 0. REQUIRES threshold < 2^56.
std::string threshold_text(std::uint64_t threshold);

// Both rewrite the `ot` entry in place; the bytes and the order of all other members stay. A text that does not parse
// (bad_ot included) comes back as it is. *changed says whether anything was done.

// The tracestate without th. The entry goes, with one separator, if nothing else stands in it; where no member is left
// the result is empty.
std::string erase_threshold(std::string_view text, bool* changed);
// The tracestate with th = max(th, threshold); adds the ot entry in front if there is none. REQUIRES threshold < 2^56.
// Comes back as it is, too, where the entry would pass 256 characters or be the 33rd member: no other member is ever
// pushed out.
std::string raise_threshold(std::string_view text, std::uint64_t threshold, bool* changed);

}  // namespace entail::context
