#include "name_table.hpp"

#include "output/shown_text.hpp"

namespace entail::cli {

// "(none)" is number 0, so that 0 can stand for no other name.
NameTable::NameTable(std::size_t names_max) : names_max_(names_max), shown_{"(none)"} {}

std::uint16_t NameTable::number(std::string_view name) {
  if (name.empty()) return 0;
  if (name == last_name_) return last_;
  // Two names that are shown alike are one, so that a report has no two rows with the same name.
  const std::string shown = shown_text(name, kNameBytesMax);
  const auto known = numbers_.find(shown);
  if (known == numbers_.end() && numbers_.size() >= names_max_) {
    ++other_count_;
    if (other_ == 0) {
      other_ = static_cast<std::uint16_t>(shown_.size());
      shown_.push_back("(other)");
    }
    return other_;
  }
  if (known != numbers_.end()) {
    last_ = known->second;
  } else {
    last_ = static_cast<std::uint16_t>(shown_.size());
    numbers_.emplace(shown, last_);
    shown_.push_back(shown);
  }
  last_name_ = name;
  return last_;
}

}  // namespace entail::cli
