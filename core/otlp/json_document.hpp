// Converts one OTLP/JSON text to protobuf: a walk over its tokens by the schema. Internal to the room; the structure is
// in json_read.cpp, the scalars in json_read_scalar.cpp.
//
// Every step returns false if the text is not JSON, with error() set. A value that protobuf cannot hold is counted and
// left out, and the walk continues.
// Thread rule: Confined. Cost: one pass. Stack: bounded by kDepthMax nested values.
#pragma once

#include "otlp/json.hpp"
#include "otlp/json_schema.hpp"
#include "text/json_number.hpp"
#include "text/json_tokens.hpp"
#include "wire/message_writer.hpp"

namespace entail::otlp {

// What a message reports to the one around it.
struct JsonState {
  bool lost = false;         // an AnyValue whose value protobuf cannot hold
  std::uint8_t bad_ids = 0;  // one bit per field number: its text was not hex
};

class JsonDocument {
 public:
  // The output is usually smaller than half the text; otherwise the buffer grows.
  JsonDocument(text::JsonTokens& tokens, std::size_t text_size, JsonRequest& request)
      : tokens_(tokens), request_(request), writer_(request.protobuf, request.marks, text_size / 2 + 64) {}

  // On failure returns false and sets error().
  bool read();
  Error error() const noexcept { return error_; }

 private:
  struct Top;
  // Where the length and the content of a field go.
  struct OpenField {
    std::uint8_t* length;
    std::uint8_t* content;
  };

  template <class OnMember>
  bool members(OnMember&& on_member);
  template <class OnElement>
  bool elements(OnElement&& on_element);
  bool top_member(const char* key, Top& top);
  const JsonField* find_field(const JsonSchema& schema, const char* key, std::size_t& hint) const noexcept;

  bool message(const JsonSchema& schema, unsigned depth, JsonState& state);
  bool member(const JsonField& field, const char* token, unsigned depth, JsonState& state);
  bool array(const JsonField& field, const char* token, unsigned depth, JsonState& state);
  bool child(const JsonField& field, const char* token, unsigned depth, JsonState& state);
  bool plain_attribute(const JsonField& field, const char* token);
  std::uint8_t* plain_integer(const char* token, std::uint8_t* out) const noexcept;
  bool scalar(const JsonField& field, const char* token, JsonState& state);
  bool string(const JsonField& field, const char* token, JsonState& state);
  bool identifier(const JsonField& field, const char* token, JsonState& state);
  bool malformed_identifier(const JsonField& field, const char* token, OpenField place, JsonState& state);
  bool bytes(const JsonField& field, const char* token, JsonState& state);
  OpenField begin_bytes(const JsonField& field);
  bool finish_bytes(OpenField place, const std::uint8_t* end) noexcept;
  bool boolean(const JsonField& field, const char* token, JsonState& state);
  bool integer(const JsonField& field, const char* token, JsonState& state);
  bool write_integer(const JsonField& field, const text::DecimalInteger& value);
  bool floating(const JsonField& field, const char* token, JsonState& state);
  bool number_text(const char* token, std::string_view& text);
  bool ends_scalar(const char* at) const noexcept;
  bool enum_value(const JsonField& field, std::string_view text, text::DecimalInteger& value) const noexcept;

  bool literal(const char* token, std::string_view spelling);
  bool skip(const char* token);
  bool lose(const char* token, JsonState& state);
  bool lose_taken(const char* token, JsonState& state);
  void note_replaced(const char* token);
  bool skip_unknown(const char* token);
  void note(JsonLoss::Reason reason, const char* token);
  bool fail(ErrorCode code, const char* token) noexcept;
  bool bad(const char* token) noexcept { return fail(ErrorCode::bad_json, token); }

  text::JsonTokens& tokens_;
  JsonRequest& request_;
  wire::MessageWriter writer_;
  Error error_;
};

}  // namespace entail::otlp
