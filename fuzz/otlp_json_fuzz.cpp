// Any text as OTLP/JSON: an error inside the text, or protobuf that decodes, prints, and reads as the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "otlp/decode.hpp"
#include "otlp/json.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static otlp::JsonReader reader;
  static otlp::JsonRequest first;
  static otlp::JsonRequest second;
  static otlp::JsonRequest third;
  static otlp::Decoded decoded;
  const Result<void> read = reader.read({reinterpret_cast<const char*>(data), size}, first);
  if (!read.ok()) {
    ENTAIL_CHECK(read.error().offset() <= size);
    ENTAIL_CHECK(first.protobuf.empty() && first.marks.empty());
    return 0;
  }
  ENTAIL_CHECK(otlp::decode(first.protobuf, &first.marks, decoded).ok());
  std::uint64_t bad = 0;
  for (const otlp::SpanView& span : decoded.spans) {
    bad += span.bad_hex;
    otlp::LinkCursor links(decoded, span);
    for (otlp::LinkView link; links.next(link);) bad += link.bad_hex;
  }
  ENTAIL_CHECK(bad == first.marks.size());

  // The second text has its fields in schema order, so from there on nothing changes.
  std::string printed;
  ENTAIL_CHECK(otlp::append_json(first.protobuf, printed).ok());
  ENTAIL_CHECK(reader.read(printed, second).ok());
  ENTAIL_CHECK(second.values_lost == 0);
  std::string again;
  ENTAIL_CHECK(otlp::append_json(second.protobuf, again).ok());
  ENTAIL_CHECK(again == printed);
  ENTAIL_CHECK(reader.read(again, third).ok());
  ENTAIL_CHECK(third.protobuf == second.protobuf);
  return 0;
}
