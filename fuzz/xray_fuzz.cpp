// X-Amzn-Trace-Id: an error leaves the result unchanged; what parses is formatted as a header of at most 256 characters
// that parses as the same context.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ForeignContext parsed;
  const ContextError error = parse_xray(text, parsed);
  ENTAIL_CHECK(context_error_name(error) != "unknown");
  if (error != ContextError::none) {
    ENTAIL_CHECK(parsed == ForeignContext{});
    return 0;
  }
  ENTAIL_CHECK(!parsed.context.trace_id.is_zero() && parsed.sampling != SamplingState::debug);
  const std::string printed = format_xray(parsed);
  ENTAIL_CHECK(printed.size() <= 256);
  ForeignContext again;
  ENTAIL_CHECK(parse_xray(printed, again) == ContextError::none && again == parsed);
  return 0;
}
