#include "capi/boundary.hpp"
namespace entail::capi {

const char* text_of(entail_status_t status) noexcept {
  switch (status) {
    case ENTAIL_OK:
      return "done";
    case ENTAIL_NOTHING:
      return "nothing is waiting";
    case ENTAIL_E_ARGUMENT:
      return "an argument is missing or out of its range";
    case ENTAIL_E_ABI:
      return "another version of the interface, or a struct that was not initialised";
    case ENTAIL_E_CONFIG:
      return "the configuration is wrong";
    case ENTAIL_E_MEMORY:
      return "out of memory";
    case ENTAIL_E_MALFORMED:
      return "the bytes are no OTLP";
    case ENTAIL_E_NO_ROOM:
      return "memory_limit is spent: tick, then try again";
    case ENTAIL_E_BUSY:
      return "too many callers at once, or a callback's call: try again";
    case ENTAIL_E_TIME_REVERSED:
      return "the time went back";
    case ENTAIL_E_CLOSED:
      return "the engine is closed";
    case ENTAIL_E_NOT_FOUND:
      return "not found";
    case ENTAIL_E_BUFFER:
      return "the buffer is too small";
    case ENTAIL_E_TOO_LARGE:
      return "too large to be taken in";
    case ENTAIL_E_INTERNAL:
      return "a fault of the library";
    default:
      return "unknown status";
  }
}

entail_status_t fail(entail_error_t* error, entail_status_t status, std::string_view message, Detail detail) noexcept {
  if (error == nullptr || !is_known(*error)) return status;
  entail_error_t told = ENTAIL_ERROR_INIT;
  told.status = status;
  told.offset = detail.offset;
  told.line = detail.line;
  told.column = detail.column;
  const std::size_t size = std::min(message.size(), sizeof told.message - 1);
  std::memcpy(told.message, message.data(), size);
  write_struct(told, *error);
  // A shorter struct of the caller truncates the message, which is still NUL-terminated.
  if (error->struct_size > offsetof(entail_error_t, message) && error->struct_size < sizeof told)
    error->message[error->struct_size - offsetof(entail_error_t, message) - 1] = '\0';
  return status;
}

entail_status_t fail(entail_error_t* error, Error cause) noexcept {
  const entail_status_t status = status_of(cause.code());
  Detail detail;
  detail.offset = cause.offset();
  try {
    return fail(error, status, describe(cause), detail);
  } catch (const std::bad_alloc&) {
    return fail(error, status, text_of(status), detail);
  }
}

entail_status_t status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::none:
      return ENTAIL_OK;
    case ErrorCode::truncated:
    case ErrorCode::bad_length:
    case ErrorCode::bad_varint:
    case ErrorCode::bad_tag:
    case ErrorCode::bad_group:
    case ErrorCode::too_deep:
    case ErrorCode::bad_json:
    case ErrorCode::bad_shape:
    case ErrorCode::bad_utf8:
      return ENTAIL_E_MALFORMED;
    case ErrorCode::too_large:
      return ENTAIL_E_TOO_LARGE;
    case ErrorCode::no_room:
      return ENTAIL_E_NO_ROOM;
    case ErrorCode::busy:
      return ENTAIL_E_BUSY;
    case ErrorCode::time_reversed:
      return ENTAIL_E_TIME_REVERSED;
    case ErrorCode::bad_options:
      return ENTAIL_E_CONFIG;
    case ErrorCode::out_of_memory:
      return ENTAIL_E_MEMORY;
    case ErrorCode::not_found:
      return ENTAIL_E_NOT_FOUND;
    case ErrorCode::closed:
      return ENTAIL_E_CLOSED;
    case ErrorCode::unknown_version:
    case ErrorCode::bad_checksum:
    case ErrorCode::bad_snapshot:
      break;
  }
  return ENTAIL_E_INTERNAL;
}

entail_status_t copy_out(std::string_view text, char* buffer, std::size_t buffer_size, std::size_t* size,
                         entail_error_t* error) noexcept {
  *size = text.size();
  if (text.size() > buffer_size) return fail(error, ENTAIL_E_BUFFER, text_of(ENTAIL_E_BUFFER));
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size());
  return ENTAIL_OK;
}

}  // namespace entail::capi

const char* entail_status_text(entail_status_t status) { return entail::capi::text_of(status); }
