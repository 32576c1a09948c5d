// Runs independent pieces of work on N threads: the command's bulk parsing and parallel intake.
//
// With oneTBB (ENTAIL_WITH_TBB) on its scheduler, else on threads of its own. Thread rule: Guarded inside; one caller
// of parallel_for() at a time. Cost: a wake-up per call, so callers hand in work of many microseconds.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace entail::cli {

class Executor {
 public:
  // threads, the caller's own included.
  explicit Executor(unsigned threads);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Calls body(i) once for every i < count, on any threads, and returns when all are done. body does not throw.
  void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Null for one thread: nothing is started then.
std::unique_ptr<Executor> make_executor(unsigned threads);

// body(i) for every i < count: on the executor if there is one and it is worth it, else here, in order.
void for_each_index(Executor* executor, std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace entail::cli
