// The four workloads of the macro benchmark: OTLP requests in order of arrival, each with its arrival second,
// and the traces that must be kept, computed while they are generated.
//
//   plain          microservice traces of 4 spans of about 400 bytes, in requests of 512 spans, 20,000 spans a second;
//                  errors, slow, "gold" and 1 % by chance are kept: 4.5 % of the traces
//   queue          the same; three traces in ten are consumers with 1 to 4 links to traces of the last two seconds
//   million_links  20,000 requests, 10 of them failed, then one span of a batch job with a million links to them and to
//                  traces that never came
//   hot_producer   one failed trace, and 200,000 traces that all link to it
//
// Memory: about 420 bytes a span. The same number gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entail/options.hpp"
#include "workload/span_bytes.hpp"

namespace entail::bench {

struct Load {
  std::string name;
  bool errors_only = false;  // policies: errors alone; else all of policies.yaml
  std::vector<Buffer> requests;
  std::vector<std::int64_t> arrival_s;  // of each request; ascending from 1
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;
  std::uint64_t links = 0;
  std::uint64_t bytes = 0;
  std::vector<TraceId> own_kept;    // by policies; ascending
  std::vector<TraceId> by_link;     // only by links; ascending
  std::uint64_t by_link_count = 0;  // size of by_link, or, where a cap chooses, how many
};

constexpr std::uint64_t kSpansPerSecond = 20'000;
constexpr std::uint64_t kSpansPerRequest = 512;
constexpr std::uint64_t kSpansPerTrace = 4;

// spans = 0: the default size above (1,000,000 for plain and queue). Another number gives other traces. Unknown names
// give a load without requests.
Load make_load(std::string_view name, std::uint64_t spans, std::uint64_t number = 0);

// policies.yaml as options for the load.
Options options_for(const Load& load, std::string_view policies_yaml);

}  // namespace entail::bench
