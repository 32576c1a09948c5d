#include "entail/result.hpp"

namespace entail {
inline namespace v1 {
namespace {

const char* describe_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::none:
      return "no error";
    case ErrorCode::truncated:
      return "the bytes end inside a field";
    case ErrorCode::bad_length:
      return "a length reaches beyond its parent";
    case ErrorCode::bad_varint:
      return "a varint of more than ten bytes";
    case ErrorCode::bad_tag:
      return "a bad field number or wire type";
    case ErrorCode::bad_group:
      return "a group that does not end as it began";
    case ErrorCode::too_deep:
      return "nested too deep";
    case ErrorCode::too_large:
      return "larger than the limit";
    case ErrorCode::bad_json:
      return "not valid JSON";
    case ErrorCode::bad_shape:
      return "not an OTLP trace request";
    case ErrorCode::no_room:
      return "no room: tick, then try again";
    case ErrorCode::busy:
      return "too many callers at once";
    case ErrorCode::time_reversed:
      return "time went backwards";
    case ErrorCode::bad_options:
      return "an option is out of its bounds";
    case ErrorCode::out_of_memory:
      return "out of memory";
    case ErrorCode::not_found:
      return "not found";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::bad_utf8:
      return "a string is not UTF-8";
    case ErrorCode::unknown_version:
      return "a version that this library does not know";
    case ErrorCode::bad_checksum:
      return "damaged: the checksum is another";
    case ErrorCode::bad_snapshot:
      return "not a snapshot of a context store";
  }
  return "unknown error";
}

}  // namespace

std::string describe(Error error) {
  std::string text = describe_code(error.code());
  if (error.offset() != 0) text += " at byte " + std::to_string(error.offset());
  return text;
}

}  // namespace v1
}  // namespace entail
