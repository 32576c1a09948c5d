// traceparent: a parsed header formats as a header that parses back to the same context.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "context/traceparent.hpp"

using namespace entail::context;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const TracestateLevel level : {TracestateLevel::two, TracestateLevel::strict_one}) {
    const auto result = parse_traceparent(text, level);
    if (!result.ok()) {
      ENTAIL_CHECK(result.error() != entail::ContextError::none);
      continue;
    }
    Traceparent parsed = *result;
    ENTAIL_CHECK(!parsed.trace_id.is_zero() && !parsed.parent_id.is_zero() && parsed.version != 0xff);
    const auto printed = format_traceparent(parsed, level);
    const std::string_view header(printed.data(), printed.size());
    const auto again = parse_traceparent(header, level);
    parsed.version = 0;
    ENTAIL_CHECK(again.ok() && *again == parsed);
    // Except for version and flags, the header equals the received one.
    const std::size_t begin = text.find_first_not_of(" \t");
    ENTAIL_CHECK(text.substr(begin + 2, 51) == header.substr(2, 51));
  }
  return 0;
}
