// Converters of times and durations.
#include "ottl/arithmetic.hpp"
#include "ottl/civil_time.hpp"
#include "ottl/evaluation.hpp"
#include "text/duration.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// Whole units and the rest apart, as Go does it, so that no digit is lost.
template <std::int64_t unit>
bool fractional(Call& call, Value& out) {
  const std::int64_t ns = call[0].integer;
  out = Value::of_floating(static_cast<double>(ns / unit) + static_cast<double>(ns % unit) / static_cast<double>(unit));
  return true;
}

template <std::int64_t unit>
bool whole(Call& call, Value& out) {
  out = Value::of_integer(call[0].integer / unit);
  return true;
}

// Since 1970, in units of 1/per_second of a second; wraps, as in Go.
template <std::int64_t per_second>
bool unix_time(Call& call, Value& out) {
  const Instant instant = instant_of(call[0]);
  const std::uint64_t units = static_cast<std::uint64_t>(instant.second) * static_cast<std::uint64_t>(per_second) +
                              instant.nanosecond / static_cast<std::uint64_t>(kNsPerSecond / per_second);
  out = Value::of_integer(static_cast<std::int64_t>(units));
  return true;
}

template <std::int64_t CivilTime::* part>
bool civil_part(Call& call, Value& out) {
  out = Value::of_integer(civil_time(instant_of(call[0]), zone_offset(call[0])).*part);
  return true;
}

bool duration(Call& call, Value& out) {
  const auto parsed = text::parse_duration(call[0].text);
  if (!parsed.ok()) return false;
  out = Value::of_duration(parsed.value());
  return true;
}

std::optional<Value> folded_duration(const Literals& literals, Arena&) {
  if (literals.values[0] == nullptr) return std::nullopt;
  const auto parsed = text::parse_duration(literals.values[0]->text);
  if (!parsed.ok()) return std::nullopt;
  return Value::of_duration(parsed.value());
}

bool now(Call& call, Value& out) {
  out = Value::of_time(call.source().moment().now_ns);
  return true;
}

// Nanoseconds may be more than a second, or negative.
bool from_unix(Call& call, Value& out) {
  out = time_of(instant_after(call[0].integer, call.has(1) ? call[1].integer : 0));
  return true;
}

// Down to a multiple of the duration since the year 1.
bool truncate_time(Call& call, Value& out) {
  __extension__ using Wide = __int128;
  constexpr std::int64_t kYearOne = -62135596800;
  out = call[0];
  const std::int64_t step = call[1].integer;
  if (step <= 0) return true;
  const Instant instant = instant_of(out);
  const Wide since = (Wide{instant.second} - kYearOne) * kNsPerSecond + instant.nanosecond;
  const Wide rest = since % step;
  out = shifted(out, -static_cast<std::int64_t>(rest < 0 ? rest + step : rest));
  return true;
}

constexpr Parameter kDuration = {"Duration", Take::duration};
constexpr Parameter kTime = {"Time", Take::time};

constexpr FunctionRow kRows[] = {
    {.name = "Duration", .parameters = {{{"Duration", Take::text}}}, .evaluate = duration, .fold = folded_duration},
    {.name = "Hours", .parameters = {{kDuration}}, .evaluate = fractional<3600 * kNsPerSecond>},
    {.name = "Minutes", .parameters = {{kDuration}}, .evaluate = fractional<60 * kNsPerSecond>},
    {.name = "Seconds", .parameters = {{kDuration}}, .evaluate = fractional<kNsPerSecond>},
    {.name = "Milliseconds", .parameters = {{kDuration}}, .evaluate = whole<1'000'000>},
    {.name = "Microseconds", .parameters = {{kDuration}}, .evaluate = whole<1000>},
    {.name = "Nanoseconds", .parameters = {{kDuration}}, .evaluate = whole<1>},
    {.name = "UnixSeconds", .parameters = {{kTime}}, .evaluate = unix_time<1>},
    {.name = "UnixMilli", .parameters = {{kTime}}, .evaluate = unix_time<1000>},
    {.name = "UnixMicro", .parameters = {{kTime}}, .evaluate = unix_time<1'000'000>},
    {.name = "UnixNano", .parameters = {{kTime}}, .evaluate = unix_time<kNsPerSecond>},
    {.name = "Year", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::year>},
    {.name = "Month", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::month>},
    {.name = "Day", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::day>},
    {.name = "Hour", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::hour>},
    {.name = "Minute", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::minute>},
    {.name = "Second", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::second>},
    {.name = "Nanosecond", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::nanosecond>},
    {.name = "Weekday", .parameters = {{kTime}}, .evaluate = civil_part<&CivilTime::weekday>},
    {.name = "Now", .evaluate = now},
    {.name = "Unix",
     .parameters = {{{"Seconds", Take::integer}, {"Nanoseconds", Take::integer, true}}},
     .evaluate = from_unix},
    {.name = "TruncateTime", .parameters = {{kTime, kDuration}}, .evaluate = truncate_time},
};

}  // namespace

std::span<const FunctionRow> times_rows() { return kRows; }

}  // namespace entail::ottl::functions
