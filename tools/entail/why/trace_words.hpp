// What `why` says of one trace: its names, times and state in a few words.
// Thread rule: Immutable (functions). The texts hold what a log holds: pass a record through shown_record() first.
#pragma once

#include <optional>
#include <string>

#include "decision_log.hpp"

namespace entail::cli {

// The record with nothing in it that could move a terminal's cursor.
LogRecord shown_record(LogRecord record);

// 0.8 -> "0.8 ms", 4900 -> "4.9 s", -1 -> "-1 ms": at most three significant digits. Long ones have two units:
// 3'720'000 -> "1 h 2 min".
std::string duration_words(double milliseconds);
// "shop POST /order"; empty if the record has no names.
std::string name_words(const LogRecord& record);
// Its names, its duration, and when it started beside `other`: "shop POST /order, 120 ms, 1 h 2 min earlier". Empty
// without details.
std::string trace_words(const LogRecord& record, const LogRecord* other);
// What failed first: `stock "reserve items": out of stock`. Empty if nothing did.
std::string error_words(const LogRecord& record);
// From the start of `from` to the start of `to`, in milliseconds.
std::optional<double> delay_ms(const LogRecord& from, const LogRecord& to);
// "kept over links, 2 hops from 913cc31c".
std::string state_words(const LogRecord& record);
std::string hops_words(const LogRecord& record);

}  // namespace entail::cli
