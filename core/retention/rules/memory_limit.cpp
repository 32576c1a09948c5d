// memory_limit: all memory of the engine. Over it the oldest traces are decided early, whatever kind of memory is
// short; the engine's Room does that (docs/design.md 3.8).
#include <algorithm>

#include "option/shapes.hpp"
#include "retention/headroom.hpp"
#include "retention/rule.hpp"

namespace entail::retention {
namespace {

constexpr option::Bounds kLimitBounds = {16ll << 20, 1ull << 44};

class MemoryLimit final : public Rule {
 public:
  explicit MemoryLimit(const Options& options) noexcept
      : limit_(options.memory_limit_bytes), headroom_(limit_ / kHeadroomShare) {}

  // Nothing while enough is left.
  std::uint64_t bytes_to_release(std::uint64_t held, std::uint64_t wanted) const noexcept override {
    if (wanted == 0 && held < limit_ - headroom_) return 0;
    const std::uint64_t free = std::max(kHeadroomMade * headroom_, std::min(limit_, wanted + headroom_));
    return held > limit_ - free ? held - (limit_ - free) : 0;
  }
  std::uint64_t bytes_ahead(std::uint64_t held) const noexcept override {
    const std::uint64_t mark = limit_ - kHeadroomAhead * headroom_;
    return held > mark ? held - mark : 0;
  }

 private:
  const std::uint64_t limit_;
  const std::uint64_t headroom_;
};

}  // namespace

RuleType memory_limit_rule() {
  return {
      .place = 100,  // outside of retain
      .rows = {option::row<Options, [](auto& o) -> auto& { return o.memory_limit_bytes; }>(option::shapes::size(
          "memory_limit", "Limit on memory. When it is reached, the oldest traces are decided early.", kLimitBounds))},
      .make = make_rule<MemoryLimit>};
}

}  // namespace entail::retention
