#include "why/trace_words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "console.hpp"
#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

constexpr double kMillisPerSecond = 1000;
constexpr std::uint64_t kSecondsPerMinute = 60;
constexpr std::uint64_t kSecondsPerHour = 3600;
constexpr std::uint64_t kSecondsPerDay = 86'400;

// The larger of two units, and the rest in the smaller one.
std::string two_units(std::uint64_t seconds, std::uint64_t large, const char* large_name, std::uint64_t small,
                      const char* small_name) {
  std::string text = std::to_string(seconds / large) + " " + large_name;
  if (const std::uint64_t rest = seconds % large / small; rest != 0)
    text += " " + std::to_string(rest) + " " + small_name;
  return text;
}

}  // namespace

LogRecord shown_record(LogRecord record) {
  for (std::string* text :
       {&record.trace_id, &record.decided_at, &record.verdict, &record.reason, &record.policy, &record.origin_trace_id,
        &record.direction, &record.loss, &record.root_service, &record.root_name})
    *text = shown_text(*text);
  for (std::vector<std::string>* texts : {&record.path, &record.linked, &record.services})
    for (std::string& text : *texts) text = shown_text(text);
  if (record.error)
    for (std::string* text : {&record.error->service, &record.error->name, &record.error->message})
      *text = shown_text(*text);
  for (LogNearPolicy& near : record.nearest) {
    near.policy = shown_text(near.policy);
    near.why = shown_text(near.why);
  }
  return record;
}

std::string duration_words(double milliseconds) {
  if (milliseconds < 0) return "-" + duration_words(-milliseconds);
  const double seconds = milliseconds / kMillisPerSecond;
  char text[64];
  const auto print = [&](const char* format, double value) {
    std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  if (milliseconds < 0.001) return milliseconds == 0 ? "0 ms" : print("%.3g ns", milliseconds * 1e6);
  if (milliseconds < 100) return print("%.3g ms", milliseconds);
  if (seconds < 1) return print("%.0f ms", std::min(milliseconds, 999.0));  // not 1000 ms
  if (seconds < static_cast<double>(kSecondsPerMinute))
    return print("%.3g s", std::min(std::floor(seconds * 100 + 1e-6) / 100, 59.9));  // not 60 s
  const auto whole = static_cast<std::uint64_t>(std::min(seconds, 1e15));
  if (whole < kSecondsPerHour) return two_units(whole, kSecondsPerMinute, "min", 1, "s");
  if (whole < kSecondsPerDay) return two_units(whole, kSecondsPerHour, "h", kSecondsPerMinute, "min");
  if (whole < 10 * kSecondsPerDay) return two_units(whole, kSecondsPerDay, "d", kSecondsPerHour, "h");
  if (whole < 1000 * kSecondsPerDay) return std::to_string(whole / kSecondsPerDay) + " d";
  return print("%.3g years", static_cast<double>(whole / kSecondsPerDay) / 365.25);
}

std::string name_words(const LogRecord& record) {
  if (record.root_service.empty() || record.root_name.empty()) return record.root_service + record.root_name;
  return record.root_service + " " + record.root_name;
}

std::optional<double> delay_ms(const LogRecord& from, const LogRecord& to) {
  if (!from.start_ns || !to.start_ns) return std::nullopt;
  constexpr double kNanosPerMilli = 1e6;
  return (static_cast<double>(*to.start_ns) - static_cast<double>(*from.start_ns)) / kNanosPerMilli;
}

std::string trace_words(const LogRecord& record, const LogRecord* other) {
  if (!record.has_detail) return {};
  std::string text = name_words(record);
  if (text.empty()) text = "(no name)";
  if (record.duration_ms && *record.duration_ms < 0) {
    text += ", ends " + duration_words(-*record.duration_ms) + " before it starts";
  } else if (record.duration_ms) {
    text += ", " + duration_words(*record.duration_ms);
  }
  const std::optional<double> delay = other == nullptr ? std::nullopt : delay_ms(*other, record);
  if (delay) text += ", " + duration_words(std::fabs(*delay)) + (*delay < 0 ? " earlier" : " later");
  return text;
}

std::string error_words(const LogRecord& record) {
  if (!record.error) return {};
  std::string text = record.error->service;
  if (!record.error->name.empty()) text += (text.empty() ? "\"" : " \"") + record.error->name + "\"";
  if (!record.error->message.empty()) text += (text.empty() ? "" : ": ") + record.error->message;
  return text.empty() ? "a span without a name" : text;
}

std::string hops_words(const LogRecord& record) { return plural(record.hops.value_or(0), "hop", "hops"); }

std::string state_words(const LogRecord& record) {
  std::string text;
  if (record.verdict == "keep") {
    text = record.reason == "link"
               ? "kept over links, " + hops_words(record) + " from " + record.origin_trace_id.substr(0, 8)
               : "kept by policy " + record.policy;
  } else {
    text = record.reason == "drop_policy" ? "dropped by policy " + record.policy
           : record.reason == "too_large" ? "dropped, too large"
                                          : "dropped, no policy kept it";
  }
  if (record.origin) text += ", an origin";
  if (record.revived) text += ", revived";
  if (!record.loss.empty()) text += ", loss " + record.loss;
  return text;
}

}  // namespace entail::cli
