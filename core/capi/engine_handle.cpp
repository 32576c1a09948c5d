#include "capi/engine_handle.hpp"

#include <mutex>
#include <utility>

#include "sync/atomic.hpp"

struct entail_engine {
  std::uint64_t magic = 0;
  entail::capi::EngineState* open = nullptr;  // null: closed
  entail_engine* next_closed = nullptr;
  entail::sync::HardwareAtomic<std::uint32_t> held{0};  // 1: an exclusive call is running
};

namespace entail::capi {
namespace {

constexpr std::uint64_t kMagic = 0x6c6961746e65316bULL;
// A closed handle is reused only after this many others were closed, so that calls on a stale handle are detected.
constexpr std::size_t kQuarantinedHandles = 64;

// Closed handles form a list through next_closed, so that closing allocates nothing.
struct Handles {
  std::mutex lock;
  std::deque<std::unique_ptr<entail_engine>> all;
  entail_engine* oldest_closed = nullptr;
  entail_engine* newest_closed = nullptr;
  std::size_t closed_count = 0;
};

// Never destroyed: an engine may be closed by another static object's destructor.
Handles& handles() {
  static Handles* const all = new Handles;
  return *all;
}

bool try_hold(entail_engine& handle) noexcept { return handle.held.exchange(1, std::memory_order_acquire) == 0; }
void give_back(entail_engine& handle) noexcept { handle.held.store(0, std::memory_order_release); }

// The sink whose callback this thread is in; the innermost one if engines feed each other.
const HandleSink*& calling_sink() noexcept {
  static thread_local const HandleSink* sink = nullptr;
  return sink;
}

class CallScope {
 public:
  explicit CallScope(const HandleSink* sink) noexcept : outer_(std::exchange(calling_sink(), sink)) {}
  ~CallScope() { calling_sink() = outer_; }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  const HandleSink* const outer_;
};

std::uint64_t bytes_of(const DecisionRecord& record) noexcept {
  std::uint64_t bytes = sizeof record + (record.path.size() + record.linked.size()) * sizeof(TraceId);
  if (!record.detail) return bytes;
  const TraceDetail& detail = *record.detail;
  bytes += detail.root_service.size() + detail.root_name.size();
  for (const std::string& service : detail.services) bytes += sizeof service + service.size();
  if (detail.error) bytes += detail.error->service.size() + detail.error->name.size() + detail.error->message.size();
  for (const NearPolicy& near : detail.nearest) bytes += sizeof near + near.why.size();
  return bytes;
}

void copy_id(TraceId id, std::uint8_t* bytes) noexcept {
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.hi >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(id.lo >> (56 - 8 * i));
  }
}

void append_ids(const std::vector<TraceId>& ids, std::vector<std::uint8_t>& bytes) {
  for (const TraceId id : ids) {
    bytes.resize(bytes.size() + 16);
    copy_id(id, bytes.data() + bytes.size() - 16);
  }
}

// Names are literals or strings of the engine, so they are NUL-terminated.
const char* name_of(std::string_view name) noexcept { return name.empty() ? "" : name.data(); }

}  // namespace

entail_engine_t* acquire_handle(std::unique_ptr<EngineState> open) {
  Handles& pool = handles();
  const std::lock_guard guard(pool.lock);
  entail_engine* handle = nullptr;
  if (pool.closed_count > kQuarantinedHandles) {
    handle = std::exchange(pool.oldest_closed, pool.oldest_closed->next_closed);
    handle->next_closed = nullptr;
    --pool.closed_count;
  } else {
    handle = pool.all.emplace_back(std::make_unique<entail_engine>()).get();
    handle->magic = kMagic;
  }
  handle->open = open.release();
  return handle;
}

std::unique_ptr<EngineState> release_handle(entail_engine_t* handle) noexcept {
  if (handle == nullptr || handle->magic != kMagic || !try_hold(*handle)) return nullptr;
  Handles& pool = handles();
  const std::lock_guard guard(pool.lock);
  std::unique_ptr<EngineState> open(std::exchange(handle->open, nullptr));
  give_back(*handle);
  if (open == nullptr) return nullptr;
  (pool.oldest_closed == nullptr ? pool.oldest_closed : pool.newest_closed->next_closed) = handle;
  pool.newest_closed = handle;
  ++pool.closed_count;
  return open;
}

CallGuard::CallGuard(entail_engine_t* handle, Mode mode) noexcept {
  if (handle == nullptr || handle->magic != kMagic) {
    status_ = ENTAIL_E_ARGUMENT;
    return;
  }
  if (mode == Mode::exclusive) {
    if (!try_hold(*handle)) {
      status_ = ENTAIL_E_BUSY;
      return;
    }
    held_ = handle;
  }
  open_ = handle->open;
  if (open_ == nullptr) {
    status_ = ENTAIL_E_CLOSED;
  } else if (mode != Mode::reentrant && open_->sink.is_calling()) {
    status_ = ENTAIL_E_BUSY;
  }
}

CallGuard::~CallGuard() {
  if (held_ != nullptr) give_back(*held_);
}

void HandleSink::on_batch(Bytes traces_data, std::uint64_t span_count) {
  if (options_.on_batch != nullptr) {
    const CallScope scope(this);
    options_.on_batch(options_.user, traces_data.data(), traces_data.size(), span_count);
    return;
  }
  try {
    batches.push_back({{traces_data.begin(), traces_data.end()}, span_count});
    waiting_bytes_ += traces_data.size();
  } catch (const std::bad_alloc&) {
    spans_lost += span_count;
  }
}

