// Batches whose links sit on children: the batch with a span for each item, and the ETL run, whose extract step links
// what it read.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kOrderSecond = 1;
constexpr std::uint64_t kBatchSecond = 3;
constexpr std::uint64_t kMailSecond = 5;

std::string configure_batch_items(const Flags& flags, StoryConfig& config) {
  config.error_spans_only = flags.word("origin-links") == "error-spans";
  config.leave_room_for(flags.count("items"), flags.count("items") + 2);
  return {};
}

// The batch span links every order, and each item span its own. The item that fails has the only span with the status
// ERROR, so its link shows which order it was.
void tell_batch_items(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t item_count = flags.count("items");
  const std::uint64_t failing = teller.random.below(item_count);
  Scene scene(teller);
  Role batch = scene.role("batch");
  Role mail = scene.role("mail");
  Role unbatched = scene.role("unbatched-order");
  std::vector<Role> orders;
  for (std::uint64_t i = 0; i < item_count; ++i) orders.push_back(scene.role("order", i));

  const Act order = {.service = "shop", .name = "POST /orders", .second = kOrderSecond, .kind = SpanKind::server};
  for (Role& role : orders) scene.tell(role, order);
  scene.tell(unbatched, order);
  scene.begin(batch,
              {.service = "billing", .name = "invoice batch", .second = kBatchSecond, .kind = SpanKind::consumer});
  scene.attribute("messaging.batch.message_count", item_count);
  for (std::uint64_t i = 0; i < item_count; ++i) {
    scene.link(orders[i], link_type::kBatchSource, link_relationship::kBatchMember,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, item_count}});
  }
  scene.end();
  for (std::uint64_t i = 0; i < item_count; ++i) {
    scene.begin(batch, {.service = "billing",
                        .name = "invoice item",
                        .second = kBatchSecond,
                        .kind = SpanKind::consumer,
                        .status = i == failing ? Status::error : Status::unset});
    scene.link(orders[i], link_type::kBatchSource, link_relationship::kBatchMember, {{link_key::kBatchIndex, i}});
    scene.end();
  }
  // The mail links the span of the item, which is not the root.
  scene.begin(mail, {.service = "mail", .name = "send invoice", .second = kMailSecond, .kind = SpanKind::consumer});
  scene.link(batch, link_type::kAsyncTrigger, link_relationship::kTriggeredBy, {},
             static_cast<std::uint32_t>(failing) + 1);
  scene.end();

  scene.kept_by_policy(batch);
  scene.kept_by_link(mail, "linking", 1);
  for (std::uint64_t i = 0; i < item_count; ++i) {
    if (i == failing || !config.error_spans_only) scene.kept_by_link(orders[i], "linked", 1);
  }
}

std::string configure_etl(const Flags& flags, StoryConfig& config) {
  const std::uint64_t neighbours = std::max(flags.count("sources"), flags.count("dashboards"));
  config.leave_room_for(neighbours, flags.count("sources") + flags.count("dashboards") + 1);
  return {};
}

void tell_etl_job(Scene& scene, Role& job, const std::vector<Role>& sources, Status load_status) {
  const Act root = {.service = "etl", .name = "nightly run", .second = kBatchSecond};
  scene.tell(job, root);
  scene.begin(job, {.service = "etl", .name = "extract", .second = kBatchSecond});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    scene.link(sources[i], link_type::kBatchSource, link_relationship::kBatchMember,
               {{link_key::kBatchIndex, i}, {link_key::kBatchSize, sources.size()}});
  }
  scene.end();
  scene.tell(job, {.service = "etl", .name = "transform", .second = kBatchSecond});
  scene.tell(job, {.service = "etl", .name = "load", .second = kBatchSecond, .status = load_status});
}

void tell_etl(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  constexpr std::uint32_t kTransformSpan = 2;
  const bool load_fails = flags.word("fails") == "load";
  Scene scene(teller);
  std::vector<Role> sources;
  std::vector<Role> dashboards;
  Role job = scene.role("job");
  for (std::uint64_t i = 0; i < flags.count("sources"); ++i) sources.push_back(scene.role("export", i));
  for (std::uint64_t i = 0; i < flags.count("dashboards"); ++i) dashboards.push_back(scene.role("dashboard", i));
  Role unused = scene.role("unused-export");
  const std::uint64_t failing = teller.random.below(sources.size());

  for (std::size_t i = 0; i < sources.size(); ++i) {
    scene.tell(sources[i], {.service = "crm",
                            .name = "export",
                            .second = kOrderSecond,
                            .status = !load_fails && i == failing ? Status::error : Status::unset});
  }
  scene.tell(unused, {.service = "crm", .name = "export", .second = kOrderSecond});
  tell_etl_job(scene, job, sources, load_fails ? Status::error : Status::unset);
  for (std::size_t i = 0; i < dashboards.size(); ++i) {
    scene.begin(dashboards[i], {.service = "reports", .name = "refresh", .second = kMailSecond});
    // One reads what the run made as a whole, the next one what was transformed.
    scene.link(job, link_type::kAsyncTrigger, link_relationship::kFollowsFrom, {}, i % 2 == 0 ? 0 : kTransformSpan);
    scene.end();
  }

  for (const Role& dashboard : dashboards) scene.kept_by_link(dashboard, "linking", load_fails ? 1 : 2);
  if (load_fails) {
    scene.kept_by_policy(job);
    for (const Role& source : sources) scene.kept_by_link(source, "linked", 1);
  } else {
    scene.kept_by_policy(sources[failing]);
    scene.kept_by_link(job, "linking", 1);
  }
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kBatchItemsFlags = {
    {"items", Kind::count, "6", "items of the batch, each from its own order; one fails", 1, 100'000, {}},
    {"origin-links",
     Kind::word,
     "error-spans",
     "links.propagate.origin_links of the configuration",
     0,
     0,
     {"error-spans", "all"}},
};
const std::vector<FlagSpec> kEtlFlags = {
    {"sources", Kind::count, "3", "exports that the run reads", 1, 10'000, {}},
    {"dashboards", Kind::count, "2", "readers of its output", 0, 10'000, {}},
    {"fails", Kind::word, "load", "what fails: the last step of the run, or one export", 0, 0, {"load", "source"}},
};

}  // namespace

Scenario batch_items_scenario() {
  return {"batch-items", "a batch with a span for each item; one item fails", kBatchItemsFlags, configure_batch_items,
          tell_batch_items};
}

Scenario etl_scenario() {
  return {"etl", "exports, a run that reads them, and dashboards that read the run", kEtlFlags, configure_etl,
          tell_etl};
}

}  // namespace entail::cli
