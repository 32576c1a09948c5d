// What links a trace of long ago: the job that was scheduled a day before, and the journey of a user over sessions.
// How far back a keep finds spans is retain.window; what it comes too late for is the loss keep_after_seal.
#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kHourSeconds = 3600;
constexpr std::uint64_t kRecordsHoursMax = 168;
constexpr std::uint64_t kDroppedSeconds = kDecisionWaitSeconds + 5;  // by then a trace of second 0 is decided

// A clock follows a jump of more than an hour only when three requests agree on it. Without them before it, what comes
// next would arrive while the clock is still at `from`.
void pass_quiet_time(Scene& scene, std::uint64_t from, std::uint64_t to) {
  constexpr std::uint64_t kWitnesses = 3;
  if (to <= from + kHourSeconds) return;
  for (std::uint64_t i = kWitnesses; i > 0; --i) scene.bystander(to - i);
}

std::string configure_scheduled_job(const Flags& flags, StoryConfig& config) {
  const std::uint64_t delay_seconds = flags.count("delay-hours") * kHourSeconds;
  config.retain_seconds = std::max(config.retain_seconds, flags.count("retain-hours") * kHourSeconds);
  // What is sealed must be remembered until the job runs, or nobody could tell that a chain broke.
  config.records_seconds = std::max(config.records_seconds, delay_seconds + kHourSeconds);
  config.leave_room_for(flags.count("jobs"), flags.count("jobs") + 2);
  return {};
}

void tell_scheduled_job(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t job_count = flags.count("jobs");
  const std::uint64_t delay_seconds = flags.count("delay-hours") * kHourSeconds;
  const std::uint64_t failing = teller.random.below(job_count);
  Scene scene(teller);
  std::vector<Role> signups;
  std::vector<Role> welcomes;
  for (std::uint64_t i = 0; i < job_count; ++i) {
    signups.push_back(scene.role("signup", i));
    welcomes.push_back(scene.role("welcome", i));
  }
  Role digest = scene.role("digest");
  Role cleanup = scene.role("cleanup");

  for (Role& signup : signups) {
    scene.tell(signup, {.service = "accounts", .name = "POST /signup", .second = 0, .kind = SpanKind::server});
  }
  scene.bystander(kDroppedSeconds);
  pass_quiet_time(scene, kDroppedSeconds, delay_seconds);
  for (std::uint64_t i = 0; i < job_count; ++i) {
    scene.begin(welcomes[i], {.service = "mail",
                              .name = "send welcome",
                              .second = delay_seconds,
                              .kind = SpanKind::consumer,
                              .status = i == failing ? Status::error : Status::unset});
    scene.link(signups[i], link_type::kScheduledTrigger, link_relationship::kTriggeredBy,
               {{link_key::kDelayMs, delay_seconds * 1000}});
    scene.end();
  }
  // It failed by itself: nothing is linked to it.
  scene.tell(cleanup, {.service = "mail", .name = "clean up", .second = delay_seconds + 1, .status = Status::error});
  scene.begin(digest, {.service = "reports", .name = "daily digest", .second = delay_seconds + 2});
  for (const Role& signup : signups) scene.link(signup, link_type::kScheduledTrigger, link_relationship::kAggregates);
  scene.end();

  scene.kept_by_policy(welcomes[failing]);
  scene.kept_by_policy(cleanup);
  if (delay_seconds > config.retain_seconds) {
    scene.lost_after_seal(signups[failing], "linked", 1);
  } else {
    scene.kept_by_link(signups[failing], "linked", 1, true);
  }
}

std::string configure_user_journey(const Flags& flags, StoryConfig& config) {
  if (flags.count("fails") > flags.count("sessions")) return "--fails is more than --sessions";
  const std::uint64_t hops = std::min(flags.count("linked-hops"), flags.count("fails") - 1);
  // What is sealed must be remembered until a keep comes to it, or nobody could tell that a chain broke.
  const std::uint64_t records_seconds = (hops + 2) * flags.count("gap-minutes") * 60;
  if (records_seconds > kRecordsHoursMax * kHourSeconds) {
    return "--linked-hops and two more, times --gap-minutes, is more than the " + std::to_string(kRecordsHoursMax) +
           " h that records are kept at most";
  }
  config.max_hops_linked = flags.count("linked-hops");
  config.max_hops_linking = flags.count("linking-hops");
  config.retain_seconds = std::max(config.retain_seconds, flags.count("retain-minutes") * 60);
  config.records_seconds = std::max(config.records_seconds, records_seconds);
  return {};
}

