// Small inputs for the tests of the command: requests, frames and compressed files.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <string>
#include <vector>

#include "input/byte_source.hpp"
#include "stories/otlp_writer.hpp"

namespace entail::cli::test {

using Buffer = std::vector<std::uint8_t>;

inline Buffer buffer(std::string_view text) { return Buffer(text.begin(), text.end()); }
inline std::string text(Bytes bytes) { return std::string(bytes.begin(), bytes.end()); }

inline Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A request with one span; end_ns advances the clock.
inline Buffer request(std::uint64_t trace, std::int64_t end_ns, std::size_t name_size = 8) {
  RequestWriter writer;
  SpanFacts facts;
  const std::string name(name_size, 'n');
  facts.trace_id = {0x1111, trace};
  facts.span_id = {trace};
  facts.name = name;
  facts.start_ns = end_ns - 1000;
  facts.end_ns = end_ns;
  writer.begin_span(facts);
  writer.end_span("service");
  const Bytes bytes = writer.take();
  return Buffer(bytes.begin(), bytes.end());
}

inline Buffer u32be_frame(const Buffer& message) {
  Buffer frame;
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(message.size() >> shift));
  return joined({frame, message});
}

inline Buffer varint_frame(const Buffer& message) {
  Buffer frame;
  std::size_t rest = message.size();
  for (; rest >= 0x80; rest >>= 7) frame.push_back(static_cast<std::uint8_t>(rest | 0x80));
  frame.push_back(static_cast<std::uint8_t>(rest));
  return joined({frame, message});
}

inline Buffer gzipped(const Buffer& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Buffer packed(deflateBound(&stream, bytes.size()) + 32);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline Buffer zstd_packed(const Buffer& bytes) {
  Buffer packed(ZSTD_compressBound(bytes.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

// Returns bytes a few at a time, like a slow pipe.
class PieceSource final : public ByteSource {
 public:
  explicit PieceSource(Buffer bytes, std::size_t piece = 7) : bytes_(std::move(bytes)), piece_(piece) {}
  std::size_t read(std::uint8_t* into, std::size_t size) override {
    const std::size_t count = std::min({size, piece_, bytes_.size() - at_});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, into);
    at_ += count;
    return count;
  }

 private:
  Buffer bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

inline void write_file(const std::string& path, const Buffer& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Pseudo-random bytes with a fixed seed.
inline Buffer noise(std::size_t size, std::uint64_t seed) {
  Buffer bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(seed >> 56);
  }
  return bytes;
}

}  // namespace entail::cli::test
