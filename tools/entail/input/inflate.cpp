#include "input/inflate.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

namespace entail::cli {
namespace {

constexpr std::size_t kMessageBytesMin = std::size_t{64} << 10;

std::string at_byte(std::uint64_t offset) { return " at byte " + std::to_string(offset); }

bool has_zstd_magic(Bytes bytes) noexcept {
  if (bytes.size() < 4 || bytes[2] != (bytes[0] == 0x28 ? 0x2f : 0x4d)) return false;
  const bool frame = bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[3] == 0xfd;
  const bool skippable = (bytes[0] & 0xf0) == 0x50 && bytes[1] == 0x2a && bytes[3] == 0x18;
  return frame || skippable;
}

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteWindow> packed) : packed_(std::move(packed)) {
    // 15 + 16: the largest window, and a gzip header is required.
    usable_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
    if (!usable_) fail(ProblemKind::unreadable, "gzip: out of memory");
  }
  ~GzipSource() override {
    if (usable_) ::inflateEnd(&stream_);
  }

  bool would_wait() const override { return packed_->would_wait(); }
  std::size_t read(std::uint8_t* into, std::size_t size) override {
    while (usable_ && !problem()) {
      const Bytes input = packed_->available().empty() ? packed_->fill(1) : packed_->available();
      if (input.empty()) return end_of_packed();
      if (between_members_ && !begin_member()) return 0;
      const std::size_t got = inflate_some(into, size);
      if (got > 0) return got;
    }
    return 0;
  }

 private:
  std::size_t inflate_some(std::uint8_t* into, std::size_t size) {
    const Bytes input = packed_->available();
    // zlib takes a const input through a pointer that is not; it does not write there.
    stream_.next_in = const_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), 1u << 30));
    stream_.next_out = into;
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    const uInt in_before = stream_.avail_in;
    const uInt out_before = stream_.avail_out;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    packed_->consume(in_before - stream_.avail_in);
    if (status == Z_STREAM_END) {
      between_members_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(ProblemKind::malformed, "gzip data is damaged" + at_byte(packed_->offset()));
    }
    return out_before - stream_.avail_out;
  }

  std::size_t end_of_packed() {
    if (packed_->problem()) {
      fail(packed_->problem()->kind, packed_->problem()->text);
    } else if (!between_members_) {
      fail(ProblemKind::truncated, "gzip data ends early" + at_byte(packed_->offset()));
    }
    return 0;
  }

  // After a member: another member, or zeros up to the end, or else something that is not gzip.
  bool begin_member() {
    if (!first_member_) {
      while (!packed_->fill(1).empty() && packed_->available()[0] == 0) packed_->consume(1);
      if (packed_->available().empty()) return false;
      if (packed_->available()[0] != 0x1f) {
        fail(ProblemKind::malformed, "bytes that are not gzip follow the gzip data" + at_byte(packed_->offset()));
        return false;
      }
      ::inflateReset(&stream_);
    }
    first_member_ = false;
    between_members_ = false;
    return true;
  }

  std::unique_ptr<ByteWindow> packed_;
  z_stream stream_ = {};
  bool usable_ = false;
  bool between_members_ = true;
  bool first_member_ = true;
};

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};
using ZstdContext = std::unique_ptr<ZSTD_DCtx, FreeContext>;

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteWindow> packed) : packed_(std::move(packed)), context_(ZSTD_createDCtx()) {
    if (!context_) fail(ProblemKind::unreadable, "zstd: out of memory");
  }

  bool would_wait() const override { return packed_->would_wait(); }
  std::size_t read(std::uint8_t* into, std::size_t size) override {
    while (!problem()) {
      const Bytes input = packed_->available().empty() ? packed_->fill(1) : packed_->available();
      // Output may still wait inside the decoder when its last input is taken, so an empty input is offered too.
      ZSTD_inBuffer in = {input.data(), input.size(), 0};
      ZSTD_outBuffer out = {into, size, 0};
      if (input.empty() && !inside_frame_) return end_of_packed();
      const std::size_t status = ZSTD_decompressStream(context_.get(), &out, &in);
      packed_->consume(in.pos);
      if (ZSTD_isError(status)) {
        fail(ProblemKind::malformed,
             std::string("zstd data is damaged (") + ZSTD_getErrorName(status) + ")" + at_byte(packed_->offset()));
      } else {
        inside_frame_ = status != 0;
      }
      if (out.pos > 0) return out.pos;
      if (input.empty()) return end_of_packed();
    }
    return 0;
  }

 private:
  std::size_t end_of_packed() {
    if (packed_->problem()) {
      fail(packed_->problem()->kind, packed_->problem()->text);
    } else if (inside_frame_) {
      fail(ProblemKind::truncated, "zstd data ends early" + at_byte(packed_->offset()));
    }
    return 0;
  }

  std::unique_ptr<ByteWindow> packed_;
  ZstdContext context_;
  bool inside_frame_ = false;
};

}  // namespace

Packing detect_packing(Bytes first_bytes) noexcept {
  if (first_bytes.size() >= 3 && first_bytes[0] == 0x1f && first_bytes[1] == 0x8b && first_bytes[2] == 8) {
    return Packing::gzip;
  }
  if (has_zstd_magic(first_bytes)) return Packing::zstd;
  // A message does not begin with this magic: it would be field 5, which no request has, as its first.
  if (first_bytes.size() >= 8 && first_bytes[4] == 0x28 && has_zstd_magic(first_bytes.subspan(4))) {
    return Packing::zstd_frames;
  }
  return Packing::none;
}

