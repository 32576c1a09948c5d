// What the parsers of several context formats share. Internal to the room. Thread rule: Immutable (free functions
// only).
#pragma once

#include "context/whitespace.hpp"
#include "entail/context.hpp"
#include "text/hex.hpp"

namespace entail::links {

using context::trim_ows;
using text::HexCase;
using text::parse_hex;

// Replaces `parsed` with a context received from outside; reuses its memory.
inline void set_foreign(TraceId trace_id, SpanId span_id, SpanId parent_id, SamplingState sampling,
                        ForeignContext& parsed) noexcept {
  parsed.context.trace_id = trace_id;
  parsed.context.span_id = span_id;
  const bool is_sampled = sampling == SamplingState::sampled || sampling == SamplingState::debug;
  parsed.context.flags = is_sampled ? kTraceFlagSampled : std::uint8_t{0};
  parsed.context.is_remote = true;
  parsed.context.trace_state.clear();
  parsed.parent_id = parent_id;
  parsed.sampling = sampling;
}

// Compares header names, ignoring ASCII case. REQUIRES that `lower` has no upper-case letter.
inline bool is_header(std::string_view name, std::string_view lower) noexcept {
  if (name.size() != lower.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

}  // namespace entail::links
