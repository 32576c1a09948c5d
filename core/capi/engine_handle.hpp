// What an entail_engine_t points to: a shell that is never freed, so that a closed handle can be told, around the
// engine.
//
// Thread rule: opening and closing are Guarded by one lock. Calls that one may make at a time take the shell's flag, an
// atomic word: a second caller, and a callback that calls back, is refused instead of waiting.
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
  // Takes the oldest away. REQUIRES that one waits.
  void pop_batch() noexcept;
  void pop_decision() noexcept;
  std::uint64_t waiting_bytes() const noexcept { return waiting_bytes_; }
  // True on the thread that is in a callback of this sink.
  bool is_calling() const noexcept;

  std::deque<Batch> batches;
  std::deque<DecisionRecord> decisions;
  std::uint64_t spans_lost = 0;    // emitted, but there was no memory to keep them until they are polled
  std::uint64_t records_lost = 0;  // the same of decision records

 private:
  const entail_open_options_t options_;
  std::uint64_t waiting_bytes_ = 0;  // of batches and decisions
  std::vector<std::uint8_t> ids_;    // scratch of on_decision()
  std::string json_;
};

// One decision as the C struct. Its pointers borrow ids, json and the names that the record borrows. Throws bad_alloc.
entail_decision_t describe_decision(const DecisionRecord& record, std::vector<std::uint8_t>& ids, std::string& json);

struct OpenEngine {
  OpenEngine(const entail_open_options_t& open_options, Options engine_options)
      : options(std::move(engine_options)), sink(open_options) {}
  Options options;  // also where names live that entail_counts() gives out
  HandleSink sink;
  std::unique_ptr<Engine> engine;

  // What the pointers of the last polled decision borrow.
  std::vector<std::uint8_t> polled_ids;
  std::string polled_json;
};

// A shell for the engine; throws bad_alloc.
entail_engine_t* take_shell(std::unique_ptr<OpenEngine> open);
// Empties the shell; null if it was empty, or if a call is inside.
std::unique_ptr<OpenEngine> empty_shell(entail_engine_t* shell) noexcept;

// A call's stay in an engine. For calls that any number may make at once: Stay::shared; else Stay::alone.
class EngineStay {
 public:
  enum class Stay : std::uint8_t { shared, alone };
  EngineStay(entail_engine_t* shell, Stay stay) noexcept;
  ~EngineStay();
  EngineStay(const EngineStay&) = delete;
  EngineStay& operator=(const EngineStay&) = delete;

  // Anything but ENTAIL_OK: there is no engine to work on.
  entail_status_t status() const noexcept { return status_; }
  OpenEngine& engine() const noexcept { return *open_; }

 private:
  entail_engine_t* held_ = nullptr;  // whose flag this stay must give back
  OpenEngine* open_ = nullptr;
  entail_status_t status_ = ENTAIL_OK;
};

// Runs body(engine) for a good handle.
template <class Body>
entail_status_t with_engine(entail_engine_t* shell, EngineStay::Stay kind, entail_error_t* error,
                            Body&& body) noexcept {
  const EngineStay stay(shell, kind);
  if (stay.status() != ENTAIL_OK) return fail(error, stay.status(), text_of(stay.status()));
  return guarded(error, [&] { return body(stay.engine()); });
}

}  // namespace entail::capi
