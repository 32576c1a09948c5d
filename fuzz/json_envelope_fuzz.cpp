// Any text through the command's JSON unwrapping: a request is left alone, offsets stay inside the message, and what is
// taken out of a wrapping needs no further unwrapping.
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "input/json_envelope.hpp"

using entail::cli::JsonEnvelope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string message(reinterpret_cast<const char*>(data), size);
  JsonEnvelope envelope;
  envelope.open(message);
  for (std::size_t at = 0; at <= envelope.text.size(); ++at)
    ENTAIL_CHECK(envelope.offset_in_message(at) <= message.size());
  if (!envelope.foreign.empty() || message.starts_with("{\"resourceSpans\"")) ENTAIL_CHECK(envelope.text == message);
  // Filled again, it remembers nothing.
  const std::string text(envelope.text);
  JsonEnvelope fresh;
  fresh.open(text);
  envelope.open(text);
  ENTAIL_CHECK(envelope.text == fresh.text && envelope.foreign == fresh.foreign);
  return 0;
}
