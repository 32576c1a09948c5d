// `entail report`: decisions, chains and spans as one page that opens from disk.
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "available_memory.hpp"
#include "commands.hpp"
#include "engine_run.hpp"
#include "output/file_conflict.hpp"
#include "output/json_text.hpp"
#include "output/log_parts.hpp"
#include "output/output_file.hpp"
#include "output/output_target.hpp"
#include "output/sample_outputs.hpp"
#include "output/table.hpp"
#include "report/decided_inputs.hpp"
#include "report/page.hpp"
#include "stop_signal.hpp"

namespace entail::cli {
namespace {

using namespace report;

// The page stays below 10 MB: what the data may take, with room for the front end and for escapes.
constexpr std::uint64_t kDataBytesMax = 8'500'000;

struct ReportArguments {
  InputSelection selection;
  ConfigSource config;
  std::string decisions;
  std::string output;
  std::string to = "html";
  std::string detail;
  std::string clock_max;
  unsigned threads = 1;
  bool json = false;
};

class ReportRun {
 public:
  explicit ReportRun(const ReportArguments& arguments) : arguments_(arguments), report_(console_) {}

  Exit run() {
    if (!check_usage()) return Exit::usage;
    if (arguments_.decisions.empty() && !load_options()) return Exit::usage;
    ReportData data(arguments_.detail != "ids" && options_.decisions.detail == DecisionDetail::full);
    watch_signals();
    const DecidedInputs decided =
        arguments_.decisions.empty()
            ? decide_inputs({arguments_.selection, options_, clock_max_ns_, arguments_.threads}, report_, console_,
                            data)
            : read_decided(arguments_.decisions, arguments_.selection, kDataBytesMax, report_, console_, data);
    if (!decided.failure.empty()) {
      console_.message(decided.failure);
      return decided.facts.requests == 0 ? Exit::usage : Exit::output_unwritable;
    }
    if (decided.facts.requests == 0) {
      console_.message(no_traces_text(decided.facts, arguments_.output));
      return decided.facts.interrupted ? Exit::interrupted : Exit::input_unreadable;
    }
    const std::string json = data.finish(source_of(decided), kDataBytesMax, counts_);
    const std::string text = arguments_.to == "json" ? json + "\n" : page_with(json);
    return write(text) ? finish(decided, text.size()) : Exit::output_unwritable;
  }

 private:
  bool refuse(const std::string& text) {
    console_.message(text);
    return false;
  }

  bool check_usage() {
    FilesOfRun files{arguments_.selection.paths, {arguments_.output}};
    files.read.push_back(arguments_.config.path);
    files.read.push_back(arguments_.config.variables_file);
    for (const std::string& part : log_parts(arguments_.decisions)) files.read.push_back(part);
    if (report_conflict(files, console_)) return false;
    if (arguments_.to == "html" && page_template().empty())
      return refuse("this build has no page, because Node.js was missing when it was built; --to json writes the data");
    if (!check_source(arguments_.config, console_)) return false;
    const std::optional<std::int64_t> clock_max = parse_clock_max(arguments_.clock_max, console_);
    clock_max_ns_ = clock_max.value_or(0);
    return clock_max.has_value();
  }

  bool load_options() {
    LoadedConfig config = load_engine_config(arguments_.config, default_memory_limit_bytes(available_memory_bytes()));
    if (!config.options) return false;
    options_ = std::move(*config.options);
    no_origins_ = std::move(config.no_origins);
    set_decision_detail(options_, arguments_.detail);
    return true;
  }

  ReportSource source_of(const DecidedInputs& decided) const {
    ReportSource source;
    source.from_engine = arguments_.decisions.empty();
    for (const std::string& path : arguments_.selection.paths)
      source.inputs.push_back(path == "-" ? "standard input" : path);
    source.configuration = arguments_.config.path.empty() ? "" : arguments_.config.name();
    source.requests = decided.facts.requests;
    source.bytes = decided.facts.bytes;
    if (source.from_engine) {
      RunFacts facts = decided.facts;
      facts.no_origins = no_origins_;
      source.losses = decided.statistics.losses;
      source.notes = summary_notes(decided.statistics, facts);
    }
    if (decided.facts.interrupted) source.notes.push_back("Interrupted: the report covers what was read until then.");
    return source;
  }

