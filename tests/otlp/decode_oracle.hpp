// What decode() must say, said by protobuf C++: reading, comparing, and making messages by their descriptors.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "otlp/decode.hpp"
#include "otlp_lax.pb.h"
#include "otlp_trace.pb.h"
#include "wire/field_cursor.hpp"
#include "wire/writer.hpp"

namespace entail::otlp_test {

using wire::Buffer;
using Random = std::mt19937_64;

inline Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string as_string(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Four bytes of 0x80 or more in a row and then one that makes the varint longer or larger than 32 bits: it may be a tag
// or length of more than five bytes, which decode() reads and protobuf C++ refuses, or a tag beyond 32 bits, with which
// it is the other way round.
inline bool may_hold_long_varint(Bytes bytes) {
  int run = 0;
  for (const std::uint8_t byte : bytes) {
    if (run >= 4 && byte >= 0x10) return true;
    run = byte >= 0x80 ? run + 1 : 0;
  }
  return false;
}

// protobuf's depth limit counts other things than ours, so it is lifted here and the tests look at ours alone.
template <class Message>
bool oracle_parse(Bytes bytes, Message& message) {
  google::protobuf::io::CodedInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(100000);
  return message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

inline std::string deterministic(const google::protobuf::Message& message) {
  std::string text;
  message.SerializeToString(&text);
  return text;
}

// The differences, empty if none.
class Comparison {
 public:
  explicit Comparison(const otlp::Decoded& decoded) : decoded_(decoded) {}

  std::string run(const otlp_lax::TracesData& data) {
    std::size_t resource = 0, scope = 0, span = 0;
    std::uint64_t links = 0;
    expect("resources", decoded_.resources.size(), static_cast<std::size_t>(data.resource_spans_size()));
    for (const auto& resource_spans : data.resource_spans()) {
      if (!out_.str().empty()) return out_.str();
      compare_resource(decoded_.resources[resource], resource_spans);
      for (const auto& scope_spans : resource_spans.scope_spans()) {
        if (scope >= decoded_.scopes.size()) return "scopes missing";
        expect("scope's resource", decoded_.scopes[scope].resource, resource);
        compare_scope(decoded_.scopes[scope], scope_spans);
        for (const auto& expected : scope_spans.spans()) {
          if (span >= decoded_.spans.size()) return "spans missing";
          expect("span's scope", decoded_.spans[span].scope, scope);
          compare_span(decoded_.spans[span++], expected);
          links += static_cast<std::uint64_t>(expected.links_size());
        }
        ++scope;
      }
      ++resource;
    }
    expect("scopes", decoded_.scopes.size(), scope);
    expect("spans", decoded_.spans.size(), span);
    expect("all links", decoded_.link_count, links);
    return out_.str();
  }

 private:
  template <class A, class B>
  void expect(const char* what, const A& got, const B& wanted) {
    if (!(got == wanted)) out_ << what << ": got " << got << ", not " << wanted << "\n";
  }
  std::string text(wire::Range range) const { return as_string(wire::slice(decoded_.bytes, range)); }

  std::string concatenated(std::uint32_t first, std::uint32_t count) const {
    std::string all;
    for (std::uint32_t i = first; i < first + count; ++i) all += text(decoded_.fields[i]);
    return all;
  }

  template <class Attributes>
  void compare_attributes(const Attributes& wanted, std::vector<otlp::AttributeView> got) {
    expect("attributes", got.size(), static_cast<std::size_t>(wanted.size()));
    for (std::size_t i = 0; i < got.size() && i < static_cast<std::size_t>(wanted.size()); ++i) {
      compare_attribute(got[i], wanted[static_cast<int>(i)]);
    }
  }

  void compare_attribute(const otlp::AttributeView& got, const otlp_lax::KeyValue& wanted) {
    using Kind = otlp::AttributeView::Kind;
    const auto& value = wanted.value();
    expect("key", text(got.key), wanted.key());
    Kind kind = Kind::other;
    switch (value.value_case()) {
      case otlp_lax::AnyValue::kStringValue:
        kind = Kind::string;
        break;
      case otlp_lax::AnyValue::kBoolValue:
        kind = Kind::boolean;
        break;
      case otlp_lax::AnyValue::kIntValue:
        kind = Kind::integer;
        break;
      case otlp_lax::AnyValue::kDoubleValue:
        kind = Kind::floating;
        break;
      case otlp_lax::AnyValue::VALUE_NOT_SET:
        kind = Kind::none;
        break;
      case otlp_lax::AnyValue::kArrayValue:
        kind = Kind::list;
        break;
      case otlp_lax::AnyValue::kKvlistValue:
        kind = Kind::map;
        break;
      case otlp_lax::AnyValue::kBytesValue:
        kind = Kind::bytes;
        break;
      default:
        break;
    }
    expect("kind", static_cast<int>(got.kind), static_cast<int>(kind));
    if (kind != Kind::list && kind != Kind::map)
      expect("string", text(got.string),
             kind == Kind::string  ? value.string_value()
             : kind == Kind::bytes ? value.bytes_value()
                                   : std::string());
    const std::int64_t integer = kind == Kind::integer   ? value.int_value()
                                 : kind == Kind::boolean ? value.bool_value()
                                                         : 0;
    expect("integer", got.integer, integer);
    expect("floating", std::bit_cast<std::uint64_t>(got.floating),
           std::bit_cast<std::uint64_t>(kind == Kind::floating ? value.double_value() : 0.0));
  }

  std::vector<otlp::AttributeView> attributes(std::uint32_t begin, std::uint32_t end, wire::Field field) const {
    std::vector<otlp::AttributeView> all;
    otlp::AttributeCursor cursor(decoded_.bytes, begin, end, field);
    for (otlp::AttributeView view; cursor.next(view);) all.push_back(view);
    return all;
  }

  // As who goes by the marks of their keys finds them.
  std::vector<otlp::AttributeView> marked_attributes(const otlp::SpanView& span) {
    std::vector<otlp::AttributeView> all;
    for (std::uint32_t i = 0; i < span.attribute_count; ++i) {
      const otlp::KeyMark marked = decoded_.key_marks.at(span.first_key_mark + i);
      otlp::AttributeView& view = all.emplace_back();
      if (marked.mark == otlp::kNoKeyMark) {
        otlp::AttributeCursor cursor(decoded_.bytes, marked.at, span.attributes_end, otlp::span_field::kAttributes);
        expect("attribute without a mark", cursor.next(view), true);
        continue;
      }
      view = otlp::read_marked(decoded_.bytes, marked);
      const std::string key = text(view.key);
      const std::string field = "\n" + std::string(1, static_cast<char>(key.size())) + key;
      const auto* const key_end = reinterpret_cast<const std::uint8_t*>(field.data()) + field.size();
      expect("marked key", text(otlp::read_marked_key(decoded_.bytes, marked)), key);
      expect("mark", marked.mark, otlp::key_mark(key_end, static_cast<std::uint32_t>(key.size())));
    }
    return all;
  }

  // The span read by itself says the same, but for attributes and links.
  void compare_alone(const otlp::SpanView& wanted) {
    const Bytes bytes = wire::slice(decoded_.bytes, wanted.payload);
    const otlp::SpanView got = otlp::read_span(bytes);
    const auto alone = [&](wire::Range range) { return as_string(wire::slice(bytes, range)); };
    expect("alone: trace_id", alone(got.trace_id), text(wanted.trace_id));
    expect("alone: span_id", alone(got.span_id), text(wanted.span_id));
    expect("alone: parent_span_id", alone(got.parent_span_id), text(wanted.parent_span_id));
    expect("alone: trace_state", alone(got.trace_state), text(wanted.trace_state));
    expect("alone: start", got.start_ns, wanted.start_ns);
    expect("alone: end", got.end_ns, wanted.end_ns);
    expect("alone: flags", got.flags, wanted.flags);
    expect("alone: status", got.status_code, wanted.status_code);
    expect("alone: dropped links", got.dropped_links_count, wanted.dropped_links_count);
  }

  // Attributes of the resource or scope messages (field 1) in the own fields of an envelope message.
  std::vector<otlp::AttributeView> header_attributes(std::uint32_t first, std::uint32_t count,
                                                     wire::Field field) const {
    std::vector<otlp::AttributeView> all;
    for (std::uint32_t i = first; i < first + count; ++i) {
      const wire::Range range = decoded_.fields[i];
      wire::FieldCursor cursor(decoded_.bytes, range.offset, range.offset + range.size);
      for (wire::FieldView view; cursor.next(view);) {
        if (view.number != 1 || view.wire_type != wire::WireType::length) continue;
        const auto more = attributes(view.payload.offset, view.payload.offset + view.payload.size, field);
        all.insert(all.end(), more.begin(), more.end());
      }
    }
    return all;
  }

  void compare_resource(const otlp::ResourceView& got, const otlp_lax::ResourceSpans& wanted) {
    otlp_lax::ResourceSpans alone = wanted;
    alone.clear_scope_spans();
    otlp_lax::ResourceSpans parsed;
    if (!oracle_parse(as_bytes(concatenated(got.first_field, got.field_count)), parsed)) out_ << "resource fields\n";
    expect("resource fields", deterministic(parsed), deterministic(alone));
    compare_attributes(wanted.resource().attributes(),
                       header_attributes(got.first_field, got.field_count, otlp::resource_field::kAttributes));
  }

  void compare_scope(const otlp::ScopeView& got, const otlp_lax::ScopeSpans& wanted) {
    otlp_lax::ScopeSpans alone = wanted;
    alone.clear_spans();
    otlp_lax::ScopeSpans parsed;
    if (!oracle_parse(as_bytes(concatenated(got.first_field, got.field_count)), parsed)) out_ << "scope fields\n";
    expect("scope fields", deterministic(parsed), deterministic(alone));
    compare_attributes(wanted.scope().attributes(),
                       header_attributes(got.first_field, got.field_count, otlp::scope_field::kAttributes));
  }

  void compare_span(const otlp::SpanView& got, const otlp_lax::Span& wanted) {
    otlp_lax::Span parsed;
    if (!oracle_parse(wire::slice(decoded_.bytes, got.payload), parsed)) out_ << "span payload\n";
    expect("span payload", deterministic(parsed), deterministic(wanted));
    expect("trace_id", text(got.trace_id), wanted.trace_id());
    expect("span_id", text(got.span_id), wanted.span_id());
    expect("parent_span_id", text(got.parent_span_id), wanted.parent_span_id());
    expect("trace_state", text(got.trace_state), wanted.trace_state());
    expect("start", got.start_ns, wanted.start_time_unix_nano());
    expect("end", got.end_ns, wanted.end_time_unix_nano());
    expect("flags", got.flags, wanted.flags());
    expect("status", got.status_code, static_cast<std::uint32_t>(wanted.status().code()));
    expect("dropped links", got.dropped_links_count, wanted.dropped_links_count());
    expect("attribute count", got.attribute_count, static_cast<std::uint32_t>(wanted.attributes_size()));
    compare_attributes(wanted.attributes(),
                       attributes(got.first_attribute, got.attributes_end, otlp::span_field::kAttributes));
    compare_attributes(wanted.attributes(), marked_attributes(got));
    compare_alone(got);
    expect("link count", got.link_count, static_cast<std::uint32_t>(wanted.links_size()));
    otlp::LinkCursor cursor(decoded_, got);
    int links = 0;
    for (otlp::LinkView link; cursor.next(link) && links < wanted.links_size(); ++links) {
      compare_link(link, wanted.links(links));
    }
    expect("links walked", links, wanted.links_size());
  }

  void compare_link(const otlp::LinkView& got, const otlp_lax::Span::Link& wanted) {
    otlp_lax::Span::Link parsed;
    if (!oracle_parse(wire::slice(decoded_.bytes, got.payload), parsed)) out_ << "link payload\n";
    expect("link payload", deterministic(parsed), deterministic(wanted));
    otlp_lax::Span in_field;
    if (!oracle_parse(wire::slice(decoded_.bytes, got.field), in_field)) out_ << "link field\n";
    expect("links in a link field", in_field.links_size(), 1);
    expect("link trace_id", text(got.trace_id), wanted.trace_id());
    expect("link span_id", text(got.span_id), wanted.span_id());
    expect("link trace_state", text(got.trace_state), wanted.trace_state());
    expect("link flags", got.flags, wanted.flags());
    expect("link attribute count", got.attribute_count, static_cast<std::uint32_t>(wanted.attributes_size()));
    compare_attributes(wanted.attributes(),
                       attributes(got.first_attribute, got.attributes_end, otlp::link_field::kAttributes));
  }

  const otlp::Decoded& decoded_;
  std::ostringstream out_;
};

// Random legal encodings, by descriptor: any field order, repeated singular fields, wrong wire types, unknown fields,
// groups, padded varints. All bytes but those of varints are below 0x80, so that a run of five others is a long varint.
class RandomMessage {
 public:
  RandomMessage(Random& random, bool plain) : random_(random), plain_(plain) {}

  Buffer make(const google::protobuf::Descriptor& descriptor, int depth = 0) {
    Buffer out;
    const std::uint64_t fields = random_() % (depth < 3 ? 6 : 5);
    for (std::uint64_t i = 0; i < fields; ++i) append_field(out, descriptor, depth);
    return out;
  }

 private:
  bool one_in(std::uint64_t n) { return random_() % n == 0; }

  void append_varint(Buffer& out, std::uint64_t value, int bytes_max = 5) {
    const std::size_t start = out.size();
    wire::append_varint(out, value);
    if (plain_ || !one_in(8)) return;
    while (out.size() - start < static_cast<std::size_t>(bytes_max) && one_in(2)) {
      out.back() |= 0x80;
      out.push_back(0);
    }
  }

  void append_content(Buffer& out, const Buffer& content) {
    append_varint(out, content.size());
    wire::append_bytes(out, content);
  }

  Buffer text() {
    static constexpr std::size_t kSizes[] = {0, 1, 8, 8, 16, 16, 16, 17, 40, 200};
    Buffer out(kSizes[random_() % std::size(kSizes)]);
    for (std::uint8_t& byte : out) byte = random_() & 0x7f;
    return out;
  }

  void append_scalar(Buffer& out, std::uint32_t number, std::uint32_t wire_type) {
    append_varint(out, std::uint64_t{number} << 3 | wire_type);
    if (wire_type == 0) append_varint(out, one_in(3) ? random_() >> (random_() % 64) : random_() % 4, 10);
    const std::size_t fixed = wire_type == 1 ? 8 : wire_type == 5 ? 4 : 0;
    for (std::size_t i = 0; i < fixed; ++i) out.push_back(random_() & 0x7f);
    if (wire_type == 2) append_content(out, text());
    if (wire_type != 3) return;
    for (std::uint64_t i = random_() % 3; i > 0; --i) append_unknown(out);
    append_varint(out, std::uint64_t{number} << 3 | 4);
  }

  void append_unknown(Buffer& out) {
    static constexpr std::uint32_t kTypes[] = {0, 1, 2, 3, 5};
    static constexpr std::uint32_t kNumbers[] = {17, 18, 100, 1000, (1u << 29) - 1};
    append_scalar(out, kNumbers[random_() % std::size(kNumbers)], kTypes[random_() % std::size(kTypes)]);
  }

  void append_field(Buffer& out, const google::protobuf::Descriptor& descriptor, int depth) {
    if (!plain_ && one_in(12)) return append_unknown(out);
    const auto& field =
        *descriptor.field(static_cast<int>(random_() % static_cast<std::uint64_t>(descriptor.field_count())));
    const auto number = static_cast<std::uint32_t>(field.number());
    if (!plain_ && one_in(40)) return append_scalar(out, number, one_in(2) ? 3 : one_in(2) ? 0 : 5);
    using Type = google::protobuf::FieldDescriptor;
    switch (field.type()) {
      case Type::TYPE_MESSAGE:
        append_varint(out, std::uint64_t{number} << 3 | 2);
        return append_content(out, depth > 10 ? Buffer{} : make(*field.message_type(), depth + 1));
      case Type::TYPE_BYTES:
      case Type::TYPE_STRING:
        return append_scalar(out, number, 2);
      case Type::TYPE_FIXED64:
      case Type::TYPE_DOUBLE:
        return append_scalar(out, number, 1);
      case Type::TYPE_FIXED32:
        return append_scalar(out, number, 5);
      default:
        return append_scalar(out, number, 0);
    }
  }

  Random& random_;
  bool plain_;
};

// The same message with the fields of every message in another order: descending, as the Collector writes, or any.
// Fields of one number keep their order, so the meaning stays.
inline std::string reordered(const std::string& bytes, const google::protobuf::Descriptor& descriptor, Random* random) {
  google::protobuf::UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return {};
  std::vector<int> order(static_cast<std::size_t>(fields.field_count()));
  for (int i = 0; i < fields.field_count(); ++i) order[static_cast<std::size_t>(i)] = i;
  std::vector<std::uint64_t> rank(64, 0);
  for (std::size_t n = 0; n < rank.size(); ++n) rank[n] = random != nullptr ? (*random)() : ~std::uint64_t{n};
  const auto key = [&](int i) {
    return std::pair(rank[static_cast<std::size_t>(fields.field(i).number()) % rank.size()], i);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
  google::protobuf::UnknownFieldSet sorted;
  for (const int i : order) {
    sorted.AddField(fields.field(i));
    auto* last = sorted.mutable_field(sorted.field_count() - 1);
    const auto* known = descriptor.FindFieldByNumber(last->number());
    if (known == nullptr || known->message_type() == nullptr) continue;
    if (last->type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    last->set_length_delimited(reordered(last->length_delimited(), *known->message_type(), random));
  }
  std::string out;
  sorted.SerializeToString(&out);
  return out;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Requests of a file of u32 big-endian frames.
inline std::vector<std::string> read_frames(const std::string& path) {
  const std::string all = read_file(path);
  std::vector<std::string> frames;
  for (std::size_t at = 0; at + 4 <= all.size();) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(all[at + i]);
    frames.push_back(all.substr(at + 4, size));
    at += 4 + size;
  }
  return frames;
}

}  // namespace entail::otlp_test
