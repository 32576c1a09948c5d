// retain.window: a dropped trace is retained for the same time, whatever it holds.
#include "option/shapes.hpp"
#include "retention/rule.hpp"

namespace entail::retention {
namespace {

class Window final : public Rule {
 public:
  explicit Window(const Options& options) noexcept : window_ns_(options.retain.window_ns) {}
  std::int64_t end_ns(const DroppedTrace& trace) const noexcept override { return after(trace.dropped_ns, window_ns_); }

 private:
  const std::int64_t window_ns_;
};

}  // namespace

RuleType window_rule() {
  return {.place = 1,
          .rows = {option::row<Options, [](auto& o) -> auto& { return o.retain.window_ns; }>(option::shapes::duration(
              "retain.window",
              "How long to hold the spans of a dropped trace, so that a linked trace that fails later can revive "
              "it."))},
          .make = make_rule<Window>};
}

}  // namespace entail::retention
