// Processes of many steps, each a trace that links the step before it: the workflow, and the saga, whose steps are
// undone when one of them fails.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kStepSeconds = 2;
constexpr std::uint64_t kSlackSeconds = 60;

// A step links its predecessor, with its place in the process.
void tell_step(Scene& scene, Role& step, const Role& before, std::uint64_t number, const Act& act) {
  scene.begin(step, act);
  scene.attribute("process.step", number);
  scene.link(before, link_type::kWorkflowPredecessor, link_relationship::kFollowsFrom,
             {{link_key::kWorkflowId, "order-4711"}, {link_key::kWorkflowStep, number}});
  scene.end();
}

std::string configure_workflow(const Flags& flags, StoryConfig& config) {
  if (flags.count("fails") > flags.count("steps")) return "--fails is more than --steps";
  config.allow(link_type::kWorkflowPredecessor, flags.count("hops"), flags.count("hops"));
  config.retain_seconds = std::max(config.retain_seconds, flags.count("steps") * kStepSeconds + kSlackSeconds);
  return {};
}

// A row of steps with one that fails, and an audit that hangs on step 1 aside from the row.
void tell_workflow(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t step_count = flags.count("steps");
  const std::uint64_t failing = flags.count("fails") > 0 ? flags.count("fails") : (step_count + 1) / 2;
  const std::uint64_t linked_max =
      config.linked_hops({link_type::kWorkflowPredecessor, link_relationship::kFollowsFrom});
  const std::uint64_t linking_max =
      config.linking_hops({link_type::kWorkflowPredecessor, link_relationship::kFollowsFrom});
  Scene scene(teller);
  std::vector<Role> steps;
  for (std::uint64_t number = 1; number <= step_count; ++number) steps.push_back(scene.role("step", number));
  Role audit = scene.role("audit");

  for (std::uint64_t number = 1; number <= step_count; ++number) {
    const std::uint64_t second = number * kStepSeconds;
    const Act act = {.service = "workflow",
                     .name = "run step",
                     .second = second,
                     .kind = SpanKind::consumer,
                     .status = number == failing ? Status::error : Status::unset};
    Role& step = steps[number - 1];
    if (number == 1) {
      scene.tell(step, act);
    } else {
      tell_step(scene, step, steps[number - 2], number, act);
    }
    if (number == 2) tell_step(scene, audit, steps[0], 2, {.service = "audit", .name = "audit", .second = second});
    const std::uint64_t hops = number < failing ? failing - number : number - failing;
    if (hops == 0) {
      scene.kept_by_policy(step);
    } else if (number < failing && hops <= linked_max) {
      scene.kept_by_link(step, "linked", hops, is_dropped_before(second, failing * kStepSeconds));
    } else if (number > failing && hops <= linking_max) {
      scene.kept_by_link(step, "linking", hops);
    }
  }
  if (failing == 1 && linking_max >= 1) scene.kept_by_link(audit, "linking", 1);
}

std::string configure_saga(const Flags& flags, StoryConfig& config) {
  // The order, the first cause of all, is as many hops from the last step as there are steps.
  config.allow(link_type::kWorkflowPredecessor, flags.count("steps"), std::nullopt);
  return {};
}

struct Saga {
  Role order;
  std::vector<Role> steps;
  std::vector<Role> undone;        // by the step that it undoes
  std::uint64_t failing_undo = 0;  // index into undone; none fails where it is beyond
};

// What each compensation says: which step it undoes, and which failure made it necessary.
void tell_compensations(Scene& scene, Saga& saga, std::uint64_t second) {
  for (std::size_t i = saga.undone.size(); i-- > 0;) {
    scene.begin(saga.undone[i], {.service = "saga",
                                 .name = "compensate",
                                 .second = second++,
                                 .kind = SpanKind::consumer,
                                 .status = i == saga.failing_undo ? Status::error : Status::unset});
    scene.link(saga.steps[i], link_type::kWorkflowPredecessor, link_relationship::kCompensates,
               {{link_key::kWorkflowStep, i + 1}});
    scene.link(saga.steps.back(), link_type::kAsyncTrigger, link_relationship::kTriggeredBy,
               {{link_key::kWorkflowStep, saga.steps.size()}});
    scene.end();
  }
}

