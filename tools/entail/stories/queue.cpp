// The queue: each message is published by one trace and consumed by another, whose span links the publishing one. One
// pair fails. Its neighbours of the same queue merely share it and stay out.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::string_view kQueue = "orders";
constexpr std::uint64_t kConsumeSecond = 2;
constexpr std::uint64_t kPublishSecond = 4;  // the producers' exporter is the slower one: links come first
constexpr std::uint64_t kMailSecond = 5;

struct QueuePlan {
  std::uint64_t messages = 0;
  std::uint64_t failing = 0;
  std::uint64_t child = 0;     // consumed as a child of its publisher, in one trace, and linked as well
  std::uint64_t headless = 0;  // came without headers, so their sender is unknown
  bool producer_fails = false;
  std::uint64_t delay_ms = 0;
};

Act publish(std::string_view name, std::uint64_t second, bool fails) {
  return {.service = "shop",
          .name = name,
          .second = second,
          .kind = SpanKind::producer,
          .status = fails ? Status::error : Status::unset};
}

Act consume(std::string_view name, bool fails) {
  return {.service = "billing",
          .name = name,
          .second = kConsumeSecond,
          .kind = SpanKind::consumer,
          .status = fails ? Status::error : Status::unset};
}

// The span that published it; where the consuming span is the first of that trace, it is the second.
void link_message(Scene& scene, const Role& publisher, const QueuePlan& plan, std::uint64_t message) {
  scene.link(publisher, link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
             {{link_key::kQueueName, kQueue}, {link_key::kQueueDelayMs, plan.delay_ms}}, message == plan.child ? 1 : 0);
}

void tell_consumers(Scene& scene, const QueuePlan& plan, std::vector<Role>& publishers, std::vector<Role>& consumers) {
  for (std::uint64_t i = 0; i < plan.messages; ++i) {
    Role& role = i == plan.child ? publishers[i] : consumers[i];
    const bool fails = i == plan.headless || (i == plan.failing && !plan.producer_fails);
    scene.begin(role, consume("process orders", fails));
    scene.attribute("messaging.destination.name", kQueue);
    if (i != plan.headless) link_message(scene, publishers[i], plan, i);
    scene.end();
  }
}

void tell_queue(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  QueuePlan plan;
  plan.messages = flags.count("messages");
  plan.child = plan.messages - 2;
  plan.headless = plan.messages - 1;
  plan.failing = teller.random.below(plan.messages - 2);
  plan.producer_fails = flags.word("fails") == "producer";
  plan.delay_ms = flags.count("queue-delay-ms");

  Scene scene(teller);
  std::vector<Role> publishers;
  std::vector<Role> consumers;
  for (std::uint64_t i = 0; i < plan.messages; ++i) {
    publishers.push_back(scene.role("publish", i));
    // A message that is consumed within the trace of its publisher needs no trace of its own.
    consumers.push_back(i == plan.child ? publishers[i] : scene.role("consume", i));
  }
  Role poll = scene.role("receive");
  Role mail = scene.role("mail");

  tell_consumers(scene, plan, publishers, consumers);
  scene.begin(poll, consume("receive orders", false));
  for (std::uint64_t i = 0; i < plan.headless; ++i) link_message(scene, publishers[i], plan, i);
  scene.end();
  for (std::uint64_t i = 0; i < plan.messages; ++i) {
    scene.tell(publishers[i], publish("publish orders", kPublishSecond, i == plan.failing && plan.producer_fails));
  }
  scene.begin(mail, {.service = "mail", .name = "send invoice", .second = kMailSecond, .kind = SpanKind::consumer});
  scene.link(consumers[plan.failing], link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
             {{link_key::kQueueName, "invoices"}});
  scene.end();

  scene.kept_by_policy(consumers[plan.headless]);
  if (plan.producer_fails) {
    scene.kept_by_policy(publishers[plan.failing]);
    scene.kept_by_link(consumers[plan.failing], "linking", 1);
    scene.kept_by_link(poll, "linking", 1);
    scene.kept_by_link(mail, "linking", 2);
  } else {
    scene.kept_by_policy(consumers[plan.failing]);
    scene.kept_by_link(publishers[plan.failing], "linked", 1);
    scene.kept_by_link(mail, "linking", 1);
  }
  scene.fact("links_same_trace", 1);
}

std::string configure_queue(const Flags&, StoryConfig&) { return {}; }

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"messages", Kind::count, "5", "messages, each published in its own trace", 3, 100'000, {}},
    {"fails", Kind::word, "consumer", "what fails for one message", 0, 0, {"consumer", "producer"}},
    {"queue-delay-ms", Kind::count, "1500", "link.queue.delay_ms of the links", 0, 86'400'000, {}},
};

}  // namespace

Scenario queue_scenario() {
  return {"queue", "messages, each consumed in its own trace; one consumer or producer fails", kFlags, configure_queue,
          tell_queue};
}

}  // namespace entail::cli
