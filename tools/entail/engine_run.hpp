// What the commands share that run an engine over their inputs: sample, report, cost and diff. Thread rule: Immutable
// (functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config_source.hpp"
#include "console.hpp"
#include "feed.hpp"
#include "input/every_request.hpp"
#include "output/summary.hpp"

namespace entail::cli {

void add_clock_option(Command& command, std::string& clock_max);
// The time that --clock-max names; in an hour from now if the text is empty. Nothing: it is no time, which was
// reported.
std::optional<std::int64_t> parse_clock_max(const std::string& text, Console& console);

// False: there are options for a configuration and no configuration, which was reported.
bool check_source(const ConfigSource& source, Console& console);
// The options of a configuration, or of options_without_config() without one. `memory_limit_bytes` holds where the text
// says nothing. Errors are printed.
LoadedConfig load_engine_config(const ConfigSource& source, std::uint64_t memory_limit_bytes);
// Sets decisions.detail, unless the text is empty.
void set_decision_detail(Options& options, const std::string& detail);

// Opens the inputs in the order given. Those that cannot be opened are reported and left out. Unless the selection has
// a message limit, it is `memory_limit_bytes`, but at least 64 MiB and at most 1 GiB: requests of a quarter of
// memory_limit fit into the engine, and their JSON may be some four times larger.
std::vector<TraceInput> open_inputs(const InputSelection& selection, std::uint64_t memory_limit_bytes,
                                    InputReport& report, Executor* executor);
// Runs the feed of these inputs and shows its progress.
Result<void> run_feed(Feed& feed, const InputSelection& selection, const std::vector<TraceInput>& inputs,
                      Console& console);
// Fills in what RunFacts has of the inputs, of the feed and of the limits of `options`.
void note_inputs(const std::vector<TraceInput>& inputs, const InputReport& report, const Feed& feed, RunFacts& facts);
void note_limits(const Options& options, RunFacts& facts);

}  // namespace entail::cli