namespace {

// A tar header has "ustar" at byte 257, and the file's mode at byte 100 as octal digits.
bool is_tar(std::string_view head) noexcept {
  constexpr std::size_t kMagicAt = 257;
  if (head.size() <= kMagicAt || !head.substr(kMagicAt).starts_with("ustar")) return false;
  const std::string_view mode = head.substr(100, 7);
  return std::ranges::all_of(mode, [](char c) { return c >= '0' && c <= '7'; });
}

}  // namespace

std::string_view foreign_format(Bytes first_bytes) noexcept {
  struct Format {
    std::string_view magic;
    std::string_view name;
  };
  // As the length of a frame, none of the first bytes is within the limit.
  static constexpr Format kFormats[] = {{{"\xfd"
                                          "7zXZ\0",
                                          6},
                                         "xz data; unpack it first (xz -dc)"},
                                        {"PK\x03\x04", "a zip archive; unpack it first (unzip -p)"},
                                        {"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first (7z x)"},
                                        {{"\x5d\0\0", 3}, "lzma data; unpack it first (xz -dc)"}};
  const std::string_view head(reinterpret_cast<const char*>(first_bytes.data()), first_bytes.size());
  for (const Format& format : kFormats)
    if (head.starts_with(format.magic)) return format.name;
  // As the length of a frame it is within the limit, but no request begins with what follows: version 01 in two bits.
  if (head.size() > 4 && head.starts_with("\x04\x22\x4d\x18") && (head[4] & 0xc0) == 0x40)
    return "lz4 data; unpack it first (lz4 -dc)";
  if (is_tar(head)) return "a tar archive; unpack it first (tar -xO)";
  const bool bzip2 =
      head.size() >= 10 && head.starts_with("BZh") && head[3] >= '1' && head[3] <= '9' && head.substr(4, 6) == "1AY&SY";
  return bzip2 ? "bzip2 data; unpack it first (bzip2 -dc)" : std::string_view();
}

std::unique_ptr<ByteSource> make_gzip_source(std::unique_ptr<ByteWindow> packed) {
  return std::make_unique<GzipSource>(std::move(packed));
}

std::unique_ptr<ByteSource> make_zstd_source(std::unique_ptr<ByteWindow> packed) {
  return std::make_unique<ZstdSource>(std::move(packed));
}

struct ZstdFrameReader::Context {
  ZstdContext zstd{ZSTD_createDCtx()};
};

ZstdFrameReader::ZstdFrameReader(std::unique_ptr<ByteWindow> packed, std::size_t message_bytes_max)
    : packed_(std::move(packed)), context_(std::make_unique<Context>()), message_bytes_max_(message_bytes_max) {}

ZstdFrameReader::~ZstdFrameReader() = default;

bool ZstdFrameReader::fail(ProblemKind kind, std::string text) {
  problem_ = Problem{kind, std::move(text), 0};
  return false;
}

bool ZstdFrameReader::next(Bytes& message) {
  if (problem_) return false;
  frame_offset_ = packed_->offset();
  const Bytes prefix = packed_->fill(4);
  if (packed_->problem()) return fail(packed_->problem()->kind, packed_->problem()->text);
  if (prefix.empty()) return false;
  if (prefix.size() < 4) {
    return fail(ProblemKind::truncated, "the file ends inside a frame's length" + at_byte(frame_offset_));
  }
  const std::size_t size = static_cast<std::size_t>(prefix[0]) << 24 | static_cast<std::size_t>(prefix[1]) << 16 |
                           static_cast<std::size_t>(prefix[2]) << 8 | prefix[3];
  if (size > message_bytes_max_) {
    return fail(ProblemKind::malformed, "a frame of " + std::to_string(size) + " bytes is over the limit of " +
                                            std::to_string(message_bytes_max_) + at_byte(frame_offset_));
  }
  const Bytes frame = packed_->fill(4 + size);
  if (packed_->problem()) return fail(packed_->problem()->kind, packed_->problem()->text);
  if (frame.size() < 4 + size) {
    return fail(ProblemKind::truncated,
                "the file ends inside a frame of " + std::to_string(size) + " bytes" + at_byte(frame_offset_));
  }
  if (!unpack(frame.subspan(4, size))) return false;
  packed_->consume(4 + size);
  message = {message_.data(), message_size_};
  return true;
}

bool ZstdFrameReader::unpack(Bytes frame) {
  if (!context_->zstd) return fail(ProblemKind::unreadable, "zstd: out of memory");
  ZSTD_DCtx_reset(context_->zstd.get(), ZSTD_reset_session_only);
  if (message_.size() < kMessageBytesMin) message_.resize(kMessageBytesMin);
  ZSTD_inBuffer in = {frame.data(), frame.size(), 0};
  std::size_t used = 0;
  for (;;) {
    ZSTD_outBuffer out = {message_.data(), message_.size(), used};
    const std::size_t status = ZSTD_decompressStream(context_->zstd.get(), &out, &in);
    if (ZSTD_isError(status)) {
      return fail(ProblemKind::malformed,
                  std::string("zstd data is damaged (") + ZSTD_getErrorName(status) + ")" + at_byte(frame_offset_));
    }
    const bool stuck = out.pos == used && in.pos == in.size && status != 0;
    used = out.pos;
    if (status == 0 && in.pos == in.size) break;
    if (stuck) return fail(ProblemKind::malformed, "a zstd frame ends early" + at_byte(frame_offset_));
    if (used < message_.size()) continue;
    if (used >= message_bytes_max_) {
      return fail(ProblemKind::malformed, "a message of more than " + std::to_string(message_bytes_max_) +
                                              " bytes is over the limit" + at_byte(frame_offset_));
    }
    message_.resize(std::min(message_.size() * 2, message_bytes_max_));
  }
  message_size_ = used;
  return true;
}

}  // namespace entail::cli
