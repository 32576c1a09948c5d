// A collector's sampling step in C++: OTLP/JSON lines in, slow traces and the traces linked to them out as OTLP/JSON
// lines, and on stdout why each was kept. usage: keep_slow IN.jsonl OUT.jsonl
#include <entail/entail.hpp>
#include <fstream>
#include <iostream>

namespace {

constexpr const char* kConfig = R"(
tail_sampling:
  policies:
    - {name: slow, type: latency, latency: {threshold_ms: 100}}
links: {origins: [slow], propagate: {max_hops: {linked: 2, linking: 2}}}
)";

class FileSink final : public entail::Sink {
 public:
  explicit FileSink(const char* path) : file_(path) {}
  bool good() const { return file_.good(); }

  void on_batch(entail::Bytes traces_data, std::uint64_t) override {
    json_.clear();
    if (entail::append_otlp_json(traces_data, json_)) file_ << json_ << '\n';
  }

  void on_decision(const entail::DecisionRecord& record) override {
    if (record.verdict != entail::Verdict::keep) return;
    std::cout << to_hex(record.trace_id) << " kept by " << record.reason << ' ' << record.policy;
    if (record.origin_trace_id && record.hops)
      std::cout << *record.hops << " hops from " << to_hex(*record.origin_trace_id);
    std::cout << '\n';
  }

 private:
  std::ofstream file_;
  std::string json_;
};

int fail(const std::string& what) {
  std::cerr << what << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: keep_slow IN.jsonl OUT.jsonl");
  const entail::ConfigResult config = entail::parse_options(kConfig);
  if (!config.options) return fail(config.errors.front().text);
  FileSink sink(argv[2]);
  auto opened = entail::Engine::open(*config.options, sink);
  if (!opened || !sink.good()) return fail("cannot open the engine or the output");
  entail::Engine& engine = **opened;

  std::ifstream in(argv[1]);
  entail::Request request;  // its buffers serve every line
  std::int64_t now_ns = 0;  // the time of the data; a service takes that of its clock, once a second
  for (std::string line; std::getline(in, line);) {
    entail::Result<void> taken = request.parse_json(line);
    if (taken && request.signal() == entail::Request::Signal::traces) taken = engine.ingest(request);
    for (int i = 0; taken.error().code() == entail::ErrorCode::no_room && i < 8 && engine.tick(now_ns); ++i)
      taken = engine.ingest(request);
    if (!taken) fail("skipped a line: " + describe(taken.error()));
    now_ns = std::max(now_ns, request.end_time_max_ns());
    if (auto ticked = engine.tick(now_ns); !ticked) return fail(describe(ticked.error()));
  }
  if (auto drained = engine.drain(now_ns); !drained) return fail(describe(drained.error()));
  for (const entail::NamedCount& loss : engine.statistics().losses)
    std::cout << "lost: " << loss.name << ' ' << loss.count << '\n';
}
