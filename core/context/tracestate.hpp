// W3C tracestate and its OpenTelemetry member `ot`: reads th and rv for the samplers, and rewrites th.
//
// Level 2 grammar by default; Level 1 keys by option. Every rejection has a reason. Parsing is one pass over the text,
// allocates nothing and keeps at most 32 keys on the stack for any input: it stops at the 33rd list member (empty
// members count, as in the grammar) and rejects a value of more than 256 characters.
//
// Callers join several headers with commas first, and ignore a tracestate without a valid traceparent.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "entail/result.hpp"

namespace entail::context {

constexpr std::uint64_t kRandomnessMask = (std::uint64_t{1} << 56) - 1;
constexpr std::uint64_t kThresholdCount = std::uint64_t{1} << 56;  // 2^56: probability 0
constexpr std::size_t kTraceStateBytesMax = 32768;  // 32 members take at most 16,447; the rest allows for whitespace

enum class TracestateError : std::uint8_t {
  none,
  too_many_members,  // more than 32 list members
  bad_key,           // a key with a character, a form or a length that the grammar forbids
  bad_value,         // a value that is empty, longer than 256 characters, or has a forbidden character
  missing_equals,
  duplicate_key,  // at level two of ot; else of any member
  bad_ot,         // the list is valid, the value of its `ot` member is not
};

// collector: as the Collector's policies read it, by the key rules of Level 1. Members without a character do not
// count, and one of whitespace alone is bad.
enum class TracestateLevel : std::uint8_t { two, strict_one, collector };

// What a sampler needs of a tracestate. rv and th are set only if `ot` is valid and has them.
struct OtState {
  std::optional<std::uint64_t> randomness;  // rv, 56 bits
  std::optional<std::uint64_t> threshold;   // th, 56 bits: kept iff randomness >= threshold
};

// Parses the whole header value and returns what its `ot` member says. Empty text and empty members are valid.
Result<OtState, TracestateError> parse_tracestate(std::string_view text,
                                                  TracestateLevel level = TracestateLevel::two) noexcept;

// The value of the first member with this key, nullopt if there is none. Borrows text. Does not parse the value of
// `ot`, so a malformed one hides no other member.
Result<std::optional<std::string_view>, TracestateError> find_tracestate_member(std::string_view text,
                                                                                std::string_view key,
                                                                                TracestateLevel level) noexcept;
// The same; nullopt also if the text does not parse.
std::optional<std::string_view> tracestate_value(std::string_view text, std::string_view key,
                                                 TracestateLevel level = TracestateLevel::two) noexcept;

// R of a trace: rv if present, else the low 56 bits of its ID.
constexpr std::uint64_t randomness(std::uint64_t trace_id_low, const OtState& ot) noexcept {
  return ot.randomness ? *ot.randomness : (trace_id_low & kRandomnessMask);
}

// T of a sampling percentage: 2^56 - round(p / 100 * 2^56), as in the Collector; exactly 2^56 for 0, less and NaN,
// exactly 0 for 100 and more.
std::uint64_t threshold_of_percentage(double percentage) noexcept;
// The th value: 14 digits, trailing zeros stripped, "0" for 0. REQUIRES threshold < 2^56.
std::string threshold_text(std::uint64_t threshold);

// Both rewrite the `ot` member in place and keep the bytes and the order of all others. They return text that does not
// parse (bad_ot included) unchanged. *changed reports whether the result differs.

// Removes th, and `ot` with one separator if nothing is left in it. The result may be empty.
std::string erase_threshold(std::string_view text, bool* changed);
// Sets th = max(th, threshold); adds `ot` in front if absent. REQUIRES threshold < 2^56. Returns the text unchanged if
// the value would exceed 256 characters or the list 32 members: other members are never removed.
std::string raise_threshold(std::string_view text, std::uint64_t threshold, bool* changed);

}  // namespace entail::context
