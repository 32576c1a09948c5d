#include "input/framing.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace entail::cli {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"jsonl", "json", "proto-u32be", "proto-varint", "proto"};

bool is_space(std::uint8_t byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

bool is_text(std::uint8_t byte) noexcept { return byte >= 0x20 || is_space(byte); }

std::size_t skip_space(Bytes bytes, std::size_t at) noexcept {
  while (at < bytes.size() && is_space(bytes[at])) ++at;
  return at;
}

// Skips a UTF-8 byte order mark.
Bytes without_mark(Bytes bytes) noexcept {
  const bool mark = bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  return mark ? bytes.subspan(3) : bytes;
}

// The first bytes hold no control characters. Protobuf of any use has some: lengths, tags, IDs.
bool looks_like_text(Bytes prefix) noexcept {
  constexpr std::size_t kTextBytes = std::size_t{64} << 10;
  const Bytes head = prefix.first(std::min(prefix.size(), kTextBytes));
  return std::all_of(head.begin(), head.end(), is_text);
}

bool begins_as_json(Bytes prefix) noexcept {
  const std::size_t brace = skip_space(prefix, 0);
  if (brace >= prefix.size() || prefix[brace] != '{') return false;
  const std::size_t next = skip_space(prefix, brace + 1);
  return next < prefix.size() && (prefix[next] == '"' || prefix[next] == '}');
}

// Damaged JSON lines: some line begins as an object does, and nearly all of it is text.
bool is_damaged_json(Bytes prefix) noexcept {
  const Bytes head = prefix.first(std::min(prefix.size(), std::size_t{64} << 10));
  const auto text = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), is_text));
  if (text * 100 < head.size() * 95) return false;
  for (std::size_t at = 0; at + 1 < head.size(); ++at) {
    if ((at == 0 || head[at - 1] == '\n') && head[at] == '{' && head[at + 1] == '"') return true;
  }
  return false;
}

