#include "report/name_table.hpp"

#include "output/shown_text.hpp"

namespace entail::cli::report {

NameTable::NameTable() : names_{"", "(more names than a report holds)"} {}

NameId NameTable::number(std::string_view text) {
  if (text.empty()) return kNone;
  if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  std::string shown = shown_text(text, kNameBytesMax);
  if (const auto known = numbers_.find(shown); known != numbers_.end()) return known->second;
  if (full()) return kOther;
  if (free_.empty()) {
    names_.emplace_back();
    free_.push_back(static_cast<NameId>(names_.size() - 1));
  }
  const NameId name = free_.back();
  free_.pop_back();
  names_[name] = std::move(shown);
  numbers_.emplace(names_[name], name);
  return name;
}

void NameTable::release_unused(const std::vector<bool>& used) {
  std::erase_if(numbers_, [&](const auto& known) {
    if (used[known.second]) return false;
    free_.push_back(known.second);
    return true;
  });
  // Only now: the keys were views of these texts.
  for (const NameId name : free_) std::string().swap(names_[name]);
}

}  // namespace entail::cli::report
