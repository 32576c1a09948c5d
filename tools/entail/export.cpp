// `entail export`: spans and decisions as a SQLite database, for questions in SQL.
#include <sys/stat.h>
#include <unistd.h>

#include "commands.hpp"
#include "input/every_request.hpp"
#include "output/file_conflict.hpp"
#include "output/json_text.hpp"
#include "output/log_parts.hpp"
#include "output/sample_outputs.hpp"
#include "output/table.hpp"
#include "stop_signal.hpp"
#ifdef ENTAIL_WITH_SQLITE
#include "sqlite/sqlite_export.hpp"
#endif

namespace entail::cli {
namespace {

struct ExportArguments {
  InputSelection selection;
  std::string output;
  std::string to;
  std::string decisions;
  std::string detail = "full";
  bool json = false;
};

#ifdef ENTAIL_WITH_SQLITE

struct ExportResult {
  RunFacts facts;
  ExportCounts counts;
  std::uint64_t rejected = 0;
  std::uint64_t bad_lines = 0;
  std::uint64_t file_bytes = 0;
};

std::string export_json(const ExportResult& result) {
  JsonText json;
  json.begin_object().key("input").begin_object();
  input_fields(json, result.facts);
  json.field("values_lost", result.facts.values_lost);
  json.field("unknown_fields", result.facts.unknown_keys).end_object();
  json.field("traces", result.counts.traces).field("spans", result.counts.spans);
  json.field("links", result.counts.links).field("decisions", result.counts.decisions);
  json.field("path_hops", result.counts.path_hops).field("spans_rejected", result.rejected);
  json.field("lines_rejected", result.bad_lines).field("bytes", result.file_bytes).end_object();
  return json.take() + "\n";
}

std::string export_table(const ExportResult& result, Paint paint) {
  Table table(paint);
  const RunFacts& facts = result.facts;
  table.heading(facts.interrupted ? "Exported (interrupted)" : "Exported");
  table.row("traces", result.counts.traces, byte_count(result.file_bytes));
  table.row("spans", result.counts.spans,
            "from " + plural(facts.files, "input", "inputs") + ", " + byte_count(facts.bytes));
  table.row("links", result.counts.links);
  table.row("decision records", result.counts.decisions);
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] != 0) table.row("skipped: " + std::string(kSkipNames[i]), facts.skipped[i]);
  if (result.rejected != 0) table.row("spans left out", result.rejected, "invalid trace or span ID", paint.red());
  if (result.bad_lines != 0) table.row("lines left out", result.bad_lines, "not decision records", paint.red());
  if (facts.values_lost != 0) table.row("values lost", facts.values_lost, "of the wrong type", paint.red());
  return table.take();
}

