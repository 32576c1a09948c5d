// retain.records: how long what is known of a trace outlives its last span, edge or keep.
#include "option/shapes.hpp"
#include "retention/rule.hpp"

namespace entail::retention {
namespace {

class Records final : public Rule {
 public:
  explicit Records(const Options& options) noexcept : records_ns_(options.retain.records_ns) {}
  std::int64_t records_ns() const noexcept override { return records_ns_; }

 private:
  const std::int64_t records_ns_;
};

}  // namespace

RuleType records_rule() {
  return {.place = 2,
          .rows = {option::row<Options, [](auto& o) -> auto& { return o.retain.records_ns; }>(option::shapes::duration(
              "retain.records",
              "How long to remember decisions, links and reasons after a trace was last seen; at least as long as "
              "spans."))},
          .make = make_rule<Records>};
}

}  // namespace entail::retention
