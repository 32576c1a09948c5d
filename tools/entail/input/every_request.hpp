// Reads inputs one after the other, request by request, for commands that need no order of time.
// Thread rule: Confined. Memory: one message.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "input/trace_input.hpp"
#include "output/summary.hpp"

namespace entail::cli {

struct InputSelection {
  std::vector<std::string> paths;         // "-" = standard input
  std::string from;                       // framing, empty = detected
  std::uint64_t message_limit_bytes = 0;  // 0 = kMessageBytesMax, or what the engine may use: see open_inputs()
};
// The inputs as operands, --from and --message-limit.
void add_input_options(Command& command, InputSelection& selection);

// How a run ends that wrote what it had to: interrupted, or with input that could not be read or had no traces, or
// done.
Exit exit_after_reading(const RunFacts& facts, const InputReport& report);

// Calls take(input, parsed) for every request of traces; false ends the reading. What cannot be read is reported.
// Fills in what RunFacts has of inputs, whether a stop was requested included. Shows progress on a terminal.
void for_each_request(const InputSelection& selection, InputReport& report, Console& console, RunFacts& facts,
                      const std::function<bool(TraceInput&, const ParsedRequest&)>& take);

}  // namespace entail::cli
