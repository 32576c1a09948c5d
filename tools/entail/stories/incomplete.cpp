// What does not come whole: producers of which head sampling left one in ten, and a job whose SDK cut its links.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kUploadSecond = 1;
constexpr std::uint64_t kProducerSecond = 3;
constexpr std::uint64_t kConsumerSecond = 5;
constexpr std::uint64_t kReportSecond = 6;
constexpr std::uint64_t kLateSecond = 30;  // when the consumers have been decided

struct HeadSampledPlan {
  std::uint64_t consumers = 0;
  std::uint64_t links = 0;
  std::uint64_t present = 0;  // of the links of each consumer
  std::uint64_t late = 0;
};

HeadSampledPlan plan_head_sampled(const Flags& flags) {
  HeadSampledPlan plan;
  plan.consumers = flags.count("consumers");
  plan.links = flags.count("links");
  plan.present = plan.links - static_cast<std::uint64_t>(static_cast<double>(plan.links) * flags.share("absent"));
  plan.late = flags.count("late");
  return plan;
}

std::string configure_head_sampled(const Flags& flags, StoryConfig& config) {
  const HeadSampledPlan plan = plan_head_sampled(flags);
  if (plan.late > plan.links - plan.present) return "--late is more than there are absent producers";
  // Absent traces take no place: only those that come need one.
  config.leave_room_for(plan.present + plan.late, plan.present + plan.late + 2);
  return {};
}

// The producers of one consumer: the first are here, the next ones come late, of the others no span ever comes.
std::vector<Role> producers_of(Scene& scene, const HeadSampledPlan& plan, std::uint64_t consumer) {
  std::vector<Role> producers;
  for (std::uint64_t i = 0; i < plan.links; ++i) {
    producers.push_back(scene.role("producer-" + std::to_string(consumer), i));
  }
  return producers;
}

