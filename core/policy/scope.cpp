#include "policy/scope.hpp"

#include <algorithm>
#include <numeric>

#include "option/nearest.hpp"
#include "policy/compiler.hpp"

namespace entail::policy {

const Options& Scope::options() const noexcept { return compiler_.options_; }

std::string Scope::path_of(std::string_view key) const {
  return path_ + "." + std::string(type_.name) + "." + std::string(key);
}
std::string Scope::text_of(std::string_view key, const std::string& text) const {
  return where_ + ": " + std::string(type_.name) + "." + std::string(key) + ": " + text;
}

void Scope::error(std::string_view key, const std::string& text) {
  compiler_.findings_.error(path_of(key), text_of(key, text));
}
void Scope::error(std::string_view key, std::size_t item, const std::string& text) {
  compiler_.findings_.error(path_of(key) + "[" + std::to_string(item) + "]", text_of(key, text));
}
void Scope::warning(std::string_view key, const std::string& text) {
  compiler_.findings_.warning(path_of(key), text_of(key, text));
}
void Scope::warning(std::string_view key, std::size_t item, const std::string& text) {
  compiler_.findings_.warning(path_of(key) + "[" + std::to_string(item) + "]", text_of(key, text));
}

void Scope::condition_error(std::string_view key, std::size_t item, std::string_view condition,
                            const ottl::Fault& fault) {
  const std::string hint = fault.candidates.empty() ? "" : option::suggestion(fault.word, fault.candidates);
  compiler_.findings_.error(path_of(key) + "[" + std::to_string(item) + "]",
                            text_of(key, fault.text + hint + "\n" + option::caret_lines(condition, fault.offset)),
                            fault.offset);
}

NewBit Scope::bit_of(const QuestionKey& question) {
  auto& bits = compiler_.bits_;
  const auto [place, is_new] = bits.try_emplace(question.text(), static_cast<unsigned>(bits.size()));
  if (is_new && place->second == kBitsMax)
    compiler_.findings_.error(path_, where_ + ": with this policy, there are more than " + std::to_string(kBitsMax) +
                                         " different conditions on spans");
  return {std::min(place->second, kBitsMax - 1), is_new && place->second < kBitsMax};
}

unsigned Scope::own_bit() {
  return bit_of(QuestionKey("own").with(static_cast<std::int64_t>(compiler_.bits_.size()))).bit;
}

void Scope::add_span_test(SpanTest test) { compiler_.out_.span_tests.push_back(std::move(test)); }
void Scope::add_fold_test(FoldTest test) { compiler_.out_.fold_tests.push_back(std::move(test)); }

void Scope::add_attribute_test(std::string_view key, AttributeTest test, unsigned bit) {
  test.bit = bit;
  compiler_.out_.attributes.add(key, test);
}
void Scope::add_attribute_test(std::string_view key, AttributeTest::Kind kind, ottl::StringMatcher matcher,
                               unsigned bit) {
  AttributeTest test;
  test.kind = kind;
  test.matcher = compiler_.out_.attributes.add_matcher(std::move(matcher));
  add_attribute_test(key, test, bit);
}

void Scope::add_status_test(unsigned mask, unsigned bit) {
  for (unsigned code = 0; code < kStatusCodeCount; ++code)
    if (((mask >> code) & 1) != 0) set_bit(compiler_.out_.status_bits[code], bit);
}
void Scope::add_sampled_flag_test(unsigned bit) { set_bit(compiler_.out_.sampled_flag_bits, bit); }
void Scope::add_link_type_test(ottl::StringMatcher types, unsigned bit) {
  compiler_.out_.link_type_tests.push_back({std::move(types), bit});
}
bool Scope::add_ottl(OttlList list) { return compiler_.out_.ottl.add(std::move(list)); }
void Scope::count_links() { compiler_.out_.counts_links = true; }
void Scope::read_sizes() { compiler_.out_.reads_sizes = true; }
void Scope::read_randomness() { compiler_.out_.reads_randomness = true; }

std::uint32_t Scope::add(const Condition& condition) {
  std::vector<Condition>& conditions = compiler_.out_.tree.conditions;
  conditions.push_back(condition);
  return static_cast<std::uint32_t>(conditions.size() - 1);
}
std::uint32_t Scope::add_bit(unsigned bit, bool invert) {
  return add({.kind = invert ? Condition::Kind::bit_missing : Condition::Kind::bit, .index = bit});
}
std::uint32_t Scope::add_bit_unless(unsigned bit, unsigned error_bit) {
  return add({.kind = Condition::Kind::bit_unless, .index = bit, .count = error_bit});
}
std::uint32_t Scope::add_test(TraceTest test) {
  std::vector<TraceTest>& tests = compiler_.out_.tree.tests;
  tests.push_back(std::move(test));
  return add({.kind = Condition::Kind::test, .index = static_cast<std::uint32_t>(tests.size() - 1)});
}

std::uint32_t Scope::add_test(TraceTest test, DistanceTest distance) {
  const std::uint32_t condition = add_test(std::move(test));
  set_distance(condition, std::move(distance));
  return condition;
}
void Scope::set_distance(std::uint32_t condition, DistanceTest distance) {
  std::vector<DistanceTest>& distances = compiler_.out_.tree.distances;
  if (distances.size() <= condition) distances.resize(condition + 1);
  distances[condition] = std::move(distance);
}

void Scope::set_number_distance(std::uint32_t condition, std::string_view key, std::int64_t min, std::int64_t max) {
  const std::optional<unsigned> index = compiler_.out_.near_numbers.add(key, min, max);
  if (!index) return;
  set_distance(condition, [index = *index, min, max](const Missed& missed) -> std::optional<Distance> {
    if (missed.near_numbers.size() <= index) return std::nullopt;
    const auto near = NearNumbers::near({min, max}, missed.near_numbers[index]);
    if (!near) return std::nullopt;
    const std::string bound = std::to_string(near->bound);
    return Distance{near->value, static_cast<double>(near->bound),
                    number_text(near->value) + (near->is_below ? " of " : ", above ") + bound};
  });
}

std::uint32_t Scope::stateful_bit() {
  if (compiler_.stateful_count_ == kStatefulMax)
    compiler_.findings_.error(path_, where_ + ": with this policy, there are more than " +
                                         std::to_string(kStatefulMax) +
                                         " rate_limiting, bytes_limiting and composite policies");
  return std::min(compiler_.stateful_count_++, kStatefulMax - 1);
}
std::uint32_t Scope::add_bucket(Bucket bucket) {
  std::vector<Bucket>& buckets = compiler_.out_.buckets;
  buckets.push_back(bucket);
  return add({.kind = Condition::Kind::bucket,
              .index = static_cast<std::uint32_t>(buckets.size() - 1),
              .evaluated_bit = stateful_bit()});
}

std::uint32_t Scope::add_children(Condition::Kind kind, const std::vector<Compiled>& parts) {
  std::vector<std::uint32_t>& children = compiler_.out_.tree.children;
  const auto first = static_cast<std::uint32_t>(children.size());
  for (const Compiled& part : parts) children.push_back(part.condition);
  return add({.kind = kind, .index = first, .count = static_cast<std::uint32_t>(parts.size())});
}
std::uint32_t Scope::add_composite(SecondBudget budget, const std::vector<Compiled>& parts) {
  std::vector<SecondBudget>& budgets = compiler_.out_.budgets;
  budgets.push_back(std::move(budget));
  const std::uint32_t index = add_children(Condition::Kind::composite, parts);
  Condition& condition = compiler_.out_.tree.conditions[index];
  condition.budget = static_cast<std::uint32_t>(budgets.size() - 1);
  condition.evaluated_bit = stateful_bit();
  std::vector<bool>& names_error = compiler_.out_.tree.error_parts.emplace_back();
  for (const Compiled& part : parts) names_error.push_back(part.traits.matches_error);
  return index;
}

std::vector<Compiled> Scope::add_parts(const PolicyOptions& policy) {
  std::vector<std::size_t> order(policy.parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  return add_parts(policy, order);
}

std::vector<Compiled> Scope::add_parts(const PolicyOptions& policy, const std::vector<std::size_t>& order) {
  std::vector<Compiled> parts;
  if (depth_ + 1 > kPartsDepthMax) return parts;  // an error, reported already
  for (const std::size_t index : order) {
    const PolicyOptions& part = policy.parts[index];
    const std::string name = part.name.empty() ? std::to_string(index + 1) : "'" + part.name + "'";
    parts.push_back(compiler_.add(part, path_of(type_.parts_key) + "[" + std::to_string(index) + "]",
                                  where_ + ", part " + name, depth_ + 1));
  }
  return parts;
}

}  // namespace entail::policy
