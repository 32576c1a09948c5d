#include "name_table.hpp"

#include "output/shown_text.hpp"

namespace entail::cli {

NameTable::NameTable(std::size_t names_max) : names_max_(names_max), names_{"(none)"} {}

std::uint16_t NameTable::number(std::string_view name) {
  if (name.empty()) return kNone;
  if (name == last_name_) return last_;
  // Names that are equal once they are UTF-8 are one name, so that no two rows of a report have the same.
  const std::string text = utf8_text(name, kNameBytesMax);
  const auto known = numbers_.find(text);
  if (known == numbers_.end() && numbers_.size() >= names_max_) {
    ++other_count_;
    if (other_ == kNone) {
      other_ = static_cast<std::uint16_t>(names_.size());
      names_.push_back("(other)");
    }
    return other_;
  }
  if (known != numbers_.end()) {
    last_ = known->second;
  } else {
    last_ = static_cast<std::uint16_t>(names_.size());
    numbers_.emplace(text, last_);
    names_.push_back(text);
  }
  last_name_ = name;
  return last_;
}

std::string NameTable::shown(std::uint16_t number) const { return shown_text(names_[number], kShownBytesMax); }

void name_fields(JsonText& json, const std::string& key, const NameTable& names, std::uint16_t number) {
  json.key(key);
  if (number == NameTable::kNone || names.is_other(number))
    json.null();
  else
    json.value(names.name(number));
  json.field(key + "_other", names.is_other(number));
}

}  // namespace entail::cli