// The brackets of a line: how deep it ends, and whether it ends inside a string.
bool line_is_balanced(Bytes line) noexcept {
  std::int64_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::uint8_t c = line[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return depth == 0 && !in_string;
}

Bytes first_line(Bytes text) noexcept {
  const std::size_t begin = skip_space(text, 0);
  const auto* const end = static_cast<const std::uint8_t*>(std::memchr(text.data() + begin, '\n', text.size() - begin));
  return end ? text.subspan(begin, static_cast<std::size_t>(end - text.data()) - begin) : text.subspan(begin);
}

// One document over several lines, or a line per request. A first line that does not end its object belongs to a
// document, unless it is a broken line: then a whole object is on the next one.
Framing which_json(Bytes text) noexcept {
  if (skip_space(text, 0) == text.size()) return Framing::jsonl;
  const Bytes line = first_line(text);
  if (line[0] != '{' && line[0] != '[') return Framing::jsonl;
  if (line_is_balanced(line)) return Framing::jsonl;
  const Bytes rest = text.subspan(static_cast<std::size_t>(line.data() + line.size() - text.data()));
  if (skip_space(rest, 0) == rest.size()) return Framing::jsonl;
  const Bytes second = first_line(rest);
  const bool object_on_second = second.size() > 2 && second[0] == '{' && line_is_balanced(second);
  return object_on_second && line.back() != '[' && line.back() != ',' ? Framing::jsonl : Framing::json;
}

// What a walk over length-prefixed frames finds in a prefix.
struct FrameWalk {
  bool consistent = false;  // no length was impossible; all ended at the end, or the last one goes on behind the prefix
  std::optional<Bytes> first;  // the first frame, if it is all there
};

FrameWalk walk_frames(const InputStart& start, bool u32be, const ParseCheck& parse_each) {
  FrameWalk walk;
  std::size_t at = 0;
  const Bytes bytes = start.prefix;
  while (at < bytes.size()) {
    std::uint64_t size = 0;
    std::size_t prefix_size = 4;
    if (u32be) {
      if (bytes.size() - at < 4) return walk.consistent = !start.whole, walk;
      size = read_u32be(bytes.subspan(at));
    } else {
      const VarintLength length = read_varint_length(bytes.subspan(at));
      if (length.state == VarintLength::State::bad) return walk;
      if (length.state == VarintLength::State::incomplete) return walk.consistent = !start.whole, walk;
      size = length.value;
      prefix_size = length.size;
    }
    if (size > kMessageBytesMax) return walk;
    if (size > bytes.size() - at - prefix_size) return walk.consistent = !start.whole, walk;
    const Bytes frame = bytes.subspan(at + prefix_size, static_cast<std::size_t>(size));
    // Read as varints, the length of a u32 frame begins with empty messages.
    if (!u32be && !walk.first && frame.empty()) return walk;
    if (!walk.first && !frame.empty()) walk.first = frame;
    if (parse_each && !frame.empty() && !parse_each(frame)) return walk;
    at += prefix_size + static_cast<std::size_t>(size);
  }
  walk.consistent = at > 0;
  return walk;
}

// Do the u32 lengths of a regular file end exactly at its end? Reads a small window around each length, so that small
// frames share a read and large ones are jumped over.
bool lengths_end_exactly(const FileView& file) {
  std::array<std::uint8_t, 4096> window;
  std::uint64_t window_begin = 0;
  std::uint64_t window_end = 0;
  std::uint64_t at = 0;
  while (at < file.size) {
    if (file.size - at < 4) return false;
    if (at < window_begin || at + 4 > window_end) {
      window_begin = at;
      window_end = at + file.read_at(at, window.data(), window.size());
      if (at + 4 > window_end) return false;
    }
    const std::uint64_t size = read_u32be({window.data() + (at - window_begin), 4});
    if (size > kMessageBytesMax) return false;
    at += 4 + size;
  }
  return at == file.size && at > 0;
}

// A first frame that goes on behind the prefix can only be judged by its begin: tag 1, then a length that fits in.
bool begins_as_request(Bytes frame, std::uint64_t frame_size) noexcept {
  if (frame.empty() || frame[0] != 0x0a) return false;
  const VarintLength inner = read_varint_length(frame.subspan(1));
  return inner.state == VarintLength::State::good && 1 + inner.size + inner.value <= frame_size;
}

bool begins_as_frame(Bytes prefix, bool u32be) noexcept {
  if (u32be) return prefix.size() > 4 && begins_as_request(prefix.subspan(4), read_u32be(prefix));
  const VarintLength length = read_varint_length(prefix);
  return length.state == VarintLength::State::good && begins_as_request(prefix.subspan(length.size), length.value);
}

bool is_bare(const InputStart& start, const ParseCheck& parses) {
  if (start.whole) return parses(start.prefix);
  const std::size_t whole_fields = whole_fields_size(start.prefix);
  if (whole_fields > 0) return parses(start.prefix.first(whole_fields));
  if (start.prefix.empty() || start.prefix[0] != 0x0a) return false;
  // The first field goes on behind the prefix: it must begin with a field 1, 2 or 3 that fits in.
  const VarintLength outer = read_varint_length(start.prefix.subspan(1));
  const Bytes inside = start.prefix.subspan(1 + outer.size);
  if (outer.state != VarintLength::State::good || inside.empty()) return false;
  const VarintLength inner = read_varint_length(inside.subspan(1));
  const bool field = inside[0] == 0x0a || inside[0] == 0x12 || inside[0] == 0x1a;
  return field && inner.state == VarintLength::State::good && 1 + inner.size + inner.value <= outer.value;
}

bool is_framed(const InputStart& start, bool u32be, const ParseCheck& parses) {
  if (u32be && start.file && !start.whole) return lengths_end_exactly(*start.file);
  const FrameWalk walk = walk_frames(start, u32be, u32be ? ParseCheck() : parses);
  if (!walk.consistent) return false;
  if (start.whole) return true;  // the lengths ended exactly
  // The first frame goes on behind the prefix. A bare message may begin like such a frame; the reverse hardly happens.
  return walk.first ? parses(*walk.first) : begins_as_frame(start.prefix, u32be) && !is_bare(start, parses);
}

// For inputs that are whole in no framing: does the first message at least parse, or begin as one?
bool begins_framed(const InputStart& start, bool u32be, const ParseCheck& parses) {
  const FrameWalk walk = walk_frames(start, u32be, ParseCheck());
  if (walk.first) return parses(*walk.first);
  return begins_as_frame(start.prefix, u32be);
}

Framing which_proto(const InputStart& start, const ParseCheck& parses) {
  if (is_framed(start, true, parses)) return Framing::proto_u32be;
  if (is_framed(start, false, parses)) return Framing::proto_varint;
  if (is_bare(start, parses)) return Framing::proto;
  if (begins_framed(start, true, parses)) return Framing::proto_u32be;
  if (begins_framed(start, false, parses)) return Framing::proto_varint;
  return is_damaged_json(start.prefix) ? which_json(start.prefix) : Framing::proto;
}

}  // namespace