void expect_saga(Scene& scene, const Saga& saga) {
  const std::uint64_t last = saga.steps.size();
  scene.kept_by_policy(saga.steps.back());
  for (std::size_t i = 0; i < saga.undone.size(); ++i) {
    if (i == saga.failing_undo) {
      scene.kept_by_policy(saga.undone[i]);
    } else {
      scene.kept_by_link(saga.undone[i], "linking", 1);
    }
  }
  for (std::uint64_t number = 0; number < last; ++number) {
    const Role& role = number == 0 ? saga.order : saga.steps[number - 1];
    const std::uint64_t from_step = last - number;
    const std::uint64_t undone_number = saga.failing_undo + 1;
    if (saga.failing_undo < saga.undone.size() && number <= undone_number) {
      // Nearer by way of the compensation that failed, if that comes before the step is decided.
      scene.kept_by_link_at_least(role, std::min(from_step, 1 + undone_number - number));
    } else {
      scene.kept_by_link(role, "linked", from_step, is_dropped_before(number, last));
    }
  }
}

void tell_saga(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  const std::uint64_t step_count = flags.count("steps");
  Scene scene(teller);
  Saga saga;
  saga.order = scene.role("order");
  for (std::uint64_t number = 1; number <= step_count; ++number) saga.steps.push_back(scene.role("step", number));
  for (std::uint64_t number = 1; number < step_count; ++number) saga.undone.push_back(scene.role("compensate", number));
  Role report = scene.role("report");
  Role other_order = scene.role("other-order");
  Role other_step = scene.role("other-step");
  saga.failing_undo = flags.word("compensation") == "fails" ? teller.random.below(step_count - 1) : saga.undone.size();

  scene.tell(saga.order, {.service = "shop", .name = "POST /orders", .second = 0, .kind = SpanKind::server});
  scene.tell(other_order, {.service = "shop", .name = "POST /orders", .second = 0, .kind = SpanKind::server});
  for (std::uint64_t number = 1; number <= step_count; ++number) {
    tell_step(scene, saga.steps[number - 1], number == 1 ? saga.order : saga.steps[number - 2], number,
              {.service = "saga",
               .name = "run step",
               .second = number,
               .kind = SpanKind::consumer,
               .status = number == step_count ? Status::error : Status::unset});
    if (number > 1) continue;
    tell_step(scene, other_step, other_order, 1, {.service = "saga", .name = "run step", .second = 1});
    // A reader of the order: it shares the order with the saga, and is no cause and no consequence of the failure.
    scene.begin(report, {.service = "reports", .name = "count orders", .second = 1});
    scene.link(saga.order, link_type::kEventSource, link_relationship::kTriggeredBy);
    scene.end();
  }
  tell_compensations(scene, saga, step_count + 1);
  expect_saga(scene, saga);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kWorkflowFlags = {
    {"steps", Kind::count, "12", "steps, one after the other", 2, 200, {}},
    {"fails", Kind::count, "0", "the step that fails; 0 = the one in the middle", 0, 200, {}},
    {"hops",
     Kind::count,
     "16",
     "links.propagate.types of the configuration: workflow_predecessor: {linked: N, linking: N}",
     0,
     62,
     {}},
};
const std::vector<FlagSpec> kSagaFlags = {
    {"steps", Kind::count, "5", "steps; the last one fails", 2, 50, {}},
    {"compensation", Kind::word, "succeeds", "whether one of the compensations fails too", 0, 0, {"succeeds", "fails"}},
};

}  // namespace

Scenario workflow_scenario() {
  return {"workflow", "a sequence of steps longer than max_hops, kept whole by a rule for its links", kWorkflowFlags,
          configure_workflow, tell_workflow};
}

Scenario saga_scenario() {
  return {"saga", "steps, the last of which fails, and the compensations that undo the others", kSagaFlags,
          configure_saga, tell_saga};
}

}  // namespace entail::cli
