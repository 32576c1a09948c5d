// Options to CompiledPolicies: one walk over the policies, which hands out bits and conditions and collects what is
// wrong. Equal questions about spans, such as the same service.name in ten policies, share one bit; but not those of
// OTTL, whose errors are counted policy by policy. Inside the room policy only.
// Thread rule: Confined. Allocates.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "policy/compiled.hpp"

namespace entail::policy {

constexpr unsigned kBitsMax = kBitWordsMax * 64;

// The identity of a question about spans: parts carry their length, so that no two questions look alike.
class QuestionKey {
 public:
  explicit QuestionKey(std::string_view kind) : text_(kind) {}
  QuestionKey& with(std::string_view part) {
    text_ += ':' + std::to_string(part.size()) + ':';
    text_ += part;
    return *this;
  }
  QuestionKey& with(std::int64_t part) { return with(std::to_string(part)); }
  QuestionKey& with(const std::vector<std::string>& parts) {
    for (const std::string& part : parts) with(part);
    return *this;
  }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

class Compiler {
 public:
  Compiler(const Options& options, std::vector<ConfigMessage>& errors) : options_(options), errors_(errors) {}

  CompiledPolicies run();

 private:
  void fault(const std::string& text) { errors_.push_back({0, 0, where_ + ": " + text}); }

  // The bit of a question about spans; *fresh says that nobody asked it before.
  unsigned bit_of(const QuestionKey& question, bool* fresh);
  // A bit that is shared with no other policy.
  unsigned own_bit();
  std::uint32_t push(const Condition& condition) {
    out_.tree.conditions.push_back(condition);
    return static_cast<std::uint32_t>(out_.tree.conditions.size() - 1);
  }
  std::uint32_t push_bit(unsigned bit, bool invert = false) {
    return push({.kind = invert ? Condition::Kind::bit_missing : Condition::Kind::bit, .index = bit});
  }

  // compile.cpp: conditions on their own
  std::uint32_t add_condition(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits);
  std::uint32_t add_latency(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_attribute(const PolicyOptions& policy, PolicyTraits& traits);
  ottl::StringMatcher matcher_of(const PolicyOptions& policy);
  std::uint32_t add_probabilistic(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_status(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_bucket(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_tracestate(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_trace_flags(PolicyTraits& traits);
  std::uint32_t add_count(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_link_type(const PolicyOptions& policy, PolicyTraits& traits);
  std::uint32_t add_ottl(const PolicyOptions& policy, PolicyTraits& traits);

  // compile_parts.cpp: conditions made of others, and what concerns all policies
  std::uint32_t add_parts(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits);
  std::uint32_t add_composite(const PolicyOptions& policy, PolicyTraits& traits);
  std::vector<std::uint32_t> add_children(const PolicyOptions& policy, const std::vector<std::size_t>& order,
                                          unsigned depth, std::vector<PolicyTraits>& traits);
  std::vector<std::size_t> composite_order(const PolicyOptions& policy);
  std::vector<std::uint64_t> composite_allocations(const PolicyOptions& policy, const std::vector<std::size_t>& order);
  std::uint32_t push_children(Condition condition, const std::vector<std::uint32_t>& children);
  static void join_traits(std::string_view type, const std::vector<PolicyTraits>& parts, PolicyTraits& traits);
  void choose_origins();
  void check_limits();

  const Options& options_;
  std::vector<ConfigMessage>& errors_;
  CompiledPolicies out_;
  std::map<std::string, unsigned> bits_;
  std::uint32_t stateful_count_ = 0;
  std::string where_;  // what an error is about
};

}  // namespace entail::policy
