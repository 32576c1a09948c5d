// JsonReader: walks the tokens of a JSON text by the schema and writes protobuf as it goes. Fields are written in the
// order of arrival. Zeros and empty strings are written, too, so that printing restores them.
#include <array>
#include <new>

#include "otlp/fields.hpp"
#include "otlp/json_document.hpp"
#include "text/json_path.hpp"
#include "text/json_string.hpp"
#include "text/json_tokens.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {
namespace {

constexpr std::size_t kKeySizeMax = 32;  // longer ones are unknown
// The trace ID and the span ID as bits of JsonState::bad_ids; spans and links number them alike.
constexpr unsigned kBothIds = 1U << span_field::kTraceId.number | 1U << span_field::kSpanId.number;
static_assert(link_field::kTraceId.number == span_field::kTraceId.number &&
              link_field::kSpanId.number == span_field::kSpanId.number);
// Nested values from here on have padded lengths, so that the time for deep nesting stays linear in the text's size.
constexpr unsigned kPaddedDepth = 8;

// 'traceId' for "trace_id". False when the key holds an escape, no underscore, or is longer than any name.
bool to_camel(std::string_view key, std::array<char, kKeySizeMax>& buffer, std::string_view& camel) noexcept {
  if (key.size() > buffer.size() || key.find('_') == std::string_view::npos) return false;
  std::size_t size = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '\\') return false;
    const bool raise = key[i] == '_' && i + 1 < key.size() && key[i + 1] >= 'a' && key[i + 1] <= 'z';
    buffer[size++] = raise ? static_cast<char>(key[++i] - 'a' + 'A') : key[i];
  }
  camel = {buffer.data(), size};
  return true;
}

}  // namespace

bool JsonDocument::fail(ErrorCode code, const char* token) noexcept {
  error_ = Error(code, tokens_.offset(token));
  return false;
}

// The members of an object whose bracket was taken: calls on_member with the text behind the opening quote of each key.
// Its value is the next token.
template <class OnMember>
bool JsonDocument::members(OnMember&& on_member) {
  const char* token = tokens_.take();
  if (*token == '}') return true;
  for (;;) {
    if (*token != '"') return bad(token);
    const char* const colon = tokens_.take();
    if (*colon != ':') return bad(colon);
    if (!on_member(token + 1)) return false;
    token = tokens_.take();
    if (*token == '}') return true;
    if (*token != ',') return bad(token);
    token = tokens_.take();
  }
}

// The elements of an array whose bracket was taken: calls on_element with the first token of each.
template <class OnElement>
bool JsonDocument::elements(OnElement&& on_element) {
  const char* token = tokens_.take();
  if (*token == ']') return true;
  for (;;) {
    if (!on_element(token)) return false;
    token = tokens_.take();
    if (*token == ']') return true;
    if (*token != ',') return bad(token);
    token = tokens_.take();
  }
}

struct JsonDocument::Top {
  bool any = false;
  bool spans = false;
  bool other_signal = false;
  Request::Signal signal = Request::Signal::traces;
};

bool JsonDocument::top_member(const char* key, Top& top) {
  struct Name {
    std::string_view camel;
    std::string_view snake;
    Request::Signal signal;
  };
  static constexpr Name kNames[] = {{"resourceSpans", "resource_spans", Request::Signal::traces},
                                    {"resourceLogs", "resource_logs", Request::Signal::logs},
                                    {"resourceMetrics", "resource_metrics", Request::Signal::metrics},
                                    {"resourceProfiles", "resource_profiles", Request::Signal::profiles}};
  const std::string_view name = text::raw_json_string(key);
  const char* const token = tokens_.take();
  top.any = true;
  for (const Name& known : kNames) {
    if (name != known.camel && name != known.snake) continue;
    if (known.signal != Request::Signal::traces) {
      top.signal = known.signal;
      top.other_signal = true;
      break;
    }
    top.spans = true;
    if (*token == 'n') return literal(token, "null");
    if (*token != '[') return fail(ErrorCode::bad_shape, token);
    JsonState ignored;
    return array(json_schema(JsonMessage::request).fields.front(), token, 0, ignored);
  }
  return skip_unknown(token);  // another signal beside spans, too
}

bool JsonDocument::read() {
  const char* const token = tokens_.take();
  if (*token != '{') return skip(token) && fail(ErrorCode::bad_shape, token);
  Top top;
  if (!members([&](const char* key) { return top_member(key, top); })) return false;
  if (!tokens_.at_end()) return bad(tokens_.take());
  if (top.any && !top.spans && !top.other_signal) return fail(ErrorCode::bad_shape, token);
  request_.signal = top.spans ? Request::Signal::traces : top.signal;
  writer_.finish();
  if (request_.protobuf.size() > UINT32_MAX) return fail(ErrorCode::too_large, token);
  return true;
}

