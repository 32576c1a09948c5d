// What the JSON tests share: reading into decoded views, printing, building small texts and files.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "otlp/decode.hpp"
#include "otlp/json.hpp"
#include "text/hex.hpp"

namespace entail::otlp {

// One text, read and decoded. `error` is that of reading.
struct JsonCase {
  explicit JsonCase(std::string_view text) {
    JsonReader reader;
    error = reader.read(text, request).error();
    if (error.code() != ErrorCode::none) return;
    const Result<void> result = decode(request.protobuf, &request.marks, decoded);
    EXPECT_TRUE(result.ok()) << describe(result.error()) << " in the protobuf of " << text.substr(0, 300);
  }

  bool ok() const { return error.code() == ErrorCode::none; }
  std::string bytes_of(Range range) const {
    return {reinterpret_cast<const char*>(request.protobuf.data()) + range.offset, range.size};
  }
  std::string hex_of(Range range) const {
    std::string hex;
    text::append_hex(slice(request.protobuf, range), hex);
    return hex;
  }
  const SpanView& span(std::size_t i = 0) const { return decoded.spans.at(i); }
  std::vector<LinkView> links(std::size_t i = 0) const {
    std::vector<LinkView> links;
    LinkCursor cursor(decoded, decoded.spans.at(i));
    for (LinkView link; cursor.next(link);) links.push_back(link);
    return links;
  }
  std::vector<AttributeView> attributes(std::size_t i = 0) const {
    std::vector<AttributeView> attributes;
    const SpanView& view = decoded.spans.at(i);
    AttributeCursor cursor(request.protobuf, view.first_attribute, view.attributes_end, span_field::kAttributes);
    for (AttributeView attribute; cursor.next(attribute);) attributes.push_back(attribute);
    return attributes;
  }
  std::string printed() const {
    std::string text;
    const Result<void> result = append_json(request.protobuf, text);
    EXPECT_TRUE(result.ok()) << describe(result.error());
    return text;
  }

  JsonRequest request;
  Decoded decoded;
  Error error;
};

// A request with one span that has these members.
inline std::string span_text(std::string_view members) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + std::string(members) + "}]}]}]}";
}
// A span with one attribute "k" of this value.
inline std::string value_text(std::string_view value) {
  return span_text(R"("attributes":[{"key":"k","value":)" + std::string(value) + "}]");
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace entail::otlp
