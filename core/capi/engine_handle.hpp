// What an entail_engine_t points to: a shell that is never freed, so that a closed handle can be told, around the
// engine.
//
// Thread rule: Confined as entail.h says of each function; opening and closing are Guarded by one lock.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "capi/boundary.hpp"
#include "entail/entail.hpp"

namespace entail::capi {

// Hands what the engine gives out to the callbacks, or keeps it to be polled.
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

  std::deque<Batch> batches;
  std::deque<DecisionRecord> decisions;
  std::uint64_t spans_lost = 0;    // emitted, but there was no memory to keep them until they are polled
  std::uint64_t records_lost = 0;  // the same of decision records

 private:
  const entail_open_options_t options_;
  std::vector<std::uint8_t> ids_;  // scratch of on_decision()
  std::string json_;
};

// One decision as the C struct. The pointers borrow record, ids and json. Throws bad_alloc.
entail_decision_t describe_decision(const DecisionRecord& record, std::vector<std::uint8_t>& ids, std::string& json);

struct OpenEngine {
  OpenEngine(const entail_open_options_t& open_options, Options engine_options)
      : options(std::move(engine_options)), sink(open_options) {}
  Options options;  // also where names live that entail_counts() gives out
  HandleSink sink;
  std::unique_ptr<Engine> engine;

  // What the pointers of the last polled decision borrow.
  DecisionRecord polled;
  std::vector<std::uint8_t> polled_ids;
  std::string polled_json;
};

// A shell for the engine; throws bad_alloc.
entail_engine_t* take_shell(std::unique_ptr<OpenEngine> open);
// Empties the shell; null if it was empty.
std::unique_ptr<OpenEngine> empty_shell(entail_engine_t* shell) noexcept;

// The engine behind a handle. Null: *status says whether it is none at all or closed.
OpenEngine* find_engine(entail_engine_t* shell, entail_status_t* status) noexcept;

// Runs body(engine) for a good handle.
template <class Body>
entail_status_t with_engine(entail_engine_t* shell, entail_error_t* error, Body&& body) noexcept {
  entail_status_t status = ENTAIL_OK;
  OpenEngine* const open = find_engine(shell, &status);
  if (open == nullptr) return fail(error, status, status == ENTAIL_E_CLOSED ? "the engine is closed" : "no engine");
  return guarded(error, [&] { return body(*open); });
}

}  // namespace entail::capi
