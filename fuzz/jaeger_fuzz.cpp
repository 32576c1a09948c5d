// uber-trace-id: a parsed context formats as a header that parses back to the same context.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_jaeger(text);
  ENTAIL_CHECK(context_error_name(parsed.error()) != "unknown");
  if (!parsed.ok()) return 0;
  ENTAIL_CHECK(parsed->context.is_valid() && parsed->sampling != SamplingState::deferred);
  const auto again = parse_jaeger(format_jaeger(*parsed));
  ENTAIL_CHECK(again.ok() && *again == *parsed);
  return 0;
}