// Writers name the fields in the order of the schema, so the field behind the last one (hint) is tried first. Moves the
// hint behind the field that it finds.
const JsonField* JsonDocument::find_field(const JsonSchema& schema, const char* key, std::size_t& hint) const noexcept {
  const std::size_t count = schema.fields.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = hint + i < count ? hint + i : hint + i - count;
    if (!schema.fields[index].key.stands_at(key)) continue;
    hint = index + 1;
    return &schema.fields[index];
  }
  std::array<char, kKeySizeMax> buffer;
  std::string_view camel;
  if (!to_camel(text::raw_json_string(key), buffer, camel)) return nullptr;
  for (std::size_t index = 0; index < count; ++index) {
    if (schema.fields[index].name != camel) continue;
    hint = index + 1;
    return &schema.fields[index];
  }
  return nullptr;
}

bool JsonDocument::message(const JsonSchema& schema, unsigned depth, JsonState& state) {
  std::size_t hint = 0;     // index of the last field + 1
  std::uint32_t given = 0;  // one bit per field: it has a value, and lost nothing
  const std::uint32_t rivals = schema.message == JsonMessage::any_value ? UINT32_MAX : 0;  // it holds one field
  return members([&](const char* key) {
    const bool hinted = hint < schema.fields.size() && schema.fields[hint].key.stands_at(key);
    const JsonField* const field = hinted ? &schema.fields[hint++] : find_field(schema, key, hint);
    const char* const token = tokens_.take();
    if (field == nullptr) return skip_unknown(token);
    const std::uint32_t bit = 1U << (hint - 1);
    if ((given & (bit | rivals)) != 0 && *token != 'n' && !field->repeated) [[unlikely]]
      note_replaced(token);
    const std::uint64_t lost_before = request_.values_lost;
    if (!member(*field, token, depth, state)) return false;
    if (*token != 'n' && request_.values_lost == lost_before) given |= bit;
    return true;
  });
}

bool JsonDocument::member(const JsonField& field, const char* token, unsigned depth, JsonState& state) {
  if (*token == 'n') return literal(token, "null");
  if (field.repeated) return array(field, token, depth, state);
  if (field.kind == JsonKind::message) return child(field, token, depth, state);
  return scalar(field, token, state);
}

bool JsonDocument::array(const JsonField& field, const char* token, unsigned depth, JsonState& state) {
  if (*token != '[') return lose(token, state);
  return elements([&](const char* element) {
    JsonState ignored;  // an element that is lost does not cost its array
    const bool keeps_place = field.message == JsonMessage::any_value;
    if (*element == 'n' && !keeps_place) return literal(element, "null");
    if (field.kind != JsonKind::message) return scalar(field, element, ignored);
    return child(field, element, depth, ignored);
  });
}

// A nested message. `depth` counts the AnyValues around it. In an array of values one that is null or lost stays as an
// empty one, so that the others keep their places.
bool JsonDocument::child(const JsonField& field, const char* token, unsigned depth, JsonState& state) {
  if (field.message == JsonMessage::key_value && depth + 1 < kPaddedDepth && plain_attribute(field, token)) return true;
  const JsonSchema& schema = json_schema(field.message);
  const bool is_value = field.message == JsonMessage::any_value;
  if (is_value && ++depth > wire::kDepthMax) return lose(token, state);
  const wire::MessageWriter::Open open =
      writer_.open(field.proto.tag(), depth < kPaddedDepth ? schema.length_size : wire::kPaddedLengthSize);
  JsonState inner;
  if (*token == '{') {
    if (!message(schema, depth, inner)) return false;
  } else if (*token == 'n') {
    if (!literal(token, "null")) return false;
  } else {
    if (!lose(token, inner)) return false;
    if (!field.repeated || !is_value) {
      writer_.discard(open);
      state.lost = true;
      return true;
    }
  }
  if (is_value && inner.lost) {
    writer_.discard(open);
    if (!field.repeated) return true;
    writer_.close(writer_.open(field.proto.tag(), open.length_size));
    return true;
  }
  const bool has_ids = field.message == JsonMessage::span || field.message == JsonMessage::link;
  if (has_ids && (inner.bad_ids & kBothIds) != 0) writer_.mark(open);
  writer_.close(open);
  return true;
}

struct JsonReader::Impl {
  text::JsonTokens tokens;
};

JsonReader::JsonReader() : impl_(std::make_unique<Impl>()) {}
JsonReader::~JsonReader() = default;

std::string JsonReader::path(std::uint64_t offset) const { return text::json_path(impl_->tokens.text(), offset); }

void JsonRequest::clear() noexcept {
  protobuf.clear();
  marks.clear();
  values_lost = 0;
  unknown_keys = 0;
  malformed_ids = 0;
  faults.clear();
}

Result<void> JsonReader::read(std::string_view text, JsonRequest& request) {
  request.signal = Request::Signal::traces;
  request.clear();
  Error fault;
  try {
    fault = impl_->tokens.load(text).error();
    if (fault.code() == ErrorCode::none) {
      JsonDocument document(impl_->tokens, text.size(), request);
      if (document.read()) return {};
      fault = document.error();
    }
  } catch (const std::bad_alloc&) {
    fault = Error(ErrorCode::out_of_memory);
  }
  request.clear();
  return fault;
}

}  // namespace entail::otlp
