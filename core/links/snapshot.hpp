// A snapshot of a ContextStore: a header, then records (stored_record.hpp) from the oldest on. Internal to the room.
//
//   0   8 "entailcx"        8   4 version      12  4 size of this header (48)
//   16  8 record count      24  8 time, ns     32  8 bytes behind the header      40  8 checksum of what is before it
//   48  for each record:    4 its size, its bytes, 8 checksum
//
// An error's offset is where the part begins that is damaged: behind the version for the header, or a record.
// Numbers are little-endian. A checksum is XXH3-64, seeded with the one before it (the header's with 0), so that a
// record that was changed, moved, doubled or taken out is found, and where. Nothing is allocated by a declared count.
// Thread rule: Confined.
#pragma once

#include <cstdint>
#include <vector>

#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail::links {

constexpr std::uint32_t kSnapshotVersion = 1;
constexpr std::size_t kSnapshotHeaderSize = 48;
constexpr std::size_t kSnapshotRecordOverhead = 12;

struct SnapshotHeader {
  std::uint64_t record_count = 0;
  std::int64_t now_ns = 0;
  std::uint64_t records_size = 0;  // records and their overhead
};

// Writes a header, then record_count records of records_size bytes in all (REQUIRED). Appends to `out`.
class SnapshotWriter {
 public:
  SnapshotWriter(const SnapshotHeader& header, std::vector<std::uint8_t>& out);
  void append(Bytes record);

 private:
  void append_checksum(std::size_t begin);

  std::vector<std::uint8_t>& out_;
  std::uint64_t checksum_ = 0;
};

class SnapshotReader {
 public:
  // Reads the header: bad_snapshot, unknown_version, bad_checksum, truncated, bad_length (bytes behind the end).
  Result<void> open(Bytes bytes);
  const SnapshotHeader& header() const noexcept { return header_; }
  // True with the next record, borrowed; false at the end. bad_length, bad_checksum, bad_snapshot (another count of
  // records than declared).
  Result<bool> next(Bytes& record);
  // Where the record that next() gave begins.
  std::uint64_t record_offset() const noexcept { return record_offset_; }

 private:
  Bytes bytes_;
  SnapshotHeader header_;
  std::size_t at_ = 0;
  std::uint64_t records_read_ = 0;
  std::uint64_t record_offset_ = 0;
  std::uint64_t checksum_ = 0;
};

}  // namespace entail::links
