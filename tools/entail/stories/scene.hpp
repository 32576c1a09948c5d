// A scene: the traces of a story by their roles, told span by span, with what must become of each.
//
// A role exists before its first span, for others may link it first. Spans come in the order of their seconds; a new
// second begins a new request. Thread rule: Confined. Memory: the names of the first roles, what is expected, one
// request.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "entail/link_vocabulary.hpp"
#include "stories/story.hpp"

namespace entail::cli {

enum class SpanKind : std::uint32_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };
enum class Status : std::uint8_t { unset, error };

struct Role {
  std::uint64_t index = 0;
  TraceId trace_id;
  std::uint32_t span_count = 0;
  std::size_t name_index = ~std::size_t{0};  // in Expectation::named_traces, if it is named there
};

// A span of a role: the first is its root, the others are children of that.
struct Act {
  std::string_view service;  // outlives the request
  std::string_view name;
  std::uint64_t second = 0;
  SpanKind kind = SpanKind::internal;
  Status status = Status::unset;
  std::string_view message{};     // of an error; empty: one that says nothing
  std::uint64_t duration_ms = 0;  // 0: at most a fifth of a second, at a random time; else both are fixed
};

// One attribute of a link: a text or a number.
struct LinkFact {
  LinkFact(std::string_view fact_key, std::string_view fact_text) : key(fact_key), text(fact_text) {}
  LinkFact(std::string_view fact_key, const std::string& fact_text) : key(fact_key), text(fact_text) {}
  LinkFact(std::string_view fact_key, const char* fact_text) : key(fact_key), text(fact_text) {}
  LinkFact(std::string_view fact_key, std::uint64_t fact_number)
      : key(fact_key), number(static_cast<std::int64_t>(fact_number)), is_number(true) {}
  std::string_view key;
  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;
};

class Scene {
 public:
  explicit Scene(StoryTeller& teller) : teller_(teller), expectation_(teller.expectation) {}
  ~Scene() { teller_.flush(); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // A trace of which no span has come yet. The first so many are named in the expectation.
  Role role(std::string name);
  Role role(std::string_view name, std::uint64_t number) {
    return role(std::string(name) + "-" + std::to_string(number));
  }

  // Begins a span; returns its number within the trace. Attributes come first, then links, then end().
  std::uint32_t begin(Role& role, const Act& act);
  void attribute(std::string_view key, std::string_view value) { teller_.requests.attribute(key, value); }
  void attribute(std::string_view key, std::uint64_t value) {
    teller_.requests.attribute(key, static_cast<std::int64_t>(value));
  }
  // A link to span `span` of another role, or of the same.
  void link(const Role& to, std::string_view type, std::string_view relationship,
            std::initializer_list<LinkFact> facts = {}, std::uint32_t span = 0);
  void end();
  // A span without links.
  void tell(Role& role, const Act& act) {
    begin(role, act);
    end();
  }
  // A healthy trace that has nothing to do with the story; its time moves the clock.
  void bystander(std::uint64_t second);

  void kept_by_policy(const Role& role) { expectation_.kept.push_back({role.trace_id, "policy", {}, 0, false, false}); }
  // In the given direction from the nearest origin. revived: it was dropped before that keep came.
  void kept_by_link(const Role& role, std::string_view direction, std::uint64_t hops, bool revived = false) {
    expectation_.kept.push_back({role.trace_id, "link", direction, static_cast<std::uint32_t>(hops), revived, false});
  }
  // At least so many hops: which keep comes first is not said.
  void kept_by_link_at_least(const Role& role, std::uint64_t hops) {
    expectation_.kept.push_back({role.trace_id, "link", "either", static_cast<std::uint32_t>(hops), false, true});
  }
  void lost_after_seal(const Role& role, std::string_view direction, std::uint64_t hops) {
    expectation_.lost.push_back({role.trace_id, "keep_after_seal", direction, static_cast<std::uint32_t>(hops)});
  }
  void fact(std::string name, std::uint64_t count) { expectation_.facts.emplace_back(std::move(name), count); }

  static SpanId span_id_of(const StoryRandom& random, const Role& role, std::uint32_t span) {
    return random.span_id(role.index << 32 | span);
  }

 private:
  Role nameless_role();

  StoryTeller& teller_;
  Expectation& expectation_;
  std::string_view service_;
  std::uint64_t role_count_ = 0;
  std::uint64_t second_ = 0;
};

// A trace of one second is dropped before a keep that comes in another: its spans wait kDecisionWaitSeconds.
constexpr bool is_dropped_before(std::uint64_t second, std::uint64_t keep_second) {
  return second + kDecisionWaitSeconds <= keep_second;
}

}  // namespace entail::cli
