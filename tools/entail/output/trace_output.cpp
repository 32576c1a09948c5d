#include "output/trace_output.hpp"

#include <array>

namespace entail::cli {

namespace {

// What append_otlp_json() puts around the ResourceSpans of a message.
constexpr std::string_view kDocumentBegin = "{\"resourceSpans\":[";
constexpr std::string_view kDocumentEnd = "]}";

}  // namespace

bool MessageWriter::write_json(Bytes traces_data) {
  line_.clear();
  if (!append_otlp_json(traces_data, line_, &losses_)) return false;
  if (framing_ == Framing::jsonl) {
    line_ += '\n';
    file_.write(line_);
    return true;
  }
  std::string_view items = line_;
  if (!items.starts_with(kDocumentBegin) || !items.ends_with(kDocumentEnd)) return true;  // an empty message
  items.remove_prefix(kDocumentBegin.size());
  items.remove_suffix(kDocumentEnd.size());
  if (items.empty()) return true;
  file_.write(document_begun_ ? std::string_view(",\n") : kDocumentBegin);
  document_begun_ = true;
  file_.write(items);
  return true;
}

void MessageWriter::finish() {
  if (framing_ != Framing::json) return;
  if (!document_begun_) file_.write(kDocumentBegin);
  file_.write(kDocumentEnd);
  file_.write(std::string_view("\n"));
}

bool MessageWriter::write(Bytes traces_data) {
  if (framing_ == Framing::jsonl || framing_ == Framing::json) return write_json(traces_data);
  if (framing_ == Framing::proto) {
    file_.write(traces_data);
    return true;
  }
  std::array<std::uint8_t, 10> prefix;
  std::size_t size = 0;
  if (framing_ == Framing::proto_u32be) {
    for (int shift = 24; shift >= 0; shift -= 8)
      prefix[size++] = static_cast<std::uint8_t>(traces_data.size() >> shift);
  } else {
    std::uint64_t rest = traces_data.size();
    for (; rest >= 0x80; rest >>= 7) prefix[size++] = static_cast<std::uint8_t>(rest | 0x80);
    prefix[size++] = static_cast<std::uint8_t>(rest);
  }
  file_.write({prefix.data(), size});
  file_.write(traces_data);
  return true;
}

bool MessageWriter::write_repaired(Bytes traces_data) {
  const Result<Bytes> repaired = repair_otlp(traces_data, repaired_, &repairs_);
  return repaired && write(*repaired);
}

void TraceOutput::on_batch(Bytes traces_data, std::uint64_t) {
  if (!writer_.write_repaired(traces_data)) unprintable_ = true;
}

void TraceOutput::on_decision(const DecisionRecord& record) {
  line_.clear();
  append_json(record, line_);
  line_ += '\n';
  decisions_->write_line(line_);
}

void TraceOutput::end_of_tick() {
  if (batches_.streams()) batches_.flush();
  if (decisions_ && decisions_->streams()) decisions_->flush();
}

}  // namespace entail::cli
