// uber-trace-id: an error leaves the result unchanged; what parses is formatted as a header that parses as the same
// context.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ForeignContext parsed;
  const ContextError error = parse_jaeger(text, parsed);
  ENTAIL_CHECK(context_error_name(error) != "unknown");
  if (error != ContextError::none) {
    ENTAIL_CHECK(parsed == ForeignContext{});
    return 0;
  }
  ENTAIL_CHECK(parsed.context.is_valid() && parsed.sampling != SamplingState::deferred);
  ForeignContext again;
  ENTAIL_CHECK(parse_jaeger(format_jaeger(parsed), again) == ContextError::none && again == parsed);
  return 0;
}