// SQLite writes at any place of its file, which only a regular file permits.
std::string output_problem(const std::string& output) {
  if (output == "-") return "a SQLite database cannot be written to standard output: pass a file name";
  struct stat status = {};
  if (::stat(output.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return output + " is not a regular file, which a SQLite database needs";
  if (output.ends_with(".gz") || output.ends_with(".zst"))
    return output + ": a SQLite database is not compressed: pass a name without .gz or .zst";
  return {};
}

// The database, created by the first record or request: until then nothing is touched.
class ExportOutput {
 public:
  explicit ExportOutput(const ExportArguments& arguments) : arguments_(arguments) {}

  // False: nothing more can be written.
  bool take(TraceInput& input, const ParsedRequest& parsed) {
    open();
    if (database_->failed()) return false;
    if (!reader_.read(parsed.request, [this](const SpanView& span) { database_->add(span); }))
      input.refuse(parsed, "skipped: cannot be read as JSON");
    return !database_->failed();
  }
  void take(const LogRecord& record) {
    open();
    database_->add(record);
  }
  bool is_open() const noexcept { return database_ != nullptr; }
  // REQUIRES is_open().
  SqliteExport& database() noexcept { return *database_; }
  std::uint64_t rejected() const noexcept { return reader_.rejected(); }

 private:
  void open() {
    if (!database_) database_ = std::make_unique<SqliteExport>(arguments_.output, arguments_.detail == "ids");
  }

  const ExportArguments& arguments_;
  SpanReader reader_;
  std::unique_ptr<SqliteExport> database_;
};

// False: the log cannot be opened.
bool read_decisions(const ExportArguments& arguments, ExportOutput& output, ExportResult& result, Console& console,
                    bool& clean) {
  if (arguments.decisions.empty()) return true;
  const LogScan scan = scan_decision_log(arguments.decisions, [&](const LogRecord& record) { output.take(record); });
  report_scan(arguments.decisions, scan, console);
  result.bad_lines = scan.bad_line_count;
  clean = scan.is_whole();
  return scan.opened;
}

Exit export_traces(const ExportArguments& arguments) {
  Console console;
  if (const std::string problem = output_problem(arguments.output); !problem.empty()) {
    console.message(problem);
    return Exit::usage;
  }
  if (const std::string companion = sqlite_companion(arguments.output); !companion.empty()) {
    console.message(companion_text(arguments.output, companion));
    return Exit::usage;
  }
  FilesOfRun files{arguments.selection.paths, {arguments.output}};
  for (const std::string& part : log_parts(arguments.decisions)) files.read.push_back(part);
  if (report_conflict(files, console)) return Exit::usage;
  watch_signals();
  InputReport report(console);
  ExportResult result;
  ExportOutput output(arguments);
  bool log_clean = true;
  if (!read_decisions(arguments, output, result, console, log_clean)) return Exit::usage;
  for_each_request(arguments.selection, report, console, result.facts,
                   [&](TraceInput& input, const ParsedRequest& parsed) { return output.take(input, parsed); });
  if (!output.is_open()) {
    console.message(no_traces_text(result.facts, arguments.output));
  } else {
    if (console.shows_progress()) console.progress("building indexes");
    const bool published = output.database().publish();
    console.clear_progress();
    if (!published) {
      console.message(output.database().error());
      return output.database().has_companion() ? Exit::usage : Exit::output_unwritable;
    }
    result.counts = output.database().counts();
    struct stat status = {};
    if (::stat(arguments.output.c_str(), &status) == 0) result.file_bytes = static_cast<std::uint64_t>(status.st_size);
  }
  result.rejected = output.rejected();
  const std::string text = arguments.json ? export_json(result) : export_table(result, paint_for(STDOUT_FILENO));
  if ((output.is_open() || arguments.json) && !print_summary({text, arguments.json, false}))
    return Exit::output_unwritable;
  if (result.facts.interrupted) return Exit::interrupted;
  return report.clean() && log_clean && output.is_open() ? Exit::done : Exit::input_unreadable;
}

#else

Exit export_traces(const ExportArguments&) {
  Console().message("this build has no SQLite: install libsqlite3-dev and build again (ENTAIL_WITH_SQLITE)");
  return Exit::usage;
}

#endif

}  // namespace

void add_export(Command program, Action& action) {
  auto arguments = std::make_shared<ExportArguments>();
  Command command = program.add_command("export", "Export spans, links and decisions to SQLite");
  command.add_option("--to", arguments->to, "Kind of the output").value("KIND").required().one_of({"sqlite"});
  command.add_option("-o,--output", arguments->output, "Output file").file().required();
  command.add_option("--decisions", arguments->decisions, "Decision log written by sample, - for standard input")
      .file();
  command.add_option("--detail", arguments->detail, "ids writes no names, messages or attributes")
      .value("DETAIL")
      .one_of({"full", "ids"})
      .show_default();
  add_input_options(command, arguments->selection);
  command.add_flag("--json", arguments->json, "Print the summary as one JSON object");
  command.set_examples(
      "  entail export --to sqlite traces.jsonl --decisions decisions.jsonl -o traces.sqlite\n"
      "  sqlite3 traces.sqlite \"SELECT name, avg(delay_ms) FROM span_links JOIN spans USING (trace_id, span_id)\n"
      "                         GROUP BY name\"\n"
      "\nTables: traces, spans, span_links, decisions and paths. Inputs may be what sample read or what it wrote.\n"
      "Memory: about 220 MiB and 20 times the largest message, however many there are. Temporary files of about the\n"
      "size of the links lie beside the output.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or there was nothing to export; 2 usage error,\n"
      "the decision log cannot be opened, or a -wal, -shm or -journal file of an earlier database is beside the\n"
      "output; 3 the output could not be written; 130 interrupted, the database has what was read so far.");
  command.on_chosen(action, [arguments] {
    arguments->output = output_name(arguments->output);
    return export_traces(*arguments);
  });
}

}  // namespace entail::cli
