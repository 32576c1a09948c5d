// The link sample as docs/design.md 4 defines it, with sorts and maps over all links of a span: the oracle of these
// tests. It shares no code with the room, not even the hash. Never linked outside the tests.
#pragma once

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "context/identity.hpp"
#include "entail/types.hpp"
#include "reservoir/link_sample.hpp"

namespace entail::reservoir::naive {

using Ids = std::pair<TraceId, SpanId>;
using Consistent = std::pair<std::uint64_t, std::uint64_t>;  // 2^56 - 1 - R, H

struct Link {
  context::Identity identity = context::Identity::good;
  TraceId trace_id;
  SpanId span_id;
  std::uint64_t randomness = 0;
  Ids ids() const { return {trace_id, span_id}; }
};

// As LinkSampler::finish() requests them.
inline IdsOf ids_of(const std::vector<Link>& links) {
  return [&links](std::uint32_t index) { return LinkIds{links[index].trace_id, links[index].span_id}; };
}

inline std::uint64_t hash_of(const Link& link, std::uint64_t seed) {
  std::array<unsigned char, 24> bytes;
  const std::array<std::uint64_t, 3> words = {link.trace_id.hi, link.trace_id.lo, link.span_id.value};
  for (unsigned i = 0; i < 24; ++i) bytes[i] = static_cast<unsigned char>(words[i / 8] >> (56 - 8 * (i % 8)));
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

inline Consistent consistent_of(const Link& link, std::uint64_t seed) {
  return {0xffffffffffffff - link.randomness, hash_of(link, seed)};
}

// The result for one span, k and seed.
struct Sample {
  std::uint64_t good = 0, malformed = 0, null_target = 0, duplicates = 0;
  std::vector<std::uint32_t> candidates;  // good, without duplicates, in arrival order
  std::vector<std::uint32_t> duplicate_indices;
  std::vector<std::uint32_t> uniform;     // U, ascending H
  std::vector<std::uint32_t> consistent;  // C, ascending key
  std::optional<std::uint64_t> threshold_uniform;
  std::optional<Consistent> threshold_consistent;

  Sample(const std::vector<Link>& links, std::size_t k, std::uint64_t seed) {
    std::vector<std::pair<Ids, std::uint32_t>> by_ids;
    for (std::uint32_t i = 0; i < links.size(); ++i) {
      if (links[i].identity == context::Identity::good)
        by_ids.push_back({links[i].ids(), i});
      else
        ++(links[i].identity == context::Identity::null_target ? null_target : malformed);
    }
    good = by_ids.size();
    std::sort(by_ids.begin(), by_ids.end());
    for (std::size_t i = 0; i < by_ids.size(); ++i) {
      const bool is_first = i == 0 || by_ids[i].first != by_ids[i - 1].first;
      (is_first ? candidates : duplicate_indices).push_back(by_ids[i].second);
    }
    std::sort(candidates.begin(), candidates.end());
    std::sort(duplicate_indices.begin(), duplicate_indices.end());
    duplicates = duplicate_indices.size();

    std::vector<std::tuple<std::uint64_t, Ids, std::uint32_t>> by_hash;
    std::vector<std::tuple<TraceId, Consistent, Ids, std::uint32_t>> by_trace;
    for (const std::uint32_t i : candidates) {
      by_hash.emplace_back(hash_of(links[i], seed), links[i].ids(), i);
      by_trace.emplace_back(links[i].trace_id, consistent_of(links[i], seed), links[i].ids(), i);
    }
    std::sort(by_hash.begin(), by_hash.end());
    if (by_hash.size() > k) threshold_uniform = std::get<0>(by_hash[k]);
    for (std::size_t i = 0; i < std::min(k, by_hash.size()); ++i) uniform.push_back(std::get<2>(by_hash[i]));

    std::sort(by_trace.begin(), by_trace.end());
    std::vector<std::tuple<Consistent, Ids, std::uint32_t>> by_key;  // the smallest link of each trace
    for (std::size_t i = 0; i < by_trace.size(); ++i) {
      const auto& [trace, key, ids, index] = by_trace[i];
      if (i == 0 || trace != std::get<0>(by_trace[i - 1])) by_key.emplace_back(key, ids, index);
    }
    std::sort(by_key.begin(), by_key.end());
    if (by_key.size() > k) threshold_consistent = std::get<0>(by_key[k]);
    for (std::size_t i = 0; i < std::min(k, by_key.size()); ++i) consistent.push_back(std::get<2>(by_key[i]));
  }
};

struct Choice {
  std::set<std::uint32_t> emitted;
  std::set<std::uint32_t> restored;
  Selection::Stratum pinned, open, closed;
};

// docs/design.md 4.3 and 4.2: which links are emitted, given the state of each trace.
inline Choice choose(const std::vector<Link>& links, std::size_t k, std::uint64_t seed,
                     const std::function<TargetState(TraceId)>& target) {
  const Sample sample(links, k, seed);
  Choice choice;
  const std::size_t budget = std::min<std::size_t>(k, links.size() - sample.duplicates);
  const auto has_room = [&] { return choice.emitted.size() < budget; };

  for (const TargetState group : {TargetState::origin, TargetState::reached}) {
    std::vector<std::pair<std::pair<Consistent, Ids>, std::uint32_t>> members;
    for (const std::uint32_t i : sample.candidates)
      if (target(links[i].trace_id) == group) members.push_back({{consistent_of(links[i], seed), links[i].ids()}, i});
    std::sort(members.begin(), members.end());
    choice.pinned.received += members.size();
    for (const auto& [key, i] : members) {
      if (!has_room()) break;
      choice.emitted.insert(i);
      ++choice.pinned.emitted;
      const auto holds = [i](const std::vector<std::uint32_t>& list) {
        return std::find(list.begin(), list.end(), i) != list.end();
      };
      if (!holds(sample.uniform) && !holds(sample.consistent)) choice.restored.insert(i);
    }
  }
  for (const TargetState group : {TargetState::open, TargetState::closed}) {
    Selection::Stratum& stratum = group == TargetState::open ? choice.open : choice.closed;
    std::vector<std::uint32_t> queues[2];
    for (const std::uint32_t i : sample.consistent)
      if (target(links[i].trace_id) == group) queues[0].push_back(i);
    for (const std::uint32_t i : sample.uniform)
      if (target(links[i].trace_id) == group) queues[1].push_back(i);
    for (int turn = 0; has_room() && (!queues[0].empty() || !queues[1].empty()); turn = 1 - turn) {
      std::vector<std::uint32_t>& queue = queues[turn];
      while (!queue.empty() && choice.emitted.count(queue.front()) > 0) queue.erase(queue.begin());
      if (queue.empty()) continue;
      choice.emitted.insert(queue.front());
      ++stratum.emitted;
    }
    for (const std::uint32_t i : sample.candidates)
      if (target(links[i].trace_id) == group) ++stratum.received;
  }
  for (std::uint32_t i = 0; i < links.size(); ++i) {
    if (links[i].identity != context::Identity::null_target) continue;
    ++choice.closed.received;
    if (!has_room()) continue;
    choice.emitted.insert(i);
    ++choice.closed.emitted;
  }
  for (std::uint32_t i = 0; i < links.size(); ++i)
    if (links[i].identity > context::Identity::null_target && has_room()) choice.emitted.insert(i);
  return choice;
}

// Families of IDs: random ones, and structured ones that would break a weak hash or a weak order.
enum class IdFamily { random, few_traces, one_trace, sequential, zero_high_half, epoch_prefixed, all_ones };
constexpr std::array kIdFamilies = {IdFamily::random,     IdFamily::few_traces,     IdFamily::one_trace,
                                    IdFamily::sequential, IdFamily::zero_high_half, IdFamily::epoch_prefixed,
                                    IdFamily::all_ones};

inline Link make_link(IdFamily family, std::uint64_t number, std::mt19937_64& random) {
  Link link;
  link.span_id = {random() | 1};
  switch (family) {
    case IdFamily::random:
      link.trace_id = {random(), random()};
      break;
    case IdFamily::few_traces:
      link.trace_id = {7, random() % 5 * 0x9e3779b97f4a7c15 + 1};
      break;
    case IdFamily::one_trace:
      link.trace_id = {0x0123456789abcdef, 0xfedcba9876543210};
      break;
    case IdFamily::sequential:
      link.trace_id = {0, number + 1};
      link.span_id = {number + 1};
      break;
    case IdFamily::zero_high_half:
      link.trace_id = {0, random()};
      break;
    case IdFamily::epoch_prefixed:
      link.trace_id = {(0x671f0000ULL + number % 7) << 32 | (random() & 0xffffffff), random()};
      break;
    case IdFamily::all_ones:
      link.trace_id = {~std::uint64_t{0}, ~std::uint64_t{0} - number % 3};
      link.span_id = {~std::uint64_t{0} - number};
      break;
  }
  link.randomness = link.trace_id.lo & 0xffffffffffffff;
  return link;
}

inline std::vector<Link> make_links(IdFamily family, std::size_t count, std::mt19937_64& random) {
  std::vector<Link> links;
  links.reserve(count);
  for (std::size_t i = 0; i < count; ++i) links.push_back(make_link(family, i, random));
  return links;
}

}  // namespace entail::reservoir::naive
