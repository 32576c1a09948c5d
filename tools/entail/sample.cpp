#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "available_memory.hpp"
#include "commands.hpp"
#include "engine_run.hpp"
#include "executor.hpp"
#include "output/file_conflict.hpp"
#include "output/log_parts.hpp"
#include "output/output_target.hpp"
#include "output/sample_outputs.hpp"
#include "size_text.hpp"
#include "stop_signal.hpp"

namespace entail::cli {
namespace {

struct SampleArguments {
  ConfigSource config;
  InputSelection selection;
  std::string output;
  std::string decisions;
  std::string decisions_detail;
  std::string decisions_rotate;
  std::string to;
  std::string clock_max;
  unsigned threads = 1;
  bool strict = false;
  bool json = false;
};

double cpu_seconds() {
  timespec time = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The most memory that the process held. getrusage() also remembers what its parent held before exec, so the kernel's
// figure for this program alone comes first.
std::uint64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

// One run of the command, from open files to the summary.
class SampleRun {
 public:
  explicit SampleRun(const SampleArguments& arguments)
      : arguments_(arguments),
        report_(console_),
        outputs_(arguments.output, arguments.decisions, parse_size(arguments.decisions_rotate).value_or(0)) {}

  Exit run() {
    if (!check_usage()) return Exit::usage;
    if (!open_engine()) return Exit::usage;
    watch_signals();
    inputs_ = open_inputs(arguments_.selection, options_.memory_limit_bytes, report_, executor_.get());
    if (!inputs_.empty() && report_terminal(arguments_.output, output_framing(), console_)) return Exit::usage;
    // Without an input nothing is opened, not even a pipe that has a waiting reader.
    if (!inputs_.empty()) outputs_.open(output_framing());
    if (outputs_.failed()) {
      if (stop_requested() && outputs_.interrupted()) return Exit::interrupted;
      outputs_.report(console_);
      return Exit::output_unwritable;
    }
    return decide() ? finish() : Exit::output_unwritable;
  }

 private:
  bool refuse(const std::string& text) {
    console_.message(text);
    return false;
  }

  bool check_usage() {
    FilesOfRun files{arguments_.selection.paths, {arguments_.output, arguments_.decisions}};
    files.read.push_back(arguments_.config.path);
    files.read.push_back(arguments_.config.variables_file);
    if (rotates() && can_rotate()) {
      for (const std::string& part : later_part_names(arguments_.decisions)) files.written.push_back(part);
    }
    if (report_conflict(files, console_) || !check_rotation()) return false;
    if (!check_source(arguments_.config, console_)) return false;
    const std::optional<std::int64_t> clock_max = parse_clock_max(arguments_.clock_max, console_);
    clock_max_ns_ = clock_max.value_or(0);
    return clock_max.has_value();
  }

  bool rotates() const { return !arguments_.decisions_rotate.empty(); }

  bool can_rotate() const {
    const std::string& path = arguments_.decisions;
    std::error_code ignored;
    return !path.empty() && !names_open_file(path) &&
           (!std::filesystem::exists(path, ignored) || std::filesystem::is_regular_file(path, ignored));
  }

  bool check_rotation() {
    if (!rotates()) return true;
    if (parse_size(arguments_.decisions_rotate).value_or(0) == 0)
      return refuse("--decisions-rotate " + arguments_.decisions_rotate + ": expected a size such as 64MiB");
    if (!can_rotate()) return refuse("--decisions-rotate needs --decisions with a file");
    const std::string conflict = rotation_conflict(arguments_.decisions, arguments_.output);
    return conflict.empty() || refuse(conflict);
  }

  // The engine says yes to the configuration before any file is opened for writing.
  bool open_engine() {
    LoadedConfig config = load_engine_config(arguments_.config, default_memory_limit_bytes(available_memory_bytes()));
    if (!config.options) return false;
    options_ = std::move(*config.options);
    facts_.no_origins = std::move(config.no_origins);
    set_decision_detail(options_, arguments_.decisions_detail);
    options_.ingest_lanes_max = std::max(options_.ingest_lanes_max, arguments_.threads);
    executor_ = make_executor(arguments_.threads);
    std::string why;
    auto engine = Engine::open(options_, outputs_, &why);
    if (!engine) {
      const std::string name = arguments_.config.path.empty() ? "" : arguments_.config.name() + ": ";
      return refuse(name + (why.empty() ? describe(engine.error()) : why));
    }
    engine_ = std::move(*engine);
    return true;
  }

  // By default as the first input; a document becomes lines, a bare message frames, so that several can follow.
  Framing output_framing() const {
    if (const auto named = framing_from_name(arguments_.to)) return *named;
    const Framing framing = inputs_.empty() ? Framing::jsonl : inputs_.front().framing();
    if (framing == Framing::json) return Framing::jsonl;
    return framing == Framing::proto ? Framing::proto_u32be : framing;
  }

  bool decide() {
    FeedTarget target;
    target.ingest = [this](const Request& request) { return engine_->ingest(request); };
    target.tick = [this](std::int64_t now_ns) {
      auto ticked = engine_->tick(now_ns);
      outputs_.end_of_tick();
      return ticked;
    };
    target.goes_on = [this] { return !outputs_.failed(); };
    Feed feed(inputs_, std::move(target), executor_.get(), clock_max_ns_);
    Result<void> fed = run_feed(feed, arguments_.selection, inputs_, console_);
    facts_.interrupted = stop_requested();
    if (fed && !outputs_.failed()) fed = engine_->drain(feed.now_ns());
    note_inputs(inputs_, report_, feed, facts_);
    clock_outlier_count_ = feed.clock_outlier_count();
    console_.clear_progress();
    if (!fed) {
      console_.message(stopped_text(fed.error()));
      outputs_.keep_incomplete(console_);
      return false;
    }
    return publish();
  }

  // A run that read no request of traces, not even an empty one, leaves the outputs of an earlier one alone.
  bool publish() {
    if (!outputs_.failed() && facts_.requests == 0) {
      outputs_.leave_untouched();
      return true;
    }
    if (outputs_.publish()) return true;
    outputs_.report(console_);
    return false;
  }

  static std::string stopped_text(Error error) {
    if (error.code() != ErrorCode::no_room && error.code() != ErrorCode::busy) {
      return "the engine stopped: " + describe(error);
    }
    return "internal error: a request was not accepted after " + grouped(Feed::kTicksMax) + " ticks (" +
           describe(error) + "); the output is incomplete";
  }

  Exit finish() {
    report_.finish();
    if (facts_.requests == 0) console_.message(no_traces_text(facts_, arguments_.output));
    facts_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    facts_.cpu_seconds = cpu_seconds();
    facts_.peak_memory_bytes = peak_memory_bytes();
    facts_.threads = arguments_.threads;
    note_limits(options_, facts_);
    Statistics statistics = engine_->statistics();
    const RepairLosses repairs = outputs_.repairs();
    add_loss(statistics, "repaired_value", repairs.ids + repairs.texts + repairs.fields);
    add_loss(statistics, "unknown_field", outputs_.losses().unknown_fields);
    add_loss(statistics, "clock_outlier", clock_outlier_count_);
    // Standard output carries one thing: the traces or the decisions, if one of them goes there, else the summary.
    const bool taken = arguments_.output == "-" || arguments_.decisions == "-";
    const Paint paint = paint_for(taken ? STDERR_FILENO : STDOUT_FILENO);
    const std::string text =
        arguments_.json ? summary_json(statistics, facts_) : summary_table(statistics, facts_, paint);
    // A table on standard error says it already.
    if (!taken || arguments_.json || presentation().quiet) {
      for (const std::string& note : memory_notes(statistics, facts_)) console_.warning(note);
    }
    if ((facts_.requests > 0 || arguments_.json) && !print_summary({text, arguments_.json, taken}))
      return Exit::output_unwritable;
    if (facts_.interrupted) return Exit::interrupted;
    if (arguments_.strict && lost_for_memory(statistics)) return Exit::lossy;
    return exit_after_reading(facts_, report_);
  }

  // What is lost behind the engine, where its batches are printed, is reported with the rest.
  static void add_loss(Statistics& statistics, std::string_view name, std::uint64_t count) {
    if (count == 0) return;
    for (NamedCount& loss : statistics.losses) {
      if (loss.name != name) continue;
      loss.count += count;
      return;
    }
    statistics.losses.push_back({std::string(name), count});
  }

  const SampleArguments& arguments_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Console console_;
  InputReport report_;
  RunFacts facts_;
  Options options_;
  std::unique_ptr<Executor> executor_;
  std::int64_t clock_max_ns_ = 0;
  std::uint64_t clock_outlier_count_ = 0;
  SampleOutputs outputs_;
  std::unique_ptr<Engine> engine_;
  std::vector<TraceInput> inputs_;
};

constexpr const char* kExamples =
    "  entail sample traces.jsonl -o kept.jsonl               # keep error traces and what they are linked to\n"
    "  entail sample -c entail.yaml a.jsonl.gz b.otlp -o kept.jsonl --decisions decisions.jsonl\n"
    "  entail sample -c collector.yaml --instance errors --env-file prod.env a.jsonl -o kept.jsonl.zst\n"
    "  zstd -dc traces.zst | entail sample -c entail.yaml - -o - --to jsonl | jq .\n"
    "\nThe clock follows the spans' end times, so a file gives the same result whenever it is read. gzip, zstd and\n"
    "the framing are detected automatically. Use --from for a pipe that may pause within its first 4 MiB of protobuf.\n"
    "entail convert --help describes the framings.\n"
    "\nOutputs appear under their names when they are whole; an output that exists is kept until then. Names that end\n"
    "in .gz or .zst are compressed. With --decisions-rotate all files of decisions appear together at the end, and\n"
    "why reads them all.\n"
    "\nWithout a memory_limit in the configuration, the limit is half of the memory available to the process: of the\n"
    "machine's memory, or of its control group's limit if that is lower.\n"
    "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces and nothing was\n"
    "written; 2 usage or configuration error; 3 the output could not be written; 4 with --strict: done, but\n"
    "something was evicted or lost for lack of memory; 130 interrupted, everything that was read is decided and\n"
    "written.";

}  // namespace

void add_sample(Command program, Action& action) {
  auto arguments = std::make_shared<SampleArguments>();
  arguments->threads = std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
  Command command = program.add_command("sample", "Decide which traces to keep, and write them");
  command
      .add_option("-c,--config", arguments->config.path,
                  "Configuration, - for standard input; without it, traces with an error and the traces linked to "
                  "them are kept")
      .file();
  add_source_options(command, arguments->config);
  command.add_option("-o,--output", arguments->output, "Output file for the kept traces, - for standard output")
      .file()
      .required();
  command.add_option("--decisions", arguments->decisions, "File for the decisions, one JSON line each").file();
  command
      .add_option("--decisions-detail", arguments->decisions_detail,
                  "full: with services, operations, error messages and times; ids: without any text from spans. By "
                  "default as in the configuration, else full")
      .value("DETAIL")
      .one_of({"full", "ids"});
  command
      .add_option("--decisions-rotate", arguments->decisions_rotate,
                  "Continue the decisions in another file after so many bytes, such as 64MiB: d.jsonl, d.2.jsonl, ...")
      .value("SIZE");
  add_input_options(command, arguments->selection);
  command.add_option("--to", arguments->to, "Framing of the output; by default that of the first input")
      .value("FRAMING")
      .one_of({"jsonl", "proto-u32be", "proto-varint"});
  command.add_option("--threads", arguments->threads, "Number of threads; the result does not depend on it")
      .between(1, 64)
      .show_default();
  add_clock_option(command, arguments->clock_max);
  command.add_flag("--strict", arguments->strict, "Exit with 4 if something was evicted or lost for lack of memory");
  command.add_flag("--json", arguments->json, "Print the summary as one JSON object");
  command.set_examples(kExamples);
  command.on_chosen(action, [arguments] {
    arguments->output = output_name(arguments->output);
    arguments->decisions = output_name(arguments->decisions);
    return SampleRun(*arguments).run();
  });
}

}  // namespace entail::cli
