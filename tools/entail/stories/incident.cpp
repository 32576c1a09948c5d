// Incident: 70 minutes of plain load in which three things go wrong, for `entail why` to find (docs/incident.md).
//
// - A poisoned message: an order that looks healthy fails one item of a billing batch an hour later. The batch links
//   200 orders; the failed item's span links the one.
// - A retry storm: a migration locks a table for a minute and a half. Every attempt to reserve stock times out, is
//   retried, and links the migration that blocks it and the attempt before it.
// - A saga whose compensation fails: a card is declined, the hotel is cancelled, and the flight cannot be.
//
// The load itself links nothing and fails nowhere, so what must be kept follows from these alone.
#include <algorithm>

#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kLastSecond = 70 * 60;
constexpr std::uint64_t kSpansPerTrace = 4;
constexpr std::uint64_t kSpanBytesMax = 500;
constexpr std::uint64_t kDefaultMemoryMib = 512;
constexpr std::uint64_t kRetainSeconds = 65 * 60;

constexpr std::uint64_t kOrderSecond = 300;
constexpr std::uint64_t kBatchSecond = kOrderSecond + 3600;
constexpr std::uint64_t kOrders = 200;

constexpr std::uint64_t kLockSecond = 1800;  // the first attempts; the migration ends kLockSeconds later
constexpr std::uint64_t kLockSeconds = 90;
constexpr std::uint64_t kClients = 12;
constexpr std::uint64_t kAttempts = 5;
constexpr std::uint64_t kBackoffSeconds = 15;

constexpr std::string_view kBlockedBy = "blocked_by";  // a type of link

constexpr std::uint64_t kSagaSecond = 2700;

// Traces of four spans over two services, evenly spread over the time.
class Load {
 public:
  Load(Scene& scene, std::uint64_t traces) : scene_(scene), traces_(traces) {}

  void tell_until(std::uint64_t second) {
    for (; told_ < traces_ && told_ * kLastSecond / traces_ < second; ++told_) tell_one(told_ * kLastSecond / traces_);
  }

 private:
  void tell_one(std::uint64_t second) {
    static constexpr std::string_view kPaths[] = {"/api/cart", "/api/products/search", "/api/profile"};
    static constexpr std::string_view kNames[] = {"GET /api", "call catalogue", "read product", "query"};
    static constexpr SpanKind kKinds[] = {SpanKind::server, SpanKind::client, SpanKind::server, SpanKind::client};
    Role role = scene_.role("load");
    for (std::uint64_t span = 0; span < kSpansPerTrace; ++span) {
      scene_.begin(
          role,
          {.service = span < 2 ? "shop" : "catalogue", .name = kNames[span], .second = second, .kind = kKinds[span]});
      scene_.attribute("http.request.method", "GET");
      scene_.attribute("url.path", kPaths[told_ % 3]);
      scene_.attribute("http.response.status_code", std::uint64_t{200});
      scene_.attribute("server.address", span < 2 ? "shop.example.com" : "catalogue.internal.example.com");
      scene_.attribute("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox");
      scene_.end();
    }
  }

  Scene& scene_;
  const std::uint64_t traces_;
  std::uint64_t told_ = 0;
};

// --- the poisoned message

struct Poison {
  std::vector<Role> orders;
  Role batch;
  std::uint64_t poisoned = 0;
};

void tell_orders(Scene& scene, Poison& poison) {
  for (std::uint64_t i = 0; i < kOrders; ++i) {
    scene.begin(poison.orders[i], {.service = "orders",
                                   .name = "POST /orders",
                                   .second = kOrderSecond,
                                   .kind = SpanKind::server,
                                   .duration_ms = i == poison.poisoned ? 340u : 120u});
    scene.attribute("order.currency", i == poison.poisoned ? "EUR " : "EUR");
    scene.end();
    scene.tell(poison.orders[i], {.service = "orders",
                                  .name = "publish order",
                                  .second = kOrderSecond,
                                  .kind = SpanKind::producer,
                                  .duration_ms = 20});
  }
}

