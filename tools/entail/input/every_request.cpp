#include "input/every_request.hpp"

#include "progress.hpp"
#include "stop_signal.hpp"

namespace entail::cli {

void add_input_options(Command& command, InputSelection& selection) {
  command.add_option("IN", selection.paths, "Inputs, - for standard input").file().required();
  command.add_option("--from", selection.from, "Framing of the inputs; detected automatically by default")
      .value("FRAMING")
      .one_of({"jsonl", "json", "proto-u32be", "proto-varint", "proto"});
  command.add_size("--message-limit", selection.message_limit_bytes,
                   "Skip larger messages; by default 256MiB, or memory_limit but at least 64MiB");
}

Exit exit_after_reading(const RunFacts& facts, const InputReport& report) {
  if (facts.interrupted) return Exit::interrupted;
  return report.clean() && facts.requests > 0 ? Exit::done : Exit::input_unreadable;
}

void for_each_request(const InputSelection& selection, InputReport& report, Console& console, RunFacts& facts,
                      const std::function<bool(TraceInput&, const ParsedRequest&)>& take) {
  const auto from = framing_from_name(selection.from);
  const std::uint64_t whole = whole_bytes(selection.paths);
  std::uint64_t file_bytes_before = 0;
  bool goes_on = true;
  for (const std::string& path : selection.paths) {
    if (!goes_on || stop_requested()) break;
    const std::string name = path == "-" ? "standard input" : path;
    OpenedInput opened =
        open_input(path, from, selection.message_limit_bytes > 0 ? selection.message_limit_bytes : kMessageBytesMax);
    if (!opened.reader) {
      report.problem(name, opened.problem);
      continue;
    }
    ++facts.files;
    TraceInput input(name, std::move(*opened.reader), report, nullptr, kMessageBytesMax);
    input.track(opened.position);
    const std::uint64_t bytes_before = facts.bytes;
    while (goes_on && !input.ended()) {
      if (!input.head()) input.read_on();
      facts.bytes = bytes_before + input.bytes_used();
      const ParsedRequest* const parsed = input.head();
      if (!parsed) break;
      ++facts.requests;
      facts.values_lost += parsed->request.values_lost();
      facts.unknown_keys += parsed->request.unknown_keys();
      goes_on = take(input, *parsed);
      input.pop();
      if (console.progress_is_due())
        console.progress(progress_text(
            {facts.requests, facts.bytes, file_bytes_before + input.file_bytes_read(), whole, console.seconds()}));
    }
    file_bytes_before += input.file_bytes_read();
  }
  console.clear_progress();
  facts.interrupted = stop_requested();
  report.finish();
  facts.skipped = report.skipped();
}

}  // namespace entail::cli
