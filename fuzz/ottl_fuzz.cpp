// A condition, a zero byte, a request: any text compiles or is rejected with a position inside it; a condition that
// compiles gives the same result twice on every span and event of any request that decodes.
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

  policy::OttlList list{.bit = 0, .error_bit = 1, .mode = OttlErrorMode::propagate};
  for (const auto context : {ottl::Context::span, ottl::Context::spanevent}) {
    Result<ottl::Program, ottl::Fault> program = ottl::compile(condition, context);
    if (program.ok()) {
      ENTAIL_CHECK(program->root < program->nodes.size());
      (context == ottl::Context::span ? list.of_span : list.of_event).push_back(std::move(program).value());
    } else {
      ENTAIL_CHECK(program.error().offset <= condition.size() && !program.error().text.empty());
    }
  }
  static otlp::Decoded decoded;
  if (!otlp::decode(request, nullptr, decoded).ok()) return 0;
  policy::OttlConditions lists;
  if (!lists.add(std::move(list))) return 0;
  for (const otlp::SpanView& span : decoded.spans) {
    policy::Facts first, second;
    lists.match(decoded, span, {}, first);
    lists.match(decoded, span, {}, second);
    ENTAIL_CHECK(first.bits == second.bits && first.policy_errors == second.policy_errors);
    ENTAIL_CHECK(first.policy_errors == policy::has_bit(first.bits, 1));
    ENTAIL_CHECK(!policy::has_bit(first.bits, 0) || !policy::has_bit(first.bits, 1));
  }
  return 0;
}
