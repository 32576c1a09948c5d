// probability: consistent: how rate_limiting and bytes_limiting choose among the traces that one tick decides. As the
// Collector does behind its gate usetracestate, they keep the traces of the highest randomness that the tokens pay for,
// so that the cut is a threshold on R, which ot=th can carry.
// Thread rule: Confined (tick). Cost: a sort of the traces of the tick for each such policy.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/condition_tree.hpp"

namespace entail::policy {

struct BatchItem {
  Facts facts;
  TraceId id;
  StatefulAnswers* answers = nullptr;
};

// The threshold of a bucket for these traces, whose tokens it takes.
std::uint64_t take_batch(Bucket& bucket, std::vector<const BatchItem*> batch, std::int64_t now_ns);

}  // namespace entail::policy