// Three spans; the first of them links the last one of the session before.
void tell_session(Scene& scene, std::vector<Role>& sessions, std::size_t i, std::uint64_t gap_seconds, bool fails) {
  const std::uint64_t second = i * gap_seconds;
  if (i > 0) pass_quiet_time(scene, second - gap_seconds + kDroppedSeconds, second);
  scene.begin(sessions[i], {.service = "shop", .name = "session", .second = second, .kind = SpanKind::server});
  if (i > 0) {
    scene.link(sessions[i - 1], link_type::kAsyncTrigger, link_relationship::kFollowsFrom,
               {{link_key::kGapMs, gap_seconds * 1000}}, 2);
  }
  scene.end();
  scene.tell(sessions[i], {.service = "shop", .name = "browse", .second = second});
  scene.tell(
      sessions[i],
      {.service = "shop", .name = "checkout", .second = second, .status = fails ? Status::error : Status::unset});
  scene.bystander(second + kDroppedSeconds);
}

void tell_user_journey(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t session_count = flags.count("sessions");
  const std::uint64_t gap_seconds = flags.count("gap-minutes") * 60;
  const std::uint64_t failing = flags.count("fails") - 1;
  Scene scene(teller);
  std::vector<Role> sessions;
  for (std::uint64_t number = 1; number <= session_count; ++number) sessions.push_back(scene.role("session", number));
  for (std::uint64_t i = 0; i < session_count; ++i) {
    tell_session(scene, sessions, i, gap_seconds, i == failing);
    const std::uint64_t hops = i < failing ? failing - i : i - failing;
    if (hops == 0) {
      scene.kept_by_policy(sessions[i]);
    } else if (i > failing && hops <= config.max_hops_linking) {
      scene.kept_by_link(sessions[i], "linking", hops);
    } else if (i < failing && hops <= config.max_hops_linked) {
      // Whole minutes: the seconds until it was dropped make no difference.
      if (hops * gap_seconds > config.retain_seconds) {
        scene.lost_after_seal(sessions[i], "linked", hops);
      } else {
        scene.kept_by_link(sessions[i], "linked", hops, true);
      }
    }
  }
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kScheduledJobFlags = {
    {"jobs", Kind::count, "4", "sign-ups, each with its own later job; one job fails", 1, 10'000, {}},
    {"delay-hours", Kind::count, "24", "when the jobs run", 1, 160, {}},
    {"retain-hours", Kind::count, "25", "retain.window of the configuration; 0 = one minute", 0, 168, {}},
};
const std::vector<FlagSpec> kUserJourneyFlags = {
    {"sessions", Kind::count, "12", "sessions, each linking the previous one", 2, 1'000, {}},
    {"fails", Kind::count, "6", "number of the session that fails, from 1", 1, 1'000, {}},
    {"gap-minutes", Kind::count, "10", "time between two sessions", 2, 1'440, {}},
    {"retain-minutes", Kind::count, "60", "retain.window of the configuration", 1, 10'080, {}},
    {"linked-hops", Kind::count, "4", "links.propagate.max_hops of the configuration: {linked: N}", 0, 62, {}},
    {"linking-hops", Kind::count, "4", "links.propagate.max_hops of the configuration: {linking: N}", 0, 62, {}},
};

}  // namespace

Scenario scheduled_job_scenario() {
  return {"scheduled-job", "jobs that link the request that scheduled them a day earlier", kScheduledJobFlags,
          configure_scheduled_job, tell_scheduled_job};
}

Scenario user_journey_scenario() {
  return {"user-journey", "sessions of one user, minutes apart; one of them fails", kUserJourneyFlags,
          configure_user_journey, tell_user_journey};
}

}  // namespace entail::cli
