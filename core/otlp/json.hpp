// Reading and printing OTLP/JSON (docs/design.md 4.7; the OTLP specification, "JSON Protobuf Encoding"): a request in
// JSON becomes protobuf bytes, everything else handles only those, and JSON output is printed from them.
//
// Rules: IDs are hex of either case; 64-bit integers are strings or numbers; enums are integers or names; keys are
// lowerCamelCase, snake_case is accepted too; unknown keys are skipped and counted. A value that protobuf cannot hold
// (intValue beyond 64 bits, a lone surrogate, a value of the wrong type) is left out and counted; nothing else of the
// request is lost. Of several values of one key, or of one AnyValue, the last counts, and the others are counted as
// lost; objects are merged, as protobuf does. An ID that is not hex of its length is written as kMalformedId, whatever
// its text, so that it is neither empty nor mistaken for another ID; the span or link of one that is not hex is marked
// (Marks), so that it is counted as bad_hex. Thread rule: Confined. Cost: the first stage of simdjson over the text,
// then one walk over the tokens that it finds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entail/entail.hpp"
#include "otlp/decode.hpp"

namespace entail::otlp {

// The bytes of an ID whose text is not hex of its length: of a wrong length themselves.
constexpr std::uint8_t kMalformedId[] = {0};

// What was left out or replaced, and where in the text.
struct JsonFault {
  JsonLoss::Reason reason = JsonLoss::Reason::wrong_type;
  std::uint64_t offset = 0;
};
constexpr std::size_t kJsonFaultsMax = 8;          // that are kept of one request
constexpr std::uint64_t kUnknownKeyFaultsMax = 2;  // of these

struct JsonRequest {
  Request::Signal signal = Request::Signal::traces;
  std::vector<std::uint8_t> protobuf;
  Marks marks;
  std::uint64_t values_lost = 0;
  std::uint64_t unknown_keys = 0;
  std::uint64_t malformed_ids = 0;
  std::vector<JsonFault> faults;  // the first ones

  // Forgets all but the signal. The memory is kept.
  void clear() noexcept;
};

// Keeps the parser and its padded buffer between calls.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;
  // On error (bad_json with the offset, bad_shape) request.protobuf is empty.
  Result<void> read(std::string_view text, JsonRequest& request);
  // The place of a value in the text of the last read(): "resourceSpans[0].scopeSpans".
  std::string path(std::uint64_t offset) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends the TracesData message as OTLP/JSON on one line: IDs lower-case hex (kMalformedId empty), 64-bit integers as
// strings, bytes as base64, doubles shortest round-trip, unknown fields left out. Fails like decode() on bytes that do
// not parse. `losses`, if given, is added to where the call succeeds.
Result<void> append_json(Bytes traces_data, std::string& out, PrintLosses* losses = nullptr);

}  // namespace entail::otlp
