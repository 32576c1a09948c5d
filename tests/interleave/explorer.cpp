#include "tests/interleave/explorer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "tests/interleave/fiber.hpp"

namespace interleave {
namespace {

constexpr unsigned kLocationsMax = 96;
constexpr std::uint64_t kStepsMax = 5000;

bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool is_total(std::memory_order order) { return order == std::memory_order_seq_cst; }

const char* name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

// What a thread, or a store that it released, knows: the oldest store of each location that may still be read, and
// every thread's past for the race checks.
struct Knowledge {
  std::array<std::uint16_t, kLocationsMax> oldest{};
  Clock clock{};

  void join(const Knowledge& other) {
    for (unsigned i = 0; i < kLocationsMax; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
    for (unsigned i = 0; i < kThreadsMax; ++i) clock[i] = std::max(clock[i], other.clock[i]);
  }
};

struct Store {
  std::uint64_t value;
  Knowledge released;  // what an acquire of this store learns
};

struct Location {
  std::vector<Store> history;
  std::uint16_t total = 0;  // the last store that a seq_cst access wrote or read
  unsigned creator = 0;
  std::uint32_t creation_time = 0;
  Clock accesses{};
  bool alive = true;
};

// A step that a thread is about to make.
struct Step {
  std::uint32_t location = 0;
  Access access = Access::load;
  bool total = false;
};

// Whether the order of two steps of different threads can matter.
bool dependent(const Step& a, const Step& b) {
  if (a.location != b.location) return false;
  return a.access != Access::load || b.access != Access::load || (a.total && b.total);
}

// For the printed schedule.
struct Event {
  unsigned thread;
  const char* what;
  std::uint32_t location;
  std::uint64_t before;
  std::uint64_t after;
  std::memory_order order;
  bool stale;
};

struct Choice {
  unsigned taken = 0;
  unsigned count = 0;
};

class Explorer final : public Memory {
 public:
  Explorer(unsigned threads, const std::function<std::unique_ptr<Runnable>()>& make, Limits limits)
      : threads_(threads), make_(make), limits_(limits), fibers_(threads) {}

  Report run_all();

  std::uint32_t create(std::uint64_t value) override;
  void destroy(std::uint32_t location) override;
  std::uint64_t load(std::uint32_t location, std::memory_order order) override;
  void store(std::uint32_t location, std::uint64_t value, std::memory_order order) override;
  std::uint64_t rmw(std::uint32_t location, const Change& change, std::memory_order order) override;
  bool compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                        std::memory_order success, std::memory_order failure) override;
  unsigned running_thread() const override { return running_; }
  const Clock& running_clock() const override { return known_[running_].clock; }
  void fail(const std::string& what) override;

 private:
  void run_once();
  void run_threads(Runnable& program);
  bool next_schedule();
  unsigned choose(unsigned count);
  unsigned choose_thread();
  // Waits for this step's turn; then checks that the location may be accessed.
  Location& arrive(std::uint32_t location, Access access, std::memory_order order);
  unsigned oldest_readable(std::uint32_t location, std::memory_order order) const;
  std::uint64_t read(std::uint32_t location, unsigned index, std::memory_order order);
  void write(std::uint32_t location, std::uint64_t value, std::memory_order order, bool is_rmw);
  void record(const char* what, std::uint32_t location, std::uint64_t before, std::uint64_t after,
              std::memory_order order, bool stale) {
    events_.push_back({running_, what, location, before, after, order, stale});
  }
  std::string print_schedule() const;

  unsigned threads_;
  const std::function<std::unique_ptr<Runnable>()>& make_;
  Limits limits_;
  FiberSet fibers_;
  Report report_;

  // The path through the tree of choices.
  std::vector<Choice> choices_;
  std::size_t depth_ = 0;

