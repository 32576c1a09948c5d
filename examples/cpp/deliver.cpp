// Delivers failed traces, and the traces linked to them, to a sink that may be busy. usage: deliver IN.jsonl TARGET
#include <entail/entail.hpp>
#include <fstream>
#include <iostream>
#include <memory>

// The sink. Each sink is a file that defines this function; CMakeLists.txt says which one is built in.
std::unique_ptr<entail::BatchSink> make_sink(const char* target);

namespace {

constexpr const char* kConfig =
    "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}";

int fail(const std::string& what) {
  std::cerr << what << '\n';
  return 1;
}

// Takes in a line of OTLP/JSON; a request that finds no room needs ticks.
entail::Result<void> take(entail::Engine& engine, entail::Request& request, const std::string& line,
                          std::int64_t now_ns) {
  entail::Result<void> taken = request.parse_json(line);
  if (taken) taken = engine.ingest(request);
  for (int i = 0; taken.error().code() == entail::ErrorCode::no_room && i < 8 && engine.tick(now_ns); ++i)
    taken = engine.ingest(request);
  return taken;
}

// True when everything was delivered. A service waits between two offers, and gives up when it must end.
bool deliver_rest(entail::Engine& engine) {
  constexpr int kOffersMax = 100;
  for (int i = 0; i < kOffersMax; ++i)
    if (const auto waiting = engine.offer_output(); waiting && *waiting == 0) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: deliver IN.jsonl TARGET");
  const entail::ConfigResult config = entail::parse_options(kConfig);
  if (!config.options) return fail(config.errors.front().text);
  const std::unique_ptr<entail::BatchSink> sink = make_sink(argv[2]);
  auto opened = entail::Engine::open(*config.options, *sink);
  if (!opened) return fail("cannot open the engine");
  entail::Engine& engine = **opened;

  std::ifstream in(argv[1]);
  entail::Request request;
  std::int64_t now_ns = 0;
  for (std::string line; std::getline(in, line);) {
    if (auto taken = take(engine, request, line, now_ns); !taken) fail("skipped a line: " + describe(taken.error()));
    now_ns = std::max(now_ns, request.end_time_max_ns());
    if (auto ticked = engine.tick(now_ns); !ticked) return fail(describe(ticked.error()));
  }
  if (auto drained = engine.drain(now_ns); !drained) return fail(describe(drained.error()));
  const bool is_delivered = deliver_rest(engine);
  const entail::Statistics statistics = engine.statistics();
  std::cout << statistics.spans.emitted << " spans delivered, " << statistics.spans.held << " not accepted\n";
  return is_delivered ? 0 : 1;
}
