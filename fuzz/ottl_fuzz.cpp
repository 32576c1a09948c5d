// A condition, a zero byte, a request: any text compiles or is refused with a place inside it; a condition that
// compiles gives the same answer twice on every span and event of any request that decodes.
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "otlp/decode.hpp"
#include "ottl/evaluation.hpp"
#include "policy/ottl_conditions.hpp"

using namespace entail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const void* const zero = std::memchr(data, 0, size);
  const std::size_t condition_size =
      zero == nullptr ? size : static_cast<std::size_t>(static_cast<const std::uint8_t*>(zero) - data);
  const std::string_view condition(reinterpret_cast<const char*>(data), condition_size);
  const Bytes request{data + condition_size + (zero == nullptr ? 0 : 1),
                      size - condition_size - (zero == nullptr ? 0 : 1)};

  PolicyOptions policy;
  for (const auto context : {ottl::Context::span, ottl::Context::spanevent}) {
    ottl::Program program;
    ottl::Fault fault;
    if (ottl::compile(condition, context, program, fault)) {
      ENTAIL_CHECK(program.root < program.nodes.size());
      auto& list = context == ottl::Context::span ? policy.span_conditions : policy.spanevent_conditions;
      list.emplace_back(condition);
    } else {
      ENTAIL_CHECK(fault.offset <= condition.size() && !fault.text.empty());
    }
  }
  static otlp::Decoded decoded;
  if (!otlp::decode(request, nullptr, decoded).ok()) return 0;
  policy.error_mode = OttlErrorMode::propagate;
  policy::OttlConditions lists;
  std::string faulty;
  ottl::Fault fault;
  if (!lists.add(policy, 0, 1, faulty, fault)) return 0;
  for (const otlp::SpanView& span : decoded.spans) {
    policy::Facts first, second;
    lists.match(decoded, span, first);
    lists.match(decoded, span, second);
    ENTAIL_CHECK(first.bits == second.bits && first.policy_errors == second.policy_errors);
    ENTAIL_CHECK(first.policy_errors == policy::has_bit(first.bits, 1));
    ENTAIL_CHECK(!policy::has_bit(first.bits, 0) || !policy::has_bit(first.bits, 1));
  }
  return 0;
}
