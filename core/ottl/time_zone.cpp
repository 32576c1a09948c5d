#include "ottl/time_zone.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/bytes.hpp"
#include "ottl/civil_time.hpp"
#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr const char* kDatabases[] = {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/usr/share/lib/zoneinfo/",
                                      "/etc/zoneinfo/"};

// Big-endian words of a file; zeros beyond its end.
class FileReader {
 public:
  explicit FileReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t word(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i, ++at_)
      value = value << 8 | (at_ < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at_]) : 0);
    return value;
  }
  void skip(std::size_t size) noexcept { at_ += size; }
  std::size_t at() const noexcept { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

std::string read_file(const std::string& path) {
  std::string bytes;
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return bytes;
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, file)) != 0 && bytes.size() < kFileBytesMax;)
    bytes.append(buffer, size);
  std::fclose(file);
  return bytes;
}

// Takes digits; 0 if there are none.
int take_number(std::string_view& text) noexcept {
  int value = 0;
  while (!text.empty() && text::is_digit(text[0]) && value < 100000) {
    value = value * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  return value;
}

// [+-]hh[:mm[:ss]]
std::int32_t take_time(std::string_view& text) noexcept {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  std::int32_t seconds = take_number(text) * 3600;
  for (std::int32_t unit = 60; unit >= 1 && !text.empty() && text[0] == ':'; unit /= 60) {
    text.remove_prefix(1);
    seconds += take_number(text) * unit;
  }
  return negative ? -seconds : seconds;
}

// Letters, or anything in < >.
std::string take_name(std::string_view& text) {
  std::string name;
  if (!text.empty() && text[0] == '<') {
    const std::size_t end = std::min(text.find('>'), text.size());
    name = text.substr(1, end - 1);
    text.remove_prefix(std::min(end + 1, text.size()));
    return name;
  }
  while (!text.empty() && text::is_letter(text[0])) {
    name += text[0];
    text.remove_prefix(1);
  }
  return name;
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone zone = [] {
    TimeZone out;
    out.types_.push_back({0, false, "UTC"});
    return out;
  }();
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::load(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Local") return {std::shared_ptr<const TimeZone>(), &utc()};
  if (name[0] == '/' || name[0] == '\\' || name.find("..") != std::string_view::npos) return nullptr;
  for (const char* database : kDatabases) {
    const std::string bytes = read_file(database + std::string(name));
    if (bytes.empty()) continue;
    auto zone = std::make_shared<TimeZone>();
    if (zone->read(bytes)) return zone;
  }
  return nullptr;
}

// The second part of the file, which has 64 bits a time, and the footer.
bool TimeZone::read(std::string_view file) {
  std::size_t begin = 0;
  std::size_t time_size = 4;
  if (!file.starts_with("TZif")) return false;
  std::uint64_t counts[6] = {};
  const auto read_counts = [&](std::size_t at) {
    FileReader header(file.substr(std::min(at + 20, file.size())));
    for (std::uint64_t& count : counts) count = header.word(4);
  };
  read_counts(0);
  if (file.size() > 4 && file[4] >= '2') {
    begin = kHeaderBytes + counts[3] * 5 + counts[4] * 6 + counts[5] + counts[2] * 8 + counts[1] + counts[0];
    time_size = 8;
    if (begin >= file.size() || !file.substr(begin).starts_with("TZif")) return false;
    read_counts(begin);
  }
  const auto [utc_count, standard_count, leap_count, time_count, type_count, name_size] = counts;
  if (type_count == 0 || time_count > kFileBytesMax || type_count > 256 || name_size > kFileBytesMax) return false;
  FileReader reader(file.substr(std::min(begin + kHeaderBytes, file.size())));
  for (std::uint64_t i = 0; i < time_count; ++i) {
    const std::uint64_t word = reader.word(time_size);
    transitions_.push_back(time_size == 8 ? static_cast<std::int64_t>(word)
                                          : static_cast<std::int32_t>(static_cast<std::uint32_t>(word)));
  }
  for (std::uint64_t i = 0; i < time_count; ++i) {
    type_after_.push_back(static_cast<std::uint8_t>(reader.word(1)));
    if (type_after_.back() >= type_count) return false;
  }
  std::vector<std::uint64_t> name_at;
  for (std::uint64_t i = 0; i < type_count; ++i) {
    Type& type = types_.emplace_back();
    type.offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(reader.word(4)));
    type.is_summer = reader.word(1) != 0;
    name_at.push_back(reader.word(1));
  }
  const std::size_t names = begin + kHeaderBytes + reader.at();
  for (std::size_t i = 0; i < types_.size(); ++i)
    for (std::size_t at = names + name_at[i]; at < file.size() && file[at] != '\0'; ++at) types_[i].name += file[at];
  const std::size_t footer = names + name_size + leap_count * (time_size + 4) + standard_count + utc_count;
  if (time_size == 8 && footer + 1 < file.size() && file[footer] == '\n') {
    const std::string_view text = file.substr(footer + 1);
    has_footer_ = read_footer(text.substr(0, text.find('\n')));
  }
  if (!type_after_.empty() && types_[0].is_summer) {
    const auto standard = std::find_if(types_.begin(), types_.end(), [](const Type& type) { return !type.is_summer; });
    if (standard != types_.end()) first_type_ = static_cast<std::size_t>(standard - types_.begin());
  }
  return true;
}

// "CET-1CEST,M3.5.0,M10.5.0/3": what holds after the last transition.
bool TimeZone::read_footer(std::string_view text) {
  standard_.name = take_name(text);
  if (standard_.name.empty()) return false;
  standard_.offset = -take_time(text);
  if (text.empty()) return true;
  summer_.name = take_name(text);
  summer_.offset = standard_.offset + 3600;
  if (!text.empty() && text[0] != ',') summer_.offset = -take_time(text);
  has_summer_ = read_rule(text, summer_begins_) && read_rule(text, summer_ends_);
  return has_summer_;
}

bool TimeZone::read_rule(std::string_view& text, Rule& rule) const {
  if (text.size() < 2 || text[0] != ',') return false;
  text.remove_prefix(1);
  rule.kind = text[0] == 'M' || text[0] == 'J' ? text[0] : '0';
  if (rule.kind != '0') text.remove_prefix(1);
  if (rule.kind == 'M') {
    for (int* part : {&rule.month, &rule.week, &rule.day}) {
      *part = take_number(text);
      if (!text.empty() && text[0] == '.') text.remove_prefix(1);
    }
  } else {
    rule.day = take_number(text);
  }
  if (!text.empty() && text[0] == '/') {
    text.remove_prefix(1);
    rule.time = take_time(text);
  }
  return true;
}

// Of local time, as if it were UTC.
std::int64_t TimeZone::rule_second(const Rule& rule, std::int64_t year) const noexcept {
  CivilTime day;
  day.year = year;
  if (rule.kind == 'M') {
    day.month = rule.month;
    const CivilTime first = civil_time(instant_of(day, 0), 0);
    day.day = 1 + (rule.day - first.weekday + 7) % 7 + (rule.week - 1) * 7;
    while (day.day > days_in_month(year, rule.month)) day.day -= 7;
  } else {
    const bool skips_leap_day = rule.kind == 'J' && rule.day >= 60 && days_in_month(year, 2) == 29;
    day.day = rule.day + (rule.kind == 'J' ? 0 : 1) + (skips_leap_day ? 1 : 0);
  }
  return instant_of(day, 0).second + rule.time;
}

TimeZone::Period TimeZone::by_footer(std::int64_t second, std::int64_t begin) const noexcept {
  if (!has_summer_) return {standard_.offset, standard_.name, begin, kMax};
  const std::int64_t year = civil_time({second, 0}, standard_.offset).year;
  // Changes of this year and its neighbours, in order.
  struct Change {
    std::int64_t second;
    const Type* type;
  };
  Change changes[6];
  for (int i = 0; i < 3; ++i) {
    changes[2 * i] = {rule_second(summer_begins_, year - 1 + i) - standard_.offset, &summer_};
    changes[2 * i + 1] = {rule_second(summer_ends_, year - 1 + i) - summer_.offset, &standard_};
  }
  std::sort(std::begin(changes), std::end(changes), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::size_t at = 0;
  while (at + 1 < std::size(changes) && changes[at + 1].second <= second) ++at;
  const std::int64_t end = at + 1 < std::size(changes) ? changes[at + 1].second : kMax;
  return {changes[at].type->offset, changes[at].type->name, std::max(begin, changes[at].second), end};
}

TimeZone::Period TimeZone::at(std::int64_t second) const noexcept {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), second);
  if (next == transitions_.begin()) {
    const Type& type = types_[first_type_];
    return {type.offset, type.name, kMin, transitions_.empty() ? kMax : transitions_.front()};
  }
  const auto index = static_cast<std::size_t>(next - transitions_.begin()) - 1;
  if (next == transitions_.end() && has_footer_) return by_footer(second, transitions_.back());
  const Type& type = types_[type_after_[index]];
  return {type.offset, type.name, transitions_[index], next == transitions_.end() ? kMax : *next};
}

std::optional<std::int32_t> TimeZone::offset_of(std::string_view abbreviation, std::int64_t second) const noexcept {
  for (const Type& type : types_) {
    if (type.name != abbreviation) continue;
    const Period period = at(second - type.offset);
    if (period.name == abbreviation) return period.offset;
  }
  for (const Type& type : types_)
    if (type.name == abbreviation) return type.offset;
  return std::nullopt;
}

}  // namespace entail::ottl