  bool write(const std::string& text) {
    OutputFile file(arguments_.output);
    file.write(text);
    if (file.publish()) return true;
    if (!file.pipe_closed()) console_.message(file.error());
    return false;
  }

  std::string summary_json(std::uint64_t bytes) const {
    JsonText json;
    json.begin_object().field("bytes", bytes);
    json.key("traces").begin_object().field("received", counts_.traces).field("kept", counts_.kept);
    json.field("dropped", counts_.dropped).field("shown", counts_.traces_shown).end_object();
    json.key("chains").begin_object().field("shown", counts_.chains).field("left_out", counts_.chains_left_out);
    json.end_object().field("spans_shown", counts_.spans_shown).end_object();
    return json.take() + "\n";
  }

  std::string summary_table(std::uint64_t bytes, Paint paint) const {
    Table table(paint);
    table.heading("Report");
    table.row("traces", counts_.traces, grouped(counts_.kept) + " kept, " + grouped(counts_.dropped) + " dropped");
    table.row("chains", counts_.chains,
              counts_.chains_left_out == 0 ? "all of them" : grouped(counts_.chains_left_out) + " left out");
    table.row("traces shown", counts_.traces_shown, "with " + grouped(counts_.spans_shown) + " spans");
    table.row("bytes", bytes, arguments_.output);
    return table.take();
  }

  Exit finish(const DecidedInputs& decided, std::uint64_t bytes) {
    const bool taken = arguments_.output == "-";
    const std::string text =
        arguments_.json ? summary_json(bytes) : summary_table(bytes, paint_for(taken ? STDERR_FILENO : STDOUT_FILENO));
    if (!print_summary({text, arguments_.json, taken})) return Exit::output_unwritable;
    if (decided.facts.interrupted) return Exit::interrupted;
    return report_.clean() && decided.log_is_whole ? Exit::done : Exit::input_unreadable;
  }

  const ReportArguments& arguments_;
  Console console_;
  InputReport report_;
  Options options_;
  std::string no_origins_;
  std::int64_t clock_max_ns_ = 0;
  ReportCounts counts_;
};

constexpr const char* kExamples =
    "  entail report traces.jsonl -o report.html                     # decides as sample does, and shows the result\n"
    "  entail report -c entail.yaml day1.otlp.zst day2.otlp.zst -o report.html\n"
    "  entail report kept.jsonl --decisions decisions.jsonl -o report.html\n"
    "\nThe page is one file of at most 10 MB that needs no network. Of large inputs it shows the largest, the latest\n"
    "and the most unusual chains, and counts what it leaves out. With --decisions nothing is decided: the log says\n"
    "what was kept, and the inputs, which may be the output of sample, have the spans.\n"
    "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces and nothing was\n"
    "written; 2 usage or configuration error; 3 the output could not be written; 130 interrupted, the report covers\n"
    "what was read so far.";

}  // namespace

void add_report(Command program, Action& action) {
  auto arguments = std::make_shared<ReportArguments>();
  arguments->threads = std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
  Command command = program.add_command("report", "Show decisions, chains and spans as one page");
  Option config =
      command.add_option("-c,--config", arguments->config.path, "Configuration, - for standard input; as for sample")
          .file();
  add_source_options(command, arguments->config);
  command.add_option("-o,--output", arguments->output, "Output file, - for standard output").file().required();
  command
      .add_option("--decisions", arguments->decisions,
                  "Decision log written by sample: shows its decisions instead of deciding anew")
      .file()
      .excludes(config);
  command.add_option("--to", arguments->to, "What to write: the page, or its data as one JSON document")
      .value("FORM")
      .one_of({"html", "json"})
      .show_default();
  command
      .add_option("--decisions-detail", arguments->detail,
                  "full: names and messages too; ids: none; by default as decisions.detail or the log has it")
      .value("DETAIL")
      .one_of({"full", "ids"});
  add_input_options(command, arguments->selection);
  command.add_option("--threads", arguments->threads, "Number of threads; the result does not depend on it")
      .between(1, 64)
      .show_default();
  add_clock_option(command, arguments->clock_max);
  command.add_flag("--json", arguments->json, "Print the summary as one JSON object");
  command.set_examples(kExamples);
  command.on_chosen(action, [arguments] {
    arguments->output = output_name(arguments->output);
    return ReportRun(*arguments).run();
  });
}

}  // namespace entail::cli
