#include "cost/trial.hpp"

#include <algorithm>

#include "available_memory.hpp"
#include "output/file_conflict.hpp"
#include "stop_signal.hpp"

namespace entail::cli {
namespace {

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
  std::uint64_t memory_limit_bytes = 0;
  for (const Options& options : options_) memory_limit_bytes = std::max(memory_limit_bytes, options.memory_limit_bytes);
  inputs_ = open_inputs(arguments_.selection, memory_limit_bytes, report_, nullptr);
  return decide() ? Exit::done : Exit::output_unwritable;
}

Exit Trial::exit_code() const { return exit_after_reading(facts_, report_); }

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
    if (!check_source(config, console_)) return false;
  }
  files.read.push_back(arguments_.configs.front().variables_file);
  if (report_conflict(files, console_)) return false;
  const std::optional<std::int64_t> clock_max = parse_clock_max(arguments_.clock_max, console_);
  clock_max_ns_ = clock_max.value_or(0);
  return clock_max.has_value();
}

bool Trial::open_engines() {
  const std::size_t count = arguments_.configs.size();
  // Together the engines may use what `entail sample` gives to one.
  const std::uint64_t memory_limit_bytes =
      std::max(default_memory_limit_bytes(available_memory_bytes()) / count, std::uint64_t{16} << 20);
  for (std::size_t i = 0; i < count; ++i) {
    const ConfigSource& source = arguments_.configs[i];
    LoadedConfig loaded = load_engine_config(source, memory_limit_bytes);
    if (!loaded.options) return false;
    Options& options = *loaded.options;
    options.decisions.detail = DecisionDetail::ids;  // the ledger has the names that the reports show
    auto engine = std::make_unique<TrialEngine>(i, ledger_);
    std::string why;
    if (!engine->open(options, &why)) return refuse((source.path.empty() ? "" : source.name() + ": ") + why);
    engines_.push_back(std::move(engine));
    options_.push_back(std::move(options));
    no_origins_.push_back(std::move(loaded.no_origins));
  }
  return true;
}

bool Trial::decide() {
  FeedTarget target;
  target.ingest = [this](const Request& request) { return ingest(request); };
  target.tick = [this](std::int64_t now_ns) { return tick(now_ns); };
  target.goes_on = [] { return true; };
  Feed feed(inputs_, std::move(target), nullptr, clock_max_ns_);
  Result<void> fed = run_feed(feed, arguments_.selection, inputs_, console_);
  facts_.interrupted = stop_requested();
  for (std::size_t i = 0; i < engines_.size() && fed; ++i) fed = engines_[i]->engine().drain(feed.now_ns());
  console_.clear_progress();
  if (!fed) return refuse("the engine stopped: " + describe(fed.error()));
  last_ns_ = feed.now_ns();
  outlier_count_ = feed.clock_outlier_count();
  note_inputs(inputs_, report_, feed, facts_);
  report_.finish();
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
    note_limits(options_[i], facts);
    facts.no_origins = no_origins_[i];
    for (const std::string& note : summary_notes(statistics_[i], facts)) notes.push_back(of + note);
    if (engines_[i]->refused_count > 0)
      notes.push_back(of + plural(engines_[i]->refused_count,
                                  "request can never fit into memory_limit; only the other configuration has it",
                                  "requests can never fit into memory_limit; only the other configuration has them"));
  }
  const Amount& untracked = ledger_.untracked();
  if (untracked.spans > 0)
    notes.push_back(grouped(untracked.spans) + " spans (" + byte_count(untracked.bytes) +
                    ") of traces beyond the first " + grouped(arguments_.traces_max) +
                    " count only in the totals; raise --traces-max");
  if (outlier_count_ > 0)
    notes.push_back(plural(outlier_count_, "request did not move the clock, because its end time is too far ahead",
                           "requests did not move the clock, because their end times are too far ahead"));
  return notes;
}

void add_trial_options(Command& command, TrialArguments& arguments, ConfigSource& shared) {
  add_source_options(command, shared);
  add_input_options(command, arguments.selection);
  add_clock_option(command, arguments.clock_max);
  command
      .add_option("--traces-max", arguments.traces_max,
                  "Traces that are remembered; spans of further ones count only in the totals")
      .between(1, 1u << 26)
      .show_default();
}

}  // namespace entail::cli
