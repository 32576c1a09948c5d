// Retries: each attempt is a trace that links the attempt before it and the request, and the dead letter, where a
// message goes whose attempts are spent. A rule for links of the type retry_of lets a keep go back over more attempts
// than max_hops would.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::string_view kDeadLetterQueue = "orders.dead";
constexpr std::uint64_t kAttemptSeconds = 2;  // between the attempts at a message
constexpr std::uint64_t kSlackSeconds = 60;

struct Attempt {
  std::uint64_t number = 0;  // from 1
  std::uint64_t second = 0;
  Status status = Status::unset;
  bool thrown = false;  // an exception is recorded as an attribute, which alone is not an error
};

// Links the request or message, and the attempt before if there was one.
void tell_attempt(Scene& scene, Role& attempt, const Role& request, const Role* before, const Attempt& facts) {
  scene.begin(attempt, {.service = "billing",
                        .name = "charge card",
                        .second = facts.second,
                        .kind = SpanKind::consumer,
                        .status = facts.status});
  if (facts.thrown) scene.attribute("error.type", "timeout");
  scene.link(request, link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
             {{link_key::kRetryAttempt, facts.number}});
  if (before) {
    scene.link(*before, link_type::kRetryPrevious, link_relationship::kRetryOf,
               {{link_key::kRetryAttempt, facts.number}, {link_key::kRetryReason, "timeout"}});
  }
  scene.end();
}

std::string configure_retry(const Flags& flags, StoryConfig& config) {
  config.allow(link_relationship::kRetryOf, flags.count("retry-hops"), std::nullopt);
  const std::uint64_t seconds = flags.count("attempts") * flags.count("backoff-seconds");
  config.retain_seconds = std::max(config.retain_seconds, seconds + kSlackSeconds);
  return {};
}

// The last attempt fails, and only that one says so: its causes are the attempts before it, one hop after the other.
void expect_last_failed(Scene& scene, const StoryConfig& config, const Role& request, const std::vector<Role>& attempts,
                        std::uint64_t backoff_seconds) {
  const std::uint64_t last = attempts.size();
  const std::uint64_t hops_max = config.linked_hops({link_type::kRetryPrevious, link_relationship::kRetryOf});
  scene.kept_by_policy(attempts.back());
  scene.kept_by_link(request, "linked", 1, is_dropped_before(0, last * backoff_seconds));
  for (std::uint64_t number = 1; number < last && number <= hops_max; ++number) {
    const std::uint64_t second = (last - number) * backoff_seconds;
    scene.kept_by_link(attempts[last - number - 1], "linked", number,
                       is_dropped_before(second, last * backoff_seconds));
  }
}

// Every attempt but the last fails and says so; the last one and the shipment are what came of it.
void expect_last_succeeded(Scene& scene, const Role& request, const std::vector<Role>& attempts, const Role& shipment,
                           std::uint64_t backoff_seconds) {
  for (std::size_t i = 0; i + 1 < attempts.size(); ++i) scene.kept_by_policy(attempts[i]);
  scene.kept_by_link(request, "linked", 1, is_dropped_before(0, backoff_seconds));
  scene.kept_by_link(attempts.back(), "linking", 1);
  scene.kept_by_link(shipment, "linking", 2);
}

