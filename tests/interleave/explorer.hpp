// Explorer: runs a small program of two to four threads in every interleaving, and lets every load return every value
// that the memory model allows, so that a protocol is proved for its size, not sampled.
//
// A Program is a struct with kThreads, thread(i), finish(); its shared words are ModelSync's, which it passes as the
// Sync parameter to the shipped templates. It is built anew for every schedule; the explorer makes all choices (the
// next thread, the store a load reads from) and explores them depth first, until all are done or one fails.
//
// The model
//   - A location keeps the history of its stores; their order is the order of execution. A load may read any store
//     that is not older than one it already knows: from its own past, from an acquired release (with release sequences
//     through RMWs), or, if the load is seq_cst, than the last seq_cst access to that location.
//   - RMWs read the last store. A compare_exchange may also fail on an older value that differs.
//   - Plain data is checked for races by vector clocks, atomics for use before their construction is visible and after
//     their destruction.
//   - Left out: load buffering (a load never reads a store that is executed later), spurious failures, fences, and
//     stores that enter the history before an older one. The total order of seq_cst accesses is the order of execution,
//     which is a little stronger than C++20 where seq_cst and weaker accesses mix on one location.
// Schedules that differ only in the order of independent accesses are run once (sleep sets).
//
// Litmus tests show what the model forbids and what it allows: litmus_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <type_traits>

namespace interleave {

constexpr unsigned kThreadsMax = 5;  // the main thread, number 0, included

struct Report {
  std::uint64_t schedules = 0;     // run to their end
  bool complete = false;           // every schedule was run, or pruned because an equal one was
  std::string failure;             // empty, or the first failure, with its schedule
  std::set<std::string> outcomes;  // all results of Program::outcome()
};

// Vector clock: the known part of each thread's past.
using Clock = std::array<std::uint32_t, kThreadsMax>;

// How an RMW changes the value it finds.
using Change = std::function<std::uint64_t(std::uint64_t)>;

enum class Access : std::uint8_t { load, store, rmw };

// Interface of the current run for the model types. Each access by a thread is one step of the schedule.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual std::uint32_t create(std::uint64_t value) = 0;
  virtual void destroy(std::uint32_t location) = 0;
  virtual std::uint64_t load(std::uint32_t location, std::memory_order order) = 0;
  virtual void store(std::uint32_t location, std::uint64_t value, std::memory_order order) = 0;
  virtual std::uint64_t rmw(std::uint32_t location, const Change& change, std::memory_order order) = 0;
  virtual bool compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                                std::memory_order success, std::memory_order failure) = 0;
  virtual unsigned running_thread() const = 0;
  virtual const Clock& running_clock() const = 0;
  virtual void fail(const std::string& what) = 0;
};
Memory& memory();

// A check inside a Program: thread() or finish().
void expect(bool holds, const char* what);

template <class T>
std::uint64_t to_bits(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<std::uintptr_t>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}
template <class T>
T from_bits(std::uint64_t bits) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(static_cast<std::uintptr_t>(bits));
  } else {
    return static_cast<T>(bits);
  }
}

template <class T>
class ModelAtomic {
 public:
  ModelAtomic() : ModelAtomic(T{}) {}
  explicit ModelAtomic(T value) : location_(memory().create(to_bits(value))) {}
  ModelAtomic(const ModelAtomic&) = delete;
  ModelAtomic& operator=(const ModelAtomic&) = delete;
  ~ModelAtomic() { memory().destroy(location_); }

  T load(std::memory_order order) const { return from_bits<T>(memory().load(location_, order)); }
  void store(T value, std::memory_order order) { memory().store(location_, to_bits(value), order); }
  T exchange(T value, std::memory_order order) {
    return modify([value](T) { return value; }, order);
  }
  bool compare_exchange(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    std::uint64_t bits = to_bits(expected);
    const bool done = memory().compare_exchange(location_, bits, to_bits(desired), success, failure);
    expected = from_bits<T>(bits);
    return done;
  }
  T fetch_add(T value, std::memory_order order) {
    return modify([value](T old) { return static_cast<T>(old + value); }, order);
  }
  T fetch_sub(T value, std::memory_order order) {
    return modify([value](T old) { return static_cast<T>(old - value); }, order);
  }
  T fetch_or(T value, std::memory_order order) {
    return modify([value](T old) { return static_cast<T>(old | value); }, order);
  }
  T fetch_and(T value, std::memory_order order) {
    return modify([value](T old) { return static_cast<T>(old & value); }, order);
  }

 private:
  template <class F>
  T modify(F f, std::memory_order order) {
    const Change change = [f](std::uint64_t old) { return to_bits(f(from_bits<T>(old))); };
    return from_bits<T>(memory().rmw(location_, change, order));
  }
  std::uint32_t location_;
};

// Plain data: not a step of the schedule, but every pair of accesses must be ordered, in every schedule.
template <class T>
class ModelPlain {
 public:
  ModelPlain() : ModelPlain(T{}) {}
  explicit ModelPlain(T value) : value_(value) { note_write(); }

  T get() const {
    if (!knows_write()) memory().fail("data race: a plain read is not ordered after the last write");
    reads_[memory().running_thread()] = memory().running_clock()[memory().running_thread()];
    return value_;
  }
  void set(T value) {
    if (!knows_write()) memory().fail("data race: a plain write is not ordered after the last write");
    for (unsigned thread = 0; thread < kThreadsMax; ++thread)
      if (reads_[thread] > memory().running_clock()[thread])
        memory().fail("data race: a plain write is not ordered after a read");
    note_write();
    value_ = value;
  }

 private:
  void note_write() {
    writer_ = memory().running_thread();
    write_time_ = memory().running_clock()[writer_];
    reads_ = Clock{};
  }
  bool knows_write() const { return write_time_ <= memory().running_clock()[writer_]; }

  T value_;
  unsigned writer_ = 0;
  std::uint32_t write_time_ = 0;
  mutable Clock reads_{};
};

struct ModelSync {
  template <class T>
  using Atomic = ModelAtomic<T>;
  template <class T>
  using Plain = ModelPlain<T>;
};

// The type-erased program, and the driver; use explore<Program>().
struct Runnable {
  virtual ~Runnable() = default;
  virtual void thread(unsigned index) = 0;
  virtual void finish() = 0;
  virtual std::string outcome() = 0;
};
struct Limits {
  std::uint64_t schedules_max = 3'000'000;
  bool prune = true;  // run schedules that differ only in the order of independent accesses once
};
Report explore_all(unsigned threads, const std::function<std::unique_ptr<Runnable>()>& make, Limits limits);

// Program: default constructible; kThreads <= 4; void thread(unsigned i) with i < kThreads; void finish(), called when
// all have ended; optional std::string outcome(), called after finish().
template <class Program>
Report explore(Limits limits = {}) {
  struct Run final : Runnable {
    void thread(unsigned index) override { program.thread(index); }
    void finish() override { program.finish(); }
    std::string outcome() override {
      if constexpr (requires { program.outcome(); }) return program.outcome();
      return {};
    }
    Program program;
  };
  static_assert(Program::kThreads < kThreadsMax);
  return explore_all(Program::kThreads, [] { return std::make_unique<Run>(); }, limits);
}

}  // namespace interleave
