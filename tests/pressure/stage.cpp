#include "tests/pressure/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace entail::pressure {
namespace {

thread_local Actor* current_actor = nullptr;

}  // namespace

Stage::Stage() { sync::listen_to_sync_points(this); }

Stage::~Stage() {
  for (const std::unique_ptr<Actor>& actor : actors_) {
    finish(*actor);
    actor->thread_.join();
  }
  sync::listen_to_sync_points(nullptr);
}

Actor& Stage::start(std::string name, std::function<void()> work, Actor::Holds holds) {
  // Removes actors that have ended, so that a long run does not accumulate threads.
  std::erase_if(actors_, [](const std::unique_ptr<Actor>& actor) {
    if (actor->done()) actor->thread_.join();
    return actor->done();
  });
  Actor& actor = *actors_.emplace_back(std::make_unique<Actor>());
  actor.name_ = std::move(name);
  actor.holds_ = std::move(holds);
  actor.thread_ = std::thread([&actor, work = std::move(work)] {
    current_actor = &actor;
    work();
    actor.done_ = true;
    actor.stopped_.release();
  });
  actor.stopped_.acquire();
  return actor;
}

void Stage::resume(Actor& actor) {
  if (actor.done()) return;
  actor.go_.release();
  actor.stopped_.acquire();
}

void Stage::finish(Actor& actor) {
  actor.holds_ = [](unsigned) { return false; };
  resume(actor);
}

std::vector<Actor*> Stage::held() const {
  std::vector<Actor*> held;
  for (const std::unique_ptr<Actor>& actor : actors_)
    if (!actor->done()) held.push_back(actor.get());
  return held;
}

void Stage::reach(unsigned point) noexcept {
  Actor* const actor = current_actor;
  if (actor == nullptr || !actor->holds_(point)) return;
  actor->point_ = point;
  actor->stopped_.release();
  actor->go_.acquire();
}

unsigned point_named(std::string_view name) {
  const auto found = std::find(sync::kSyncPoints.begin(), sync::kSyncPoints.end(), name);
  EXPECT_NE(found, sync::kSyncPoints.end()) << "no sync point " << name;
  return static_cast<unsigned>(found - sync::kSyncPoints.begin());
}

}  // namespace entail::pressure
