#include "report/name_table.hpp"

#include "output/shown_text.hpp"

namespace entail::cli {

NameTable::NameTable() : names_{"", "(more names than a report holds)"} {}

NameId NameTable::number(std::string_view text) {
  if (text.empty()) return kNone;
  if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  std::string shown = shown_text(text, kNameBytesMax);
  if (const auto known = numbers_.find(shown); known != numbers_.end()) return known->second;
  if (names_.size() >= kNamesMax) return kOther;
  names_.push_back(std::move(shown));
  const auto name = static_cast<NameId>(names_.size() - 1);
  numbers_.emplace(names_.back(), name);
  return name;
}

}  // namespace entail::cli
