// Stage: threads that run one at a time, from one sync point to the next, in an order chosen by the test. So a
// schedule of the real engine, including ticks, is a function of a seed and can be repeated.
//
//   Stage stage;
//   Actor& batch = stage.start("batch", [&] { engine.ingest(bytes); }, [](unsigned) { return true; });
//   ...                                  // the batch is held at the first sync point that it reached
//   while (!batch.done()) stage.resume(batch);
//
// start() and resume() return when the actor is held at its next point or has ended. Threads that are not actors pass
// all points. One Stage at a time. Needs a build with ENTAIL_DEBUG_CHECKS.
// Thread rule: Confined; the work and the predicate `holds` run on the actor's thread, while the caller waits.
#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sync/sync_point.hpp"

namespace entail::pressure {

class Actor {
 public:
  using Holds = std::function<bool(unsigned point)>;  // true to hold the actor at this point

  bool done() const noexcept { return done_; }
  // Where it is held. REQUIRES !done().
  std::string_view point() const noexcept { return sync::kSyncPoints[point_]; }
  const std::string& name() const noexcept { return name_; }

 private:
  friend class Stage;
  std::string name_;
  Holds holds_;
  bool done_ = false;
  unsigned point_ = 0;
  std::binary_semaphore go_{0};
  std::binary_semaphore stopped_{0};
  std::thread thread_;
};

class Stage final : private sync::PointListener {
 public:
  Stage();
  ~Stage();  // runs every actor that is still held to its end
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Actor& start(std::string name, std::function<void()> work, Actor::Holds holds);
  void resume(Actor& actor);
  // Runs it to its end, ignoring further points.
  void finish(Actor& actor);
  // The held actors, in the order of their start.
  std::vector<Actor*> held() const;

 private:
  void reach(unsigned point) noexcept override;

  std::vector<std::unique_ptr<Actor>> actors_;
};

// The index of a name in sync::kSyncPoints, for tests that choose points by name; fails the test if there is none.
unsigned point_named(std::string_view name);

}  // namespace entail::pressure
