// What the parsers of several context formats share. Internal to the room. Thread rule: Immutable (free functions
// only).
#pragma once

#include "context/whitespace.hpp"
#include "entail/context.hpp"
#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace entail::links {

using context::trim_ows;
using text::HexCase;
using text::parse_hex;

// A context received from another process.
inline ForeignContext make_foreign(TraceId trace_id, SpanId span_id, SpanId parent_id,
                                   SamplingState sampling) noexcept {
  const bool is_sampled = sampling == SamplingState::sampled || sampling == SamplingState::debug;
  const std::uint8_t flags = is_sampled ? kTraceFlagSampled : std::uint8_t{0};
  return {{trace_id, span_id, flags, true, {}}, parent_id, sampling};
}

// All of the 16 digits, not all zero.
inline Result<SpanId, ContextError> parse_full_span_id(std::string_view text, HexCase hex_case) noexcept {
  constexpr std::size_t kDigits = 16;
  const auto id = text::parse_span_id(text, hex_case);
  if (text.size() != kDigits || !id.ok()) return ContextError::bad_span_id;
  if (id->is_zero()) return ContextError::zero_span_id;
  return *id;
}

// Compares header names, ignoring ASCII case. REQUIRES that `lower` has no upper-case letter.
inline bool is_header(std::string_view name, std::string_view lower) noexcept {
  if (name.size() != lower.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (text::to_lower(c) != lower[i]) return false;
  }
  return true;
}

}  // namespace entail::links
