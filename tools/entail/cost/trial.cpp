#include "cost/trial.hpp"

#include <algorithm>
#include <chrono>

#include "available_memory.hpp"
#include "commands.hpp"
#include "output/file_conflict.hpp"
#include "stop_signal.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kReadAheadBytes = std::size_t{1} << 20;

// The bytes of written spans, by service and by trace.
class WrittenSpans final : public RequestVisitor {
 public:
  WrittenSpans(std::size_t config, Written& written, TraceLedger& ledger)
      : config_(config), written_(written), ledger_(ledger) {}

  void on_span(const SpanInfo& span) override {
    const Amount one{0, 1, span.size_bytes};
    written_.all.add(one);
    const std::size_t service = ledger_.service_number(span.service);
    if (written_.by_service.size() <= service) written_.by_service.resize(service + 1);
    written_.by_service[service].add(one);
    ledger_.write(config_, span.trace_id, span.size_bytes);
  }
  void on_link(const SpanInfo&, const LinkInfo&) override {}

 private:
  std::size_t config_;
  Written& written_;
  TraceLedger& ledger_;
};

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool is_short_of_room(Error error) { return error.code() == ErrorCode::no_room || error.code() == ErrorCode::busy; }

}  // namespace

bool TrialEngine::open(const Options& options, std::string* why) {
  auto engine = Engine::open(options, *this, why);
  if (!engine) {
    if (why->empty()) *why = describe(engine.error());
    return false;
  }
  engine_ = std::move(*engine);
  return true;
}

void TrialEngine::on_batch(Bytes traces_data, std::uint64_t) {
  const Result<Bytes> message = repair_otlp(traces_data, repaired_);
  if (!message || !request_.parse_protobuf(*message)) return;
  written_.message_bytes += message->size();
  WrittenSpans spans(config_, written_, ledger_);
  request_.visit(spans);
}

Trial::Trial(const TrialArguments& arguments, Console& console)
    : arguments_(arguments), console_(console), report_(console), ledger_(arguments.traces_max) {}

Exit Trial::run() {
  if (!check_usage() || !open_engines()) return Exit::usage;
  watch_signals();
  open_inputs();
  return decide() ? Exit::done : Exit::output_unwritable;
}

Exit Trial::exit_code() const {
  if (facts_.interrupted) return Exit::interrupted;
  return report_.clean() && facts_.requests > 0 ? Exit::done : Exit::input_unreadable;
}

bool Trial::refuse(const std::string& text) {
  console_.message(text);
  return false;
}

bool Trial::check_usage() {
  FilesOfRun files{arguments_.selection.paths, {}};
  for (const ConfigSource& config : arguments_.configs) {
    // Comparing a configuration with itself is no mistake.
    if (std::ranges::find(files.read, config.path) == files.read.end() || config.path == "-")
      files.read.push_back(config.path);
    if (config.path.empty() && !(config.instance.empty() && config.variables.empty() && config.variables_file.empty()))
      return refuse("--instance, --env and --env-file need a configuration (-c)");
  }
  files.read.push_back(arguments_.configs.front().variables_file);
  if (report_conflict(files, console_)) return false;
  if (arguments_.clock_max.empty()) {
    clock_max_ns_ = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        (std::chrono::system_clock::now() + std::chrono::hours(1)).time_since_epoch())
                        .count();
    return true;
  }
  const std::optional<std::int64_t> time = parse_time(arguments_.clock_max);
  if (!time) return refuse("--clock-max " + arguments_.clock_max + ": expected a time such as 2024-05-01T12:00:00Z");
  clock_max_ns_ = *time;
  return true;
}

bool Trial::open_engines() {
  const std::size_t count = arguments_.configs.size();
  for (std::size_t i = 0; i < count; ++i) {
    const ConfigSource& source = arguments_.configs[i];
    Options defaults;
    // Together the engines may use what `entail sample` gives to one.
    defaults.memory_limit_bytes =
        std::max(default_memory_limit_bytes(available_memory_bytes()) / count, std::uint64_t{16} << 20);
    defaults.links.propagate.rank_seed = 0;
    Options options = options_without_config(defaults);
    std::string no_origins;
    if (!source.path.empty()) {
      LoadedConfig loaded = load_config(source, defaults);
      if (!loaded.options) return false;
      options = std::move(*loaded.options);
      no_origins = std::move(loaded.no_origins);
    }
    options.decisions.detail = DecisionDetail::ids;  // the ledger has the names that the reports show
    auto engine = std::make_unique<TrialEngine>(i, ledger_);
    std::string why;
    if (!engine->open(options, &why)) return refuse((source.path.empty() ? "" : source.name() + ": ") + why);
    engines_.push_back(std::move(engine));
    options_.push_back(std::move(options));
    no_origins_.push_back(std::move(no_origins));
  }
  return true;
}

void Trial::open_inputs() {
  const auto from = framing_from_name(arguments_.selection.from);
  const auto& paths = arguments_.selection.paths;
  inputs_.reserve(paths.size());
  for (const std::string& path : paths) {
    const std::string name = path == "-" ? "standard input" : path;
    OpenedInput opened = open_input(path, from);
    if (opened.reader) {
      inputs_.emplace_back(name, std::move(*opened.reader), report_, nullptr, kReadAheadBytes);
    } else {
      report_.problem(name, opened.problem);
    }
  }
}

