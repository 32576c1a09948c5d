#include "links/snapshot.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace entail::links {
namespace {

constexpr char kMagic[] = "entailcx";  // written without its NUL
constexpr std::size_t kMagicSize = 8;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kHeaderSizeAt = 12;
constexpr std::size_t kRecordCountAt = 16;
constexpr std::size_t kTimeAt = 24;
constexpr std::size_t kRecordsSizeAt = 32;
constexpr std::size_t kChecksumAt = 40;

void append_le(std::vector<std::uint8_t>& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t checksum_of(Bytes bytes, std::uint64_t previous) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), previous);
}

}  // namespace

SnapshotWriter::SnapshotWriter(const SnapshotHeader& header, std::vector<std::uint8_t>& out) : out_(out) {
  const std::size_t begin = out_.size();
  out_.reserve(begin + kSnapshotHeaderSize + header.records_size);
  out_.insert(out_.end(), kMagic, kMagic + kMagicSize);
  append_le(out_, kSnapshotVersion, 4);
  append_le(out_, kSnapshotHeaderSize, 4);
  append_le(out_, header.record_count, 8);
  append_le(out_, static_cast<std::uint64_t>(header.now_ns), 8);
  append_le(out_, header.records_size, 8);
  append_checksum(begin);
}

void SnapshotWriter::append(Bytes record) {
  const std::size_t begin = out_.size();
  append_le(out_, record.size(), 4);
  out_.insert(out_.end(), record.begin(), record.end());
  append_checksum(begin);
}

void SnapshotWriter::append_checksum(std::size_t begin) {
  checksum_ = checksum_of(Bytes(out_).subspan(begin), checksum_);
  append_le(out_, checksum_, 8);
}

// Checks the version before anything after it, because a newer version may have another header.
Result<void> SnapshotReader::open(Bytes bytes) {
  const std::size_t magic_size = std::min(bytes.size(), kMagicSize);
  for (std::size_t i = 0; i < magic_size; ++i)
    if (bytes[i] != static_cast<std::uint8_t>(kMagic[i])) return Error(ErrorCode::bad_snapshot, i);
  if (bytes.size() < kHeaderSizeAt) return Error(ErrorCode::truncated, bytes.size());
  if (base::load_le32(bytes.data() + kVersionAt) != kSnapshotVersion)
    return Error(ErrorCode::unknown_version, kVersionAt);
  if (bytes.size() < kSnapshotHeaderSize) return Error(ErrorCode::truncated, bytes.size());
  checksum_ = checksum_of(bytes.first(kChecksumAt), 0);
  if (checksum_ != base::load_le64(bytes.data() + kChecksumAt)) return Error(ErrorCode::bad_checksum, kHeaderSizeAt);
  if (base::load_le32(bytes.data() + kHeaderSizeAt) != kSnapshotHeaderSize)
    return Error(ErrorCode::bad_snapshot, kHeaderSizeAt);
  header_.record_count = base::load_le64(bytes.data() + kRecordCountAt);
  header_.now_ns = static_cast<std::int64_t>(base::load_le64(bytes.data() + kTimeAt));
  if (header_.now_ns < 0) return Error(ErrorCode::bad_snapshot, kTimeAt);
  header_.records_size = base::load_le64(bytes.data() + kRecordsSizeAt);
  if (bytes.size() - kSnapshotHeaderSize < header_.records_size) return Error(ErrorCode::truncated, bytes.size());
  if (bytes.size() - kSnapshotHeaderSize > header_.records_size)
    return Error(ErrorCode::bad_length, kSnapshotHeaderSize + header_.records_size);
  bytes_ = bytes;
  at_ = kSnapshotHeaderSize;
  records_read_ = 0;
  return {};
}

Result<bool> SnapshotReader::next(Bytes& record) {
  if (at_ == bytes_.size()) {
    if (records_read_ != header_.record_count) return Error(ErrorCode::bad_snapshot, kRecordCountAt);
    return false;
  }
  const std::size_t remaining = bytes_.size() - at_;
  if (remaining < kSnapshotRecordOverhead) return Error(ErrorCode::bad_length, at_);
  const std::size_t size = base::load_le32(bytes_.data() + at_);
  if (remaining - kSnapshotRecordOverhead < size) return Error(ErrorCode::bad_length, at_);
  checksum_ = checksum_of(bytes_.subspan(at_, 4 + size), checksum_);
  if (checksum_ != base::load_le64(bytes_.data() + at_ + 4 + size)) return Error(ErrorCode::bad_checksum, at_);
  record_offset_ = at_ + 4;
  record = bytes_.subspan(at_ + 4, size);
  at_ += kSnapshotRecordOverhead + size;
  ++records_read_;
  return true;
}

}  // namespace entail::links
