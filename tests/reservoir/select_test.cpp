// Filling the strata (docs/design.md 4.3), compared with the oracle over random spans, and case by case.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "reservoir/link_sample.hpp"
#include "tests/reservoir/naive_sample.hpp"

namespace entail::reservoir {
namespace {

using context::Identity;
using naive::IdFamily;
using naive::Link;

const TruncatedLinks& sample(LinkSampler& sampler, const std::vector<Link>& links, std::uint32_t k,
                             std::uint64_t seed) {
  sampler.begin(k, seed, links.size());
  for (std::uint32_t i = 0; i < links.size(); ++i) {
    if (links[i].identity == Identity::good)
      sampler.add_good(links[i].trace_id, links[i].span_id, links[i].randomness, i, i, 1);
    else
      sampler.add_other(links[i].identity, i, i, 1);
  }
  return sampler.finish(naive::ids_of(links));
}

// A caller's view of a span: its pinned links from the edges, in any order, and the counts of the other strata.
struct Caller {
  std::vector<PinnedLink> pinned;
  std::uint64_t open_received = 0;
  std::uint64_t closed_received = 0;

  Caller(const std::vector<Link>& links, std::uint64_t seed, const std::function<TargetState(TraceId)>& target,
         std::mt19937_64& random) {
    for (const std::uint32_t i : naive::Sample(links, 1, seed).candidates) {
      const Link& link = links[i];
      const TargetState state = target(link.trace_id);
      if (state == TargetState::open) ++open_received;
      if (state == TargetState::closed) ++closed_received;
      if (state == TargetState::origin || state == TargetState::reached)
        pinned.push_back({i, link.trace_id, link.span_id, consistent_key(link.randomness, naive::hash_of(link, seed)),
                          state == TargetState::origin});
    }
    std::shuffle(pinned.begin(), pinned.end(), random);
  }
};

void expect_stratum(const Selection::Stratum& actual, const Selection::Stratum& expected, const char* name) {
  EXPECT_EQ(actual.received, expected.received) << name;
  EXPECT_EQ(actual.emitted, expected.emitted) << name;
}

void expect_equal(const Selection& selection, const naive::Choice& expected) {
  std::vector<std::uint32_t> indices;
  std::set<std::uint32_t> restored;
  for (const Chosen& chosen : selection.links) {
    indices.push_back(chosen.index);
    ASSERT_NE(chosen.saved == nullptr, chosen.restored == nullptr);
    ASSERT_EQ(chosen.index, chosen.saved != nullptr ? chosen.saved->index : chosen.restored->index);
    if (chosen.restored != nullptr) restored.insert(chosen.index);
  }
  ASSERT_EQ(indices, std::vector<std::uint32_t>(expected.emitted.begin(), expected.emitted.end()));
  ASSERT_EQ(restored, expected.restored);
  ASSERT_EQ(selection.emitted, expected.emitted.size());
  ASSERT_EQ(selection.restored, expected.restored.size());
  expect_stratum(selection.pinned, expected.pinned, "pinned");
  expect_stratum(selection.open, expected.open, "open");
  expect_stratum(selection.closed, expected.closed, "closed");
}

TEST(Select, MatchesTheNaiveSelection) {
  std::mt19937_64 random(31);
  LinkSampler sampler;
  for (int round = 0; round < 3000; ++round) {
    const IdFamily family = naive::kIdFamilies[random() % naive::kIdFamilies.size()];
    std::vector<Link> links;
    const std::size_t count = 1 + random() % 120;
    const std::uint64_t bad_share = random() % 3 == 0 ? 6 : 1;
    for (std::size_t i = 0; i < count; ++i) {
      Link link = naive::make_link(family, i, random);
      if (random() % 4 == 0 && !links.empty()) link.trace_id = links[random() % links.size()].trace_id;
      if (random() % 8 == 0 && !links.empty()) link = links[random() % links.size()];
      if (random() % 10 == 0) link.randomness = random() & 0xffffffffffffff;
      if (random() % 10 < bad_share) link.identity = static_cast<Identity>(1 + random() % 4);
      links.push_back(link);
    }
    const auto k = static_cast<std::uint32_t>(1 + random() % 40);
    const std::uint64_t seed = random();
    std::map<TraceId, TargetState> states;
    std::array<std::uint64_t, 4> weights;  // swarm testing: any stratum may be absent, or the only one
    for (auto& weight : weights) weight = random() % 3 == 0 ? 0 : 1 + random() % 9;
    if (weights[0] + weights[1] + weights[2] + weights[3] == 0) weights[2] = 1;
    std::discrete_distribution<int> any({static_cast<double>(weights[0]), static_cast<double>(weights[1]),
                                         static_cast<double>(weights[2]), static_cast<double>(weights[3])});
    for (const Link& link : links) states.emplace(link.trace_id, static_cast<TargetState>(any(random)));
    const auto target = [&](TraceId trace) { return states.at(trace); };

    const Caller caller(links, seed, target, random);
    const TruncatedLinks& truncated = sample(sampler, links, k, seed);
    const Selection selection =
        select(truncated, k, caller.pinned, target, caller.open_received, caller.closed_received);
    expect_equal(selection, naive::choose(links, k, seed, target));
    if (HasFailure()) FAIL() << "round " << round;

    // G3 for links: what 4.4 promises about the counts.
    ASSERT_EQ(selection.emitted, std::min<std::uint64_t>(k, truncated.received - truncated.duplicates));
    ASSERT_EQ(selection.pinned.received + selection.open.received + selection.closed.received,
              truncated.received - truncated.duplicates - truncated.malformed);
    const std::uint64_t in_strata = selection.pinned.emitted + selection.open.emitted + selection.closed.emitted;
    ASSERT_LE(in_strata, selection.emitted);
    // No link to an origin is dropped while a link to a non-origin is emitted.
    const auto origins = static_cast<std::uint64_t>(
        std::count_if(caller.pinned.begin(), caller.pinned.end(), [](const PinnedLink& link) { return link.origin; }));
    std::uint64_t emitted_origins = 0;
    for (const Chosen& chosen : selection.links) {
      const Link& link = links[chosen.index];
      emitted_origins += link.identity == Identity::good && states.at(link.trace_id) == TargetState::origin;
    }
    ASSERT_TRUE(emitted_origins == origins || emitted_origins == selection.emitted);
  }
}

// One span of good links with a known position in each sketch: H and R are chosen directly.
struct HandMade {
  TruncatedLinks truncated;
  std::map<TraceId, TargetState> states;