void tell_batch(Scene& scene, const StoryConfig& config, Poison& poison) {
  scene.begin(poison.batch, {.service = "billing",
                             .name = "invoice batch",
                             .second = kBatchSecond,
                             .kind = SpanKind::consumer,
                             .duration_ms = 8200});
  scene.attribute("messaging.batch.message_count", kOrders);
  for (std::uint64_t i = 0; i < kOrders; ++i)
    scene.link(poison.orders[i], link_type::kBatchSource, link_relationship::kBatchMember,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, kOrders}}, 1);
  scene.end();
  for (std::uint64_t i = 0; i < kOrders; ++i) {
    if (i % 50 != 0 && i != poison.poisoned) continue;  // a span for some items, and for the one that fails
    const bool fails = i == poison.poisoned;
    scene.begin(poison.batch, {.service = "billing",
                               .name = "invoice item",
                               .second = kBatchSecond,
                               .status = fails ? Status::error : Status::unset,
                               .message = fails ? "currency 'EUR ' is unknown" : "",
                               .duration_ms = 30});
    scene.link(poison.orders[i], link_type::kBatchSource, link_relationship::kBatchMember, {{link_key::kBatchIndex, i}},
               1);
    scene.end();
  }
  scene.kept_by_policy(poison.batch);
  for (std::uint64_t i = 0; i < kOrders; ++i)
    if (i == poison.poisoned || !config.error_spans_only) scene.kept_by_link(poison.orders[i], "linked", 1, true);
}

// --- the retry storm

void tell_storm(Scene& scene, Load& load, const Role& migration, std::vector<std::vector<Role>>& attempts) {
  for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint64_t second = kLockSecond + attempt * kBackoffSeconds;
    load.tell_until(second);
    for (std::vector<Role>& client : attempts) {
      Role& role = client[attempt];
      scene.begin(role, {.service = "checkout",
                         .name = "POST /checkout",
                         .second = second,
                         .kind = SpanKind::server,
                         .duration_ms = 5000});
      scene.attribute("http.response.status_code", std::uint64_t{503});
      if (attempt > 0)
        scene.link(client[attempt - 1], link_type::kRetryPrevious, link_relationship::kRetryOf,
                   {{link_key::kRetryAttempt, attempt + 1}});
      scene.end();
      scene.begin(role, {.service = "stock",
                         .name = "UPDATE stock",
                         .second = second,
                         .kind = SpanKind::client,
                         .status = Status::error,
                         .message = "lock wait timeout: table stock is locked by migration 42",
                         .duration_ms = 4900});
      scene.link(migration, kBlockedBy, link_relationship::kTriggeredBy);
      scene.end();
      scene.kept_by_policy(role);
    }
  }
}

void tell_migration(Scene& scene, Role& migration) {
  scene.tell(migration, {.service = "migrations",
                         .name = "ALTER TABLE stock",
                         .second = kLockSecond + kLockSeconds,
                         .duration_ms = kLockSeconds * 1000 + 500});
  scene.kept_by_link(migration, "linked", 1);
}

// --- the saga

struct Saga {
  Role request;
  Role flight;
  Role hotel;
  Role payment;
  Role cancel_hotel;
  Role cancel_flight;
};

