#include "engine_run.hpp"

#include <algorithm>
#include <chrono>

#include "commands.hpp"
#include "progress.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

// Read ahead for parallel parsing, shared by all inputs. More would leave the caches before it is taken in.
constexpr std::size_t kReadAheadBytes = std::size_t{1} << 20;

std::uint64_t bytes_used(const std::vector<TraceInput>& inputs) {
  std::uint64_t bytes = 0;
  for (const TraceInput& input : inputs) bytes += input.bytes_used();
  return bytes;
}

}  // namespace

void add_clock_option(Command& command, std::string& clock_max) {
  command
      .add_option("--clock-max", clock_max,
                  "End times later than this do not move the clock; by default in an hour from now")
      .value("TIME");
}

std::optional<std::int64_t> parse_clock_max(const std::string& text, Console& console) {
  if (text.empty()) {
    const auto in_an_hour = std::chrono::system_clock::now() + std::chrono::hours(1);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(in_an_hour.time_since_epoch()).count();
  }
  const std::optional<std::int64_t> time = parse_time(text);
  if (!time) console.message("--clock-max " + text + ": expected a time such as 2024-05-01T12:00:00Z");
  return time;
}

bool check_source(const ConfigSource& source, Console& console) {
  if (!source.path.empty() || (source.instance.empty() && source.variables.empty() && source.variables_file.empty()))
    return true;
  console.message("--instance, --env and --env-file need a configuration (-c)");
  return false;
}

LoadedConfig load_engine_config(const ConfigSource& source, std::uint64_t memory_limit_bytes) {
  Options defaults;
  defaults.memory_limit_bytes = memory_limit_bytes;
  defaults.links.propagate.rank_seed = 0;  // one file gives one answer; a service draws it
  if (!source.path.empty()) return load_config(source, defaults);
  LoadedConfig loaded;
  loaded.options = options_without_config(defaults);
  return loaded;
}

void set_decision_detail(Options& options, const std::string& detail) {
  if (!detail.empty()) options.decisions.detail = detail == "ids" ? DecisionDetail::ids : DecisionDetail::full;
}

std::vector<TraceInput> open_inputs(const InputSelection& selection, std::uint64_t memory_limit_bytes,
                                    InputReport& report, Executor* executor) {
  constexpr std::uint64_t kLimitLeast = std::uint64_t{64} << 20;
  constexpr std::uint64_t kLimitMost = std::uint64_t{1} << 30;
  const std::uint64_t message_limit = selection.message_limit_bytes > 0
                                          ? selection.message_limit_bytes
                                          : std::clamp(memory_limit_bytes, kLimitLeast, kLimitMost);
  std::vector<TraceInput> inputs;
  inputs.reserve(selection.paths.size());
  const auto from = framing_from_name(selection.from);
  const std::size_t batch_bytes = std::max<std::size_t>(kReadAheadBytes / selection.paths.size(), 64u << 10);
  for (const std::string& path : selection.paths) {
    const std::string name = path == "-" ? "standard input" : path;
    OpenedInput opened = open_input(path, from, message_limit);
    if (opened.reader)
      inputs.emplace_back(name, std::move(*opened.reader), report, executor, batch_bytes).track(opened.position);
    else
      report.problem(name, opened.problem);
  }
  return inputs;
}

Result<void> run_feed(Feed& feed, const InputSelection& selection, const std::vector<TraceInput>& inputs,
                      Console& console) {
  const std::uint64_t whole = whole_bytes(selection.paths);
  return feed.run([&] {
    if (!console.progress_is_due()) return;
    ReadSoFar read{feed.request_count(), bytes_used(inputs), 0, whole, console.seconds()};
    for (const TraceInput& input : inputs) read.file_bytes += input.file_bytes_read();
    console.progress(progress_text(read));
  });
}

void note_inputs(const std::vector<TraceInput>& inputs, const InputReport& report, const Feed& feed, RunFacts& facts) {
  facts.files = inputs.size();
  facts.bytes = bytes_used(inputs);
  facts.skipped = report.skipped();
  facts.requests = feed.request_count();
  facts.too_large = feed.too_large();
}

void note_limits(const Options& options, RunFacts& facts) {
  facts.memory_limit_bytes = options.memory_limit_bytes;
  facts.retain_bytes_max = options.retain.max_bytes.value_or(options.memory_limit_bytes / 2);
}

}  // namespace entail::cli
