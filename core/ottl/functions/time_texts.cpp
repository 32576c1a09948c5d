// Time and FormatTime: times read and written by formats of strptime.
#include <algorithm>

#include "ottl/evaluation.hpp"
#include "ottl/go_layout.hpp"
#include "text/ascii.hpp"

namespace entail::ottl::functions {

namespace {

using Texts = std::vector<std::string_view>;

// The Collector turns a format into a layout of Go: one to write by, and elements to read by, which are less strict.
struct Directive {
  char letter;
  std::string_view written;
  std::vector<Texts> read;  // alternatives; empty: as written
};

const Directive* find_directive(char letter) {
  static const std::vector<Directive> kDirectives = {
      {'Y', "2006", {}},
      {'y', "06", {}},
      {'m', "01", {{"1"}}},
      {'o', "_1", {{"1"}}},
      {'q', "1", {{"1"}}},
      {'b', "Jan", {}},
      {'h', "Jan", {}},
      {'B', "January", {}},
      {'d', "02", {{"2"}}},
      {'e', "_2", {{"2"}}},
      {'g', "2", {{"2"}}},
      {'a', "Mon", {}},
      {'A', "Monday", {}},
      {'H', "15", {}},
      {'l', "3", {}},
      {'I', "03", {{"3"}}},
      {'p', "PM", {}},
      {'P', "pm", {}},
      {'M', "04", {{"4"}}},
      {'S', "05", {{"5"}}},
      {'L', "999", {}},
      {'f', "999999", {}},
      {'s', "999999999", {}},
      {'Z', "MST", {}},
      {'z', "Z0700", {{"Z0700"}, {"Z07:00"}, {"Z07"}}},
      {'w', "-070000", {}},
      {'i', "-07", {}},
      {'j', "-07:00", {}},
      {'k', "-07:00:00", {}},
      {'D', "01/02/2006", {{"1", "/", "2", "/", "2006"}, {"1", "/", "2", "/", "06"}}},
      {'x', "01/02/2006", {{"1", "/", "2", "/", "2006"}, {"1", "/", "2", "/", "06"}}},
      {'F', "2006-01-02", {{"2006", "-", "1", "-", "2"}}},
      {'T', "15:04:05", {{"15", ":", "4", ":", "5"}}},
      {'X', "15:04:05", {{"15", ":", "4", ":", "5"}}},
      {'r', "03:04:05 pm", {{"3", ":", "4", ":", "5", " ", "pm"}}},
      {'R', "15:04", {{"15", ":", "4"}}},
      {'n', "\n", {}},
      {'t', "\t", {}},
      {'%', "%", {}},
      {'c', "Mon Jan 02 15:04:05 2006", {{"Mon", " ", "Jan", " ", "2", " ", "15", ":", "4", ":", "5", " ", "2006"}}},
  };
  const auto found = std::find_if(kDirectives.begin(), kDirectives.end(),
                                  [letter](const Directive& known) { return known.letter == letter; });
  return found == kDirectives.end() ? nullptr : &*found;
}

// What is wrong with a format; empty if nothing is.
std::string fault_of(std::string_view format) {
  if (format.empty()) return "the format is empty";
  if (format.find_first_of("0123456789") != std::string_view::npos) return "a format holds no digits";
  for (std::size_t i = 1; i + 1 < format.size(); ++i) {
    const bool fraction = format[i + 1] == 'L' || format[i + 1] == 'f' || format[i + 1] == 's';
    if (format[i] == '%' && fraction && format[i - 1] != '.' && format[i - 1] != ',')
      return std::string("'") + format[i] + format[i + 1] + "' follows '.' or ','";
  }
  for (std::size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%' || format[i + 1] == '\n') continue;
    if (find_directive(format[i + 1]) == nullptr) return std::string("unknown directive '%") + format[i + 1] + "'";
    ++i;
  }
  return {};
}

std::string layout_of(std::string_view format) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const Directive* const directive =
        format[i] == '%' && i + 1 < format.size() ? find_directive(format[i + 1]) : nullptr;
    if (directive == nullptr) {
      out += format[i];
      continue;
    }
    out += directive->written;
    ++i;
  }
  return out;
}

struct WrittenFormat final : Prepared {
  explicit WrittenFormat(std::string text) : layout(std::move(text)) {}
  Layout layout;
};

std::unique_ptr<Prepared> prepare_format_time(const Literals& literals, BadArgument& bad) {
  const std::string_view format = literals.text(1, {});
  bad = {1, fault_of(format)};
  return std::make_unique<WrittenFormat>(layout_of(format));
}

bool format_time(Call& call, Value& out) {
  return call.give(format_by_layout(call.prepared<WrittenFormat>()->layout, call[0]), out);
}

struct ReadFormat final : Prepared {
  std::string format;
  std::shared_ptr<const TimeZone> zone;
  // Zones by their abbreviations, for %Z; others have no zone of their own.
  std::vector<std::pair<std::string_view, std::shared_ptr<const TimeZone>>> named;
};

// Reads a text by a format: for each directive in turn the alternatives until one does not fail on an element of its
// own, with spaces before a number skipped.
class FormatReader {
 public:
  FormatReader(const ReadFormat& format, std::string_view text) : format_(format), text_(text) {}

  std::optional<LayoutTime> run() {
    read("", format_.format);
    return time_;
  }