void tell_saga(Scene& scene, Load& load, Saga& saga) {
  const auto step = [&](Role& role, const Act& act, const Role* before, std::string_view type,
                        std::string_view relationship) {
    load.tell_until(act.second);
    scene.begin(role, act);
    if (before != nullptr) scene.link(*before, type, relationship);
    scene.end();
  };
  const std::uint64_t s = kSagaSecond;
  step(saga.request,
       {.service = "travel", .name = "POST /trips", .second = s, .kind = SpanKind::server, .duration_ms = 90}, nullptr,
       {}, {});
  step(saga.flight, {.service = "flights", .name = "reserve flight", .second = s + 1, .duration_ms = 210},
       &saga.request, link_type::kAsyncTrigger, link_relationship::kTriggeredBy);
  step(saga.hotel, {.service = "hotels", .name = "reserve hotel", .second = s + 2, .duration_ms = 180}, &saga.flight,
       link_type::kWorkflowPredecessor, link_relationship::kFollowsFrom);
  step(saga.payment,
       {.service = "payments",
        .name = "charge card",
        .second = s + 3,
        .status = Status::error,
        .message = "card declined",
        .duration_ms = 350},
       &saga.hotel, link_type::kWorkflowPredecessor, link_relationship::kFollowsFrom);
  step(saga.cancel_hotel, {.service = "hotels", .name = "cancel hotel", .second = s + 4, .duration_ms = 160},
       &saga.payment, link_type::kWorkflowPredecessor, link_relationship::kCompensates);
  step(saga.cancel_flight,
       {.service = "flights",
        .name = "cancel flight",
        .second = s + 5,
        .status = Status::error,
        .message = "503: ticket already issued, refund desk unreachable",
        .duration_ms = 640},
       &saga.cancel_hotel, link_type::kWorkflowPredecessor, link_relationship::kCompensates);
  scene.kept_by_policy(saga.payment);
  scene.kept_by_policy(saga.cancel_flight);
  scene.kept_by_link(saga.hotel, "linked", 1);
  scene.kept_by_link(saga.flight, "linked", 2);
  scene.kept_by_link(saga.request, "linked", 3);
  scene.kept_by_link(saga.cancel_hotel, "either", 1);
}

std::string configure_incident(const Flags& flags, StoryConfig& config) {
  config.error_spans_only = true;
  config.leave_room_for(kClients * kAttempts + kOrders, kOrders);
  config.retain_seconds = std::max(config.retain_seconds, kRetainSeconds);
  config.records_seconds = std::max(config.records_seconds, kRetainSeconds);
  // The retention holds all of the load, and half of the memory is for what is retained.
  const std::uint64_t wanted_mib = flags.count("spans") * kSpanBytesMax * 4 >> 20;
  if (wanted_mib > kDefaultMemoryMib) config.memory_limit_mib = std::max(config.memory_limit_mib, wanted_mib);
  return {};
}

void tell_incident(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  Scene scene(teller);
  Poison poison{{}, scene.role("batch"), teller.random.below(kOrders)};
  Role migration = scene.role("migration");
  Saga saga{scene.role("trip"),    scene.role("reserve-flight"), scene.role("reserve-hotel"),
            scene.role("payment"), scene.role("cancel-hotel"),   scene.role("cancel-flight")};
  for (std::uint64_t i = 0; i < kOrders; ++i)
    poison.orders.push_back(scene.role(i == poison.poisoned ? "poisoned-order" : "order-" + std::to_string(i)));
  std::vector<std::vector<Role>> attempts(kClients);
  for (std::vector<Role>& client : attempts)
    for (std::uint64_t i = 0; i < kAttempts; ++i) client.push_back(scene.role("attempt", i + 1));

  // What the three failures have: spans of orders, of the batch, of attempts, of the migration, and of the saga.
  const std::uint64_t planted = kOrders * 2 + 6 + kClients * kAttempts * 2 + 1 + 6;
  const std::uint64_t spans = flags.count("spans");
  Load load(scene, (std::max(spans, planted + kSpansPerTrace) - planted) / kSpansPerTrace);
  load.tell_until(kOrderSecond);
  tell_orders(scene, poison);
  tell_storm(scene, load, migration, attempts);
  load.tell_until(kLockSecond + kLockSeconds);
  tell_migration(scene, migration);
  tell_saga(scene, load, saga);
  load.tell_until(kBatchSecond);
  tell_batch(scene, config, poison);
  load.tell_until(kLastSecond);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"spans", Kind::count, "20000", "number of spans, about; 400 bytes each", 2000, 4'000'000'000, {}},
};

}  // namespace

Scenario incident_scenario() {
  return {"incident", "three failures in 70 minutes of load: a poisoned message, a retry storm, a failed compensation",
          kFlags, configure_incident, tell_incident};
}

}  // namespace entail::cli