OutputAnswer HandleSink::offer(const OutputBatch& batch) {
  try {
    traces_.clear();
    for (const OutputTrace& trace : batch.traces) {
      entail_output_trace_t out{};
      copy_id(trace.trace_id, out.trace_id);
      out.offset = trace.offset;
      out.size = trace.size;
      out.span_count = trace.span_count;
      out.flags = (trace.is_first ? ENTAIL_OUTPUT_FIRST : 0u) | (trace.continues ? ENTAIL_OUTPUT_CONTINUES : 0u);
      traces_.push_back(out);
    }
  } catch (const std::bad_alloc&) {
    return OutputAnswer::declined;
  }
  entail_output_t output = ENTAIL_OUTPUT_INIT;
  output.id = batch.id;
  output.traces_data = batch.traces_data.data();
  output.traces_data_size = batch.traces_data.size();
  output.span_count = batch.span_count;
  output.traces = traces_.data();
  output.trace_count = traces_.size();
  const CallScope scope(this);
  switch (options_.on_output(options_.user, &output)) {
    case ENTAIL_ANSWER_ACCEPTED:
      return OutputAnswer::accepted;
    case ENTAIL_ANSWER_DEFERRED:
      return OutputAnswer::deferred;
    default:
      return OutputAnswer::declined;
  }
}

void HandleSink::on_decision(const DecisionRecord& record) {
  try {
    if ((options_.flags & ENTAIL_OPEN_POLL_DECISIONS) != 0) {
      decisions.push_back(record);
      waiting_bytes_ += bytes_of(record);
    }
    if (options_.on_decision == nullptr) return;
    const entail_decision_t decision = describe_decision(record, described_);
    const CallScope scope(this);
    options_.on_decision(options_.user, &decision);
  } catch (const std::bad_alloc&) {
    ++records_lost;
  }
}

void HandleSink::pop_batch() noexcept {
  waiting_bytes_ -= batches.front().bytes.size();
  batches.pop_front();
}

void HandleSink::pop_decision() noexcept {
  waiting_bytes_ -= bytes_of(decisions.front());
  decisions.pop_front();
}

bool HandleSink::is_calling() const noexcept { return calling_sink() == this; }

bool HandleSink::wants_decisions() const noexcept {
  return options_.on_decision != nullptr || (options_.flags & ENTAIL_OPEN_POLL_DECISIONS) != 0;
}

namespace {

void describe_detail(const TraceDetail& detail, DecisionStorage& storage, entail_decision_t& decision) {
  decision.flags |= ENTAIL_DECISION_HAS_DETAIL | (detail.start_ns ? ENTAIL_DECISION_HAS_START : 0u) |
                    (detail.duration_ns ? ENTAIL_DECISION_HAS_DURATION : 0u) |
                    (detail.error ? ENTAIL_DECISION_HAS_ERROR : 0u);
  decision.root_service = detail.root_service.c_str();
  decision.root_name = detail.root_name.c_str();
  decision.start_ns = detail.start_ns.value_or(0);
  decision.duration_ns = detail.duration_ns.value_or(0);
  decision.errors = detail.errors;
  if (detail.error) {
    decision.error_service = detail.error->service.c_str();
    decision.error_name = detail.error->name.c_str();
    decision.error_message = detail.error->message.c_str();
  }
  decision.bytes = detail.bytes;
  for (const std::string& service : detail.services) storage.services.push_back(service.c_str());
  for (const NearPolicy& near : detail.nearest)
    storage.nearest.push_back({name_of(near.policy), near.why.c_str(), near.value, near.threshold});
}

}  // namespace

entail_decision_t describe_decision(const DecisionRecord& record, DecisionStorage& storage) {
  auto& [ids, json, services, nearest] = storage;
  services.clear();
  nearest.clear();
  ids.clear();
  append_ids(record.path, ids);
  append_ids(record.linked, ids);
  json.clear();
  append_json(record, json);
  entail_decision_t decision = ENTAIL_DECISION_INIT;
  decision.verdict = static_cast<std::uint32_t>(record.verdict);
  decision.flags = (record.origin ? ENTAIL_DECISION_ORIGIN : 0u) | (record.revived ? ENTAIL_DECISION_REVIVED : 0u) |
                   (record.origin_trace_id ? ENTAIL_DECISION_HAS_ORIGIN : 0u) |
                   (record.hops ? ENTAIL_DECISION_HAS_HOPS : 0u);
  decision.direction = static_cast<std::uint32_t>(record.direction);
  decision.hops = record.hops.value_or(0);
  decision.revision = record.revision;
  copy_id(record.trace_id, decision.trace_id);
  copy_id(record.origin_trace_id.value_or(TraceId{}), decision.origin_trace_id);
  decision.decided_at_ns = record.decided_at_ns;
  decision.spans = record.spans;
  decision.not_followed = record.not_followed;
  decision.links_dropped_upstream = record.links_dropped_upstream;
  decision.linked_total = record.linked_total;
  decision.reason = name_of(record.reason);
  decision.policy = name_of(record.policy);
  decision.loss = name_of(record.loss);
  decision.path = ids.data();
  decision.linked = ids.data() + record.path.size() * 16;
  decision.path_count = record.path.size();
  decision.linked_count = record.linked.size();
  decision.json = json.c_str();
  decision.json_size = json.size();
  decision.root_service = decision.root_name = "";
  decision.error_service = decision.error_name = decision.error_message = "";
  if (record.detail) describe_detail(*record.detail, storage, decision);
  decision.services = services.data();
  decision.service_count = services.size();
  decision.nearest = nearest.data();
  decision.nearest_count = nearest.size();
  return decision;
}

}  // namespace entail::capi
