// size_bench: does `entail size` say how much memory a load takes? Run by `tools/pressure sizes`.
//
// For the plain and the queue load, each with three settings, estimate_memory() is compared with the peak resident
// memory of a separate process that holds nothing but an engine. This process generates the load, pipes it to that one,
// and reads its memory from /proc. The engine's memory_limit is what memory_limit_for() advises, and it must not evict
// or forget anything early. Exits with 1 if a figure is off by more than a fifth, or if something was lost.
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "workload/load.hpp"

namespace entail::bench {
namespace {

constexpr double kErrorMax = 0.2;
constexpr std::uint64_t kSpansAtOnce = 200'000;  // generated and piped before the next ones

struct Setting {
  const char* name;
  std::uint64_t spans_per_second;
  std::int64_t wait_s, window_s, records_s;
  DecisionDetail detail;
};
constexpr Setting kSettings[] = {
    {"short", 20'000, 5, 10, 60, DecisionDetail::ids},
    {"default waits", 10'000, 30, 60, 300, DecisionDetail::full},
    {"long records", 5'000, 10, 120, 1800, DecisionDetail::full},
};

struct Frame {
  std::int64_t second = 0;
  std::uint64_t size = 0;
};

bool read_all(int file, void* to, std::size_t size) {
  for (auto* at = static_cast<char*>(to); size != 0;) {
    const ssize_t count = read(file, at, size);
    if (count <= 0) return false;
    at += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}
bool write_all(int file, const void* from, std::size_t size) {
  for (const auto* at = static_cast<const char*>(from); size != 0;) {
    const ssize_t count = write(file, at, size);
    if (count <= 0) return false;
    at += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

Options options_of(const Setting& setting, const std::string& policies) {
  ConfigResult read = parse_options(policies);
  Options options = *read.options;
  options.tail_sampling.decision_wait_ns = setting.wait_s * kNanosPerSecond;
  options.retain.window_ns = setting.window_s * kNanosPerSecond;
  options.retain.records_ns = setting.records_s * kNanosPerSecond;
  options.retain.max_bytes.reset();
  options.decisions.detail = setting.detail;
  options.links.propagate.rank_seed = 0;
  options.table_seed = 1;
  return options;
}

// --- the process that is measured

class NoOutput final : public Sink {
 public:
  void on_batch(Bytes, std::uint64_t) override {}
  void on_decision(const DecisionRecord&) override {}
};

struct Outcome {
  std::uint64_t evicted = 0, forgotten = 0, refused = 0, account_peak = 0;
  decltype(Statistics::memory) memory;
};

int host(const Setting& setting, std::uint64_t memory_limit, const std::string& policies) {
  Options options = options_of(setting, policies);
  options.memory_limit_bytes = memory_limit;
  Request request;
  std::vector<std::uint8_t> bytes(1 << 20);
  const char ready = 'r';
  if (!write_all(STDOUT_FILENO, &ready, 1)) return 1;
  char go = 0;
  if (!read_all(STDIN_FILENO, &go, 1)) return 1;
  NoOutput sink;
  auto opened = Engine::open(options, sink);
  if (!opened.ok()) return 1;
  Engine& engine = **opened;
  Outcome outcome;
  std::int64_t now = 0;
  for (Frame frame; read_all(STDIN_FILENO, &frame, sizeof frame) && frame.size != 0;) {
    if (bytes.size() < frame.size) bytes.resize(frame.size);
    if (!read_all(STDIN_FILENO, bytes.data(), frame.size)) return 1;
    for (; now < frame.second; ++now)
      if (!engine.tick((now + 1) * kNanosPerSecond).ok()) return 1;
    if (!request.parse_protobuf({bytes.data(), frame.size}).ok()) return 1;
    while (!engine.ingest(request).ok()) {
      ++outcome.refused;
      if (!engine.tick(now * kNanosPerSecond).ok()) return 1;
    }
  }
  const Statistics statistics = engine.statistics();
  for (const NamedCount& loss : statistics.losses) {
    if (loss.name == "evicted") outcome.evicted = loss.count;
    if (loss.name == "records_forgotten") outcome.forgotten = loss.count;
  }
  outcome.account_peak = statistics.memory.peak_bytes;
  outcome.memory = statistics.memory;
  if (!write_all(STDOUT_FILENO, &outcome, sizeof outcome)) return 1;
  read_all(STDIN_FILENO, &go, 1);  // stays until it was measured
  return 0;
}

// --- the process that measures

std::uint64_t status_bytes(pid_t process, const char* name) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kilobytes = 0; word == name && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

struct Child {
  pid_t process = -1;
  int to = -1, from = -1;
};

Child start(const std::vector<std::string>& words) {
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0) return {};
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (const int end : {in[0], in[1], out[0], out[1]}) close(end);
    execv("/proc/self/exe", arguments.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  return {process, in[1], out[0]};
}

// Sends the load at the setting's rate until the first windows are long closed.
bool send(int to, const Setting& setting, const std::string& load_name) {
  const double stretch = static_cast<double>(kSpansPerSecond) / static_cast<double>(setting.spans_per_second);
  const std::int64_t seconds = setting.records_s * 7 / 4 + setting.wait_s + setting.window_s;
  double begin = 0;
  for (std::uint64_t number = 0; begin < static_cast<double>(seconds); ++number) {
    const Load load = make_load(load_name, kSpansAtOnce, number);
    for (std::size_t i = 0; i < load.requests.size(); ++i) {
      const double second = begin + static_cast<double>(load.arrival_s[i]) * stretch;
      const Frame frame{static_cast<std::int64_t>(second), load.requests[i].size()};
      if (!write_all(to, &frame, sizeof frame) || !write_all(to, load.requests[i].data(), frame.size)) return false;
    }
    begin += static_cast<double>(load.spans) / static_cast<double>(setting.spans_per_second);
  }
  const Frame end;
  return write_all(to, &end, sizeof end);
}

ExpectedLoad expected(const Setting& setting, const std::string& load_name) {
  constexpr double kRequestOverhead = 5;  // bytes a span: its tag and length, and its part of the resource
  const Load load = make_load(load_name, kSpansAtOnce);
  const auto traces = static_cast<double>(load.traces);
  ExpectedLoad expected;
  expected.spans_per_second = static_cast<double>(setting.spans_per_second);
  expected.spans_per_trace = static_cast<double>(load.spans) / traces;
  expected.bytes_per_span = static_cast<double>(load.bytes) / static_cast<double>(load.spans) - kRequestOverhead;
  expected.links_per_trace = static_cast<double>(load.links) / traces;
  expected.kept_share = static_cast<double>(load.own_kept.size() + load.by_link.size()) / traces;
  expected.services_per_trace = 1;
  expected.name_bytes = 13;  // "cart", and a name of 22
  expected.requests_at_once = 1;
  return expected;
}

double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

bool measure(std::size_t index, const std::string& load_name, const std::string& policies,
             const std::string& policies_file, bool parts) {
  const Setting& setting = kSettings[index];
  Options options = options_of(setting, policies);
  const ExpectedLoad load = expected(setting, load_name);
  const auto limit = memory_limit_for(options, load);
  if (!limit.ok() || *limit == 0) return false;
  options.memory_limit_bytes = *limit;
  const auto estimate = estimate_memory(options, load);
  if (!estimate.ok()) return false;

  const Child child = start({"size_bench", "host", std::to_string(index), std::to_string(*limit), policies_file});
  char byte = 0;
  Outcome outcome;
  if (child.process < 0 || !read_all(child.from, &byte, 1)) return false;
  const std::uint64_t idle = status_bytes(child.process, "VmRSS:");
  if (!write_all(child.to, &byte, 1) || !send(child.to, setting, load_name)) return false;
  if (!read_all(child.from, &outcome, sizeof outcome)) return false;
  const std::uint64_t peak = status_bytes(child.process, "VmHWM:");
  close(child.to);
  close(child.from);
  waitpid(child.process, nullptr, 0);

  const std::uint64_t predicted = idle + estimate->total_bytes;
  const double error = static_cast<double>(predicted) / static_cast<double>(peak) - 1;
  const bool lossless = outcome.evicted == 0 && outcome.forgotten == 0 && outcome.refused == 0;
  const bool holds = std::abs(error) <= kErrorMax && lossless;
  std::printf("%-6s %-14s %8llu %6lld %6lld %7lld %8.0f %9.1f %9.1f %+7.1f %% %s\n", load_name.c_str(), setting.name,
              static_cast<unsigned long long>(setting.spans_per_second), static_cast<long long>(setting.wait_s),
              static_cast<long long>(setting.window_s), static_cast<long long>(setting.records_s), mib(*limit),
              mib(predicted), mib(peak), error * 100,
              holds      ? ""
              : lossless ? "MISSED"
                         : "LOST");
  if (parts)
    std::printf(
        "       estimate: spans %.1f graph %.1f records %.1f details %.1f scratch %.1f; account at the end: spans "
        "%.1f graph %.1f records with details %.1f scratch %.1f, peak %.1f MiB; evicted %llu, forgotten %llu, "
        "refused %llu, windows %u\n",
        mib(estimate->span_bytes), mib(estimate->graph_bytes), mib(estimate->record_bytes), mib(estimate->detail_bytes),
        mib(estimate->scratch_bytes), mib(outcome.memory.spans_bytes), mib(outcome.memory.graph_bytes),
        mib(outcome.memory.records_bytes), mib(outcome.memory.scratch_bytes), mib(outcome.account_peak),
        static_cast<unsigned long long>(outcome.evicted), static_cast<unsigned long long>(outcome.forgotten),
        static_cast<unsigned long long>(outcome.refused), estimate->windows);
  std::fflush(stdout);
  return holds;
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

int run(const std::string& policies_file, bool parts) {
  const std::string policies = text_of(policies_file);
  if (!parse_options(policies).options) return 2;
  std::printf("%-6s %-14s %8s %6s %6s %7s %8s %9s %9s %9s\n", "load", "setting", "spans/s", "wait", "retain", "records",
              "limit", "estimate", "RSS", "error");
  bool holds = true;
  for (const char* const load : {"plain", "queue"})
    for (std::size_t i = 0; i < std::size(kSettings); ++i)
      holds = measure(i, load, policies, policies_file, parts) && holds;
  std::printf("seconds and MiB; limit: the advised memory_limit; RSS: peak of a process with an engine alone\n");
  return holds ? 0 : 1;
}

}  // namespace
}  // namespace entail::bench

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 4 && words[0] == "host") {
    const std::size_t index = std::stoul(words[1]);
    return entail::bench::host(entail::bench::kSettings[index], std::stoull(words[2]),
                               entail::bench::text_of(words[3]));
  }
  if (words.empty() || words.size() > 2 || (words.size() == 2 && words[1] != "--parts")) {
    std::fprintf(stderr, "usage: size_bench POLICIES.yaml [--parts]\n");
    return 2;
  }
  return entail::bench::run(words[0], words.size() == 2);
}