  void add(std::uint32_t index, TargetState target, std::uint64_t inverse_randomness, std::uint64_t hash,
           bool in_uniform, bool in_consistent) {
    SavedLink link;
    link.index = index;
    link.trace_id = {1, index + 1};
    link.span_id = {index + 1};
    link.key = {inverse_randomness, hash};
    link.in_uniform = in_uniform;
    link.in_consistent = in_consistent;
    truncated.saved.push_back(link);
    ++truncated.received;
    states[link.trace_id] = target;
  }
  void add_other(std::uint32_t index, Identity identity) {
    SavedLink link;
    link.index = index;
    link.identity = identity;
    truncated.saved.push_back(link);
    ++truncated.received;
    ++(identity == Identity::null_target ? truncated.null_target : truncated.malformed);
  }
  std::vector<std::uint32_t> chosen(std::uint32_t k, const std::vector<PinnedLink>& pinned = {}) const {
    const Selection selection = select(truncated, k, pinned, [this](TraceId trace) { return states.at(trace); }, 0, 0);
    std::vector<std::uint32_t> indices;
    for (const Chosen& link : selection.links) indices.push_back(link.index);
    return indices;
  }
};

using Indices = std::vector<std::uint32_t>;

// C yields 3, 2, 1, 0; U yields 0, 1, 2, 3: alternately, C first, skipping links already chosen.
TEST(Select, ReadsSketchesAlternately_ConsistentFirst) {
  HandMade span;
  for (std::uint32_t i = 0; i < 4; ++i) span.add(i, TargetState::open, 10 - i, i, true, true);
  EXPECT_EQ(span.chosen(1), (Indices{3}));
  EXPECT_EQ(span.chosen(2), (Indices{0, 3}));
  EXPECT_EQ(span.chosen(3), (Indices{0, 2, 3}));
  EXPECT_EQ(span.chosen(4), (Indices{0, 1, 2, 3}));
}

// When one sketch is exhausted, the other continues; a link in both is taken once.
TEST(Select, SkipsAnExhaustedSketch) {
  HandMade span;
  span.add(0, TargetState::open, 1, 9, false, true);
  span.add(1, TargetState::open, 2, 1, true, true);
  span.add(2, TargetState::open, 3, 2, true, false);
  span.add(3, TargetState::open, 4, 3, true, false);
  EXPECT_EQ(span.chosen(1), (Indices{0}));
  EXPECT_EQ(span.chosen(2), (Indices{0, 1}));
  EXPECT_EQ(span.chosen(3), (Indices{0, 1, 2}));
  EXPECT_EQ(span.chosen(4), (Indices{0, 1, 2, 3}));
}

TEST(Select, FillsStrataInOrder) {
  HandMade span;
  span.add_other(0, Identity::bad_hex);
  span.add_other(1, Identity::null_target);
  span.add(2, TargetState::closed, 0, 0, true, true);
  span.add(3, TargetState::open, 5, 5, true, true);
  span.add_other(4, Identity::wrong_length);
  span.add_other(5, Identity::null_target);
  EXPECT_EQ(span.chosen(1), (Indices{3}));
  EXPECT_EQ(span.chosen(2), (Indices{2, 3}));
  EXPECT_EQ(span.chosen(3), (Indices{1, 2, 3}));
  EXPECT_EQ(span.chosen(4), (Indices{1, 2, 3, 5}));
  EXPECT_EQ(span.chosen(5), (Indices{0, 1, 2, 3, 5}));
  EXPECT_EQ(span.chosen(6), (Indices{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(span.chosen(7), (Indices{0, 1, 2, 3, 4, 5}));
}

// More pinned links than places: origins by C, then reached by C; the bytes are the saved ones, else from the edge.
TEST(Select, PlacesOriginsBeforeReached) {
  HandMade span;
  span.add(0, TargetState::reached, 0, 0, true, true);
  span.add(1, TargetState::open, 0, 1, true, true);
  span.truncated.received = 100;
  span.states[{1, 51}] = TargetState::origin;
  span.states[{1, 52}] = TargetState::origin;
  const std::vector<PinnedLink> pinned = {
      {0, {1, 1}, {1}, {0, 0}, false}, {50, {1, 51}, {51}, {9, 9}, true}, {51, {1, 52}, {52}, {8, 8}, true}};
  EXPECT_EQ(span.chosen(1, pinned), (Indices{51}));
  EXPECT_EQ(span.chosen(2, pinned), (Indices{50, 51}));
  EXPECT_EQ(span.chosen(3, pinned), (Indices{0, 50, 51}));
  EXPECT_EQ(span.chosen(4, pinned), (Indices{0, 1, 50, 51}));

  const Selection selection =
      select(span.truncated, 3, pinned, [&](TraceId trace) { return span.states.at(trace); }, 1, 0);
  EXPECT_EQ(selection.links[0].saved, &span.truncated.saved[0]);
  EXPECT_EQ(selection.links[1].restored, &pinned[1]);
  EXPECT_EQ(selection.links[2].restored, &pinned[2]);
  EXPECT_EQ(selection.restored, 2u);
  EXPECT_EQ(selection.pinned.received, 3u);
  EXPECT_EQ(selection.pinned.emitted, 3u);
}

// A saved link to an origin that the caller did not list is still pinned, never open or closed.
TEST(Select, PinsASavedOriginTheCallerDidNotList) {
  HandMade span;
  span.add(0, TargetState::open, 0, 0, true, true);
  span.add(1, TargetState::origin, 7, 7, true, true);
  EXPECT_EQ(span.chosen(1), (Indices{1}));
  const Selection selection = select(span.truncated, 2, {}, [&](TraceId trace) { return span.states.at(trace); }, 1, 0);
  EXPECT_EQ(selection.pinned.received, 1u);
  EXPECT_EQ(selection.pinned.emitted, 1u);
  EXPECT_EQ(selection.open.emitted, 1u);
  EXPECT_EQ(selection.restored, 0u);
}

// Inconsistent counts: never more than k links, never more than there are.
TEST(Select, NeverExceedsTheBudget_ForInconsistentInput) {
  HandMade span;
  for (std::uint32_t i = 0; i < 10; ++i) span.add(i, TargetState::open, i, i, true, true);
  std::vector<PinnedLink> pinned;
  for (std::uint32_t i = 20; i < 60; ++i) pinned.push_back({i, {1, i + 1}, {i + 1}, {i, i}, false});
  EXPECT_EQ(span.chosen(5, pinned), (Indices{20, 21, 22, 23, 24}));
  span.truncated.duplicates = 7;
  EXPECT_EQ(span.chosen(5, pinned).size(), 3u);
  span.truncated.duplicates = 11;
  EXPECT_EQ(span.chosen(5, pinned).size(), 0u);
}

TEST(Select, SelectsNothing_FromNoLinks) {
  const Selection selection = select({}, 128, {}, [](TraceId) { return TargetState::open; }, 0, 0);
  EXPECT_TRUE(selection.links.empty());
  EXPECT_EQ(selection.emitted, 0u);
}

// 37 of a million links lead to origins that were unknown when the span was truncated.
TEST(Select, EmitsEveryOrigin_AmongAMillionLinks) {
  constexpr std::size_t kCount = 1'000'000;
  constexpr std::uint32_t kBudget = 128;
  std::mt19937_64 random(32);
  std::vector<Link> links = naive::make_links(IdFamily::random, kCount, random);
  for (std::size_t i = 0; i < 5000; ++i) links[i * 200 + 1].identity = Identity::bad_hex;
  std::set<TraceId> origins;
  while (origins.size() < 37) origins.insert(links[random() % (kCount / 2) * 2].trace_id);
  const auto target = [&](TraceId trace) { return origins.count(trace) > 0 ? TargetState::origin : TargetState::open; };
  LinkSampler sampler;
  const TruncatedLinks& truncated = sample(sampler, links, kBudget, 0);
  const Caller caller(links, 0, target, random);
  const Selection selection =
      select(truncated, kBudget, caller.pinned, target, caller.open_received, caller.closed_received);
  expect_equal(selection, naive::choose(links, kBudget, 0, target));
  EXPECT_EQ(selection.emitted, 128u);
  EXPECT_EQ(selection.pinned.emitted, 37u);
  EXPECT_EQ(selection.pinned.received, 37u);
  EXPECT_EQ(selection.open.emitted, 91u);
  EXPECT_EQ(selection.open.received, kCount - 5000 - 37);
}

}  // namespace
}  // namespace entail::reservoir
