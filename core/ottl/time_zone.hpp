// Time zones of the system's database (TZif files, RFC 9636).
// Thread rule: Immutable once loaded. Cost: a binary search a lookup.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entail::ottl {

class TimeZone {
 public:
  struct Period {
    std::int32_t offset = 0;  // seconds east of UTC
    std::string_view name;
    std::int64_t begin = 0;  // the period [begin, end) in which this holds
    std::int64_t end = 0;
  };

  static const TimeZone& utc();
  // "Europe/Berlin"; null if the database has no such zone.
  static std::shared_ptr<const TimeZone> load(std::string_view name);

  Period at(std::int64_t second) const noexcept;
  // The offset of the zone with this abbreviation, as at the local time that would be `second` in UTC.
  std::optional<std::int32_t> offset_of(std::string_view abbreviation, std::int64_t second) const noexcept;

 private:
  struct Type {
    std::int32_t offset = 0;
    bool is_summer = false;
    std::string name;
  };
  struct Rule {  // of the footer: when summer begins or ends
    char kind = 'J';
    int month = 0;
    int week = 0;
    int day = 0;
    std::int32_t time = 7200;
  };

  bool read(std::string_view file);
  bool read_footer(std::string_view text);
  bool read_rule(std::string_view& text, Rule& rule) const;
  std::int64_t rule_second(const Rule& rule, std::int64_t year) const noexcept;
  Period by_footer(std::int64_t second, std::int64_t begin) const noexcept;

  std::vector<std::int64_t> transitions_;
  std::vector<std::uint8_t> type_after_;  // of each transition
  std::vector<Type> types_;
  std::size_t first_type_ = 0;  // before the first transition
  bool has_footer_ = false;
  bool has_summer_ = false;
  Type standard_;
  Type summer_;
  Rule summer_begins_;
  Rule summer_ends_;
};

}  // namespace entail::ottl
