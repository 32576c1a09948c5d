#include "policy/ottl_conditions.hpp"

#include <algorithm>

#include "otlp/decode.hpp"
#include "ottl/evaluation.hpp"

namespace entail::policy {

bool OttlConditions::add(const PolicyOptions& policy, unsigned bit, unsigned error_bit, std::string& condition,
                         ottl::Fault& fault) {
  List list{.of_span = {}, .of_event = {}, .bit = bit, .error_bit = error_bit, .mode = policy.error_mode};
  if (!add_programs(policy.span_conditions, ottl::Context::span, list.of_span, condition, fault)) return false;
  if (!add_programs(policy.spanevent_conditions, ottl::Context::spanevent, list.of_event, condition, fault))
    return false;
  lists_.push_back(std::move(list));
  return true;
}

bool OttlConditions::add_programs(const std::vector<std::string>& conditions, ottl::Context context,
                                  std::vector<ottl::Program>& programs, std::string& condition, ottl::Fault& fault) {
  for (const std::string& text : conditions) {
    condition = text;
    ottl::Program& program = programs.emplace_back();
    if (!ottl::compile(text, context, program, fault)) return false;
    for (ottl::AttributePath& path : program.attributes) {
      const auto known = std::find_if(keys_.begin(), keys_.end(), [&](const ottl::SlotKey& key) {
        return key.holder == path.holder && key.key == path.key;
      });
      path.slot = static_cast<std::uint16_t>(known - keys_.begin());
      if (known == keys_.end()) keys_.push_back({path.holder, path.key});
      if (keys_.size() <= ottl::kSlotsMax) continue;
      fault = {0, "all conditions together name more than " + std::to_string(ottl::kSlotsMax) + " attributes", {}, {}};
      return false;
    }
  }
  return true;
}

OttlConditions::Found OttlConditions::ask(const std::vector<ottl::Program>& programs, const List& list,
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

OttlConditions::Found OttlConditions::ask_span_and_events(const List& list, ottl::Source& source,
                                                          Facts& facts) noexcept {
  Found found = ask(list.of_span, list, source, facts);
  if (list.of_event.empty()) return found;
  while (found == Found::nothing && source.next_event()) found = ask(list.of_event, list, source, facts);
  return found;
}

void OttlConditions::match(const otlp::Decoded& decoded, const otlp::SpanView& span, Facts& facts) const noexcept {
  ottl::Source source(decoded, span, keys_);
  for (const List& list : lists_) {
    source.rewind_events();
    const Found found = ask_span_and_events(list, source, facts);
    if (found == Found::match) set_bit(facts.bits, list.bit);
    if (found == Found::failure && list.error_bit != kNoErrorBit) set_bit(facts.bits, list.error_bit);
  }
}

void OttlConditions::stop_at_first(const Bits& trace, Bits& span) const noexcept {
  for (const List& list : lists_) {
    if (list.error_bit == kNoErrorBit) continue;
    if (has_bit(trace, list.error_bit)) clear_bit(span, list.bit);
    if (has_bit(trace, list.bit)) clear_bit(span, list.error_bit);
  }
}

}  // namespace entail::policy
