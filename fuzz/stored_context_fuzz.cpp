// Contexts stored as JSON: accepted text is JSON for simdjson too; an error leaves the result unchanged; what parses
// is formatted as JSON that parses as the same context.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "entail/context.hpp"

using namespace entail;

namespace {

// simdjson has its own limits on numbers and depth, so the converse does not hold.
bool is_json_object(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::error_code error = parser.parse(simdjson::padded_string(text)).get(element);
  if (error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR) return true;
  return error == simdjson::SUCCESS && element.is_object();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SpanContext parsed;
  const ContextError error = parse_stored_context(text, parsed);
  ENTAIL_CHECK(context_error_name(error) != "unknown");
  if (error != ContextError::none) {
    ENTAIL_CHECK(parsed == SpanContext{});
    return 0;
  }
  ENTAIL_CHECK(is_json_object(text));
  ENTAIL_CHECK(parsed.is_valid());
  SpanContext again;
  const std::string printed = format_stored_context(parsed);
  // Escapes make the text longer, in extreme cases beyond the parser's limit.
  if (printed.size() <= 65536)
    ENTAIL_CHECK(parse_stored_context(printed, again) == ContextError::none && again == parsed);
  return 0;
}
