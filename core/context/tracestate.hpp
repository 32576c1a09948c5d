// W3C tracestate and its OpenTelemetry entry `ot` (links.md 1.3, 4.1).
// Level 2 grammar by default; strict Level 1 keys by option. Every rejection has a reason. No allocation in parsing;
// members beyond 32 or an entry over 256 characters are refused before anything is built.
// Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::context {

constexpr std::uint64_t kRandomnessMask = (std::uint64_t{1} << 56) - 1;
constexpr std::uint64_t kThresholdCount = std::uint64_t{1} << 56;  // 2^56: probability 0

enum class TracestateError : std::uint8_t { none, too_many_members, bad_key, bad_value, missing_equals, duplicate_key, bad_ot };
const char* describe(TracestateError error) noexcept;

enum class TracestateLevel : std::uint8_t { two, strict_one };

// What the sampler asks of a tracestate. rv and th are set only when `ot` parses and has them.
struct OtState {
  std::optional<std::uint64_t> randomness;  // rv, 56 bits
  std::optional<std::uint64_t> threshold;   // th, 56 bits: kept iff randomness >= threshold
};

// Parses the whole header value; the error says why it is not a tracestate. An `ot` entry that does not parse is
// bad_ot: the rest is sound. Keeps nothing on error.
TracestateError parse_tracestate(std::string_view text, OtState& ot, TracestateLevel level = TracestateLevel::two) noexcept;

// The value of a member by key; nullopt if absent or if the text does not parse.
std::optional<std::string_view> tracestate_value(std::string_view text, std::string_view key) noexcept;

// R of a trace: rv if given, else the low 56 bits of its ID.
constexpr std::uint64_t randomness(std::uint64_t trace_id_low, const OtState& ot) noexcept {
  return ot.randomness ? *ot.randomness : (trace_id_low & kRandomnessMask);
}

// T of a sampling percentage in 0..100: round((1 - p) * 2^56), exact at 0 and 100.
std::uint64_t threshold_of_percentage(double percentage) noexcept;
// The th value: 14 digits, trailing zeros stripped, "0" for 0. REQUIRES threshold < 2^56.
std::string threshold_text(std::uint64_t threshold);

// The tracestate without th in its ot entry (the entry goes too if nothing is left). A text that does not parse, or has
// no th, comes back as it is. *changed says whether anything was done.
std::string erase_threshold(std::string_view text, bool* changed);
// The tracestate with th = max(th, threshold); adds the ot entry in front if there is none. A text that does not parse
// comes back as it is.
std::string raise_threshold(std::string_view text, std::uint64_t threshold, bool* changed);

}  // namespace entail::context
