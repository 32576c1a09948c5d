// B3 in one header and in several, one per line: a parsed context formats as headers that parse back to the same
// context.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

namespace {

void check_parsed(const ForeignContext& parsed) {
  ENTAIL_CHECK(parsed.context.trace_id.is_zero() == parsed.context.span_id.is_zero());
  const bool is_sampled = parsed.sampling == SamplingState::sampled || parsed.sampling == SamplingState::debug;
  ENTAIL_CHECK(parsed.context.flags == (is_sampled ? kTraceFlagSampled : 0) && parsed.context.is_remote);
}

void check_one_header(std::string_view text) {
  const auto parsed = parse_b3(text);
  ENTAIL_CHECK(context_error_name(parsed.error()) != "unknown");
  if (!parsed.ok()) return;
  check_parsed(*parsed);
  const auto again = parse_b3(format_b3(*parsed));
  ENTAIL_CHECK(again.ok() && *again == *parsed);
}

void check_headers(std::string_view text) {
  constexpr std::string_view kNames[] = {"X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled",
                                         "X-B3-Flags"};
  std::vector<Header> headers;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    const std::size_t end = text.find('\n');
    // A line of one asterisk is an absent header.
    if (text.substr(0, end) != "*") headers.push_back({kNames[i], text.substr(0, end)});
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const auto parsed = parse_b3_headers(headers);
  ENTAIL_CHECK(context_error_name(parsed.error()) != "unknown");
  if (!parsed.ok()) return;
  check_parsed(*parsed);
  const HeadersOut printed = format_b3_headers(*parsed);
  headers.clear();
  for (const auto& [name, value] : printed) headers.push_back({name, value});
  // X-B3-Flags: a lone 0 is accepted and has no effect, and is formatted as no header at all.
  const auto again = parse_b3_headers(headers);
  ENTAIL_CHECK(again.error() == (headers.empty() ? ContextError::no_context : ContextError::none));
  ENTAIL_CHECK(headers.empty() || *again == *parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_one_header(text);
  check_headers(text);
  return 0;
}
