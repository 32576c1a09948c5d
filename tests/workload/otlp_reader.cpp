#include "tests/workload/otlp_reader.hpp"

#include <bit>
#include <fstream>
#include <iterator>

namespace entail::workload {
namespace {

struct Field {
  unsigned number = 0;
  unsigned type = 0;
  std::uint64_t scalar = 0;
  std::string_view bytes;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}
  bool failed() const { return failed_; }

  bool next(Field& field) {
    if (rest_.empty() || failed_) return false;
    const std::uint64_t tag = varint();
    field = {static_cast<unsigned>(tag >> 3), static_cast<unsigned>(tag & 7), 0, {}};
    switch (field.type) {
      case 0:
        field.scalar = varint();
        break;
      case 1:
        field.scalar = fixed(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.scalar = fixed(4);
        break;
      default:
        failed_ = true;
    }
    return !failed_;
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::string_view byte = take(1);
      if (failed_) return 0;
      if (shift < 64) value |= static_cast<std::uint64_t>(byte[0] & 0x7f) << shift;
      if ((static_cast<unsigned char>(byte[0]) & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }
  std::uint64_t fixed(unsigned size) {
    const std::string_view bytes = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

bool read_value(std::string_view bytes, Value& value) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);) {
    if (field.number == 1) value = std::string(field.bytes);
    if (field.number == 2) value = field.scalar != 0;
    if (field.number == 3) value = static_cast<std::int64_t>(field.scalar);
    if (field.number == 4) value = std::bit_cast<double>(field.scalar);
    if (field.number == 5) {
      std::vector<std::string> list;
      FieldReader array(field.bytes);
      for (Field element; array.next(element);) {
        Value text;
        if (!read_value(element.bytes, text)) return false;
        if (std::holds_alternative<std::string>(text)) list.push_back(std::get<std::string>(text));
      }
      if (array.failed()) return false;
      value = list;
    }
    if (field.number > 5) value = std::monostate{};
  }
  return !reader.failed();
}

bool read_attribute(std::string_view bytes, Attributes& out) {
  FieldReader reader(bytes);
  Attribute attribute;
  for (Field field; reader.next(field);) {
    if (field.number == 1) attribute.key = field.bytes;
    if (field.number == 2 && !read_value(field.bytes, attribute.value)) return false;
  }
  out.push_back(std::move(attribute));
  return !reader.failed();
}

bool read_event(std::string_view bytes, Event& event) {
  FieldReader reader(bytes);
  bool good = true;
  for (Field field; reader.next(field);) {
    if (field.number == 1) event.time_ns = field.scalar;
    if (field.number == 2) event.name = field.bytes;
    if (field.number == 3) good = read_attribute(field.bytes, event.attributes) && good;
    if (field.number == 4) event.dropped_attributes_count = static_cast<std::uint32_t>(field.scalar);
  }
  return good && !reader.failed();
}

bool read_link(std::string_view bytes, Link& link) {
  FieldReader reader(bytes);
  bool good = true;
  for (Field field; reader.next(field);) {
    switch (field.number) {
      case 1:
        link.trace_id = field.bytes;
        break;
      case 2:
        link.span_id = field.bytes;
        break;
      case 3:
        link.trace_state = field.bytes;
        break;
      case 4:
        good = read_attribute(field.bytes, link.attributes) && good;
        break;
      case 5:
        link.dropped_attributes_count = static_cast<std::uint32_t>(field.scalar);
        break;
      case 6:
        link.flags = static_cast<std::uint32_t>(field.scalar);
        break;
      default:
        break;
    }
  }
  return good && !reader.failed();
}

bool read_status(std::string_view bytes, Span& span) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);)
    if (field.number == 3) span.status_code = static_cast<std::uint32_t>(field.scalar);
  return !reader.failed();
}

bool read_span(std::string_view bytes, Span& span) {
  FieldReader reader(bytes);
  bool good = true;
  span.encoded_bytes = bytes.size();
  for (Field field; reader.next(field);) {
    switch (field.number) {
      case 1:
        span.trace_id = field.bytes;
        break;
      case 2:
        span.span_id = field.bytes;
        break;
      case 3:
        span.trace_state = field.bytes;
        break;
      case 4:
        span.parent_span_id = field.bytes;
        break;
      case 5:
        span.name = field.bytes;
        break;
      case 6:
        span.kind = static_cast<std::uint32_t>(field.scalar);
        break;
      case 7:
        span.start_ns = field.scalar;
        break;
      case 8:
        span.end_ns = field.scalar;
        break;
      case 9:
        good = read_attribute(field.bytes, span.attributes) && good;
        break;
      case 11:
        good = read_event(field.bytes, span.events.emplace_back()) && good;
        break;
      case 13:
        good = read_link(field.bytes, span.links.emplace_back()) && good;
        break;
      case 14:
        span.dropped_links_count = static_cast<std::uint32_t>(field.scalar);
        break;
      case 15:
        good = read_status(field.bytes, span) && good;
        break;
      case 16:
        span.flags = static_cast<std::uint32_t>(field.scalar);
        break;
      default:
        break;
    }
  }
  return good && !reader.failed();
}

bool read_scope(std::string_view bytes, SpanGroup& group) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);)
    if (field.number == 2 && !read_span(field.bytes, group.spans.emplace_back())) return false;
  return !reader.failed();
}

bool read_resource(std::string_view bytes, SpanGroup& group) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);)
    if (field.number == 1 && !read_attribute(field.bytes, group.resource)) return false;
  return !reader.failed();
}

bool read_group(std::string_view bytes, SpanGroup& group) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);) {
    if (field.number == 1 && !read_resource(field.bytes, group)) return false;
    if (field.number == 2 && !read_scope(field.bytes, group)) return false;
  }
  return !reader.failed();
}

}  // namespace

bool decode(std::string_view bytes, Request& request) {
  FieldReader reader(bytes);
  for (Field field; reader.next(field);)
    if (field.number == 1 && !read_group(field.bytes, request.groups.emplace_back())) return false;
  return !reader.failed();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> split_frames(std::string_view file) {
  std::vector<std::string> frames;
  while (file.size() >= 4) {
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) size = (size << 8) | static_cast<unsigned char>(file[static_cast<std::size_t>(i)]);
    if (size > file.size() - 4) break;
    frames.emplace_back(file.substr(4, size));
    file.remove_prefix(4 + size);
  }
  return frames;
}

std::vector<std::string> split_lines(std::string_view file) {
  std::vector<std::string> lines;
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    if (end > 0) lines.emplace_back(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return lines;
}

}  // namespace entail::workload