void tell_retry(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t attempt_count = flags.count("attempts");
  const std::uint64_t backoff_seconds = flags.count("backoff-seconds");
  const bool last_fails = flags.word("last") == "fails";
  Scene scene(teller);
  Role request = scene.role("request");
  Role sibling = scene.role("receipt");
  std::vector<Role> attempts;
  for (std::uint64_t number = 1; number <= attempt_count; ++number) attempts.push_back(scene.role("attempt", number));

  scene.tell(request, {.service = "shop", .name = "POST /orders", .second = 0, .kind = SpanKind::server});
  scene.begin(sibling, {.service = "mail", .name = "send receipt", .second = 1, .kind = SpanKind::consumer});
  scene.link(request, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();
  for (std::uint64_t number = 1; number <= attempt_count; ++number) {
    const bool is_last = number == attempt_count;
    tell_attempt(scene, attempts[number - 1], request, number > 1 ? &attempts[number - 2] : nullptr,
                 {.number = number,
                  .second = number * backoff_seconds,
                  .status = is_last == last_fails ? Status::error : Status::unset,
                  .thrown = !is_last || last_fails});
  }
  if (last_fails) {
    expect_last_failed(scene, config, request, attempts, backoff_seconds);
    return;
  }
  Role shipment = scene.role("shipment");
  scene.begin(shipment, {.service = "stock", .name = "ship", .second = attempt_count * backoff_seconds + 1});
  scene.link(attempts.back(), link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  scene.end();
  expect_last_succeeded(scene, request, attempts, shipment, backoff_seconds);
}

std::string configure_dead_letter(const Flags& flags, StoryConfig& config) {
  config.dead_letter_queue = kDeadLetterQueue;
  config.allow(link_relationship::kRetryOf, flags.count("retry-hops"), std::nullopt);
  config.retain_seconds = std::max(config.retain_seconds, flags.count("attempts") * kAttemptSeconds + kSlackSeconds);
  // The dead letter must still be remembered when it is taken up again.
  config.records_seconds = std::max(config.records_seconds, flags.count("redrive-minutes") * 60 + 600);
  return {};
}

void expect_dead_letter(Scene& scene, const StoryConfig& config, const Role& message, const Role& letter,
                        const std::vector<Role>& attempts, std::uint64_t letter_second) {
  const std::uint64_t last = attempts.size();
  scene.kept_by_policy(letter);
  scene.kept_by_link(attempts.back(), "linked", 1, is_dropped_before(last * kAttemptSeconds, letter_second));
  if (config.linked_hops({link_type::kAsyncTrigger, link_relationship::kTriggeredBy}) >= 2) {
    scene.kept_by_link(message, "linked", 2, is_dropped_before(0, letter_second));
  }
  const std::uint64_t hops_max = config.linked_hops({link_type::kRetryPrevious, link_relationship::kRetryOf});
  for (std::uint64_t hops = 2; hops <= hops_max && hops <= last; ++hops) {
    const std::uint64_t number = last - hops + 1;
    scene.kept_by_link(attempts[number - 1], "linked", hops,
                       is_dropped_before(number * kAttemptSeconds, letter_second));
  }
}

void tell_dead_letter(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t attempt_count = flags.count("attempts");
  Scene scene(teller);
  Role message = scene.role("publish");
  Role other = scene.role("other-message");
  std::vector<Role> attempts;
  for (std::uint64_t number = 1; number <= attempt_count; ++number) attempts.push_back(scene.role("attempt", number));
  Role letter = scene.role("dead-letter");
  Role redrive = scene.role("redrive");

  scene.tell(message, {.service = "shop", .name = "publish orders", .second = 0, .kind = SpanKind::producer});
  scene.tell(other, {.service = "shop", .name = "publish orders", .second = 1, .kind = SpanKind::producer});
  for (std::uint64_t number = 1; number <= attempt_count; ++number) {
    tell_attempt(scene, attempts[number - 1], message, number > 1 ? &attempts[number - 2] : nullptr,
                 {.number = number, .second = number * kAttemptSeconds, .status = Status::unset, .thrown = true});
  }
  const std::uint64_t letter_second = attempt_count * kAttemptSeconds + 1;
  scene.begin(
      letter,
      {.service = "broker", .name = "publish orders.dead", .second = letter_second, .kind = SpanKind::producer});
  scene.attribute("messaging.destination.name", kDeadLetterQueue);
  scene.link(attempts.back(), link_type::kAsyncTrigger, link_relationship::kFollowsFrom,
             {{link_key::kQueueName, "orders"}, {link_key::kRetryAttempt, attempt_count}});
  scene.end();
  scene.bystander(letter_second + 2 * kDecisionWaitSeconds);
  const std::uint64_t redrive_second = letter_second + flags.count("redrive-minutes") * 60;
  scene.begin(redrive, {.service = "billing", .name = "redrive", .second = redrive_second, .kind = SpanKind::consumer});
  scene.link(
      letter, link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
      {{link_key::kQueueName, kDeadLetterQueue}, {link_key::kQueueDelayMs, flags.count("redrive-minutes") * 60'000}});
  scene.end();
  expect_dead_letter(scene, config, message, letter, attempts, letter_second);
  scene.kept_by_link(redrive, "linking", 1);
}

using Kind = FlagSpec::Kind;

const FlagSpec kRetryHops = {
    "retry-hops", Kind::count, "8", "links.propagate.types of the configuration: retry_of: {linked: N}", 0, 62, {}};
const std::vector<FlagSpec> kRetryFlags = {
    {"attempts", Kind::count, "6", "number of attempts, one after the other", 2, 200, {}},
    {"last", Kind::word, "fails", "how the last attempt ends", 0, 0, {"fails", "succeeds"}},
    {"backoff-seconds", Kind::count, "2", "time between two attempts", 1, 60, {}},
    kRetryHops,
};
const std::vector<FlagSpec> kDeadLetterFlags = {
    {"attempts", Kind::count, "3", "attempts before the message goes to the dead-letter queue", 1, 200, {}},
    {"redrive-minutes", Kind::count, "30", "minutes until the message is redriven", 1, 1440, {}},
    kRetryHops,
};

}  // namespace

Scenario retry_scenario() {
  return {"retry", "attempts that each link the previous one; the last one fails or succeeds", kRetryFlags,
          configure_retry, tell_retry};
}

Scenario dead_letter_scenario() {
  return {"dead-letter", "a message in the dead-letter queue, whose trace is an origin without an error",
          kDeadLetterFlags, configure_dead_letter, tell_dead_letter};
}

}  // namespace entail::cli
