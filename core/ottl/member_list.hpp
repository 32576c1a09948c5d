// The members of a map that a converter makes. Of a key that comes again the last value counts, in the place of the
// first.
// Thread rule: Confined. Cost: constant for each member.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "ottl/value.hpp"

namespace entail::ottl {

class MemberList {
 public:
  // The key's text must outlive the list.
  void put(std::string_view key, const Value& value) {
    const auto [place, is_new] = places_.try_emplace(key, pairs_.size() + 1);
    if (is_new) {
      pairs_.push_back(Value::of_text(key));
      pairs_.push_back(value);
    } else {
      pairs_[place->second] = value;
    }
  }
  const std::vector<Value>& pairs() const noexcept { return pairs_; }

 private:
  std::vector<Value> pairs_;
  std::unordered_map<std::string_view, std::size_t> places_;  // of the values
};

}  // namespace entail::ottl
