// The configuration that a story wants: the stories count on these values when they say what must be kept.
//
// With its default flags a story raises what it needs and lowers nothing, so that several can be told in one file; each
// then reads from the result what holds. Thread rule: Confined.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace entail::cli {

constexpr std::uint64_t kDecisionWaitSeconds = 10;
constexpr std::uint64_t kRetainWindowSeconds = 60;
constexpr std::uint64_t kRetainRecordsSeconds = 3600;

// The last hop on which a keep may pass a link of a type; absent: max_hops decides.
struct StoryTypeRule {
  std::optional<std::uint64_t> linked;
  std::optional<std::uint64_t> linking;
};

struct StoryConfig {
  bool component = false;  // mode: component, else cone
  std::uint64_t max_hops_linked = 4;
  std::uint64_t max_hops_linking = 4;
  std::uint64_t max_links_followed = 256;
  std::uint64_t max_traces_per_origin = 1024;
  bool error_spans_only = false;  // origin_links: error_spans, else all
  std::map<std::string_view, StoryTypeRule> types;
  std::string_view dead_letter_queue;  // messages there are origins too; empty: no such policy
  std::uint64_t retain_seconds = kRetainWindowSeconds;
  std::uint64_t records_seconds = kRetainRecordsSeconds;
  std::uint64_t memory_limit_mib = 0;  // 0: the default

  void set_max_hops(std::uint64_t hops) { max_hops_linked = max_hops_linking = hops; }
  // Of two rules for one type the more generous counts, per direction.
  void allow(std::string_view type, std::optional<std::uint64_t> linked, std::optional<std::uint64_t> linking);
  // That many neighbours of one trace are all followed, and that many traces kept for one origin.
  void leave_room_for(std::uint64_t neighbours, std::uint64_t traces) {
    max_links_followed = std::max(max_links_followed, neighbours);
    max_traces_per_origin = std::max(max_traces_per_origin, traces);
  }
  // The last hop on which a keep may pass a link that has all of these types: the strictest rule.
  std::uint64_t linked_hops(std::initializer_list<std::string_view> types_of_link) const;
  std::uint64_t linking_hops(std::initializer_list<std::string_view> types_of_link) const;
};

// The same configuration as a file to read, and as JSON, which is YAML too.
std::string story_config_yaml(const StoryConfig& config);
std::string story_config_json(const StoryConfig& config);

}  // namespace entail::cli
