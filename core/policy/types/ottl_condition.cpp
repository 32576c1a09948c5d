#include <algorithm>

#include "policy/rows.hpp"

namespace entail::policy {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kConditionsMax = 1000;
constexpr std::array kErrorModes = {"ignore"sv, "silent"sv, "propagate"sv};

// Two policies never share a bit: their errors are counted one by one.
Compiled compile(const PolicyOptions& policy, Scope& scope) {
  if (policy.span_conditions.empty() && policy.spanevent_conditions.empty())
    scope.error("span", "span or spanevent must hold at least one condition");
  const bool propagates = policy.error_mode == OttlErrorMode::propagate;
  const unsigned bit = scope.own_bit();
  const unsigned error_bit = propagates ? scope.own_bit() : kNoErrorBit;
  OttlList list{.bit = bit, .error_bit = error_bit, .mode = policy.error_mode};
  const auto compile_all = [&scope](const std::vector<std::string>& conditions, ottl::Context context,
                                    std::string_view key, std::vector<ottl::Program>& programs) {
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      Result<ottl::Program, ottl::Fault> program = ottl::compile(conditions[i], context);
      if (program.ok())
        programs.push_back(std::move(program).value());
      else
        scope.condition_error(key, i, conditions[i], program.error());
    }
  };
  compile_all(policy.span_conditions, ottl::Context::span, "span", list.of_span);
  compile_all(policy.spanevent_conditions, ottl::Context::spanevent, "spanevent", list.of_event);
  const auto tests_error = [](const std::vector<ottl::Program>& programs) {
    return std::any_of(programs.begin(), programs.end(), ottl::tests_error_status);
  };
  const bool matches_error = tests_error(list.of_span) || tests_error(list.of_event);
  if (!scope.add_ottl(std::move(list)))
    scope.error("span", "all conditions together name more than " + std::to_string(ottl::kSlotsMax) + " attributes");
  // A later error takes the answer back.
  if (propagates) return {scope.add_bit_unless(bit, error_bit), {.matches_error = matches_error}};
  return {scope.add_bit(bit), {.matches_error = matches_error, .monotone = true}};
}

}  // namespace

Type ottl_condition_type() {
  const option::Bounds count = {0, kConditionsMax};
  return {
      .name = "ottl_condition",
      .help = "Keeps traces with a span or span event that meets an OTTL condition.",
      .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.span_conditions; }>(
                   {.key = "span",
                    .kind = option::Kind::texts,
                    .bounds = count,
                    .help = "Conditions, one of which a span must meet."}),
               option::row<PolicyOptions, [](auto& p) -> auto& { return p.spanevent_conditions; }>(
                   {.key = "spanevent",
                    .kind = option::Kind::texts,
                    .bounds = count,
                    .help = "Conditions, one of which an event of a span must meet; a match in either list is "
                            "enough."}),
               option::row<PolicyOptions, [](auto& p) -> auto& { return p.error_mode; }>(
                   {.key = "error_mode",
                    .kind = option::Kind::choice,
                    .help = "What to do if a condition cannot be evaluated on a span. ignore: it does not match there, "
                            "and is counted (loss policy_error). silent: the same, not counted. propagate: counted, "
                            "and the policy does not decide about the trace.",
                    .choices = kErrorModes})},
      .compile = compile};
}

}  // namespace entail::policy
