#include "capi/engine_handle.hpp"

#include <mutex>

#include "base/bytes.hpp"

struct entail_engine {
  std::uint64_t magic = 0;
  entail::capi::OpenEngine* open = nullptr;  // null: closed
};

namespace entail::capi {
namespace {

constexpr std::uint64_t kMagic = 0x6c6961746e65316bULL;
// A closed shell waits behind this many others before it is used again, so that a stale handle is found out for long.
constexpr std::size_t kShellsResting = 64;

struct Shells {
  std::mutex lock;
  std::deque<std::unique_ptr<entail_engine>> all;
  std::deque<entail_engine*> closed;  // the longest closed first; has room for all
};

// Never destroyed: an engine may be closed by another static object's destructor.
Shells& shells() {
  static Shells* const all = new Shells;
  return *all;
}

void append_ids(const TraceId* ids, std::size_t count, std::vector<std::uint8_t>& bytes) {
  for (std::size_t i = 0; i < count; ++i)
    for (const std::uint64_t half : {ids[i].hi, ids[i].lo})
      for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(half >> shift));
}

void copy_id(TraceId id, std::uint8_t* bytes) noexcept {
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.hi >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(id.lo >> (56 - 8 * i));
  }
}

// Names come from literals and from the engine's own strings: they end with NUL.
const char* name_of(std::string_view name) noexcept { return name.empty() ? "" : name.data(); }

}  // namespace

entail_engine_t* take_shell(std::unique_ptr<OpenEngine> open) {
  Shells& pool = shells();
  const std::lock_guard guard(pool.lock);
  entail_engine* shell = nullptr;
  if (pool.closed.size() > kShellsResting) {
    shell = pool.closed.front();
    pool.closed.pop_front();
  } else {
    shell = pool.all.emplace_back(std::make_unique<entail_engine>()).get();
    shell->magic = kMagic;
  }
  shell->open = open.release();
  return shell;
}

std::unique_ptr<OpenEngine> empty_shell(entail_engine_t* shell) noexcept {
  if (shell == nullptr || shell->magic != kMagic) return nullptr;
  Shells& pool = shells();
  const std::lock_guard guard(pool.lock);
  std::unique_ptr<OpenEngine> open(std::exchange(shell->open, nullptr));
  if (open == nullptr) return nullptr;
  try {
    pool.closed.push_back(shell);
  } catch (const std::bad_alloc&) {
    // The shell is never used again then: 16 bytes.
  }
  return open;
}

OpenEngine* find_engine(entail_engine_t* shell, entail_status_t* status) noexcept {
  if (shell == nullptr || shell->magic != kMagic) {
    *status = ENTAIL_E_ARGUMENT;
    return nullptr;
  }
  if (shell->open == nullptr) *status = ENTAIL_E_CLOSED;
  return shell->open;
}

void HandleSink::on_batch(Bytes traces_data, std::uint64_t span_count) {
  if (options_.on_batch != nullptr) {
    options_.on_batch(options_.user, traces_data.data(), traces_data.size(), span_count);
    return;
  }
  try {
    batches.push_back({{traces_data.begin(), traces_data.end()}, span_count});
  } catch (const std::bad_alloc&) {
    spans_lost += span_count;
  }
}

void HandleSink::on_decision(const DecisionRecord& record) {
  try {
    if ((options_.flags & ENTAIL_OPEN_POLL_DECISIONS) != 0) decisions.push_back(record);
    if (options_.on_decision == nullptr) return;
    const entail_decision_t decision = describe_decision(record, ids_, json_);
    options_.on_decision(options_.user, &decision);
  } catch (const std::bad_alloc&) {
    ++records_lost;
  }
}

bool HandleSink::wants_decisions() const noexcept {
  return options_.on_decision != nullptr || (options_.flags & ENTAIL_OPEN_POLL_DECISIONS) != 0;
}

entail_decision_t describe_decision(const DecisionRecord& record, std::vector<std::uint8_t>& ids, std::string& json) {
  ids.clear();
  append_ids(record.path.data(), record.path.size(), ids);
  append_ids(record.linked.data(), record.linked.size(), ids);
  json.clear();
  append_json(record, json);
  entail_decision_t told = ENTAIL_DECISION_INIT;
  told.verdict = static_cast<std::uint32_t>(record.verdict);
  told.flags = (record.origin ? ENTAIL_DECISION_ORIGIN : 0u) | (record.revived ? ENTAIL_DECISION_REVIVED : 0u) |
               (record.origin_trace_id ? ENTAIL_DECISION_HAS_ORIGIN : 0u) |
               (record.hops ? ENTAIL_DECISION_HAS_HOPS : 0u);
  told.direction = static_cast<std::uint32_t>(record.direction);
  told.hops = record.hops.value_or(0);
  told.revision = record.revision;
  copy_id(record.trace_id, told.trace_id);
  copy_id(record.origin_trace_id.value_or(TraceId{}), told.origin_trace_id);
  told.decided_at_ns = record.decided_at_ns;
  told.spans = record.spans;
  told.not_followed = record.not_followed;
  told.links_dropped_upstream = record.links_dropped_upstream;
  told.linked_total = record.linked_total;
  told.reason = name_of(record.reason);
  told.policy = name_of(record.policy);
  told.loss = name_of(record.loss);
  told.path = ids.data();
  told.linked = ids.data() + record.path.size() * 16;
  told.path_count = record.path.size();
  told.linked_count = record.linked.size();
  told.json = json.c_str();
  told.json_size = json.size();
  return told;
}

}  // namespace entail::capi
