// Plain requests to OTLP protobuf bytes, in the field order of the SDKs. Thread rule: Immutable (functions).
#pragma once

#include <string>

#include "tests/workload/otlp_plain.hpp"

namespace entail::workload {

// The Span message, without tag and length.
std::string encode_span(const Span& span);
std::string encode(const Request& request);
// Sets encoded_bytes of every span.
void measure(Request& request);

}  // namespace entail::workload
