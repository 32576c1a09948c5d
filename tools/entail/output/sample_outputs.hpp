// The traces and the decision log of one run: written together, and put in place together.
//
// Neither replaces the file of an earlier run before both are whole. Thread rule: Confined to the thread that ticks.
#pragma once

#include <optional>
#include <string>

#include "console.hpp"
#include "output/trace_output.hpp"

namespace entail::cli {

class SampleOutputs final : public Sink {
 public:
  // decisions may be empty: no records are made then. decisions_bytes_max: see DecisionFiles.
  SampleOutputs(std::string traces, std::string decisions, std::uint64_t decisions_bytes_max)
      : traces_path_(std::move(traces)),
        decisions_path_(std::move(decisions)),
        decisions_bytes_max_(decisions_bytes_max) {}

  // REQUIRES open() before the engine's first tick.
  void on_batch(Bytes traces_data, std::uint64_t span_count) override { writer_->on_batch(traces_data, span_count); }
  void on_decision(const DecisionRecord& record) override { writer_->on_decision(record); }
  bool wants_decisions() const noexcept override { return !decisions_path_.empty(); }

  void open(Framing framing);
  bool is_open() const noexcept { return writer_.has_value(); }
  // Flushes what the reader of a pipe may be waiting for.
  void end_of_tick();
  bool failed() const noexcept { return writer_ && writer_->failed(); }
  // A signal arrived before the other end of a pipe was opened.
  bool interrupted() const noexcept;
  // What printing as JSON left out so far: unknown fields, since messages are repaired first.
  PrintLosses losses() const noexcept { return writer_ ? writer_->losses() : PrintLosses(); }
  RepairLosses repairs() const noexcept { return writer_ ? writer_->repairs() : RepairLosses(); }

  // Completes both files, then gives both their names, or neither. False: one failed.
  bool publish();
  // Leaves both files as they were before the run.
  void leave_untouched();
  // Keeps what was written under temporary names, and says which.
  void keep_incomplete(Console& console);
  // Reports what failed, unless it was a reader that went away.
  void report(Console& console) const;

 private:
  bool give_names();

  std::string traces_path_;
  std::string decisions_path_;
  std::uint64_t decisions_bytes_max_;
  std::optional<OutputFile> traces_;
  std::optional<DecisionFiles> decisions_;
  std::optional<TraceOutput> writer_;
};

}  // namespace entail::cli
