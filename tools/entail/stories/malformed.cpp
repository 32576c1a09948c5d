// Malformed contexts of every kind, side by side on the links of one span, with oddities that look malformed and are
// not. Two of these odd links lead to traces that fail, so the span is a consequence of them; no bad link leads
// anywhere. Spans with bad identities come too, with errors that count for nobody.
#include <iterator>

#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kProducerSecond = 1;
constexpr std::uint64_t kInboxSecond = 3;
constexpr std::uint64_t kZeroRole = 1ull << 31;  // beyond the roles: identities of traces that never come

// The first four are counted as all_zero, the others as wrong_length.
constexpr LinkDamage kBadLinks[] = {
    LinkDamage::zero_trace_id, LinkDamage::empty_trace_id, LinkDamage::zero_span_id,
    LinkDamage::empty_span_id, LinkDamage::half_trace_id,  LinkDamage::short_trace_id,
    LinkDamage::long_trace_id, LinkDamage::short_span_id,  LinkDamage::long_span_id,
};
constexpr std::uint64_t kAllZeroKinds = 4;
constexpr std::uint64_t kWrongLengthKinds = 5;
constexpr std::uint64_t kNullTargetKinds = 3;
static_assert(std::size(kBadLinks) == kAllZeroKinds + kWrongLengthKinds);

class Inbox {
 public:
  Inbox(StoryTeller& teller, Scene& scene) : teller_(teller), requests_(teller.requests), scene_(scene) {}

  // One link of each kind that leads nowhere.
  void bad_links() {
    for (const LinkDamage damage : kBadLinks) link(next_trace(), next_span(), damage);
    // Text that is not hexadecimal: JSON carries it as it is, in protobuf it has become sixteen bytes like any others.
    link(kBadHexId, next_span());
  }

  // An identity is missing, but what is said beside it is data: kept, and not followed.
  void null_targets() {
    begin({}, next_span());
    requests_.link_attribute(link_key::kRelationship, link_relationship::kTriggeredBy);
    requests_.end_link();
    begin(next_trace(), {});
    requests_.link_tracestate("vendor=1");
    requests_.end_link();
    begin({}, {}, LinkDamage::empty_trace_id);
    requests_.link_attribute(link_key::kCorrelationId, "order-1");
    requests_.end_link();
  }

  // What must work although it looks odd.
  void odd_links(const Role& own, const Role& zeros, const Role& stated, const Role& healthy) {
    scene_.link(zeros, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
    link({~0ull, ~0ull}, next_span());
    begin(stated.trace_id, Scene::span_id_of(teller_.random, stated, 0));
    requests_.link_tracestate("this is no tracestate");
    requests_.end_link();
    scene_.link(own, link_type::kAsyncTrigger, link_relationship::kFollowsFrom);
    for (int twice = 0; twice < 2; ++twice)
      scene_.link(healthy, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  }

 private:
  void begin(TraceId trace_id, SpanId span_id, LinkDamage damage = LinkDamage::none) {
    ++teller_.expectation.links;
    requests_.begin_link(trace_id, span_id, damage);
  }
  void link(TraceId trace_id, SpanId span_id, LinkDamage damage = LinkDamage::none) {
    begin(trace_id, span_id, damage);
    requests_.end_link();
  }
  TraceId next_trace() { return teller_.random.trace_id(kZeroRole + ++used_); }
  SpanId next_span() { return teller_.random.span_id(kZeroRole + ++used_); }

  StoryTeller& teller_;
  RequestWriter& requests_;
  Scene& scene_;
  std::uint64_t used_ = 0;
};

// Spans that belong to no trace, each with an error.
void tell_bad_spans(StoryTeller& teller, std::uint64_t repeat) {
  for (std::uint64_t i = 0; i < repeat; ++i) {
    for (int kind = 0; kind < 4; ++kind) {
      const std::uint64_t index = (kZeroRole << 1) + 4 * i + static_cast<std::uint64_t>(kind);
      SpanFacts facts =
          teller.span(teller.random.trace_id(index), teller.random.span_id(index), {}, "nowhere", kInboxSecond);
      facts.error = true;
      if (kind == 0) facts.trace_id = {};
      if (kind == 1) facts.trace_id_size = 15;
      if (kind == 2) facts.span_id = {};
      if (kind == 3) facts.span_id_size = 7;
      teller.requests.begin_span(facts);
      teller.requests.end_span("nowhere");
      teller.flush_if_full();
    }
  }
}

std::string configure_malformed(const Flags&, StoryConfig&) { return {}; }

void tell_malformed(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  const std::uint64_t repeat = flags.count("repeat");
  Scene scene(teller);
  Role inbox = scene.role("inbox");
  Role zeros = scene.role("leading-zeros");
  Role stated = scene.role("bad-tracestate");
  Role healthy = scene.role("healthy");
  // A 64-bit trace ID, padded: half of it is zero.
  zeros.trace_id.hi = 0;
  teller.expectation.named_traces[zeros.name_index].trace_id = zeros.trace_id;

  const Act failed = {.service = "shop",
                      .name = "publish orders",
                      .second = kProducerSecond,
                      .kind = SpanKind::producer,
                      .status = Status::error};
  scene.tell(zeros, failed);
  scene.tell(stated, failed);
  Act well = failed;
  well.status = Status::unset;
  scene.tell(healthy, well);
  scene.begin(inbox, {.service = "inbox", .name = "read inbox", .second = kInboxSecond, .kind = SpanKind::consumer});
  Inbox links(teller, scene);
  for (std::uint64_t i = 0; i < repeat; ++i) {
    links.bad_links();
    links.null_targets();
    links.odd_links(inbox, zeros, stated, healthy);
  }
  scene.end();
  tell_bad_spans(teller, repeat);

  scene.kept_by_policy(zeros);
  scene.kept_by_policy(stated);
  scene.kept_by_link(inbox, "linking", 1);
  scene.fact("links_all_zero", kAllZeroKinds * repeat);
  scene.fact("links_wrong_length", kWrongLengthKinds * repeat);
  scene.fact("links_bad_hex", teller.as_json ? repeat : 0);
  scene.fact("links_null_target", kNullTargetKinds * repeat);
  scene.fact("links_bad_tracestate", repeat);
  scene.fact("links_same_trace", repeat);
  scene.fact("spans_all_zero", 2 * repeat);
  scene.fact("spans_wrong_length", 2 * repeat);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"repeat", Kind::count, "1", "links and spans of each kind", 1, 10'000, {}},
};

}  // namespace

Scenario malformed_scenario() {
  return {"malformed", "invalid contexts of every kind, and unusual ones that are valid", kFlags, configure_malformed,
          tell_malformed};
}

}  // namespace entail::cli
