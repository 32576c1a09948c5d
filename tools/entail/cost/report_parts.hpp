// What the reports of `entail cost` and `entail diff` share. Thread rule: Immutable (functions).
#pragma once

#include <string>

#include "console.hpp"
#include "cost/trial.hpp"
#include "output/grid.hpp"
#include "output/json_text.hpp"

namespace entail::cli {

// Rows of a table for people; the JSON has all.
constexpr std::size_t kRowsShown = 20;

// "traces", "spans" and "bytes" of the object that is open.
void amount_fields(JsonText& json, const Amount& amount);
void amount_field(JsonText& json, std::string_view name, const Amount& amount);
// "input", "time", "received", "rejected" and "untracked".
void trial_fields(JsonText& json, const Trial& trial);
void notes_field(JsonText& json, const Trial& trial);

// At the rate of the input's own time; 0 if it has none.
std::uint64_t per_day(const Trial& trial, std::uint64_t bytes);
double share_of(std::uint64_t part, std::uint64_t whole);

// The notes and what came in, at the top of a table.
std::string trial_heading(const Trial& trial, Paint paint);
// A blank line and the grid; nothing if the grid is empty.
void append_grid(std::string& text, const Grid& grid);
// "(12 more with --json)" if there are more rows than are shown.
void add_rest(Grid& grid, std::size_t rows);

// The report of `entail cost` and that of `entail diff`: one JSON object on a line, and tables for people.
std::string cost_json(const Trial& trial);
std::string cost_table(const Trial& trial, Paint paint);
std::string diff_json(const Trial& trial);
std::string diff_table(const Trial& trial, Paint paint);

}  // namespace entail::cli
