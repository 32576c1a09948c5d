#include "policy/rows.hpp"

namespace entail::policy {

namespace {

using namespace std::string_view_literals;

constexpr std::array kStatusCodes = {"UNSET"sv, "OK"sv, "ERROR"sv};  // by OTLP number
constexpr unsigned kErrorMask = 1u << 2;

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const unsigned mask = policy.status_code_mask;
  const NewBit bit = scope.bit_of(QuestionKey("status").with(mask));
  if (bit.is_new) scope.add_status_test(mask, bit.bit);
  return {scope.add_bit(bit.bit), {.matches_error = (mask & kErrorMask) != 0, .monotone = true}};
}

}  // namespace

Type status_code_type() {
  static_assert(kStatusCodes.size() == kStatusCodeCount);
  return {.name = "status_code",
          .help = "Keeps traces with a span that has one of these status codes.",
          .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.status_code_mask; }>(
              {.key = "status_codes",
               .kind = option::Kind::choices,
               .help = "Status codes, one of which a span must have.",
               .choices = kStatusCodes,
               .presence = option::Presence::required})},
          .compile = compile};
}

}  // namespace entail::policy
