// gzip and zstd as byte sources, and the Collector's file exporter's zstd frames, each with its length in front.
//
// What was inflated before a damaged or cut place is given out first. Thread rule: Confined. Memory: one window of the
// compressed bytes and the codec's own (zstd: windows of at most 128 MiB).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "input/byte_source.hpp"

namespace entail::cli {

enum class Packing : std::uint8_t { none, gzip, zstd, zstd_frames };

// By the magic numbers of at least the first 8 bytes (or of all there are).
Packing detect_packing(Bytes first_bytes) noexcept;

// What an input is that begins with these bytes and that nothing here reads, such as "xz data; unpack it first (xz
// -dc)"; empty: no such format is known. Needs kFormatBytes of the input, and for tar what comes behind them.
constexpr std::size_t kFormatBytes = 10;
std::string_view foreign_format(Bytes first_bytes) noexcept;

// Several members or frames one after the other are one stream. Zero padding after a gzip member is skipped.
std::unique_ptr<ByteSource> make_gzip_source(std::unique_ptr<ByteWindow> packed);
std::unique_ptr<ByteSource> make_zstd_source(std::unique_ptr<ByteWindow> packed);

// The file exporter's u32 big-endian length before each zstd frame: every frame is one message.
class ZstdFrameReader {
 public:
  ZstdFrameReader(std::unique_ptr<ByteWindow> packed, std::size_t message_bytes_max);
  ~ZstdFrameReader();
  ZstdFrameReader(const ZstdFrameReader&) = delete;
  ZstdFrameReader& operator=(const ZstdFrameReader&) = delete;
  // False: the end, or a problem. The message is valid until the next call.
  bool next(Bytes& message);
  // Where the last frame began in the file.
  std::uint64_t frame_offset() const noexcept { return frame_offset_; }
  const std::optional<Problem>& problem() const noexcept { return problem_; }
  bool would_wait() const { return packed_->would_wait(); }

 private:
  struct Context;
  bool unpack(Bytes frame);
  bool fail(ProblemKind kind, std::string text);

  std::unique_ptr<ByteWindow> packed_;
  std::unique_ptr<Context> context_;
  std::vector<std::uint8_t> message_;  // its first message_size_ bytes count; it does not shrink
  std::size_t message_size_ = 0;
  std::size_t message_bytes_max_;
  std::uint64_t frame_offset_ = 0;
  std::optional<Problem> problem_;
};

}  // namespace entail::cli
