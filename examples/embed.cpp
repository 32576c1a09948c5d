#include <cstdio>
#include <fstream>
#include <iterator>

#include "entail/entail.hpp"

int main(int argc, char** argv) {
  const entail::ConfigResult config = entail::parse_options(
      "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}");
  if (!config.options) return 2;  // config.errors says what and where
  entail::PollSink sink;
  auto engine = entail::Engine::open(*config.options, sink);
  if (!engine.ok()) return 2;
  std::ifstream file(argc > 1 ? argv[1] : "/dev/stdin", std::ios::binary);  // one ExportTraceServiceRequest in protobuf
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!(*engine)->ingest(bytes)) return 1;
  if (!(*engine)->drain(0)) return 1;  // the end; a service calls tick(now) every second instead
  for (const entail::DecisionRecord& record : sink.take_decisions())
    std::puts((to_hex(record.trace_id) + (record.verdict == entail::Verdict::keep ? " keep" : " drop")).c_str());
}
