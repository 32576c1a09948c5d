// Fibers: the explorer's threads. They run one at a time on the caller's thread, each on its own stack, and yield
// only in pause(). Annotated for the sanitizers, so that the interleaving tests run under them, too.
#pragma once

#include <functional>
#include <memory>

namespace interleave {

class FiberSet {
 public:
  explicit FiberSet(unsigned count);
  ~FiberSet();
  FiberSet(const FiberSet&) = delete;
  FiberSet& operator=(const FiberSet&) = delete;

  // Runs body up to its first pause(). REQUIRES that the fiber's last body has ended.
  void start(unsigned fiber, std::function<void()> body);
  // Resumes it from its pause() until the next one or the end.
  void resume(unsigned fiber);
  // In a fiber: switches back to the thread that started or resumed it.
  void pause();
  bool alive(unsigned fiber) const;
  bool any_alive() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace interleave
