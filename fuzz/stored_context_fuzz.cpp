// Contexts stored as JSON: accepted text is also JSON to simdjson, and a parsed context formats as JSON that parses
// back to the same context.
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
  const auto parsed = parse_stored_context(text);
  ENTAIL_CHECK(context_error_name(parsed.error()) != "unknown");
  if (!parsed.ok()) return 0;
  ENTAIL_CHECK(is_json_object(text));
  ENTAIL_CHECK(parsed->is_valid());
  const std::string printed = format_stored_context(*parsed);
  if (printed.size() > 65536) return 0;  // escapes can make the text longer than the parser's limit
  const auto again = parse_stored_context(printed);
  ENTAIL_CHECK(again.ok() && *again == *parsed);
  return 0;
}
