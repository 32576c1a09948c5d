// Any bytes through the command's reader, compressed and framed in any way: it ends, after messages that are parts of
// the input and problems that name a position. The pieces in which the bytes arrive do not affect the result,
// except in compressed data that is damaged.
//   byte 0   bits 0-2 framing (5 and more: detected), bits 3-7 size of the pieces
#include <string>
#include <vector>

#include "base/check.hpp"
#include "fuzz/memory_source.hpp"

namespace {

using namespace entail;
using cli::Framing;
using cli::MessageReader;

// zstd and gzip may expand a little into very much: the target reads only a bounded part of it.
constexpr std::uint64_t kUnpackedBytesMax = 1 << 20;

struct Reading {
  std::vector<std::string> messages;
  std::vector<std::uint64_t> places;
  std::vector<std::string> problems;
  Framing framing = Framing::jsonl;
  bool packed = false;
  bool operator==(const Reading&) const = default;
};

Reading read(Bytes bytes, std::size_t piece_bytes, bool is_file, std::optional<Framing> from) {
  MessageReader reader = fuzz::reader_of(bytes, piece_bytes, is_file, from);
  Reading reading;
  cli::Message message;
  std::uint64_t total = 0;
  for (MessageReader::Next next;
       total < kUnpackedBytesMax && (next = reader.next(message)) != MessageReader::Next::end;) {
    if (next == MessageReader::Next::problem) {
      ENTAIL_CHECK(!reader.problem().text.empty());
      reading.problems.push_back(reader.problem().text);
      ENTAIL_CHECK(reading.problems.size() <= bytes.size() + 2);
      continue;
    }
    total += message.bytes.size() + 1;
    reading.messages.emplace_back(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
    if (!reading.places.empty()) ENTAIL_CHECK(message.place > reading.places.back());
    reading.places.push_back(message.place);
    ENTAIL_CHECK(message.json == (reader.framing() == Framing::jsonl || reader.framing() == Framing::json) ||
                 reader.packs_each_message());
  }
  if (total < kUnpackedBytesMax && !reader.packed() && reading.problems.empty())
    ENTAIL_CHECK(total <= 2 * bytes.size() + 2);  // nothing is returned twice
  ENTAIL_CHECK(!from || reader.framing() == *from);
  reading.framing = reader.framing();
  reading.packed = reader.packed();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned framing = data[0] & 7;
  const auto from = framing < 5 ? std::optional(static_cast<Framing>(framing)) : std::nullopt;
  const std::size_t piece_bytes = 1 + std::size_t{data[0]} / 8;
  const Bytes bytes(data + 1, size - 1);
  const Reading whole = read(bytes, bytes.size() + 1, false, from);
  for (const bool is_file : {false, true}) {
    const Reading pieces = read(bytes, piece_bytes, is_file, from);
    // The unpacker decides how much of damaged data it returns before it reports the damage.
    const bool is_damaged = (whole.packed && !whole.problems.empty()) || (pieces.packed && !pieces.problems.empty());
    ENTAIL_CHECK(is_damaged ? whole.packed == pieces.packed : pieces == whole);
  }
  return 0;
}
