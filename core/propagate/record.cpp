#include "propagate/record.hpp"

#include "base/check.hpp"

namespace entail::propagate {

RecordId Ledger::add(graph::NodeId node) {
  const RecordId id = records_.add();
  records_[id].node = node;
  ++window_of(id).records;
  return id;
}

void Ledger::set_node(RecordId id, graph::NodeId node) noexcept {
  const bool holding = holds_spans(records_[id].phase);
  --window_of(id).records;
  window_of(id).holding -= holding;
  records_[id].node = node;
  ++window_of(id).records;
  window_of(id).holding += holding;
}

void Ledger::set_phase(RecordId id, Phase phase) noexcept {
  window_of(id).holding -= holds_spans(records_[id].phase);
  records_[id].phase = phase;
  window_of(id).holding += holds_spans(phase);
}

void Ledger::remove(RecordId id) noexcept {
  const Record& record = records_[id];
  ENTAIL_DCHECK(!holds_spans(record.phase));
  --window_of(id).records;
  paths_.drop_reference(record.reason_path);
  if (record.path_state != 0) {
    const PathState& path_state = path_states_[record.path_state];
    paths_.drop_reference(path_state.own_path);
    paths_.drop_reference(path_state.path[0]);
    paths_.drop_reference(path_state.path[1]);
    path_states_.remove(record.path_state);
  }
  records_.remove(id);
  const std::size_t block = Records::block_of(id);
  if (block >= answers_.size() || answers_[block] == nullptr) return;
  answers_[block][id % Records::kBlockCount] = {};
  if (records_.has_objects(block)) return;
  answers_[block].reset();
  --answer_block_count_;
}

PathState& Ledger::path_state(RecordId id) {
  Record& record = records_[id];
  if (record.path_state == 0) record.path_state = path_states_.add();
  return path_states_[record.path_state];
}

void Ledger::set_reason(RecordId id, PathId path) noexcept {
  if (path != 0) paths_.add_reference(path);
  paths_.drop_reference(records_[id].reason_path);
  records_[id].reason_path = path;
}

}  // namespace entail::propagate
