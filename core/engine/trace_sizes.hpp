// How many bytes a request adds to each of its traces, as the Collector's tail_sampling counts them: it splits every
// ResourceSpans by trace, and each part includes a copy of the resource and the scopes.
// Thread rule: Immutable (a free function). Cost: a sort of the spans; only where a policy reads sizes. Allocates.
#pragma once

#include <cstdint>
#include <vector>

#include "otlp/decode.hpp"

namespace entail::engine {

// sizes[i], for the span decoded.spans[accepted[i]] of trace ids[i]: the bytes of all spans of its trace in its
// ResourceSpans for the first of them, 0 for the others.
void add_sizes(const otlp::Decoded& decoded, const std::vector<std::uint32_t>& accepted,
               const std::vector<TraceId>& ids, std::vector<std::uint64_t>& sizes);

}  // namespace entail::engine
