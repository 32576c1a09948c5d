// Work that spreads and is gathered again: fan-out and fan-in, the aggregation of partial results, and event sourcing,
// where a projection is derived from every event.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

enum class Failing : std::uint8_t { first, middle, last };

// Of three words in the order of the work: its begin, one of the many in the middle, its end.
Failing failing_of(const std::string& word, std::string_view first, std::string_view last) {
  return word == first ? Failing::first : word == last ? Failing::last : Failing::middle;
}

Status error_if(bool fails) { return fails ? Status::error : Status::unset; }

std::string configure_fan_out(const Flags& flags, StoryConfig& config) {
  config.component = flags.word("mode") == "component";
  config.leave_room_for(flags.count("workers") + 1, flags.count("workers") + 2);
  return {};
}

void expect_fan_out(Scene& scene, const StoryConfig& config, Failing fails, std::uint64_t failing, const Role& request,
                    const std::vector<Role>& workers, const Role& result) {
  if (fails == Failing::middle) {
    scene.kept_by_policy(workers[failing]);
    scene.kept_by_link(request, "linked", 1);
    scene.kept_by_link(result, "linking", 1);
  } else {
    scene.kept_by_policy(fails == Failing::first ? request : result);
    scene.kept_by_link(fails == Failing::first ? result : request, fails == Failing::first ? "linking" : "linked", 1);
  }
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (fails == Failing::first) scene.kept_by_link(workers[i], "linking", 1);
    if (fails == Failing::last) scene.kept_by_link(workers[i], "linked", 1);
    // Siblings share the request and the result: only a walk that turns around comes to them.
    if (fails == Failing::middle && i != failing && config.component) scene.kept_by_link(workers[i], "mixed", 2);
  }
}

void tell_fan_out(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t worker_count = flags.count("workers");
  const Failing fails = failing_of(flags.word("fails"), "request", "result");
  const std::uint64_t failing = teller.random.below(worker_count);
  Scene scene(teller);
  Role request = scene.role("request");
  std::vector<Role> workers;
  for (std::uint64_t i = 0; i < worker_count; ++i) workers.push_back(scene.role("worker", i));
  Role result = scene.role("result");

  scene.tell(request, {.service = "search",
                       .name = "GET /search",
                       .second = 1,
                       .kind = SpanKind::server,
                       .status = error_if(fails == Failing::first)});
  for (std::uint64_t i = 0; i < worker_count; ++i) {
    scene.begin(workers[i], {.service = "index",
                             .name = "search shard",
                             .second = 2,
                             .kind = SpanKind::consumer,
                             .status = error_if(fails == Failing::middle && i == failing)});
    scene.link(request, link_type::kFanoutSource, link_relationship::kTriggeredBy,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, worker_count}});
    scene.end();
  }
  scene.begin(result, {.service = "search",
                       .name = "gather results",
                       .second = 3,
                       .kind = SpanKind::consumer,
                       .status = error_if(fails == Failing::last)});
  scene.link(request, link_type::kAsyncTrigger, link_relationship::kFollowsFrom);
  for (std::uint64_t i = 0; i < worker_count; ++i) {
    scene.link(workers[i], link_type::kFaninTarget, link_relationship::kFollowsFrom,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, worker_count}});
  }
  scene.end();
  expect_fan_out(scene, config, fails, failing, request, workers, result);
}

std::string configure_aggregation(const Flags& flags, StoryConfig& config) {
  config.allow(link_relationship::kAggregates, flags.count("hops"), std::nullopt);
  config.leave_room_for(flags.count("partials"), flags.count("partials") + 2);
  return {};
}

