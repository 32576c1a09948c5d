// traceparent: an error leaves the result unchanged; what parses is formatted as a header that parses as the same
// context.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "context/traceparent.hpp"

using namespace entail::context;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const TracestateLevel level : {TracestateLevel::two, TracestateLevel::strict_one}) {
    Traceparent parsed;
    const TraceparentError error = parse_traceparent(text, parsed, level);
    ENTAIL_CHECK(describe(error) != nullptr);
    if (error != TraceparentError::none) {
      ENTAIL_CHECK(parsed == Traceparent{});
      continue;
    }
    ENTAIL_CHECK(!parsed.trace_id.is_zero() && !parsed.parent_id.is_zero() && parsed.version != 0xff);
    const auto printed = format_traceparent(parsed, level);
    const std::string_view header(printed.data(), printed.size());
    Traceparent again;
    ENTAIL_CHECK(parse_traceparent(header, again, level) == TraceparentError::none);
    parsed.version = 0;
    ENTAIL_CHECK(parsed == again);
    // Except for version and flags, the header equals the received one.
    const std::size_t begin = text.find_first_not_of(" \t");
    ENTAIL_CHECK(text.substr(begin + 2, 51) == header.substr(2, 51));
  }
  return 0;
}
