#include "links/foreign.hpp"

namespace entail {
inline namespace v1 {

ForeignContext to_foreign(const SpanContext& context) {
  return {context, {}, (context.flags & kTraceFlagSampled) != 0 ? SamplingState::sampled : SamplingState::denied};
}

}  // namespace v1
}  // namespace entail
