#include "reservoir/link_sample.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace entail::reservoir {
namespace {

SavedLink saved_link(const Candidate& link) noexcept {
  SavedLink saved;
  saved.index = link.index;
  saved.trace_id = link.trace_id;
  saved.span_id = link.span_id;
  saved.key = link.key;
  saved.offset = link.offset;
  saved.size = link.size;
  return saved;
}

}  // namespace

void LinkSampler::begin(std::uint32_t k, std::uint64_t seed, std::size_t link_count) {
  k_ = k;
  seed_ = seed;
  own_randomness_ = false;
  seen_.begin(link_count);
  uniform_.begin(k);
  consistent_.begin(k);
  waiting_.clear();
  duplicate_indices_.clear();
  truncated_.received = truncated_.malformed = truncated_.null_target = truncated_.duplicates = 0;
  truncated_.threshold_uniform.reset();
  truncated_.threshold_consistent.reset();
  truncated_.saved.clear();
}

void LinkSampler::add_candidate(const Candidate& link) {
  uniform_.add(link);
  if (own_randomness_) {
    waiting_.push_back(link);
  } else {
    consistent_.add(link);
  }
}

// Both are in order of arrival.
void LinkSampler::add_waiting() {
  auto duplicate = duplicate_indices_.begin();
  for (const Candidate& link : waiting_) {
    while (duplicate != duplicate_indices_.end() && *duplicate < link.index) ++duplicate;
    if (duplicate == duplicate_indices_.end() || *duplicate != link.index) consistent_.add(link);
  }
}

void LinkSampler::add_other(context::Identity identity, std::uint32_t index, std::uint32_t offset, std::uint32_t size) {
  ENTAIL_DCHECK(identity != context::Identity::good);
  std::uint64_t& count = identity == context::Identity::null_target ? truncated_.null_target : truncated_.malformed;
  if (count++ >= k_) return;
  SavedLink saved;
  saved.index = index;
  saved.identity = identity;
  saved.offset = offset;
  saved.size = size;
  truncated_.saved.push_back(saved);
}

const TruncatedLinks& LinkSampler::finish(const IdsOf& ids) {
  seen_.find_duplicates(ids, duplicate_indices_);
  add_waiting();
  uniform_.settle();
  consistent_.settle();
  truncated_.received = seen_.size() + truncated_.null_target + truncated_.malformed;
  truncated_.duplicates = duplicate_indices_.size();
  truncated_.threshold_uniform = uniform_.first_excluded();
  truncated_.threshold_consistent = consistent_.first_excluded();
  save_sketches();
  return truncated_;
}

// A link that both sketches hold is saved once.
void LinkSampler::save_sketches() {
  std::vector<SavedLink>& saved = truncated_.saved;
  const auto by_index = [](const SavedLink& a, const SavedLink& b) { return a.index < b.index; };
  const std::size_t others = saved.size();
  for (const Candidate& link : uniform_.members()) {
    saved.push_back(saved_link(link));
    saved.back().in_uniform = true;
  }
  std::sort(saved.begin() + static_cast<std::ptrdiff_t>(others), saved.end(), by_index);
  const std::size_t uniform_end = saved.size();
  for (const Candidate& link : consistent_.members()) {
    const SavedLink entry = saved_link(link);
    const auto begin = saved.begin() + static_cast<std::ptrdiff_t>(others);
    const auto end = saved.begin() + static_cast<std::ptrdiff_t>(uniform_end);
    const auto found = std::lower_bound(begin, end, entry, by_index);
    if (found != end && found->index == entry.index) {
      found->in_consistent = true;
      continue;
    }
    saved.push_back(entry);
    saved.back().in_consistent = true;
  }
  std::sort(saved.begin(), saved.end(), by_index);
}

std::size_t LinkSampler::held_bytes() const noexcept {
  return sizeof *this + seen_.held_bytes() + uniform_.held_bytes() + consistent_.held_bytes() +
         waiting_.capacity() * sizeof(Candidate) + duplicate_indices_.capacity() * sizeof(std::uint32_t) +
         truncated_.saved.capacity() * sizeof(SavedLink);
}

void LinkSampler::release() noexcept {
  seen_.release();
  waiting_ = std::vector<Candidate>();
  duplicate_indices_ = std::vector<std::uint32_t>();
}

}  // namespace entail::reservoir
