#include "tests/pressure/load_host.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "tests/engine/comparison_checks.hpp"
#include "tests/pressure/request_writer.hpp"

namespace entail::pressure {
namespace {

constexpr std::int64_t kStart = 1'700'000'000;
constexpr std::uint64_t kTriesMax = 12;  // more than any request may need; then the host gives up

std::uint64_t status_line(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kilobytes = 0; word == name && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

std::uint64_t loss(const Statistics& statistics, const std::string& name) {
  for (const NamedCount& count : statistics.losses)
    if (count.name == name) return count.count;
  return 0;
}

}  // namespace

std::uint64_t resident_bytes() {
  static const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[128];
  const ssize_t size = pread(file, text, sizeof(text) - 1, 0);
  if (size <= 0) return 0;
  text[size] = '\0';
  unsigned long all = 0, resident = 0;
  if (std::sscanf(text, "%lu %lu", &all, &resident) != 2) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t resident_peak_bytes() { return status_line("VmHWM:"); }

void reset_resident_peak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5";
}

std::int64_t thread_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * kNanosPerSecond + time.tv_nsec;
}

std::uint64_t memory_bound(const Options& options, const Figures& figures) {
  return options.memory_limit_bytes / 8 * 9 + figures.lanes * figures.request_bytes_max + figures.host_bytes +
         options.output_batch_bytes_max;
}

LoadHost::LoadHost(const Options& options, OutputAnswer answer) : options_(options) {
  refusing_.answer = answer;
  open();
  RequestWriter writer;
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    const TraceId linked{i % 7 + 1, 1};
    writer.add({.trace = {i % 50 + 1, i}, .is_error = i % 10 == 0, .links = {&linked, 1}});
    if (writer.span_count() == 100) static_cast<void>(engine_->ingest(writer.finish()));
    if (i % 500 == 0) advance(60);
  }
  engine_.reset();
  malloc_trim(0);
  open();
  figures_ = {};
  reset_resident_peak();
  figures_.resident_idle = resident_bytes();
  figures_.resident_peak = figures_.resident_idle;
}

void LoadHost::open() {
  std::string why;
  auto opened = refusing_.answer == OutputAnswer::accepted ? Engine::open(options_, sink_, &why)
                                                           : Engine::open(options_, refusing_, &why);
  if (!opened) {
    std::fprintf(stderr, "open: %s\n", why.c_str());
    std::abort();
  }
  engine_ = std::move(*opened);
  now_ns_ = kStart * kNanosPerSecond;
  tick();
}

void LoadHost::advance(std::int64_t seconds) {
  now_ns_ += seconds * kNanosPerSecond;
  tick();
}

void LoadHost::tick() {
  const std::int64_t before = thread_cpu_ns();
  if (const Result<void> ticked = engine_->tick(now_ns_); !ticked.ok()) fault("tick: " + describe(ticked.error()));
  const std::int64_t spent = thread_cpu_ns() - before;
  ++figures_.ticks;
  figures_.tick_ns += spent;
  figures_.tick_worst_ns = std::max(figures_.tick_worst_ns, spent);
  look_at_memory();
}

bool LoadHost::send(Bytes request) {
  ++figures_.requests;
  figures_.request_bytes_max = std::max<std::uint64_t>(figures_.request_bytes_max, request.size());
  for (std::uint64_t refused = 0; refused < kTriesMax;) {
    const Result<void> taken = engine_->ingest(request);
    look_at_memory();
    if (taken.ok()) return true;
    if (taken.error().code() != ErrorCode::no_room) {
      fault("ingest: " + describe(taken.error()));
      return false;
    }
    ++figures_.refusals;
    figures_.refusals_in_row_max = std::max(figures_.refusals_in_row_max, ++refused);
    tick();
  }
  ++figures_.given_up;
  return false;
}

void LoadHost::look_at_memory() { figures_.resident_peak = std::max(figures_.resident_peak, resident_bytes()); }

void LoadHost::check_conservation() {
  engine_test::Differences differences;
  engine_test::check_conservation(engine_->statistics(), differences);
  for (const std::string& difference : differences) fault(difference);
}

void LoadHost::fault(const std::string& text) {
  if (figures_.faults++ == 0) std::strncpy(figures_.fault, text.c_str(), sizeof(figures_.fault) - 1);
}

Figures LoadHost::finish() {
  check_conservation();
  // The kernel's peak is exact, and includes the values sampled between calls.
  figures_.resident_peak = std::max(figures_.resident_peak, resident_peak_bytes());
  const Statistics statistics = engine_->statistics();
  figures_.spans_received = statistics.spans.received;
  figures_.spans_emitted = statistics.spans.emitted;
  figures_.kept = statistics.traces.kept;
  figures_.evicted = loss(statistics, "evicted");
  figures_.forgotten = loss(statistics, "records_forgotten");
  figures_.account_peak = std::max(figures_.account_peak, statistics.memory.peak_bytes);
  return figures_;
}

}  // namespace entail::pressure