void tell_aggregation(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  constexpr std::uint64_t kOwnSpans = 2;
  const std::uint64_t partial_count = flags.count("partials");
  const bool merge_fails = flags.word("fails") == "merge";
  const std::uint64_t failing = teller.random.below(partial_count);
  Scene scene(teller);
  std::vector<Role> partials;
  for (std::uint64_t i = 0; i < partial_count; ++i) partials.push_back(scene.role("partial", i));
  Role merge = scene.role("merge");
  Role publish = scene.role("publish");
  Role reader = scene.role("reader");

  for (std::uint64_t i = 0; i < partial_count; ++i) {
    scene.tell(partials[i],
               {.service = "stats", .name = "count", .second = 1, .status = error_if(!merge_fails && i == failing)});
  }
  // The merge comes as three spans; the last one links the two before it too. Those are no edges.
  for (std::uint64_t i = 0; i < kOwnSpans; ++i) scene.tell(merge, {.service = "stats", .name = "read", .second = 2});
  scene.begin(merge, {.service = "stats", .name = "merge", .second = 2, .status = error_if(merge_fails)});
  for (std::uint32_t i = 0; i < kOwnSpans; ++i)
    scene.link(merge, link_type::kFaninTarget, link_relationship::kAggregates, {}, i);
  for (std::uint64_t i = 0; i < partial_count; ++i) {
    scene.link(partials[i], link_type::kFaninTarget, link_relationship::kAggregates,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, partial_count}});
  }
  scene.end();
  scene.begin(publish, {.service = "reports", .name = "publish", .second = 3});
  scene.link(merge, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();
  // Another reader of a partial result that did not fail, if there is one.
  const std::uint64_t read = (failing + 1) % partial_count;
  scene.begin(reader, {.service = "alerts", .name = "check", .second = 3});
  scene.link(partials[read], link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();

  scene.fact("links_same_trace", kOwnSpans);
  if (merge_fails) {
    scene.kept_by_policy(merge);
    scene.kept_by_link(publish, "linking", 1);
    if (config.linked_hops({link_type::kFaninTarget, link_relationship::kAggregates}) == 0) return;
    for (const Role& partial : partials) scene.kept_by_link(partial, "linked", 1);
  } else {
    scene.kept_by_policy(partials[failing]);
    scene.kept_by_link(merge, "linking", 1);
    scene.kept_by_link(publish, "linking", 2);
    if (read == failing) scene.kept_by_link(reader, "linking", 1);
  }
}

std::string configure_event_sourcing(const Flags& flags, StoryConfig& config) {
  config.allow(link_relationship::kDerivedFrom, std::nullopt, flags.count("derived-hops"));
  config.leave_room_for(flags.count("events"), 2 * flags.count("events") + 2);
  return {};
}

// Who is kept when a command, an event or the projection fails. The rule for derived_from ends the way toward
// consequences: every projection is derived from every event, and every query from a projection.
void expect_events(Scene& scene, const StoryConfig& config, Failing fails, std::uint64_t failing,
                   const std::vector<Role>& commands, const std::vector<Role>& events, const Role& projection,
                   const Role& query) {
  const std::uint64_t derived_max = config.linking_hops({link_type::kEventSource, link_relationship::kDerivedFrom});
  std::uint64_t projection_hops = 0;
  if (fails == Failing::last) {
    scene.kept_by_policy(projection);
    for (const Role& event : events) scene.kept_by_link(event, "linked", 1);
    for (const Role& command : commands) scene.kept_by_link(command, "linked", 2);
  } else if (fails == Failing::middle) {
    projection_hops = 1;
    scene.kept_by_policy(events[failing]);
    scene.kept_by_link(commands[failing], "linked", 1);
  } else {
    projection_hops = 2;
    scene.kept_by_policy(commands[failing]);
    scene.kept_by_link(events[failing], "linking", 1);
  }
  if (projection_hops > derived_max) return;
  if (projection_hops > 0) scene.kept_by_link(projection, "linking", projection_hops);
  if (projection_hops + 1 <= derived_max) scene.kept_by_link(query, "linking", projection_hops + 1);
}

void tell_event_sourcing(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t event_count = flags.count("events");
  const Failing fails = failing_of(flags.word("fails"), "command", "projection");
  const std::uint64_t failing = teller.random.below(event_count);
  Scene scene(teller);
  std::vector<Role> commands;
  std::vector<Role> events;
  Role projection = scene.role("projection");
  Role query = scene.role("query");
  for (std::uint64_t i = 0; i < event_count; ++i) {
    commands.push_back(scene.role("command", i));
    events.push_back(scene.role("event", i));
  }

  for (std::uint64_t i = 0; i < event_count; ++i) {
    scene.tell(commands[i], {.service = "accounts",
                             .name = "POST /transfers",
                             .second = 1,
                             .kind = SpanKind::server,
                             .status = error_if(fails == Failing::first && i == failing)});
  }
  for (std::uint64_t i = 0; i < event_count; ++i) {
    scene.begin(events[i], {.service = "ledger",
                            .name = "append event",
                            .second = 2,
                            .kind = SpanKind::consumer,
                            .status = error_if(fails == Failing::middle && i == failing)});
    scene.link(commands[i], link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
               {{link_key::kCorrelationId, "transfer-" + std::to_string(i)}});
    scene.end();
  }
  scene.begin(projection, {.service = "balances",
                           .name = "project",
                           .second = 4,
                           .kind = SpanKind::consumer,
                           .status = error_if(fails == Failing::last)});
  for (std::uint64_t i = 0; i < event_count; ++i) {
    scene.link(events[i], link_type::kEventSource, link_relationship::kDerivedFrom,
               {{link_key::kCorrelationId, "transfer-" + std::to_string(i)}});
  }
  scene.end();
  scene.begin(query, {.service = "balances", .name = "GET /balance", .second = 5, .kind = SpanKind::server});
  scene.link(projection, link_type::kEventSource, link_relationship::kDerivedFrom);
  scene.end();
  expect_events(scene, config, fails, failing, commands, events, projection, query);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFanOutFlags = {
    {"workers", Kind::count, "4", "workers, each with its own trace", 1, 10'000, {}},
    {"fails", Kind::word, "worker", "who fails", 0, 0, {"worker", "request", "result"}},
    {"mode", Kind::word, "cone", "links.propagate.mode of the configuration", 0, 0, {"cone", "component"}},
};
const std::vector<FlagSpec> kAggregationFlags = {
    {"partials", Kind::count, "3", "partial results, each in its own trace", 1, 10'000, {}},
    {"fails", Kind::word, "partial", "what fails: one partial result, or the merge", 0, 0, {"partial", "merge"}},
    {"hops", Kind::count, "0", "links.propagate.types of the configuration: aggregates: {linked: N}", 0, 62, {}},
};
const std::vector<FlagSpec> kEventSourcingFlags = {
    {"events", Kind::count, "5", "events, each from its own command", 1, 10'000, {}},
    {"fails", Kind::word, "event", "what fails", 0, 0, {"event", "command", "projection"}},
    {"derived-hops",
     Kind::count,
     "1",
     "links.propagate.types of the configuration: derived_from: {linking: N}",
     0,
     62,
     {}},
};

}  // namespace

Scenario fan_out_scenario() {
  return {"fan-out", "a request, its workers, and the result gathered from them", kFanOutFlags, configure_fan_out,
          tell_fan_out};
}

Scenario aggregation_scenario() {
  return {"aggregation", "partial results merged by a span that links its own trace too", kAggregationFlags,
          configure_aggregation, tell_aggregation};
}

Scenario event_sourcing_scenario() {
  return {"event-sourcing", "commands, events, a projection of all events, and a query of it", kEventSourcingFlags,
          configure_event_sourcing, tell_event_sourcing};
}

}  // namespace entail::cli
