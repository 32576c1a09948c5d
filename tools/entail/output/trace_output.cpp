#include "output/trace_output.hpp"

#include <array>

namespace entail::cli {

bool MessageWriter::write(Bytes traces_data) {
  if (framing_ == Framing::jsonl) {
    line_.clear();
    if (!append_otlp_json(traces_data, line_)) return false;
    line_ += '\n';
    file_.write(line_);
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

void TraceOutput::on_batch(Bytes traces_data, std::uint64_t) {
  if (!writer_.write(traces_data)) unprintable_ = true;
}

void TraceOutput::on_decision(const DecisionRecord& record) {
  line_.clear();
  append_json(record, line_);
  line_ += '\n';
  decisions_->write(line_);
}

void TraceOutput::end_of_tick() {
  if (batches_.streams()) batches_.flush();
  if (decisions_ && decisions_->streams()) decisions_->flush();
}

}  // namespace entail::cli
