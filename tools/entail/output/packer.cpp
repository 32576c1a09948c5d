#include "output/packer.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

namespace entail::cli {
namespace {

constexpr std::size_t kOutputBytes = std::size_t{128} << 10;

class GzipPacker final : public Packer {
 public:
  GzipPacker() : output_(kOutputBytes) {
    // 15 + 16: the largest window, with a gzip header.
    usable_ = ::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipPacker() override {
    if (usable_) ::deflateEnd(&stream_);
  }
  GzipPacker(const GzipPacker&) = delete;
  GzipPacker& operator=(const GzipPacker&) = delete;

  bool pack(Bytes bytes, Step step, const Write& write) override {
    constexpr std::size_t kPieceBytes = std::size_t{1} << 30;  // zlib counts in 32 bits
    for (; usable_ && bytes.size() > kPieceBytes; bytes = bytes.subspan(kPieceBytes))
      deflate_all(bytes.first(kPieceBytes), Z_NO_FLUSH, write);
    return usable_ && deflate_all(bytes, kFlush[static_cast<std::size_t>(step)], write);
  }

 private:
  static constexpr int kFlush[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};

  bool deflate_all(Bytes bytes, int flush, const Write& write) {
    // zlib takes a const input through a pointer that is not const; it does not write there.
    stream_.next_in = const_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = static_cast<uInt>(output_.size());
      if (::deflate(&stream_, flush) == Z_STREAM_ERROR) return false;
      write({output_.data(), output_.size() - stream_.avail_out});
    } while (stream_.avail_out == 0);
    return true;
  }

  z_stream stream_ = {};
  std::vector<std::uint8_t> output_;
  bool usable_ = false;
};

class ZstdPacker final : public Packer {
 public:
  ZstdPacker() : context_(ZSTD_createCCtx()), output_(kOutputBytes) {
    if (context_) ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  bool pack(Bytes bytes, Step step, const Write& write) override {
    if (!context_) return false;
    const ZSTD_EndDirective directive = kDirective[static_cast<std::size_t>(step)];
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out = {output_.data(), output_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      if (ZSTD_isError(left)) return false;
      write({output_.data(), out.pos});
      if (step == Step::more ? in.pos == in.size : left == 0) return true;
    }
  }

 private:
  static constexpr ZSTD_EndDirective kDirective[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
  struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<std::uint8_t> output_;
};

}  // namespace

std::unique_ptr<Packer> packer_for(std::string_view name) {
  if (name.ends_with(".gz")) return std::make_unique<GzipPacker>();
  if (name.ends_with(".zst")) return std::make_unique<ZstdPacker>();
  return nullptr;
}

}  // namespace entail::cli
