// The types that every part of the public API shares: IDs, verdicts, times.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "entail/result.hpp"

namespace entail {
inline namespace v1 {

// Borrowed bytes.
using Bytes = std::span<const std::uint8_t>;

// A 128-bit trace ID as two big-endian halves: hi has bytes 0..7, lo bytes 8..15. So the order of the numbers is the
// order of the bytes, and the OpenTelemetry randomness is the low 56 bits of lo. All zero means no ID.
struct TraceId {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  constexpr bool is_zero() const noexcept { return (hi | lo) == 0; }
  constexpr auto operator<=>(const TraceId&) const noexcept = default;
};

// A 64-bit span ID, big-endian. All zero means no ID.
struct SpanId {
  std::uint64_t value = 0;
  constexpr bool is_zero() const noexcept { return value == 0; }
  constexpr auto operator<=>(const SpanId&) const noexcept = default;
};

// 32 (16) lower-case hex digits.
std::string to_hex(TraceId id);
std::string to_hex(SpanId id);
// Why a text is not the hex digits of an ID.
enum class HexError : std::uint8_t { none = 0, wrong_length = 1, bad_digit = 2 };
// Parses exactly 32 hex digits of either case.
Result<TraceId, HexError> from_hex(std::string_view text) noexcept;

// A join semilattice: only rises until the trace is sealed (docs/design.md 2).
enum class Verdict : std::uint8_t { undecided = 0, drop = 1, keep = 2 };

// The direction of a propagated keep: linked = along links, toward causes; linking = against links, toward
// consequences; mixed = component mode, where a path may combine both.
enum class Direction : std::uint8_t { none = 0, linked = 1, linking = 2, mixed = 3 };
// The name used in the decision log (docs/formats.md); empty for none.
std::string_view direction_name(Direction direction) noexcept;

// All times and durations are in nanoseconds.
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// A named count in statistics: a loss, a reason, a policy.
struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
};

}  // namespace v1
}  // namespace entail

// For IDs as keys of unordered containers. Not resistant to IDs that an attacker chooses.
template <>
struct std::hash<entail::TraceId> {
  std::size_t operator()(const entail::TraceId& id) const noexcept {
    return static_cast<std::size_t>((id.hi ^ (id.lo * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL);
  }
};
