#include "tests/interleave/fiber.hpp"

#include <ucontext.h>

#include <cstddef>
#include <utility>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INTERLEAVE_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define INTERLEAVE_TSAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define INTERLEAVE_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define INTERLEAVE_TSAN
#endif

#ifdef INTERLEAVE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef INTERLEAVE_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace interleave {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

// A runnable stack, with the data the sanitizers need about it.
struct Place {
  ucontext_t context{};
  const void* stack = nullptr;
  std::size_t stack_bytes = 0;
  void* fake_stack = nullptr;
  void* tsan_fiber = nullptr;
};

void switch_to(Place& from, Place& to) {
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#endif
#ifdef INTERLEAVE_TSAN
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
  swapcontext(&from.context, &to.context);
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

}  // namespace

struct FiberSet::State {
  struct Fiber {
    Place place;
    std::unique_ptr<std::byte[]> stack;
    std::function<void()> body;
    bool alive = false;
  };
  explicit State(unsigned count) : fibers(count) {}

  Place home;
  std::vector<Fiber> fibers;
  Fiber* running = nullptr;

  void enter(Fiber& fiber) {
    running = &fiber;
    switch_to(home, fiber.place);
    running = nullptr;
  }

  // The main loop of every fiber: one body after another.
  static State* starting;
  static void run_fiber() {
    State& state = *starting;
    Fiber& fiber = *state.running;
#ifdef INTERLEAVE_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &state.home.stack, &state.home.stack_bytes);
#endif
    for (;;) {
      fiber.body();
      fiber.alive = false;
      switch_to(fiber.place, state.home);
    }
  }
};

FiberSet::State* FiberSet::State::starting = nullptr;

FiberSet::FiberSet(unsigned count) : state_(std::make_unique<State>(count)) {
#ifdef INTERLEAVE_TSAN
  state_->home.tsan_fiber = __tsan_get_current_fiber();
#endif
  for (State::Fiber& fiber : state_->fibers) {
    fiber.stack = std::make_unique<std::byte[]>(kStackBytes);
    fiber.place.stack = fiber.stack.get();
    fiber.place.stack_bytes = kStackBytes;
#ifdef INTERLEAVE_TSAN
    fiber.place.tsan_fiber = __tsan_create_fiber(0);
#endif
    getcontext(&fiber.place.context);
    fiber.place.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.place.context.uc_stack.ss_size = kStackBytes;
    makecontext(&fiber.place.context, &State::run_fiber, 0);
  }
}

FiberSet::~FiberSet() {
#ifdef INTERLEAVE_TSAN
  for (State::Fiber& fiber : state_->fibers) __tsan_destroy_fiber(fiber.place.tsan_fiber);
#endif
}

void FiberSet::start(unsigned fiber, std::function<void()> body) {
  State::Fiber& started = state_->fibers[fiber];
  started.body = std::move(body);
  started.alive = true;
  State::starting = state_.get();
  state_->enter(started);
}

void FiberSet::resume(unsigned fiber) { state_->enter(state_->fibers[fiber]); }

void FiberSet::pause() {
  State::Fiber& fiber = *state_->running;
  switch_to(fiber.place, state_->home);
}

bool FiberSet::alive(unsigned fiber) const { return state_->fibers[fiber].alive; }

bool FiberSet::any_alive() const {
  for (const State::Fiber& fiber : state_->fibers)
    if (fiber.alive) return true;
  return false;
}

}  // namespace interleave
