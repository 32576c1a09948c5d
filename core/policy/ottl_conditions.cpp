#include "policy/ottl_conditions.hpp"

#include <algorithm>

#include "otlp/decode.hpp"
#include "policy/ottl_evaluation.hpp"

namespace entail::policy::ottl {

bool ConditionLists::add(const PolicyOptions& policy, unsigned bit, unsigned error_bit, std::string& condition,
                         Fault& fault) {
  List list{.of_span = {}, .of_event = {}, .bit = bit, .error_bit = error_bit, .mode = policy.error_mode};
  if (!add_programs(policy.span_conditions, Context::span, list.of_span, condition, fault)) return false;
  if (!add_programs(policy.spanevent_conditions, Context::spanevent, list.of_event, condition, fault)) return false;
  lists_.push_back(std::move(list));
  return true;
}

bool ConditionLists::add_programs(const std::vector<std::string>& conditions, Context context,
                                  std::vector<Program>& programs, std::string& condition, Fault& fault) {
  for (const std::string& text : conditions) {
    condition = text;
    Program& program = programs.emplace_back();
    if (!compile(text, context, program, fault)) return false;
    for (AttributePath& path : program.attributes) {
      const auto known = std::find_if(keys_.begin(), keys_.end(), [&](const SlotKey& key) {
        return key.holder == path.holder && key.key == path.key;
      });
      path.slot = static_cast<std::uint16_t>(known - keys_.begin());
      if (known == keys_.end()) keys_.push_back({path.holder, path.key});
      if (keys_.size() <= kSlotsMax) continue;
      fault = {0, "all conditions together name more than " + std::to_string(kSlotsMax) + " attributes", {}, {}};
      return false;
    }
  }
  return true;
}

ConditionLists::Found ConditionLists::ask(const std::vector<Program>& programs, const List& list, Source& source,
                                          Facts& facts) noexcept {
  for (const Program& program : programs) {
    const Outcome outcome = Evaluation(program, source).run();
    if (outcome == Outcome::yes) return Found::match;
    if (outcome == Outcome::no) continue;
    if (list.mode != OttlErrorMode::silent) ++facts.policy_errors;
    if (list.mode == OttlErrorMode::propagate) return Found::failure;
  }
  return Found::nothing;
}

ConditionLists::Found ConditionLists::ask_span_and_events(const List& list, Source& source, Facts& facts) noexcept {
  Found found = ask(list.of_span, list, source, facts);
  if (list.of_event.empty()) return found;
  while (found == Found::nothing && source.next_event()) found = ask(list.of_event, list, source, facts);
  return found;
}

void ConditionLists::match(const otlp::Decoded& decoded, const otlp::SpanView& span, Facts& facts) const noexcept {
  Source source(decoded, span, keys_);
  for (const List& list : lists_) {
    source.rewind_events();
    const Found found = ask_span_and_events(list, source, facts);
    if (found == Found::match) set_bit(facts.bits, list.bit);
    if (found == Found::failure && list.error_bit != kNoErrorBit) set_bit(facts.bits, list.error_bit);
  }
}

void ConditionLists::stop_at_first(const Bits& trace, Bits& span) const noexcept {
  for (const List& list : lists_) {
    if (list.error_bit == kNoErrorBit) continue;
    if (has_bit(trace, list.error_bit)) clear_bit(span, list.bit);
    if (has_bit(trace, list.bit)) clear_bit(span, list.error_bit);
  }
}

}  // namespace entail::policy::ottl