std::string_view framing_name(Framing framing) noexcept { return kNames[static_cast<std::size_t>(framing)]; }

std::optional<Framing> framing_from_name(std::string_view name) noexcept {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Framing>(found - kNames.begin());
}

std::uint32_t read_u32be(Bytes bytes) noexcept {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

VarintLength read_varint_length(Bytes bytes) noexcept {
  VarintLength length;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    length.value |= static_cast<std::uint64_t>(bytes[i] & 0x7f) << (7 * i);
    if ((bytes[i] & 0x80) == 0) return {VarintLength::State::good, length.value, i + 1};
  }
  return {bytes.size() < 10 ? VarintLength::State::incomplete : VarintLength::State::bad, 0, 0};
}

std::size_t whole_fields_size(Bytes bytes) noexcept {
  std::size_t at = 0;
  for (;;) {
    const VarintLength tag = read_varint_length(bytes.subspan(at));
    if (tag.state != VarintLength::State::good || tag.value < 8) return at;
    std::size_t next = at + tag.size;
    const VarintLength number = read_varint_length(bytes.subspan(next));
    std::uint64_t payload = 0;
    switch (tag.value & 7) {
      case 0:
        payload = number.size;
        break;
      case 1:
        payload = 8;
        break;
      case 2:
        payload = number.value;
        next += number.size;
        break;
      case 5:
        payload = 4;
        break;
      default:
        return at;
    }
    if (((tag.value & 7) == 0 || (tag.value & 7) == 2) && number.state != VarintLength::State::good) return at;
    if (payload > bytes.size() - next) return at;
    at = next + static_cast<std::size_t>(payload);
  }
}

bool begins_with_json_line(Bytes prefix) noexcept {
  const Bytes text = without_mark(prefix);
  if (!begins_as_json(text)) return false;
  const Bytes line = first_line(text);
  const bool ends = line.data() + line.size() < text.data() + text.size();
  return ends && looks_like_text(line) && line_is_balanced(line);
}

Framing detect_framing(const InputStart& start, const ParseCheck& parses) {
  const InputStart text{without_mark(start.prefix), start.whole, std::nullopt};
  if (looks_like_text(text.prefix)) return which_json(text.prefix);
  // "{" is also the length 123 of a varint frame, and a newline its first tag: the frames must then end exactly.
  if (begins_as_json(text.prefix)) {
    const bool frames = start.whole && text.prefix[0] == '{' && is_framed(start, false, parses);
    return frames ? Framing::proto_varint : which_json(text.prefix);
  }
  return which_proto(start, parses);
}

}  // namespace entail::cli