 private:
  // The rest of the format behind a layout. On failure fault_ and layout_ tell where.
  void read(const std::string& layout, std::string_view rest) {
    const std::size_t at = directive_at(rest);
    if (at == std::string_view::npos) {
      layout_ = layout + std::string(rest);
      read_by_layout();
      return;
    }
    const std::string before = layout + std::string(rest.substr(0, at));
    const Directive& directive = *find_directive(rest[at + 1]);
    const std::string_view behind = rest.substr(at + 2);
    if (directive.read.empty()) {
      (void)fails_in(before, {directive.written}, behind);
      return;
    }
    for (const Texts& elements : directive.read)
      if (!fails_in(before, elements, behind)) return;
  }

  static std::size_t directive_at(std::string_view rest) {
    for (std::size_t i = 0; i + 1 < rest.size(); ++i)
      if (rest[i] == '%' && rest[i + 1] != '\n') return i;
    return std::string_view::npos;
  }

  // Whether one of these elements is what does not fit.
  bool fails_in(const std::string& before, const Texts& elements, std::string_view behind) {
    std::vector<std::string> parts(elements.begin(), elements.end());
    for (;;) {
      std::string layout = before;
      for (const std::string& part : parts) layout += part;
      read(layout, behind);
      if (time_ || failed_.empty()) return false;
      const auto failed = std::find(parts.begin(), parts.end(), failed_);
      if (failed == parts.end()) return false;
      failed_ = "%";  // the directive's failure from now on, as no element is written so
      const char first = (*failed)[0];
      if (!text::is_digit(first) && first != 'Z') return true;
      std::size_t spaces = 0;
      while (spaces < rest_.size() && std::string_view(" \t\n\f\r").find(rest_[spaces]) != std::string_view::npos)
        ++spaces;
      if (spaces == 0 || parts.size() > kPartsMax) return true;
      parts.insert(failed, rest_.substr(0, spaces));
    }
  }

  void read_by_layout() {
    LayoutFault fault;
    time_ = parse_by_layout(layout_, text_, *format_.zone, fault);
    failed_ = fault.element;
    rest_ = fault.rest;
    if (!time_ || (time_->offset != 0 || time_->zone == "UTC") || time_->zone == zone_name_at(*time_)) return;
    // An offset of 0 may come from a name that the zone does not know.
    const auto known = std::find_if(format_.named.begin(), format_.named.end(),
                                    [&](const auto& zone) { return zone.first == time_->zone; });
    if (known == format_.named.end()) {
      time_.reset();
      failed_.clear();
      return;
    }
    if (const auto again = parse_by_layout(layout_, text_, *known->second, fault)) time_ = again;
  }

  std::string zone_name_at(const LayoutTime& time) const {
    return std::string(format_.zone->at(time.instant.second).name);
  }

  static constexpr std::size_t kPartsMax = 32;

  const ReadFormat& format_;
  const std::string_view text_;
  std::string layout_;
  std::optional<LayoutTime> time_;
  std::string failed_;  // the element that did not fit
  std::string rest_;
};

std::unique_ptr<Prepared> prepare_time(const Literals& literals, BadArgument& bad) {
  auto out = std::make_unique<ReadFormat>();
  out->format = literals.text(1, {});
  bad = {1, fault_of(out->format)};
  if (!bad.text.empty()) return out;
  out->zone = TimeZone::load(literals.text(2, {}));
  if (out->zone == nullptr) bad = {2, "the system's database has no time zone of this name"};
  const std::string_view locale = literals.text(3, "en");
  if (literals.values[3] != nullptr && locale != "en" && !locale.starts_with("en-"))
    bad = {3, "only English names of months and days are known"};
  if (out->format.find("%Z") == std::string::npos) return out;
  static constexpr std::string_view kNamed[] = {"GMT", "WET", "CET", "MET", "EET", "EST", "MST",
                                                "HST", "PRC", "ROC", "ROK", "UCT", "EGY"};
  for (const std::string_view name : kNamed)
    if (auto zone = TimeZone::load(name)) out->named.emplace_back(name, std::move(zone));
  return out;
}

// A format without a year means the last time that was like this, a week ahead included.
LayoutTime with_year(const LayoutTime& time, std::int64_t now_ns, const TimeZone& zone) {
  CivilTime civil = civil_time(time.instant, time.offset);
  if (civil.year > 0) return time;
  const Instant now = instant_of(Value::of_time(now_ns));
  civil.year = civil_time(now, zone.at(now.second).offset).year;
  LayoutTime out = time;
  out.instant = instant_of(civil, time.offset);
  constexpr std::int64_t kWeek = 7 * 86400;
  if (out.instant > Instant{now.second + kWeek, now.nanosecond}) {
    --civil.year;
    out.instant = instant_of(civil, time.offset);
  }
  return out;
}

bool time(Call& call, Value& out) {
  const ReadFormat& format = *call.prepared<ReadFormat>();
  if (call[0].text.empty()) return false;
  const std::optional<LayoutTime> read = FormatReader(format, call[0].text).run();
  if (!read) return false;
  const LayoutTime dated = with_year(*read, call.source().moment().now_ns, *format.zone);
  out = time_of(dated.instant);
  if (out.form == Value::Form::wide) return true;
  out.count = static_cast<std::uint32_t>(dated.offset);
  return call.arena().copy(dated.zone, out.text);
}

constexpr FunctionRow kRows[] = {
    {.name = "Time",
     .parameters = {{{"Time", Take::text},
                     {"Format", Take::written_text},
                     {"Location", Take::written_text, true},
                     {"Locale", Take::written_text, true}}},
     .evaluate = time,
     .prepare = prepare_time},
    {.name = "FormatTime",
     .parameters = {{{"Time", Take::time}, {"Format", Take::written_text}}},
     .evaluate = format_time,
     .prepare = prepare_format_time},
};

}  // namespace

std::span<const FunctionRow> time_texts_rows() { return kRows; }

}  // namespace entail::ottl::functions
