// What a Request holds, for the engine to reach the decoded views. Thread rule: Confined, as Request is.
#pragma once

#include "entail/entail.hpp"
#include "otlp/decode.hpp"
#include "otlp/json.hpp"

namespace entail {
inline namespace v1 {

struct Request::Impl {
  // Never throws: no memory is an error.
  Result<void> decode(Bytes bytes, const otlp::Marks* marks);

  otlp::Decoded decoded;  // borrows the caller's bytes, or json.protobuf
  otlp::JsonReader json_reader;
  otlp::JsonRequest json;
  Request::Signal signal = Request::Signal::traces;
  std::int64_t end_time_max_ns = 0;
};

}  // namespace v1
}  // namespace entail
