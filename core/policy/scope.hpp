// What the file of a policy type sees of the compiler while it checks and compiles one policy: the options, a place to
// report errors to, and the tests, bits and conditions that a policy can be made of. docs/design.md 7 says why a trace
// is a few words: a test of spans sets a bit, a test of traces reads the folded facts.
//
// Thread rule: Confined. Allocates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entail/options.hpp"
#include "policy/compiled.hpp"
#include "policy/type.hpp"

namespace entail::policy {

class Compiler;

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

// is_new: no other policy has this condition, so its test has to be added.
struct NewBit {
  unsigned bit = 0;
  bool is_new = false;
};

class Scope {
 public:
  // path, where: of the policy, in the options and in messages.
  Scope(Compiler& compiler, const Type& type, std::string path, std::string where, std::size_t depth, bool rows_hold)
      : compiler_(compiler),
        type_(type),
        path_(std::move(path)),
        where_(std::move(where)),
        depth_(depth),
        rows_hold_(rows_hold) {}

  const Options& options() const noexcept;
  bool is_compat() const noexcept { return options().compat == Compat::collector; }
  // All values are within the bounds of their rows.
  bool rows_hold() const noexcept { return rows_hold_; }

  // About an option of the type, or one item of its list.
  void error(std::string_view key, const std::string& text);
  void error(std::string_view key, std::size_t item, const std::string& text);
  void warning(std::string_view key, const std::string& text);
  void warning(std::string_view key, std::size_t item, const std::string& text);
  // An OTTL condition that does not compile, with a caret under the place.
  void condition_error(std::string_view key, std::size_t item, std::string_view condition, const ottl::Fault& fault);

  // The bit of a question about spans. Equal questions share it, such as the same service.name in ten policies.
  NewBit bit_of(const QuestionKey& question);
  unsigned own_bit();
  // Tests that set a bit.
  void add_span_test(SpanTest test);
  void add_fold_test(FoldTest test);
  void add_attribute_test(std::string_view key, AttributeTest test, unsigned bit);
  void add_attribute_test(std::string_view key, AttributeTest::Kind kind, ottl::StringMatcher matcher, unsigned bit);
  void add_status_test(unsigned mask, unsigned bit);
  void add_sampled_flag_test(unsigned bit);
  void add_link_type_test(ottl::StringMatcher types, unsigned bit);
  // False if all conditions together name too many attributes.
  bool add_ottl(OttlList list);
  // Fills Facts::links, Facts::size and Facts::randomness_min.
  void count_links();
  void read_sizes();
  void read_randomness();

  // Conditions, by their index in the tree.
  std::uint32_t add(const Condition& condition);
  std::uint32_t add_bit(unsigned bit, bool invert = false);
  std::uint32_t add_bit_unless(unsigned bit, unsigned error_bit);
  std::uint32_t add_test(TraceTest test);
  // With how close a trace came for which it does not hold.
  std::uint32_t add_test(TraceTest test, DistanceTest distance);
  void set_distance(std::uint32_t condition, DistanceTest distance);
  // The distance of a condition that asks for a number in a range, both bounds inclusive.
  void set_number_distance(std::uint32_t condition, std::string_view key, std::int64_t min, std::int64_t max);
  std::uint32_t add_bucket(Bucket bucket);
  std::uint32_t add_children(Condition::Kind kind, const std::vector<Compiled>& parts);
  std::uint32_t add_composite(SecondBudget budget, const std::vector<Compiled>& parts);
  // The policy's parts, in configuration order or in this order.
  std::vector<Compiled> add_parts(const PolicyOptions& policy);
  std::vector<Compiled> add_parts(const PolicyOptions& policy, const std::vector<std::size_t>& order);

 private:
  std::string path_of(std::string_view key) const;
  std::string text_of(std::string_view key, const std::string& text) const;
  std::uint32_t stateful_bit();

  Compiler& compiler_;
  const Type& type_;
  std::string path_;
  std::string where_;
  std::size_t depth_;
  bool rows_hold_;
};

}  // namespace entail::policy
