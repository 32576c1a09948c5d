// The state behind an entail_engine_t. Handles are never freed, so that a call on a closed handle can be refused.
//
// Thread rule: opening and closing are Guarded by one lock. Exclusive calls take the handle's atomic flag: a second
// caller, and a callback that calls back, is refused instead of waiting.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "capi/boundary.hpp"
#include "entail/entail.hpp"

namespace entail::capi {

// What the pointers of a C decision borrow, beside the record.
struct DecisionStorage {
  std::vector<std::uint8_t> ids;
  std::string json;
  std::vector<const char*> services;
  std::vector<entail_near_policy_t> nearest;
};
// A decision as the C struct. Its pointers borrow the record and the storage. Throws bad_alloc.
entail_decision_t describe_decision(const DecisionRecord& record, DecisionStorage& storage);

// Passes the engine's output to the callbacks, or queues it for polling.
class HandleSink final : public Sink {
 public:
  struct Batch {
    std::vector<std::uint8_t> bytes;
    std::uint64_t span_count = 0;
  };

  explicit HandleSink(const entail_open_options_t& options) : options_(options) {}
  void on_batch(Bytes traces_data, std::uint64_t span_count) override;
  void on_decision(const DecisionRecord& record) override;
  bool wants_decisions() const noexcept override;
  // Removes the oldest. REQUIRES that one waits.
  void pop_batch() noexcept;
  void pop_decision() noexcept;
  std::uint64_t waiting_bytes() const noexcept { return waiting_bytes_; }
  // True on a thread that is inside a callback of this sink.
  bool is_calling() const noexcept;
  // The answer of on_output. Without memory for its arguments: declined.
  OutputAnswer offer(const OutputBatch& batch);

  std::deque<Batch> batches;
  std::deque<DecisionRecord> decisions;
  std::uint64_t spans_lost = 0;    // emitted, but there was no memory to queue them for polling
  std::uint64_t records_lost = 0;  // the same for decision records

 private:
  const entail_open_options_t options_;
  std::uint64_t waiting_bytes_ = 0;            // of batches and decisions
  DecisionStorage described_;                  // scratch of on_decision()
  std::vector<entail_output_trace_t> traces_;  // scratch of offer()
};

// Offers batches to on_output, and passes decisions as the handle's sink does.
class AnsweringSink final : public BatchSink {
 public:
  explicit AnsweringSink(HandleSink& handle) : handle_(handle) {}
  OutputAnswer on_batch(const OutputBatch& batch) override { return handle_.offer(batch); }
  void on_decision(const DecisionRecord& record) override { handle_.on_decision(record); }
  bool wants_decisions() const noexcept override { return handle_.wants_decisions(); }

 private:
  HandleSink& handle_;
};

struct EngineState {
  EngineState(const entail_open_options_t& open_options, Options engine_options)
      : options(std::move(engine_options)), sink(open_options) {}
  Options options;  // also owns the names that entail_counts() returns
  HandleSink sink;
  AnsweringSink answering_sink{sink};
  std::unique_ptr<Engine> engine;

  // Owns what the pointers of the last polled decision borrow.
  DecisionRecord polled_record;
  DecisionStorage polled;
};

// A handle for the engine, new or reused. Throws bad_alloc.
entail_engine_t* acquire_handle(std::unique_ptr<EngineState> open);
// Closes the handle and returns its engine; null if it is already closed or an exclusive call is running.
std::unique_ptr<EngineState> release_handle(entail_engine_t* handle) noexcept;

// Guards one call on an engine. Mode::shared: any number of threads may make the call at once; Mode::exclusive: one;
// Mode::reentrant: as shared, and from callbacks of the engine, too.
class CallGuard {
 public:
  enum class Mode : std::uint8_t { shared, exclusive, reentrant };
  CallGuard(entail_engine_t* handle, Mode mode) noexcept;
  ~CallGuard();
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;

  // If not ENTAIL_OK, there is no engine.
  entail_status_t status() const noexcept { return status_; }
  EngineState& engine() const noexcept { return *open_; }

 private:
  entail_engine_t* held_ = nullptr;  // the handle whose flag the destructor clears
  EngineState* open_ = nullptr;
  entail_status_t status_ = ENTAIL_OK;
};

// Runs body(engine) if the handle is valid.
template <class Body>
entail_status_t with_engine(entail_engine_t* handle, CallGuard::Mode kind, entail_error_t* error,
                            Body&& body) noexcept {
  const CallGuard guard(handle, kind);
  if (guard.status() != ENTAIL_OK) return fail(error, guard.status(), text_of(guard.status()));
  return guarded(error, [&] { return body(guard.engine()); });
}

}  // namespace entail::capi
