// Jaeger's uber-trace-id.
#include "links/foreign.hpp"
#include "text/hex.hpp"

namespace entail {
namespace links {
namespace {

constexpr unsigned kFlagSampledJaeger = 1;
constexpr unsigned kFlagDebugJaeger = 2;
constexpr unsigned kFieldCount = 4;

// Four fields of 32, 16, 16 and 2 digits, between three separators of three characters.
constexpr std::size_t kJaegerSizeMax = 32 + 16 + 16 + 2 + 3 * 3;

// Finds the next colon, plain or percent-encoded, and sets its size in characters; npos if there is none.
std::size_t find_colon(std::string_view text, std::size_t& size) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':') {
      size = 1;
      return i;
    }
    if (text.substr(i, 3) == "%3A" || text.substr(i, 3) == "%3a") {
      size = 3;
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace
}  // namespace links

inline namespace v1 {

Result<ForeignContext, ContextError> parse_jaeger(std::string_view text) noexcept {
  using namespace links;
  text = trim_ows(text);
  if (text.size() > kJaegerSizeMax) return ContextError::too_long;
  std::string_view fields[kFieldCount];
  for (unsigned i = 0; i + 1 < kFieldCount; ++i) {
    std::size_t colon_size = 0;
    const std::size_t colon = find_colon(text, colon_size);
    if (colon == std::string_view::npos) return ContextError::bad_separator;
    fields[i] = text.substr(0, colon);
    text.remove_prefix(colon + colon_size);
  }
  fields[kFieldCount - 1] = text;
  std::size_t colon_size = 0;
  if (find_colon(text, colon_size) != std::string_view::npos) return ContextError::trailing_data;

  const auto trace_id = text::parse_trace_id(fields[0], HexCase::either);
  if (!trace_id.ok()) return ContextError::bad_trace_id;
  if (trace_id->is_zero()) return ContextError::zero_trace_id;
  const auto span_id = text::parse_span_id(fields[1], HexCase::either);
  if (!span_id.ok()) return ContextError::bad_span_id;
  if (span_id->is_zero()) return ContextError::zero_span_id;
  const auto parent_id = text::parse_span_id(fields[2], HexCase::either);
  if (!parent_id.ok()) return ContextError::bad_parent_id;
  const auto flags = parse_hex(fields[3], HexCase::either);
  if (fields[3].empty() || fields[3].size() > 2 || !flags.ok()) return ContextError::bad_flags;
  SamplingState state = SamplingState::denied;
  if ((*flags & kFlagDebugJaeger) != 0)
    state = SamplingState::debug;
  else if ((*flags & kFlagSampledJaeger) != 0)
    state = SamplingState::sampled;
  return make_foreign(*trace_id, *span_id, *parent_id, state);
}

std::string format_jaeger(const ForeignContext& foreign) {
  if (!foreign.context.is_valid()) return {};
  std::string text;
  text.reserve(70);  // 32 + 16 + 16 + 2 digits and three colons
  text::append_hex(foreign.context.trace_id, text);
  text += ':';
  text::append_hex(foreign.context.span_id, text);
  text += ':';
  if (foreign.parent_id.is_zero())
    text += '0';
  else
    text::append_hex(foreign.parent_id, text);
  unsigned flags = 0;
  if (foreign.sampling == SamplingState::sampled) flags = links::kFlagSampledJaeger;
  if (foreign.sampling == SamplingState::debug) flags = links::kFlagSampledJaeger | links::kFlagDebugJaeger;
  text += ':';
  text::append_hex(flags, 2, text);
  return text;
}

}  // namespace v1
}  // namespace entail
