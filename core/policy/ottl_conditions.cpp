#include "policy/ottl_conditions.hpp"

#include <algorithm>

#include "otlp/decode.hpp"
#include "ottl/evaluation.hpp"

namespace entail::policy {

bool OttlConditions::add(OttlList list) {
  for (std::vector<ottl::Program>* programs : {&list.of_span, &list.of_event})
    for (ottl::Program& program : *programs)
      for (ottl::AttributePath& path : program.attributes) {
        const auto known = std::find_if(keys_.begin(), keys_.end(), [&](const ottl::SlotKey& key) {
          return key.holder == path.holder && key.key == path.key;
        });
        path.slot = static_cast<std::uint16_t>(known - keys_.begin());
        if (known == keys_.end()) keys_.push_back({path.holder, path.key});
        if (keys_.size() > ottl::kSlotsMax) return false;
      }
  lists_.push_back(std::move(list));
  return true;
}

OttlConditions::Found OttlConditions::ask(const std::vector<ottl::Program>& programs, const OttlList& list,
                                          ottl::Source& source, Facts& facts) noexcept {
  for (const ottl::Program& program : programs) {
    const ottl::Outcome outcome = ottl::Evaluation(program, source).run();
    if (outcome == ottl::Outcome::yes) return Found::match;
    if (outcome == ottl::Outcome::no) continue;
    if (list.mode != OttlErrorMode::silent) ++facts.policy_errors;
    if (list.mode == OttlErrorMode::propagate) return Found::failure;
  }
  return Found::nothing;
}

OttlConditions::Found OttlConditions::ask_span_and_events(const OttlList& list, ottl::Source& source,
                                                          Facts& facts) noexcept {
  Found found = ask(list.of_span, list, source, facts);
  if (list.of_event.empty()) return found;
  while (found == Found::nothing && source.next_event()) found = ask(list.of_event, list, source, facts);
  return found;
}

void OttlConditions::match(const otlp::Decoded& decoded, const otlp::SpanView& span, ottl::Moment moment,
                           Facts& facts) const noexcept {
  ottl::Source source(decoded, span, keys_, moment);
  for (const OttlList& list : lists_) {
    source.rewind_events();
    const Found found = ask_span_and_events(list, source, facts);
    if (found == Found::match) set_bit(facts.bits, list.bit);
    if (found == Found::failure && list.error_bit != kNoErrorBit) set_bit(facts.bits, list.error_bit);
  }
}

void OttlConditions::stop_at_first(const Bits& trace, Bits& span) const noexcept {
  for (const OttlList& list : lists_) {
    if (list.error_bit == kNoErrorBit) continue;
    if (has_bit(trace, list.error_bit)) clear_bit(span, list.bit);
    if (has_bit(trace, list.bit)) clear_bit(span, list.error_bit);
  }
}

}  // namespace entail::policy
