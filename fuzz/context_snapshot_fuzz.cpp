// Snapshots of a ContextStore: what loads is written again byte for byte; what is rejected leaves the store
// unchanged. The input is tried as it is, and as the records of a snapshot with correct checksums, which the fuzzer
// could not find by itself: each record is a size byte and as many bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "entail/context_store.hpp"
#include "links/snapshot.hpp"

using namespace entail;

namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer sealed(Bytes input) {
  links::SnapshotHeader header;
  header.now_ns = INT64_MAX;
  std::vector<Bytes> records;
  while (!input.empty()) {
    const std::size_t size = std::min<std::size_t>(input[0], input.size() - 1);
    records.push_back(input.subspan(1, size));
    input = input.subspan(1 + size);
    header.records_size += size + links::kSnapshotRecordOverhead;
  }
  header.record_count = records.size();
  Buffer out;
  links::SnapshotWriter writer(header, out);
  for (const Bytes record : records) writer.append(record);
  return out;
}

void check_load(Bytes snapshot) {
  ContextStoreOptions options;
  options.ttl_ns = INT64_MAX;
  auto store = ContextStore::open(options);
  ENTAIL_CHECK(store.ok());
  SpanContext own;
  own.trace_id = {0, 1};
  own.span_id = {1};
  ENTAIL_CHECK((*store)->put("own", own).ok());
  Buffer before;
  Buffer after;
  ENTAIL_CHECK((*store)->snapshot(before).ok());
  const Result<void> loaded = (*store)->load(snapshot);
  ENTAIL_CHECK((*store)->snapshot(after).ok());
  if (loaded.ok()) {
    // Entries put at 0 have expired when the time is INT64_MAX.
    const ContextStoreStatistics statistics = (*store)->statistics();
    ENTAIL_CHECK(!statistics.losses.empty() || std::ranges::equal(after, snapshot));
  } else {
    ENTAIL_CHECK(loaded.error().offset() <= snapshot.size() && after == before);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_load(Bytes(data, size));
  check_load(sealed(Bytes(data, size)));
  return 0;
}
