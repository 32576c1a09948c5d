// One pass over the inputs with one or two configurations: an engine for each, fed by the clock of `entail sample`.
//
// Each engine sees the requests and the ticks that it would see alone: a tick that only makes room goes to the engines
// that asked for it. So each decides what `entail sample --threads 1` decides with the same memory_limit, and writes
// the same bytes, which are counted here and not written.
//
// Thread rule: Confined. Memory: memory_limit for each engine, a TraceLedger, and one message.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cost/trace_ledger.hpp"
#include "engine_run.hpp"

namespace entail::cli {

// What a configuration wrote, as `entail sample` would.
struct Written {
  Amount all;                       // `traces` is not counted
  std::uint64_t message_bytes = 0;  // with resources and scopes: the size of the output as one protobuf message
  std::vector<Amount> by_service;   // by TraceLedger::services()
};

// An engine, with a sink that counts.
class TrialEngine final : public Sink {
 public:
  TrialEngine(std::size_t config, TraceLedger& ledger) : config_(config), ledger_(ledger) {}
  // False: *why says why not.
  bool open(const Options& options, std::string* why);
  Engine& engine() noexcept { return *engine_; }
  const Written& written() const noexcept { return written_; }

  void on_batch(Bytes traces_data, std::uint64_t span_count) override;
  void on_decision(const DecisionRecord& record) override { ledger_.decide(config_, record); }

  // For the request that is being offered.
  enum class Intake : std::uint8_t { untried, needs_room, taken, refused } intake = Intake::untried;
  std::uint64_t refused_count = 0;  // requests that only the other engine took in

 private:
  std::size_t config_;
  TraceLedger& ledger_;
  std::unique_ptr<Engine> engine_;
  Request request_;
  std::vector<std::uint8_t> repaired_;
  Written written_;
};

struct TrialArguments {
  std::vector<ConfigSource> configs;  // one or two; an empty path: the policies of `entail sample` without one
  InputSelection selection;
  std::string clock_max;
  unsigned traces_max = TraceLedger::kTracesMax;
};

class Trial {
 public:
  Trial(const TrialArguments& arguments, Console& console);

  // Exit::done, or why there is nothing to report: Exit::usage, Exit::output_unwritable (the engine stopped).
  Exit run();
  // How the command ends once the report is printed.
  Exit exit_code() const;

  const TrialArguments& arguments() const noexcept { return arguments_; }
  const TraceLedger& ledger() const noexcept { return ledger_; }
  const Written& written(std::size_t config) const { return engines_[config]->written(); }
  const Statistics& statistics(std::size_t config) const { return statistics_[config]; }
  const RunFacts& facts() const noexcept { return facts_; }
  // Engine time of the first and of the last request; 0 if no span has a usable end time.
  std::int64_t first_ns() const noexcept { return first_ns_; }
  std::int64_t last_ns() const noexcept { return last_ns_; }
  // The seconds of engine time from first_ns() to last_ns(), both included; 0 if there is no time.
  std::uint64_t seconds() const noexcept;
  // What a reader must know about the figures, as whole sentences.
  std::vector<std::string> notes() const;

 private:
  bool refuse(const std::string& text);
  bool check_usage();
  bool open_engines();
  bool decide();
  Result<void> ingest(const Request& request);
  Result<void> tick(std::int64_t now_ns);

  const TrialArguments& arguments_;
  Console& console_;
  InputReport report_;
  TraceLedger ledger_;
  std::vector<std::unique_ptr<TrialEngine>> engines_;
  std::vector<Options> options_;
  std::vector<std::string> no_origins_;
  std::vector<Statistics> statistics_;
  std::vector<TraceInput> inputs_;
  RunFacts facts_;
  std::int64_t clock_max_ns_ = 0;
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t outlier_count_ = 0;
};

// The options that all commands with a Trial share: IN, --from, --clock-max, --traces-max, and those of ConfigSource.
void add_trial_options(Command& command, TrialArguments& arguments, ConfigSource& shared);

}  // namespace entail::cli