bool Trial::decide() {
  FeedTarget target;
  target.ingest = [this](const Request& request) { return ingest(request); };
  target.tick = [this](std::int64_t now_ns) { return tick(now_ns); };
  target.goes_on = [] { return true; };
  Feed feed(inputs_, std::move(target), nullptr, clock_max_ns_);
  Result<void> fed = feed.run([&] { show_progress(feed); });
  facts_.interrupted = stop_requested();
  for (std::size_t i = 0; i < engines_.size() && fed; ++i) fed = engines_[i]->engine().drain(feed.now_ns());
  console_.clear_progress();
  if (!fed) return refuse("the engine stopped: " + describe(fed.error()));
  last_ns_ = feed.now_ns();
  outlier_count_ = feed.clock_outlier_count();
  facts_.requests = feed.request_count();
  facts_.too_large = feed.too_large();
  facts_.files = inputs_.size();
  for (const TraceInput& input : inputs_) facts_.bytes += input.bytes_used();
  report_.finish();
  for (std::size_t i = 0; i < kSkipNames.size(); ++i) facts_.skipped[i] = report_.skipped(static_cast<Skip>(i));
  for (const auto& engine : engines_) statistics_.push_back(engine->engine().statistics());
  return true;
}

// Offers the request to the engines that do not have it yet. The first that finds no room is offered it again after its
// tick; those behind it wait, as if they were alone.
Result<void> Trial::ingest(const Request& request) {
  using Intake = TrialEngine::Intake;
  Error refusal;
  bool taken = false;
  for (const auto& engine : engines_) {
    if (engine->intake == Intake::taken || engine->intake == Intake::refused) continue;
    const Error error = engine->engine().ingest(request).error();
    if (is_short_of_room(error)) {
      engine->intake = Intake::needs_room;
      return error;
    }
    engine->intake = error.code() == ErrorCode::none ? Intake::taken : Intake::refused;
    if (engine->intake == Intake::refused) refusal = error;
  }
  for (const auto& engine : engines_) taken |= engine->intake == Intake::taken;
  for (const auto& engine : engines_) {
    engine->refused_count += taken && engine->intake == Intake::refused;
    engine->intake = Intake::untried;
  }
  if (!taken) return refusal;
  ledger_.add(request);
  return {};
}

Result<void> Trial::tick(std::int64_t now_ns) {
  if (first_ns_ == 0) first_ns_ = now_ns;
  const bool makes_room = std::ranges::any_of(
      engines_, [](const auto& engine) { return engine->intake == TrialEngine::Intake::needs_room; });
  for (const auto& engine : engines_) {
    if (makes_room && engine->intake != TrialEngine::Intake::needs_room) continue;
    if (const auto ticked = engine->engine().tick(now_ns); !ticked) return ticked;
  }
  return {};
}

std::uint64_t Trial::seconds() const noexcept {
  if (first_ns_ == 0 || last_ns_ < first_ns_) return 0;
  return static_cast<std::uint64_t>((last_ns_ - first_ns_) / kNanosPerSecond) + 1;
}

std::vector<std::string> Trial::notes() const {
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < engines_.size(); ++i) {
    const std::string of = engines_.size() == 1 ? "" : std::string(i == 0 ? "A: " : "B: ");
    RunFacts facts = facts_;
    facts.memory_limit_bytes = options_[i].memory_limit_bytes;
    facts.retain_bytes_max = options_[i].retain.max_bytes.value_or(options_[i].memory_limit_bytes / 2);
    facts.no_origins = no_origins_[i];
    for (const std::string& note : summary_notes(statistics_[i], facts)) notes.push_back(of + note);
    if (engines_[i]->refused_count > 0)
      notes.push_back(of + grouped(engines_[i]->refused_count) +
                      (engines_[i]->refused_count == 1
                           ? " request can never fit into memory_limit; only the other configuration has it"
                           : " requests can never fit into memory_limit; only the other configuration has them"));
  }
  const Amount& untracked = ledger_.untracked();
  if (untracked.spans > 0)
    notes.push_back(grouped(untracked.spans) + " spans (" + byte_count(untracked.bytes) +
                    ") of traces beyond the first " + grouped(arguments_.traces_max) +
                    " count only in the totals; raise --traces-max");
  if (outlier_count_ > 0)
    notes.push_back(grouped(outlier_count_) +
                    (outlier_count_ == 1
                         ? " request did not move the clock, because its end time is too far ahead"
                         : " requests did not move the clock, because their end times are too far ahead"));
  return notes;
}

void Trial::show_progress(const Feed& feed) {
  if (!console_.shows_progress()) return;
  const std::int64_t now_ns = steady_ns();
  if (now_ns - last_progress_ns_ < 200'000'000) return;
  last_progress_ns_ = now_ns;
  console_.progress(grouped(feed.request_count()) + " requests");
}

void add_trial_options(Command& command, TrialArguments& arguments, ConfigSource& shared) {
  add_source_options(command, shared);
  command.add_option("IN", arguments.selection.paths, "Inputs, - for standard input").required();
  command.add_option("--from", arguments.selection.from, "Framing of the inputs; detected automatically by default")
      .one_of({"jsonl", "json", "proto-u32be", "proto-varint", "proto"});
  command.add_option("--clock-max", arguments.clock_max,
                     "End times later than this do not move the clock; by default in an hour from now");
  command
      .add_option("--traces-max", arguments.traces_max,
                  "Traces that are remembered; spans of further ones count only in the totals")
      .between(1, 1u << 26)
      .show_default();
}

}  // namespace entail::cli
