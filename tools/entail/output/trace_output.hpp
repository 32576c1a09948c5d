// What the engine gives out, written to files: batches in their framing, decisions as JSON lines.
//
// Thread rule: Confined to the thread that ticks. Cost: a copy into the file's buffer; JSON is printed batch by batch.
#pragma once

#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "input/framing.hpp"
#include "output/decision_files.hpp"
#include "output/output_file.hpp"

namespace entail::cli {

// Writes messages in one framing. json makes one document of all, proto one message, since the parts of repeated fields
// add up in protobuf.
class MessageWriter {
 public:
  MessageWriter(OutputFile& file, Framing framing) : file_(file), framing_(framing) {}
  // False: the bytes could not be printed as JSON.
  bool write(Bytes traces_data);
  // The same, with everything repaired that makes strict readers reject a message.
  bool write_repaired(Bytes traces_data);
  // Call once, behind the last message: json needs its end.
  void finish();
  // What printing as JSON left out so far.
  const PrintLosses& losses() const noexcept { return losses_; }
  // What write_repaired() changed so far.
  const RepairLosses& repairs() const noexcept { return repairs_; }

 private:
  bool write_json(Bytes traces_data);

  OutputFile& file_;
  Framing framing_;
  std::string line_;
  std::vector<std::uint8_t> repaired_;
  PrintLosses losses_;
  RepairLosses repairs_;
  bool document_begun_ = false;
};

class TraceOutput final : public Sink {
 public:
  // decisions may be null: no records are made then.
  TraceOutput(OutputFile& batches, Framing framing, DecisionFiles* decisions)
      : batches_(batches), decisions_(decisions), writer_(batches, framing) {}

  void on_batch(Bytes traces_data, std::uint64_t span_count) override;
  void on_decision(const DecisionRecord& record) override;
  bool wants_decisions() const noexcept override { return decisions_ != nullptr; }

  // Flushes what the reader of a pipe may be waiting for.
  void end_of_tick();
  bool failed() const noexcept { return batches_.failed() || (decisions_ && decisions_->failed()) || unprintable_; }
  bool unprintable() const noexcept { return unprintable_; }
  // What printing as JSON left out so far.
  const PrintLosses& losses() const noexcept { return writer_.losses(); }
  const RepairLosses& repairs() const noexcept { return writer_.repairs(); }

 private:
  OutputFile& batches_;
  DecisionFiles* decisions_;
  MessageWriter writer_;
  std::string line_;
  bool unprintable_ = false;
};

}  // namespace entail::cli
