// Stories: seeded spans with the kept set that follows from the story, never from the engine.
//
// A story writes requests in the order of virtual seconds and fills in an Expectation. The same seed and flags give the
// same bytes. Thread rule: Confined. Memory: one request, and what the story itself has to remember.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "entail/types.hpp"
#include "output/json_text.hpp"
#include "stories/otlp_writer.hpp"

namespace entail::cli {

// One flag of a scenario. A number has bounds, a word has choices.
struct FlagSpec {
  enum class Kind : std::uint8_t { count, share, word };
  std::string_view name;
  Kind kind = Kind::count;
  std::string_view default_text;
  std::string_view help;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::vector<std::string_view> choices;
};

// The flags of one run: defaults, replaced by what the user gave.
class Flags {
 public:
  explicit Flags(std::span<const FlagSpec> specs);
  // An error text, or empty. Knows only the flags of its scenario.
  std::string set(std::string_view name, std::string_view text);
  // REQUIRES a flag of that name and kind.
  std::uint64_t count(std::string_view name) const;
  double share(std::string_view name) const;
  const std::string& word(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& texts() const noexcept { return texts_; }

 private:
  std::span<const FlagSpec> specs_;
  std::map<std::string, std::string, std::less<>> texts_;
};

// Seeded identities and choices (SplitMix64). identity(i) does not depend on what was drawn before.
class StoryRandom {
 public:
  explicit StoryRandom(std::uint64_t seed) noexcept : seed_(mix(seed ^ 0x6a09e667f3bcc908u)), state_(mix(seed_ ^ 1)) {}
  TraceId trace_id(std::uint64_t index) const noexcept {
    return {mix(seed_ ^ (2 * index + 2)), mix(~seed_ ^ (2 * index + 3))};
  }
  SpanId span_id(std::uint64_t index) const noexcept { return {mix(seed_ + 0x9e3779b97f4a7c15u * (index + 1)) | 1}; }
  std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15u); }
  // Below bound. REQUIRES 0 < bound < 2^32. The bias of the multiplication is far below what any story could show.
  std::uint64_t below(std::uint64_t bound) noexcept { return (next() >> 32) * bound >> 32; }
  bool chance(double share) noexcept { return static_cast<double>(next() >> 11) * 0x1p-53 < share; }

 private:
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t seed_;
  std::uint64_t state_;
};

// One trace that must be kept. Where both directions lead to it over equally few hops either is a right answer. Where
// errors go on coming, a trace may be kept over a longer path before the shortest exists: then only that is said.
struct ExpectedTrace {
  TraceId trace_id;
  std::string_view reason;     // policy, link
  std::string_view direction;  // linked, linking, either; empty for policy
  std::uint32_t hops = 0;
  bool revived = false;
  bool hops_are_least = false;  // direction, hops and revived depend on when keeps came; it is never fewer hops
};

struct Expectation {
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;
  std::uint64_t links = 0;
  std::vector<ExpectedTrace> kept;
  // Of these exactly kept_of_unspecified are kept: the story does not say which.
  std::vector<TraceId> unspecified;
  std::uint64_t kept_of_unspecified = 0;
  std::string config;                                             // JSON, which is YAML
  std::vector<std::pair<std::string, std::uint64_t>> facts;       // further counts that the story knows
  std::vector<std::pair<std::string, std::string>> named_traces;  // role -> trace ID
};

// Settings of a configuration that differ from story to story.
struct StoryConfig {
  std::uint64_t max_hops = 4;
  std::uint64_t max_links_followed = 256;
  std::uint64_t max_traces_per_origin = 1024;
};
// Errors are kept and spread; decision_wait 10 s, retention 60 s: the times that stories count on.
std::string story_config_json(const StoryConfig& config);
constexpr std::uint64_t kDecisionWaitSeconds = 10;
constexpr std::uint64_t kRetainWindowSeconds = 60;

// Takes the requests of a story, and counts.
class StoryTeller {
 public:
  StoryTeller(std::uint64_t seed, std::function<bool(Bytes)> write) : random(seed), write_(std::move(write)) {}

  // A nanosecond of the story's second; stories begin at a fixed time.
  static std::int64_t at(std::uint64_t second, std::uint64_t nanosecond = 0) noexcept;

  // A span of `duration_ms` that ends within the second.
  SpanFacts span(TraceId trace_id, SpanId span_id, SpanId parent, std::string_view name, std::uint64_t second) noexcept;
  // Writes the request, if it has spans.
  void flush();
  // Writes it when it has as many spans as a request of this size.
  void flush_if_full() {
    if (requests.span_count() >= kRequestSpans) flush();
  }
  bool failed() const noexcept { return failed_; }

  StoryRandom random;
  RequestWriter requests;
  Expectation expectation;

 private:
  static constexpr std::uint64_t kRequestSpans = 512;
  std::function<bool(Bytes)> write_;
  bool failed_ = false;
};

struct Scenario {
  std::string_view name;
  std::string_view help;
  std::span<const FlagSpec> flags;
  // An error text about the flags, or empty. Writes nothing in that case.
  std::string (*tell)(const Flags& flags, StoryTeller& teller);
};
std::span<const Scenario> scenarios() noexcept;

std::string tell_batch(const Flags& flags, StoryTeller& teller);
std::string tell_chain(const Flags& flags, StoryTeller& teller);
std::string tell_cycle(const Flags& flags, StoryTeller& teller);
std::string tell_hot_producer(const Flags& flags, StoryTeller& teller);
std::string tell_mixed(const Flags& flags, StoryTeller& teller);

}  // namespace entail::cli
