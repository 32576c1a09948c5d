// B3 in one header and, one line each, in several: an error leaves the result unchanged; what parses is formatted as a
// header that parses as the same context.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

namespace {

void check_read(ContextError error, const ForeignContext& parsed) {
  ENTAIL_CHECK(context_error_name(error) != "unknown");
  if (error != ContextError::none) {
    ENTAIL_CHECK(parsed == ForeignContext{});
    return;
  }
  ENTAIL_CHECK(parsed.context.trace_id.is_zero() == parsed.context.span_id.is_zero());
  const bool is_sampled = parsed.sampling == SamplingState::sampled || parsed.sampling == SamplingState::debug;
  ENTAIL_CHECK(parsed.context.flags == (is_sampled ? kTraceFlagSampled : 0) && parsed.context.is_remote);
}

void check_one_header(std::string_view text) {
  ForeignContext parsed;
  const ContextError error = parse_b3(text, parsed);
  check_read(error, parsed);
  if (error != ContextError::none) return;
  ForeignContext again;
  ENTAIL_CHECK(parse_b3(format_b3(parsed), again) == ContextError::none && again == parsed);
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
  ForeignContext parsed;
  const ContextError error = parse_b3_headers(headers, parsed);
  check_read(error, parsed);
  if (error != ContextError::none) return;
  const HeadersOut printed = format_b3_headers(parsed);
  headers.clear();
  for (const auto& [name, value] : printed) headers.push_back({name, value});
  ForeignContext again;
  // X-B3-Flags: a lone 0 is accepted and has no effect, and is formatted as no header at all.
  const ContextError error_again = parse_b3_headers(headers, again);
  ENTAIL_CHECK(error_again == (headers.empty() ? ContextError::no_context : ContextError::none));
  ENTAIL_CHECK(headers.empty() || again == parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_one_header(text);
  check_headers(text);
  return 0;
}
