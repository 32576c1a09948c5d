// OTLP/JSON at the door and at the exit (docs/design.md 4.7; the OTLP specification, "JSON Protobuf Encoding"): a
// request in JSON becomes protobuf bytes, everything behind knows only those, and JSON output is printed from them.
//
// Rules: IDs are hex of either case; 64-bit integers are strings or numbers; enums are integers or names; keys are
// lowerCamelCase, snake_case is accepted too; unknown keys are skipped and counted. A value that protobuf cannot hold
// (intValue beyond 64 bits, a lone surrogate, a non-number) costs that value and is counted; nothing else of the
// request is lost. An ID that is not hex is written as its text and its span or link is marked (Marks), so that it is
// counted as bad_hex; hex of a wrong number of whole bytes is written as those bytes. Thread rule: Confined. Cost: the
// first stage of simdjson over the text, then one walk over the tokens that it finds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entail/entail.hpp"
#include "otlp/decode.hpp"

namespace entail::otlp {

struct JsonRequest {
  Request::Signal signal = Request::Signal::traces;
  std::vector<std::uint8_t> protobuf;
  Marks marks;
  std::uint64_t values_lost = 0;
  std::uint64_t unknown_keys = 0;
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

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends the TracesData message as OTLP/JSON on one line: ids lower-case hex, 64-bit integers as strings, bytes as
// base64, doubles shortest round-trip, unknown fields left out. Fails like decode() on bytes that do not parse.
// `losses`, if given, is added to where the call succeeds.
Result<void> append_json(Bytes traces_data, std::string& out, PrintLosses* losses = nullptr);

}  // namespace entail::otlp
