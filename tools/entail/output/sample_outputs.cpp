#include "output/sample_outputs.hpp"

namespace entail::cli {

void SampleOutputs::open(Framing framing) {
  traces_.emplace(traces_path_);
  if (!decisions_path_.empty() && !traces_->failed()) decisions_.emplace(decisions_path_, decisions_bytes_max_);
  writer_.emplace(*traces_, framing, decisions_ ? &*decisions_ : nullptr);
}

void SampleOutputs::end_of_tick() {
  if (writer_) writer_->end_of_tick();
}

bool SampleOutputs::interrupted() const noexcept {
  return (traces_ && traces_->interrupted()) || (decisions_ && decisions_->interrupted());
}

bool SampleOutputs::publish() {
  if (failed()) return false;
  const bool traces_complete = traces_->complete();
  const bool decisions_complete = !decisions_ || decisions_->complete();
  return traces_complete && decisions_complete && give_names();
}

bool SampleOutputs::give_names() {
  if (!decisions_) return traces_->publish();
  const SignalPause pause;
  if (!traces_->publish_for_now()) {
    decisions_->keep_incomplete();
    return false;
  }
  if (decisions_->publish()) {
    traces_->confirm();
    return true;
  }
  traces_->take_back();
  return false;
}

void SampleOutputs::leave_untouched() {
  writer_.reset();
  traces_.reset();
  decisions_.reset();
}

void SampleOutputs::keep_incomplete(Console& console) {
  const auto keep = [&](auto& file) {
    const std::string name = file ? file->keep_incomplete() : std::string();
    if (!name.empty()) console.message("what was decided until then is in " + name);
  };
  keep(traces_);
  keep(decisions_);
}

void SampleOutputs::report(Console& console) const {
  const auto report_first = [&](const auto& file, const auto& other) {
    if (!file || !file->failed()) return false;
    if (!file->pipe_closed()) console.message(file->error());
    if (other && !other->kept_name().empty()) console.message("the other output is in " + other->kept_name());
    return true;
  };
  if (report_first(traces_, decisions_) || report_first(decisions_, traces_)) return;
  if (writer_ && writer_->unprintable())
    console.message("some kept spans cannot be written as JSON; try --to proto-u32be");
}

}  // namespace entail::cli
