// retain.max_bytes: the span bytes of all retained traces together.
#include "option/shapes.hpp"
#include "retention/rule.hpp"

namespace entail::retention {
namespace {

class MaxBytes final : public Rule {
 public:
  explicit MaxBytes(const Options& options) noexcept
      : max_bytes_(options.retain.max_bytes.value_or(options.memory_limit_bytes / 2)) {}
  base::Loss exceeded(const Retained& retained) const noexcept override {
    return retained.bytes > max_bytes_ ? base::Loss::evicted : base::Loss::none;
  }

 private:
  const std::uint64_t max_bytes_;
};

void check(const Options& options, option::Findings& findings) {
  if (options.retain.max_bytes && *options.retain.max_bytes > options.memory_limit_bytes)
    findings.warning("retain.max_bytes", "retain.max_bytes: without effect, as it is larger than memory_limit");
}

}  // namespace

RuleType max_bytes_rule() {
  using namespace option::shapes;
  return {
      .place = 3,
      .rows = {option::row<Options, [](auto& o) -> auto& { return o.retain.max_bytes; }>(unset_is(
          size("retain.max_bytes", "Limit on the bytes held of dropped traces; the first dropped are released first."),
          "half of memory_limit"))},
      .check = check,
      .make = make_rule<MaxBytes>};
}

}  // namespace entail::retention
