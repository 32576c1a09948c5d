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
