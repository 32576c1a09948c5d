#include "propagate/record.hpp"

namespace entail::propagate {

void Ledger::remove(RecordId id) noexcept {
  const Record& record = records_[id];
  paths_.drop_reference(record.reason_path);
  if (record.reach != 0) {
    const Reach& reach = reaches_[record.reach];
    paths_.drop_reference(reach.own_path);
    paths_.drop_reference(reach.path[kLinked]);
    paths_.drop_reference(reach.path[kLinking]);
    reaches_.remove(record.reach);
  }
  if (id < answers_.size()) answers_[id] = {};
  records_.remove(id);
}

Reach& Ledger::reach(RecordId id) {
  Record& record = records_[id];
  if (record.reach == 0) record.reach = reaches_.add();
  return reaches_[record.reach];
}

PathId Ledger::nearest_path(RecordId id) const noexcept {
  const Reach* reach = find_reach(id);
  if (reach == nullptr) return 0;
  const unsigned linked = reach->hops[kLinked];
  const unsigned linking = reach->hops[kLinking];
  if (linked != 0 && (linking == 0 || linked <= linking)) return reach->path[kLinked];
  return linking != 0 ? reach->path[kLinking] : 0;
}

void Ledger::set_reason(RecordId id, PathId path) noexcept {
  if (path != 0) paths_.add_reference(path);
  paths_.drop_reference(records_[id].reason_path);
  records_[id].reason_path = path;
}

}  // namespace entail::propagate
