// An in-memory input for the command's readers, delivered in pieces of a chosen size. Thread rule: Confined.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "input/message_reader.hpp"

namespace entail::fuzz {

class MemorySource final : public cli::ByteSource {
 public:
  MemorySource(Bytes bytes, std::size_t piece_bytes) : bytes_(bytes), piece_bytes_(piece_bytes) {}
  std::size_t read(std::uint8_t* into, std::size_t size) override {
    const std::size_t taken = std::min({size, piece_bytes_, bytes_.size() - at_});
    if (taken != 0) std::memcpy(into, bytes_.data() + at_, taken);
    at_ += taken;
    return taken;
  }

 private:
  Bytes bytes_;
  std::size_t piece_bytes_;
  std::size_t at_ = 0;
};

// Like a regular file, which allows looking far ahead.
inline cli::FileView view_of(Bytes bytes) {
  return {bytes.size(), [bytes](std::uint64_t offset, std::uint8_t* into, std::size_t size) -> std::size_t {
            if (offset >= bytes.size()) return 0;
            const std::size_t taken = std::min<std::size_t>(size, bytes.size() - offset);
            if (taken != 0) std::memcpy(into, bytes.data() + offset, taken);
            return taken;
          }};
}

inline bool parses_as_request(Bytes bytes) { return !bytes.empty() && cli::whole_fields_size(bytes) == bytes.size(); }

inline cli::MessageReader reader_of(Bytes bytes, std::size_t piece_bytes, bool is_file,
                                    std::optional<cli::Framing> from) {
  std::optional<cli::FileView> file;
  if (is_file) file = view_of(bytes);
  return {std::make_unique<MemorySource>(bytes, piece_bytes), std::move(file), from, parses_as_request};
}

}  // namespace entail::fuzz
