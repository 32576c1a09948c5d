// append_json: walks the messages and prints their fields in the order of the schema.
//
// A repeated singular field is merged as protobuf merges it: the last scalar wins, messages are one after another. Of a
// oneof (AnyValue) the last member is printed.
#include <algorithm>
#include <bit>
#include <charconv>
#include <new>
#include <vector>

#include "base/bytes.hpp"
#include "otlp/decode.hpp"
#include "otlp/json.hpp"
#include "otlp/json_schema.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/json_number.hpp"
#include "text/json_string.hpp"
#include "wire/field_cursor.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {
namespace {

// What the walk over a message saw of one of its fields.
struct Seen {
  std::uint32_t count;
  std::uint32_t first;  // offset of the first occurrence's tag
  std::uint32_t end;    // of the last occurrence
  std::uint32_t payload_offset;
  std::uint32_t payload_size;
  Range payload() const noexcept { return {payload_offset, payload_size}; }
};

// By index into the schema's fields. Slots are written before they are read, most messages use one or two.
struct SeenFields {
  std::uint32_t present = 0;  // bit i: slots[i] is meaningful
  Seen slots[kJsonFieldsMax];
};
static_assert(kJsonFieldsMax <= 32);

class JsonPrinter {
 public:
  explicit JsonPrinter(std::string& out) noexcept : out_(out) {}

  // False if some message did not parse; then everything before the fault was printed.
  bool print(Bytes traces_data) {
    message(json_schema(JsonMessage::request), traces_data, {0, static_cast<std::uint32_t>(traces_data.size())}, 0);
    return fault_count_ == 0;
  }
  PrintLosses losses() const noexcept { return {unknown_count_, fault_count_ + bad_text_count_}; }

 private:
  void message(const JsonSchema& schema, Bytes bytes, Range range, unsigned depth);
  void collect(const JsonSchema& schema, Bytes bytes, Range range, SeenFields& seen);
  void array(const JsonField& field, Bytes bytes, const Seen& seen, unsigned depth);
  void merged(const JsonField& field, Bytes bytes, const Seen& seen, unsigned depth);
  void value(const JsonField& field, Bytes bytes, Range payload, unsigned depth);
  void nested(const JsonField& field, Bytes bytes, Range payload, unsigned depth);
  void varint(const JsonField& field, Bytes payload);
  template <class Integer>
  void number(Integer integer);
  template <class Integer>
  void quoted(Integer integer);

  std::string& out_;
  std::uint64_t fault_count_ = 0;     // messages of which the rest was not printed
  std::uint64_t bad_text_count_ = 0;  // texts that are not UTF-8
  std::uint64_t unknown_count_ = 0;   // fields that the schema does not know
};

template <class Integer>
void JsonPrinter::number(Integer integer) {
  char digits[24];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, integer);
  out_.append(digits, static_cast<std::size_t>(end - digits));
}

template <class Integer>
void JsonPrinter::quoted(Integer integer) {
  out_.push_back('"');
  number(integer);
  out_.push_back('"');
}

// A field of another wire type than its own is an unknown one, as for decode().
void JsonPrinter::collect(const JsonSchema& schema, Bytes bytes, Range range, SeenFields& seen) {
  const bool is_oneof = schema.message == JsonMessage::any_value;
  wire::FieldCursor cursor(bytes, range);
  wire::FieldView view;
  std::uint32_t end = range.offset;
  while (cursor.next(view)) {
    end = view.whole.offset + view.whole.size;
    const JsonField* const field = schema.find(view.number);
    if (field == nullptr || !view.is(field->proto)) {
      ++unknown_count_;
      continue;
    }
    const auto index = static_cast<unsigned>(field - schema.fields.data());
    const std::uint32_t bit = 1U << index;
    Seen& slot = seen.slots[index];
    if ((seen.present & bit) == 0) {
      slot.count = 0;
      slot.first = view.whole.offset;
      seen.present = is_oneof ? bit : seen.present | bit;
    }
    ++slot.count;
    slot.end = end;
    slot.payload_offset = view.payload.offset;
    slot.payload_size = view.payload.size;
  }
  fault_count_ += end != range.offset + range.size;
}

void JsonPrinter::message(const JsonSchema& schema, Bytes bytes, Range range, unsigned depth) {
  SeenFields seen;
  collect(schema, bytes, range, seen);
  out_.push_back('{');
  for (std::uint32_t left = seen.present; left != 0; left &= left - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(left));
    const JsonField& field = schema.fields[index];
    const Seen& slot = seen.slots[index];
    out_ += left == seen.present ? "\"" : ",\"";
    out_ += field.name;
    out_ += "\":";
    if (field.repeated) {
      array(field, bytes, slot, depth);
    } else if (field.kind == JsonKind::message && slot.count > 1) {
      merged(field, bytes, slot, depth);
    } else {
      value(field, bytes, slot.payload(), depth);
    }
  }
  out_.push_back('}');
}

