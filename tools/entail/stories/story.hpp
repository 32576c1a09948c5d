// Stories: seeded spans with the kept set that follows from the story, never from the engine.
//
// A story writes requests in the order of virtual seconds and fills in an Expectation. The same seed and flags give the
// same bytes. Thread rule: Confined. Memory: one request, and what the story itself has to remember.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "entail/types.hpp"
#include "stories/flags.hpp"
#include "stories/otlp_writer.hpp"
#include "stories/story_config.hpp"

namespace entail::cli {

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
  // The seed of another story that is told beside this one.
  std::uint64_t seed_of(std::uint64_t story) const noexcept { return mix(seed_ + mix(story)); }

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
  std::string_view direction;  // linked, linking, mixed, either; empty for policy
  std::uint32_t hops = 0;
  bool revived = false;
  bool hops_are_least = false;  // direction, hops and revived depend on when keeps came; it is never fewer hops
};

// One trace that a keep reaches and cannot keep.
struct ExpectedLoss {
  TraceId trace_id;
  std::string_view loss;
  std::string_view direction;
  std::uint32_t hops = 0;
};

// A trace that the story speaks of by its role.
struct NamedTrace {
  std::string role;
  TraceId trace_id;
  bool came = true;  // else it is known from links alone
};

struct Expectation {
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;
  std::uint64_t links = 0;
  std::vector<ExpectedTrace> kept;
  std::vector<ExpectedLoss> lost;
  // Of these exactly kept_of_unspecified are kept: the story does not say which.
  std::vector<TraceId> unspecified;
  std::uint64_t kept_of_unspecified = 0;
  std::vector<std::pair<std::string, std::uint64_t>> facts;  // further counts that the story knows
  std::vector<NamedTrace> named_traces;
};

// Takes the requests of a story, and counts.
class StoryTeller {
 public:
  // Second 0 of the story is `begin_second` of the file.
  StoryTeller(std::uint64_t seed, std::function<bool(Bytes)> write, std::uint64_t begin_second = 0)
      : random(seed), write_(std::move(write)), begin_second_(begin_second) {}

  // A span of at most a fifth of a second that ends within the second.
  SpanFacts span(TraceId trace_id, SpanId span_id, SpanId parent, std::string_view name, std::uint64_t second) noexcept;
  // The file's second of the last span.
  std::uint64_t second() const noexcept { return second_; }
  // Writes the request, if it has spans.
  void flush();
  // Takes in a request that was built elsewhere, of spans that are counted elsewhere.
  void pass_on(Bytes request) { failed_ = failed_ || !write_(request); }
  // Writes it when it has as many spans as a request of this size.
  void flush_if_full() {
    if (requests.span_count() >= kRequestSpans) flush();
  }
  bool failed() const noexcept { return failed_; }

  StoryRandom random;
  RequestWriter requests;
  Expectation expectation;
  // The requests become JSON, which can hold an ID that is not hexadecimal: kBadHexText replaces kBadHexId.
  bool as_json = false;

 private:
  static constexpr std::uint64_t kRequestSpans = 512;
  std::function<bool(Bytes)> write_;
  std::uint64_t begin_second_;
  std::uint64_t second_ = 0;
  bool failed_ = false;
};

// Sixteen bytes that are a good ID in protobuf; some SDKs send them for the text zz...z and write that text in JSON.
constexpr TraceId kBadHexId = {0x7373737373737373u, 0x7373737373737373u};
constexpr std::string_view kBadHexText = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

struct Scenario {
  std::string_view name;
  std::string_view help;
  std::span<const FlagSpec> flags;
  // Raises what the story wants in the configuration. An error text about the flags together, or empty.
  std::string (*configure)(const Flags& flags, StoryConfig& config);
  // REQUIRES that configure() found no error. The configuration may be more generous than what the story wanted.
  void (*tell)(const Flags& flags, const StoryConfig& config, StoryTeller& teller);
};
std::span<const Scenario> scenarios() noexcept;
// Null if there is none of that name.
const Scenario* find_scenario(std::string_view name) noexcept;

// The scenarios, one function for each; their flags stand beside their story.
Scenario aggregation_scenario();
Scenario batch_scenario();
Scenario batch_items_scenario();
Scenario chain_scenario();
Scenario cycle_scenario();
Scenario dead_letter_scenario();
Scenario etl_scenario();
Scenario event_sourcing_scenario();
Scenario fan_out_scenario();
Scenario head_sampled_scenario();
Scenario hot_producer_scenario();
Scenario incident_scenario();
Scenario malformed_scenario();
Scenario mixed_scenario();
Scenario queue_scenario();
Scenario retry_scenario();
Scenario saga_scenario();
Scenario scheduled_job_scenario();
Scenario sdk_truncated_scenario();
Scenario user_journey_scenario();
Scenario workflow_scenario();

}  // namespace entail::cli
