// OTLP protobuf bytes to plain requests, for captures and for the engine's output. A plain recursive reader that
// shares nothing with the room otlp: the last of repeated singular fields wins, unknown fields are skipped.
// Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/workload/otlp_plain.hpp"

namespace entail::workload {

// False if the bytes are not a well-formed message.
bool decode(std::string_view bytes, Request& request);

// The whole file; empty if it cannot be read.
std::string read_file(const std::string& path);
// Messages prefixed with their length as u32 big-endian. Stops at a frame that does not fit.
std::vector<std::string> split_frames(std::string_view file);
// The non-empty lines.
std::vector<std::string> split_lines(std::string_view file);

}  // namespace entail::workload
