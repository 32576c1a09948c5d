// The headers of an outgoing request for those of an incoming one, as a service writes them that uses the public API of
// this library. The command w3c-suite asks it for each request of the official Trace Context suite.
//
// usage: w3c_service <REQUESTS >ANSWERS
// A request is one header a line, "name:value" with the value as received, then an empty line. So is its answer.
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "entail/context.hpp"

namespace {

using RawHeaders = std::vector<std::pair<std::string, std::string>>;

// False: the input has ended.
bool read_request(std::istream& in, RawHeaders& headers) {
  headers.clear();
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) return true;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  return false;
}

// The context of the span of an outgoing request: in the trace of the incoming one, or else in a new trace.
entail::SpanContext outgoing_context(const RawHeaders& received, std::mt19937_64& random) {
  std::vector<entail::Header> carrier;
  for (const auto& [name, value] : received) carrier.push_back({name, value});
  entail::SpanContext context;
  if (!entail::extract_context(carrier, context).ok()) context.trace_id = {random() | 1, random()};
  context.span_id = {random() | 1};
  return context;
}

}  // namespace

int main() {
  std::mt19937_64 random(std::random_device{}());
  for (RawHeaders received; read_request(std::cin, received);) {
    const entail::SpanContext context = outgoing_context(received, random);
    std::cout << "traceparent:" << entail::format_traceparent(context) << '\n';
    if (!context.trace_state.empty()) std::cout << "tracestate:" << context.trace_state << '\n';
    std::cout << std::endl;
  }
  return 0;
}