void tell_consumer(Scene& scene, StoryTeller& teller, Role& consumer, const std::vector<Role>& producers, bool fails) {
  std::vector<std::uint64_t> order(producers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[teller.random.below(i)]);
  scene.begin(consumer, {.service = "billing",
                         .name = "process orders",
                         .second = kConsumerSecond,
                         .kind = SpanKind::consumer,
                         .status = fails ? Status::error : Status::unset});
  for (const std::uint64_t i : order)
    scene.link(producers[i], link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();
}

void tell_head_sampled(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  const HeadSampledPlan plan = plan_head_sampled(flags);
  const std::uint64_t failing = teller.random.below(plan.consumers);
  const Act publish = {
      .service = "shop", .name = "publish orders", .second = kProducerSecond, .kind = SpanKind::producer};
  Act publish_late = publish;
  publish_late.second = kLateSecond;

  Scene scene(teller);
  std::vector<Role> consumers;
  for (std::uint64_t c = 0; c < plan.consumers; ++c) consumers.push_back(scene.role("consume", c));
  Role upload = scene.role("upload");
  std::vector<std::vector<Role>> producers;
  for (std::uint64_t c = 0; c < plan.consumers; ++c) producers.push_back(producers_of(scene, plan, c));

  scene.tell(upload, {.service = "shop", .name = "PUT /orders", .second = kUploadSecond, .kind = SpanKind::server});
  for (auto& of_consumer : producers) {
    for (std::uint64_t i = 0; i < plan.present; ++i) scene.tell(of_consumer[i], publish);
  }
  for (std::uint64_t c = 0; c < plan.consumers; ++c) {
    tell_consumer(scene, teller, consumers[c], producers[c], c == failing);
  }
  scene.bystander(kConsumerSecond + kDecisionWaitSeconds + 1);
  for (auto& of_consumer : producers) {
    for (std::uint64_t i = plan.present; i < plan.present + plan.late; ++i) {
      scene.begin(of_consumer[i], publish_late);
      // Through a trace that was absent a keep comes to what is behind it, once that is known.
      if (i == plan.present) scene.link(upload, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
      scene.end();
    }
  }

  scene.kept_by_policy(consumers[failing]);
  for (std::uint64_t i = 0; i < plan.present + plan.late; ++i) scene.kept_by_link(producers[failing][i], "linked", 1);
  if (plan.late > 0) scene.kept_by_link(upload, "linked", 2, true);
}

struct TruncatedPlan {
  std::uint64_t links = 0;
  std::uint64_t first = 0;  // the links that are left: [first, end)
  std::uint64_t end = 0;
  std::uint64_t failing = 0;
};

TruncatedPlan plan_sdk_truncated(const Flags& flags) {
  TruncatedPlan plan;
  plan.links = flags.count("links");
  const std::uint64_t left = std::min(plan.links, flags.count("limit"));
  plan.first = flags.word("keeps") == "first" ? 0 : plan.links - left;
  plan.end = plan.first + left;
  const std::string& fails = flags.word("fails");
  plan.failing = fails == "first" ? 0 : fails == "last" ? plan.links - 1 : plan.links / 2;
  return plan;
}

std::string configure_sdk_truncated(const Flags&, StoryConfig&) { return {}; }

void tell_sdk_truncated(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  const TruncatedPlan plan = plan_sdk_truncated(flags);
  Scene scene(teller);
  Role job = scene.role("job");
  Role report = scene.role("report");
  std::vector<Role> producers;
  for (std::uint64_t i = 0; i < plan.links; ++i) {
    producers.push_back(i == plan.failing ? scene.role("failed-producer") : scene.role("producer", i));
  }
  for (std::uint64_t i = 0; i < plan.links; ++i) {
    scene.tell(producers[i], {.service = "shop",
                              .name = "publish orders",
                              .second = kProducerSecond,
                              .kind = SpanKind::producer,
                              .status = i == plan.failing ? Status::error : Status::unset});
  }
  scene.begin(job, {.service = "billing", .name = "job", .second = kConsumerSecond, .kind = SpanKind::consumer});
  scene.attribute("messaging.batch.message_count", plan.links);
  for (std::uint64_t i = plan.first; i < plan.end; ++i) {
    scene.link(producers[i], link_type::kBatchSource, link_relationship::kBatchMember,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, plan.links}});
  }
  const std::uint64_t cut = plan.links - (plan.end - plan.first);
  if (cut > 0) teller.requests.dropped_links(cut);
  scene.end();
  scene.begin(report, {.service = "reports", .name = "report", .second = kReportSecond});
  scene.link(job, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();

  scene.kept_by_policy(producers[plan.failing]);
  if (plan.failing >= plan.first && plan.failing < plan.end) {
    scene.kept_by_link(job, "linking", 1);
    scene.kept_by_link(report, "linking", 2);
  }
  scene.fact("links_dropped_upstream", cut);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kHeadSampledFlags = {
    {"consumers", Kind::count, "3", "consumers; one of them fails", 1, 1'000, {}},
    {"links", Kind::count, "100", "links of each consumer, each to another producer", 1, 20'000, {}},
    {"absent", Kind::share, "0.9", "share of producers whose spans never arrive", 0, 1, {}},
    {"late", Kind::count, "1", "absent producers of each consumer that arrive late, after 25 seconds", 0, 1'000, {}},
};
const std::vector<FlagSpec> kSdkTruncatedFlags = {
    {"links", Kind::count, "300", "links that the job added", 1, 1'000'000, {}},
    {"limit", Kind::count, "128", "links that the SDK keeps", 0, 1'000'000, {}},
    {"keeps", Kind::word, "last", "which links the SDK keeps", 0, 0, {"last", "first"}},
    {"fails", Kind::word, "first", "which producer fails", 0, 0, {"first", "middle", "last"}},
};

}  // namespace

Scenario head_sampled_scenario() {
  return {"head-sampled", "consumers of producers, nine in ten of which a head sampler dropped", kHeadSampledFlags,
          configure_head_sampled, tell_head_sampled};
}

Scenario sdk_truncated_scenario() {
  return {"sdk-truncated", "a job whose SDK kept only its first or last links", kSdkTruncatedFlags,
          configure_sdk_truncated, tell_sdk_truncated};
}

}  // namespace entail::cli
