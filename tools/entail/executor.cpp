#include "executor.hpp"

#ifdef ENTAIL_WITH_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#else
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>
#endif

namespace entail::cli {

#ifdef ENTAIL_WITH_TBB

struct Executor::Impl {
  explicit Impl(unsigned threads)
      : limit(tbb::global_control::max_allowed_parallelism, threads), arena(static_cast<int>(threads)) {}
  // Equal shares, each with its thread again at the next call, as far as that one is free: what was parsed there is
  // still in its cache when it is taken in.
  void run(std::size_t count, const std::function<void(std::size_t)>& body) {
    const auto each = [&](std::size_t i) { body(i); };
    arena.execute([&] { tbb::parallel_for(std::size_t{0}, count, each, tbb::static_partitioner()); });
  }
  tbb::global_control limit;  // else no more threads run than the machine has processors
  tbb::task_arena arena;
};

#else

// The caller and threads - 1 workers take indices from one counter. The mutex guards everything but that counter;
// handing over under it orders body's effects before run() returns.
struct Executor::Impl {
  explicit Impl(unsigned threads) {
    for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run(std::size_t count, const std::function<void(std::size_t)>& body) {
    {
      const std::lock_guard lock(mutex_);
      body_ = &body;
      count_ = count;
      next_index_.store(0, std::memory_order_relaxed);
      busy_count_ = workers_.size();
      ++round_;
    }
    wake_.notify_all();
    take_indices(count, body);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_count_ == 0; });
  }

 private:
  // Relaxed: the counter only hands out numbers; the mutex orders the work itself.
  void take_indices(std::size_t count, const std::function<void(std::size_t)>& body) {
    for (std::size_t i; (i = next_index_.fetch_add(1, std::memory_order_relaxed)) < count;) body(i);
  }

  void work() {
    std::uint64_t seen_round = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return closing_ || round_ != seen_round; });
      if (closing_) return;
      seen_round = round_;
      const std::size_t count = count_;
      const std::function<void(std::size_t)>& body = *body_;
      lock.unlock();
      take_indices(count, body);
      lock.lock();
      if (--busy_count_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(std::size_t)>* body_ = nullptr;
  std::size_t count_ = 0;
  std::size_t busy_count_ = 0;
  std::uint64_t round_ = 0;
  bool closing_ = false;
  std::atomic<std::size_t> next_index_{0};
  std::vector<std::thread> workers_;  // last: the threads use the members above
};

#endif

Executor::Executor(unsigned threads) : impl_(std::make_unique<Impl>(threads)) {}
Executor::~Executor() = default;

void Executor::parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  impl_->run(count, body);
}

std::unique_ptr<Executor> make_executor(unsigned threads) {
  return threads > 1 ? std::make_unique<Executor>(threads) : nullptr;
}

void for_each_index(Executor* executor, std::size_t count, const std::function<void(std::size_t)>& body) {
  if (executor && count > 1) return executor->parallel_for(count, body);
  for (std::size_t i = 0; i < count; ++i) body(i);
}

}  // namespace entail::cli