  // The current run. Thread numbers: 0 main, 1.. the program's.
  unsigned running_ = 0;
  bool drained_ = false;  // pruned or failed: runs to the end without choices and checks
  bool failed_ = false;
  bool pruned_ = false;
  unsigned asleep_ = 0;  // bit per thread: its next step has been explored here
  std::array<Step, kThreadsMax> next_{};
  std::array<Knowledge, kThreadsMax> known_{};
  std::vector<Location> locations_;
  std::vector<Event> events_;
  std::uint64_t steps_ = 0;
};

Explorer* explorer = nullptr;

Report Explorer::run_all() {
  Explorer* const outer = std::exchange(explorer, this);
  do {
    run_once();
    if (failed_) break;
    if (!pruned_) ++report_.schedules;
    report_.complete = !next_schedule();
  } while (!report_.complete && report_.schedules < limits_.schedules_max);
  explorer = outer;
  return report_;
}

void Explorer::run_once() {
  depth_ = 0;
  running_ = 0;
  drained_ = failed_ = pruned_ = false;
  asleep_ = 0;
  known_ = {};
  for (unsigned thread = 0; thread < kThreadsMax; ++thread) known_[thread].clock[thread] = 1;
  locations_.clear();
  events_.clear();
  steps_ = 0;
  const std::unique_ptr<Runnable> program = make_();
  run_threads(*program);
  running_ = 0;
  for (unsigned thread = 1; thread <= threads_; ++thread) known_[0].join(known_[thread]);
  program->finish();
  if (!drained_) report_.outcomes.insert(program->outcome());
}

void Explorer::run_threads(Runnable& program) {
  for (unsigned thread = 1; thread <= threads_; ++thread) {
    known_[thread].join(known_[0]);
    ++known_[thread].clock[thread];
  }
  ++known_[0].clock[0];
  for (unsigned thread = 1; thread <= threads_; ++thread) {
    running_ = thread;
    fibers_.start(thread - 1, [&program, thread] { program.thread(thread - 1); });  // up to its first step
  }
  while (fibers_.any_alive()) {
    running_ = choose_thread();
    if (++steps_ > kStepsMax) {  // an endless loop cannot be run to its end
      fail("no end in sight: too many steps");
      std::fputs(report_.failure.c_str(), stderr);
      std::abort();
    }
    fibers_.resume(running_ - 1);
  }
}

bool Explorer::next_schedule() {
  while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) choices_.pop_back();
  if (choices_.empty()) return false;
  ++choices_.back().taken;
  return true;
}

unsigned Explorer::choose(unsigned count) {
  if (count == 1 || drained_) return 0;
  if (depth_ == choices_.size()) choices_.push_back({0, count});
  return choices_[depth_++].taken;
}

unsigned Explorer::choose_thread() {
  std::array<unsigned, kThreadsMax> candidates{};
  unsigned count = 0;
  unsigned first_alive = 0;
  for (unsigned thread = 1; thread <= threads_; ++thread) {
    if (!fibers_.alive(thread - 1)) continue;
    if (first_alive == 0) first_alive = thread;
    if ((asleep_ >> thread & 1) == 0) candidates[count++] = thread;
  }
  if (drained_) return first_alive;
  if (count == 0) {  // every continuation is a reordering of one that was explored
    pruned_ = drained_ = true;
    return first_alive;
  }
  const unsigned taken = choose(count);
  for (unsigned i = 0; limits_.prune && i < taken; ++i) asleep_ |= 1u << candidates[i];
  const unsigned thread = candidates[taken];
  for (unsigned other = 1; other <= threads_; ++other)
    if ((asleep_ >> other & 1) != 0 && dependent(next_[other], next_[thread])) asleep_ &= ~(1u << other);
  return thread;
}

Location& Explorer::arrive(std::uint32_t location, Access access, std::memory_order order) {
  if (running_ != 0) {
    next_[running_] = {location, access, is_total(order)};
    fibers_.pause();
  }
  Location& place = locations_[location];
  Knowledge& known = known_[running_];
  if (!place.alive) fail("an atomic is used after its destruction");
  if (place.creation_time > known.clock[place.creator]) fail("an atomic is used before its construction is visible");
  place.accesses[running_] = known.clock[running_];
  ++known.clock[running_];
  return place;
}

unsigned Explorer::oldest_readable(std::uint32_t location, std::memory_order order) const {
  const unsigned known = known_[running_].oldest[location];
  return is_total(order) ? std::max<unsigned>(known, locations_[location].total) : known;
}

std::uint64_t Explorer::read(std::uint32_t location, unsigned index, std::memory_order order) {
  Location& place = locations_[location];
  Knowledge& known = known_[running_];
  known.oldest[location] = static_cast<std::uint16_t>(index);
  if (acquires(order)) known.join(place.history[index].released);
  if (is_total(order)) place.total = std::max(place.total, static_cast<std::uint16_t>(index));
  return place.history[index].value;
}

void Explorer::write(std::uint32_t location, std::uint64_t value, std::memory_order order, bool is_rmw) {
  Location& place = locations_[location];
  Knowledge& known = known_[running_];
  const auto index = static_cast<std::uint16_t>(place.history.size());
  known.oldest[location] = index;
  Store added{value, {}};
  if (is_rmw) added.released = place.history.back().released;  // it continues the release sequences it found
  if (releases(order)) added.released.join(known);
  place.history.push_back(added);
  if (is_total(order)) place.total = index;
  ++known.clock[running_];
}

std::uint32_t Explorer::create(std::uint64_t value) {
  if (locations_.size() == kLocationsMax) std::abort();
  Location place;
  place.history.push_back({value, {}});
  place.creator = running_;
  place.creation_time = known_[running_].clock[running_];
  locations_.push_back(std::move(place));
  return static_cast<std::uint32_t>(locations_.size() - 1);
}

void Explorer::destroy(std::uint32_t location) {
  Location& place = locations_[location];
  for (unsigned thread = 0; thread < kThreadsMax; ++thread)
    if (place.accesses[thread] > known_[running_].clock[thread])
      fail("an atomic is destroyed while another thread may use it");
  place.alive = false;
}

std::uint64_t Explorer::load(std::uint32_t location, std::memory_order order) {
  const Location& place = arrive(location, Access::load, order);
  const auto last = static_cast<unsigned>(place.history.size() - 1);
  const unsigned stale = choose(last - oldest_readable(location, order) + 1);
  const std::uint64_t value = read(location, last - stale, order);
  record("load", location, value, value, order, stale != 0);
  return value;
}

void Explorer::store(std::uint32_t location, std::uint64_t value, std::memory_order order) {
  const std::uint64_t before = arrive(location, Access::store, order).history.back().value;
  write(location, value, order, false);
  record("store", location, before, value, order, false);
}

std::uint64_t Explorer::rmw(std::uint32_t location, const Change& change, std::memory_order order) {
  const Location& place = arrive(location, Access::rmw, order);
  const std::uint64_t before = read(location, static_cast<unsigned>(place.history.size() - 1), order);
  write(location, change(before), order, true);
  record("rmw", location, before, locations_[location].history.back().value, order, false);
  return before;
}

bool Explorer::compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                                std::memory_order success, std::memory_order failure) {
  const bool total = is_total(success) || is_total(failure);
  const Location& place = arrive(location, Access::rmw, total ? std::memory_order_seq_cst : success);
  const auto last = static_cast<unsigned>(place.history.size() - 1);
  std::vector<unsigned> readable;  // the last store, then older ones that differ from what is expected
  readable.push_back(last);
  for (unsigned i = last; i-- > oldest_readable(location, failure);)
    if (place.history[i].value != expected) readable.push_back(i);
  const unsigned index = readable[choose(static_cast<unsigned>(readable.size()))];
  const bool done = place.history[index].value == expected;
  const std::uint64_t found = read(location, index, done ? success : failure);
  if (done) write(location, desired, success, true);
  record(done ? "cas" : "cas fails", location, found, done ? desired : found, done ? success : failure, index != last);
  expected = found;
  return done;
}

void Explorer::fail(const std::string& what) {
  if (drained_) return;
  failed_ = drained_ = true;
  report_.failure = what + "\n" + print_schedule();
}

std::string Explorer::print_schedule() const {
  std::string text = "after " + std::to_string(report_.schedules) + " good schedules; in thread " +
                     std::to_string(running_) + " (0 = main)\n";
  for (const Event& event : events_) {
    text += "  T" + std::to_string(event.thread) + "  a" + std::to_string(event.location) + " " + event.what + " " +
            std::to_string(event.before);
    if (event.before != event.after) text += " -> " + std::to_string(event.after);
    text += std::string(" ") + name_of(event.order) + (event.stale ? " (stale)" : "") + "\n";
  }
  return text;
}

}  // namespace

Memory& memory() { return *explorer; }

void expect(bool holds, const char* what) {
  if (!holds) memory().fail(std::string("does not hold: ") + what);
}

Report explore_all(unsigned threads, const std::function<std::unique_ptr<Runnable>()>& make, Limits limits) {
  return Explorer(threads, make, limits).run_all();
}

}  // namespace interleave
