// A snapshot of a ContextStore: a header, then records (stored_record.hpp), oldest first. Internal to the room.
//
//   0   8 "entailcx"        8   4 version      12  4 size of this header (48)
//   16  8 record count      24  8 time, ns     32  8 size of the records          40  8 checksum of bytes 0 to 39
//   48  per record:         4 size, the record, 8 checksum
//
// The offset of an error is the start of the damaged part: a record, or the header after its version. Numbers are
// little-endian. A checksum is XXH3-64 seeded with the previous one (the header's with 0), which detects and locates a
// record that was changed, moved, duplicated or removed. Allocations never depend on a declared count.
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
  std::uint64_t records_size = 0;  // including kSnapshotRecordOverhead of each
};

// Appends a header, then records, to `out`. REQUIRES as many records and bytes as the header declares.
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
  // Reads the header: bad_snapshot, unknown_version, bad_checksum, truncated, bad_length (bytes after the records).
  Result<void> open(Bytes bytes);
  const SnapshotHeader& header() const noexcept { return header_; }
  // True with the next record, borrowed; false at the end. bad_length, bad_checksum, bad_snapshot (wrong number of
  // records).
  Result<bool> next(Bytes& record);
  // Offset of the record that next() returned.
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
