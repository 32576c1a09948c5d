// Which framing an input has: JSON lines, one JSON document, or protobuf messages with lengths in front or without.
//
// The rule (docs/commands.md names the framings): text is JSON; else u32 big-endian frames if the lengths end exactly
// at the end, else varint frames if they do and each part parses, else one bare message. Where the end cannot be seen,
// the same is asked of the bytes seen so far. An input that fits none whole (it was cut or damaged) counts as the
// framing whose first message parses, so that what is good in it can be used.
//
// Thread rule: Immutable (free functions only). Cost: one walk over the prefix; a regular file's u32 lengths are walked
// to its end by small reads.
#pragma once

#include <optional>
#include <string_view>

#include "input/byte_source.hpp"

namespace entail::cli {

enum class Framing : std::uint8_t { jsonl, json, proto_u32be, proto_varint, proto };

// The name as --from and --to spell it.
std::string_view framing_name(Framing framing) noexcept;
std::optional<Framing> framing_from_name(std::string_view name) noexcept;

// The largest message that is read, unless --message-limit says otherwise.
constexpr std::size_t kMessageBytesMax = std::size_t{256} << 20;
// How much of an input is looked at before its framing is decided.
constexpr std::size_t kDetectBytes = std::size_t{4} << 20;

struct InputStart {
  Bytes prefix;                  // the first bytes, kDetectBytes if there are so many
  bool whole = false;            // nothing comes behind the prefix
  std::optional<FileView> file;  // set for uncompressed regular files
};

// True if the bytes parse as a trace request in protobuf with at least one span.
using ParseCheck = std::function<bool(Bytes)>;

Framing detect_framing(const InputStart& start, const ParseCheck& parses);

// The bytes begin with one whole JSON object on a line of its own.
bool begins_with_json_line(Bytes prefix) noexcept;

// The length in front of a varint frame. Incomplete: the bytes end inside it.
struct VarintLength {
  enum class State : std::uint8_t { good, incomplete, bad } state = State::bad;
  std::uint64_t value = 0;
  std::size_t size = 0;  // of the varint itself
};
VarintLength read_varint_length(Bytes bytes) noexcept;

// REQUIRES 4 bytes.
std::uint32_t read_u32be(Bytes bytes) noexcept;

// How many of the bytes are whole fields of a message, from its start: what is good of a bare message that was cut.
std::size_t whole_fields_size(Bytes bytes) noexcept;

}  // namespace entail::cli