void JsonPrinter::array(const JsonField& field, Bytes bytes, const Seen& seen, unsigned depth) {
  wire::FieldCursor cursor(bytes, seen.first, seen.end);
  wire::FieldView view;
  char before = '[';
  while (cursor.next(view)) {
    if (!view.is(field.proto)) continue;
    out_.push_back(before);
    before = ',';
    value(field, bytes, view.payload, depth);
  }
  out_.push_back(']');
}

// Messages one after another are their merged message.
void JsonPrinter::merged(const JsonField& field, Bytes bytes, const Seen& seen, unsigned depth) {
  std::vector<std::uint8_t> joined;
  wire::FieldCursor cursor(bytes, seen.first, seen.end);
  wire::FieldView view;
  while (cursor.next(view)) {
    if (!view.is(field.proto)) continue;
    const Bytes payload = slice(bytes, view.payload);
    joined.insert(joined.end(), payload.begin(), payload.end());
  }
  nested(field, joined, {0, static_cast<std::uint32_t>(joined.size())}, depth);
}

void JsonPrinter::nested(const JsonField& field, Bytes bytes, Range payload, unsigned depth) {
  if (field.message == JsonMessage::any_value && ++depth > wire::kDepthMax) {
    ++fault_count_;
    out_ += "{}";
    return;
  }
  message(json_schema(field.message), bytes, payload, depth);
}

void JsonPrinter::value(const JsonField& field, Bytes bytes, Range payload, unsigned depth) {
  const Bytes content = slice(bytes, payload);
  switch (field.kind) {
    case JsonKind::message:
      nested(field, bytes, payload, depth);
      return;
    case JsonKind::string:
      bad_text_count_ += !text::append_json_string(base::text_of(content), out_, text::JsonEscapes::html);
      return;
    case JsonKind::identifier:
      out_.push_back('"');
      if (!std::ranges::equal(content, kMalformedId)) text::append_hex(content, out_);
      out_.push_back('"');
      return;
    case JsonKind::bytes:
      out_.push_back('"');
      text::append_base64(content, out_);
      out_.push_back('"');
      return;
    case JsonKind::fixed64:
      quoted(base::load_le64(content.data()));
      return;
    case JsonKind::fixed32:
      number(base::load_le32(content.data()));
      return;
    case JsonKind::floating:
      text::append_json_double(std::bit_cast<double>(base::load_le64(content.data())), out_);
      return;
    case JsonKind::boolean:
    case JsonKind::int64:
    case JsonKind::int32:
    case JsonKind::uint32:
    case JsonKind::enumeration:
      varint(field, content);
      return;
  }
}

void JsonPrinter::varint(const JsonField& field, Bytes payload) {
  std::uint64_t bits = 0;
  wire::Reader reader(payload);
  reader.varint(payload.data(), payload.data() + payload.size(), bits);
  if (field.kind == JsonKind::boolean) {
    out_ += bits != 0 ? "true" : "false";
  } else if (field.kind == JsonKind::int64) {
    quoted(static_cast<std::int64_t>(bits));
  } else if (field.kind == JsonKind::uint32) {
    number(static_cast<std::uint32_t>(bits));
  } else {
    number(static_cast<std::int32_t>(bits));
  }
}

}  // namespace

Result<void> append_json(Bytes traces_data, std::string& out, PrintLosses* losses) {
  if (traces_data.size() > UINT32_MAX) return Error(ErrorCode::too_large);
  const std::size_t size_before = out.size();
  PrintLosses lost;
  bool whole = false;
  try {
    JsonPrinter printer(out);
    whole = printer.print(traces_data);
    lost = printer.losses();
  } catch (const std::bad_alloc&) {
    out.resize(size_before);
    return Error(ErrorCode::out_of_memory);
  }
  if (!whole) {
    // decode() decides whether this is an error: it does not check events, so the engine emits bytes with a broken
    // event, and the rest of them is still worth printing.
    Decoded decoded;
    const Result<void> checked = decode(traces_data, nullptr, decoded);
    if (!checked.ok()) {
      out.resize(size_before);
      return checked;
    }
  }
  if (losses != nullptr) {
    losses->unknown_fields += lost.unknown_fields;
    losses->values += lost.values;
  }
  return {};
}

}  // namespace entail::otlp
