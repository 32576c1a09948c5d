// X-Amzn-Trace-Id: a parsed context formats as a header of at most 256 characters that parses back to the same context.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_xray(text);
  ENTAIL_CHECK(context_error_name(parsed.error()) != "unknown");
  if (!parsed.ok()) return 0;
  ENTAIL_CHECK(!parsed->context.trace_id.is_zero() && parsed->sampling != SamplingState::debug);
  const std::string printed = format_xray(*parsed);
  ENTAIL_CHECK(printed.size() <= 256);
  const auto again = parse_xray(printed);
  ENTAIL_CHECK(again.ok() && *again == *parsed);
  return 0;
}
