// Writes each kept trace as a line of OTLP/JSON. A batch that cannot be written, say because the disk is full, is
// declined, and written again in the next tick.
#include <cstdio>
#include <entail/entail.hpp>
#include <memory>
#include <string>

namespace {

class JsonlSink final : public entail::BatchSink {
 public:
  explicit JsonlSink(const char* path) : file_(std::fopen(path, "wb")) {}
  ~JsonlSink() override {
    if (file_ != nullptr) std::fclose(file_);
  }

  entail::OutputAnswer on_batch(const entail::OutputBatch& batch) override {
    if (file_ == nullptr) return entail::OutputAnswer::declined;
    const long begin = std::ftell(file_);
    lines_.clear();
    for (const entail::OutputTrace& trace : batch.traces) {
      if (!entail::append_otlp_json(batch.traces_data.subspan(trace.offset, trace.size), lines_))
        return entail::OutputAnswer::declined;
      lines_ += '\n';
    }
    if (std::fwrite(lines_.data(), 1, lines_.size(), file_) == lines_.size() && std::fflush(file_) == 0)
      return entail::OutputAnswer::accepted;
    std::clearerr(file_);
    std::fseek(file_, begin, SEEK_SET);  // what was written of it is written over
    return entail::OutputAnswer::declined;
  }
  void on_decision(const entail::DecisionRecord&) override {}
  bool wants_decisions() const noexcept override { return false; }

 private:
  std::FILE* const file_;
  std::string lines_;
};

}  // namespace

std::unique_ptr<entail::BatchSink> make_sink(const char* target);  // deliver.cpp calls it
std::unique_ptr<entail::BatchSink> make_sink(const char* target) { return std::make_unique<JsonlSink>(target); }
