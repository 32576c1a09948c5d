// Contexts for the tests of this room, fixed and random with fixed seeds. Thread rule: Confined.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "entail/context.hpp"

namespace entail::links_test {

constexpr TraceId kTrace{0x463ac35c9f6413ad, 0x48485a3953bb6124};
constexpr SpanId kSpan{0xa2fb4a1d1a96d312};
constexpr SpanId kParent{0x0020000000000001};
constexpr std::string_view kTraceHex = "463ac35c9f6413ad48485a3953bb6124";
constexpr std::string_view kSpanHex = "a2fb4a1d1a96d312";
constexpr std::string_view kParentHex = "0020000000000001";

inline SpanContext context_of(TraceId trace_id = kTrace, SpanId span_id = kSpan, std::uint8_t flags = 1) {
  SpanContext context;
  context.trace_id = trace_id;
  context.span_id = span_id;
  context.flags = flags;
  context.is_remote = true;
  return context;
}

inline ForeignContext foreign_of(SamplingState sampling, SpanId parent_id = {}, TraceId trace_id = kTrace) {
  const bool is_sampled = sampling == SamplingState::sampled || sampling == SamplingState::debug;
  return {context_of(trace_id, kSpan, is_sampled ? 1 : 0), parent_id, sampling};
}

// The output argument before each call; must be unchanged on error.
inline SpanContext untouched() {
  SpanContext context = context_of({7, 7}, {7}, 7);
  context.is_remote = false;
  context.trace_state = "left=alone";
  return context;
}

using ForeignParser = Result<ForeignContext, ContextError> (*)(std::string_view) noexcept;

inline ContextError error_of(ForeignParser parse, std::string_view text) {
  const auto parsed = parse(text);
  EXPECT_FALSE(parsed.ok()) << text;
  return parsed.error();
}

inline ForeignContext read_by(ForeignParser parse, std::string_view text) {
  const auto parsed = parse(text);
  EXPECT_EQ(parsed.error(), ContextError::none) << text;
  return parsed.ok() ? *parsed : ForeignContext{};
}

// IDs of all shapes: 128 bits, 64 bits, small numbers, high bits only; never zero.
class RandomContexts {
 public:
  explicit RandomContexts(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::uint64_t word() {
    const std::uint64_t value = random_() >> below(64);
    return below(4) == 0 ? value << below(64) : value;
  }
  SpanId span_id() {
    const SpanId id{word()};
    return id.is_zero() ? SpanId{1} : id;
  }
  TraceId trace_id() {
    const TraceId id{below(3) == 0 ? 0 : word(), below(8) == 0 ? 0 : word()};
    return id.is_zero() ? TraceId{0, 1} : id;
  }
  ForeignContext foreign() {
    ForeignContext made = foreign_of(static_cast<SamplingState>(below(4)), below(2) == 0 ? SpanId{} : span_id());
    made.context.trace_id = trace_id();
    made.context.span_id = span_id();
    return made;
  }
  // Random bytes, mostly from the alphabet, up to size_max.
  std::string text(std::string_view alphabet, std::size_t size_max) {
    std::string made(below(size_max + 1), ' ');
    for (char& c : made) c = below(16) == 0 ? static_cast<char>(below(256)) : alphabet[below(alphabet.size())];
    return made;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace entail::links_test
