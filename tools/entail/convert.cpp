// `entail convert`: OTLP traces from any framing to any other, JSON and protobuf, and to the files of viewers.
#include <unistd.h>

#include "commands.hpp"
#include "input/every_request.hpp"
#include "output/file_conflict.hpp"
#include "output/json_text.hpp"
#include "output/sample_outputs.hpp"
#include "output/table.hpp"
#include "output/trace_output.hpp"
#include "stop_signal.hpp"
#include "viewer/viewer_file.hpp"

namespace entail::cli {
namespace {

struct ConvertArguments {
  InputSelection selection;
  std::string output;
  std::string to;
  bool json = false;
};

struct ConvertFacts {
  std::uint64_t spans = 0;           // written
  std::uint64_t ids_emptied = 0;     // they were not of their length
  std::uint64_t values_lost = 0;     // no reader could have held them, or one of the two forms cannot
  std::uint64_t unknown_fields = 0;  // JSON keys, and protobuf fields that were to become JSON
  // Of what a viewer's form cannot hold:
  std::uint64_t spans_rejected = 0;
  std::uint64_t spans_untimed = 0;
  std::uint64_t links_undrawn = 0;
};

std::string convert_json(const RunFacts& facts, const ConvertFacts& converted, bool for_viewer) {
  JsonText json;
  json.begin_object().key("input").begin_object();
  input_fields(json, facts);
  json.end_object();
  json.field("spans", converted.spans).field("ids_emptied", converted.ids_emptied);
  json.field("values_lost", converted.values_lost);
  json.field("unknown_fields", converted.unknown_fields);
  if (for_viewer) {
    json.field("spans_rejected", converted.spans_rejected).field("spans_untimed", converted.spans_untimed);
    json.field("links_undrawn", converted.links_undrawn);
  }
  json.end_object();
  return json.take() + "\n";
}

std::string convert_table(const RunFacts& facts, const ConvertFacts& converted, Paint paint) {
  Table table(paint);
  table.heading(facts.interrupted ? "Converted (interrupted)" : "Converted");
  table.row("requests", facts.requests,
            "from " + grouped(facts.files) + (facts.files == 1 ? " input, " : " inputs, ") + byte_count(facts.bytes));
  table.row("spans", converted.spans);
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] != 0) table.row("skipped: " + std::string(kSkipNames[i]), facts.skipped[i]);
  if (converted.ids_emptied != 0)
    table.row("IDs emptied", converted.ids_emptied, "not hexadecimal, or of the wrong length", paint.red());
  if (converted.values_lost != 0)
    table.row("values lost", converted.values_lost, "of the wrong type, or not readable everywhere", paint.red());
  if (converted.unknown_fields != 0)
    table.row("unknown fields dropped", converted.unknown_fields, "not part of OTLP", paint.yellow());
  if (converted.spans_rejected != 0)
    table.row("spans left out", converted.spans_rejected, "invalid trace or span ID", paint.red());
  if (converted.spans_untimed != 0)
    table.row("spans left out", converted.spans_untimed, "no usable start and end time", paint.red());
  if (converted.links_undrawn != 0)
    table.row("links not drawn", converted.links_undrawn, "to spans that are not drawn, or to their own span",
              paint.yellow());
  return table.take();
}

// An output in one of OTLP's own forms, opened by the first request: until then nothing is touched.
class ConvertOutput {
 public:
  explicit ConvertOutput(const ConvertArguments& arguments) : arguments_(arguments) {}

  // False: nothing more can be written.
  bool take(TraceInput& input, const ParsedRequest& parsed, ConvertFacts& converted) {
    open();
    if (file_->failed()) return false;
    if (!writer_->write_repaired(parsed.request.protobuf())) {
      input.refuse(parsed, "skipped: cannot be written as JSON");
      return !file_->failed();
    }
    converted.spans += parsed.request.span_count();
    if (file_->streams()) file_->flush();  // the reader of a pipe may be waiting
    return !file_->failed();
  }

  bool publish(ConvertFacts& converted) {
    open();
    writer_->finish();
    const RepairLosses& repairs = writer_->repairs();
    converted.ids_emptied = repairs.ids;
    converted.values_lost = repairs.texts + repairs.fields;
    converted.unknown_fields = writer_->losses().unknown_fields;
    return file_->publish();
  }
  // REQUIRES publish() was called.
  const OutputFile& file() const noexcept { return *file_; }

 private:
  void open() {
    if (file_) return;
    file_.emplace(arguments_.output);
    writer_.emplace(*file_, *framing_from_name(arguments_.to));
  }

  const ConvertArguments& arguments_;
  std::optional<OutputFile> file_;
  std::optional<MessageWriter> writer_;
};

// The file of a viewer, written after the last request: it needs all spans.
class ViewerOutput {
 public:
  explicit ViewerOutput(const ConvertArguments& arguments)
      : output_(arguments.output), viewer_(viewer_file(arguments.to)) {}

  // False: there is more than a viewer can show.
  bool take(TraceInput& input, const ParsedRequest& parsed, ConvertFacts& converted) {
    const bool read = reader_.read(parsed.request, [&](const SpanView& span) {
      viewer_->add(span);
      ++converted.spans;
    });
    if (!read) input.refuse(parsed, "skipped: cannot be written as JSON");
    return !is_full();
  }
  bool is_full() const noexcept { return viewer_->held_bytes() > kHeldBytesMax; }

  bool publish(ConvertFacts& converted) {
    file_.emplace(output_);
    viewer_->write(*file_);
    converted.spans_rejected = reader_.rejected();
    converted.spans_untimed = viewer_->spans_untimed();
    converted.links_undrawn = viewer_->links_undrawn();
    converted.spans -= converted.spans_untimed;
    return file_->publish();
  }
  // REQUIRES publish() was called.
  const OutputFile& file() const noexcept { return *file_; }

 private:
  std::string output_;
  SpanReader reader_;
  std::unique_ptr<ViewerFile> viewer_;
  std::optional<OutputFile> file_;
};

// Converts everything into `output`, one of the two classes above.
template <class Output>
Exit convert_into(Output& output, const ConvertArguments& arguments, Console& console) {
  watch_signals();
  InputReport report(console);
  RunFacts facts;
  ConvertFacts converted;
  for_each_request(arguments.selection, report, console, facts, [&](TraceInput& input, const ParsedRequest& parsed) {
    return output.take(input, parsed, converted);
  });
  if constexpr (std::is_same_v<Output, ViewerOutput>) {
    if (output.is_full()) {
      console.message("more than " + byte_count(kHeldBytesMax) + " of spans, which " + arguments.to +
                      " cannot show: nothing was written; sample the traces first, or use entail export");
      return Exit::output_unwritable;
    }
  }
  // A run that read no request of traces, not even an empty one, leaves the output of an earlier one alone.
  if (facts.requests == 0) {
    console.message(no_traces_text(facts, arguments.output));
  } else if (!output.publish(converted)) {
    if (output.file().interrupted() && facts.interrupted) return Exit::interrupted;
    if (!output.file().pipe_closed()) console.message(output.file().error());
    return Exit::output_unwritable;
  }
  converted.values_lost += facts.values_lost;
  converted.unknown_fields += facts.unknown_keys;
  const bool taken = arguments.output == "-";
  const std::string text = arguments.json
                               ? convert_json(facts, converted, std::is_same_v<Output, ViewerOutput>)
                               : convert_table(facts, converted, paint_for(taken ? STDERR_FILENO : STDOUT_FILENO));
  if ((facts.requests > 0 || arguments.json) && !print_summary({text, arguments.json, taken}))
    return Exit::output_unwritable;
  return exit_after_reading(facts, report);
}

Exit convert(const ConvertArguments& arguments) {
  Console console;
  if (report_conflict({arguments.selection.paths, {arguments.output}}, console)) return Exit::usage;
  if (const std::optional<Framing> framing = framing_from_name(arguments.to)) {
    if (report_terminal(arguments.output, *framing, console)) return Exit::usage;
    ConvertOutput output(arguments);
    return convert_into(output, arguments, console);
  }
  ViewerOutput output(arguments);
  return convert_into(output, arguments, console);
}

}  // namespace

void add_convert(Command program, Action& action) {
  auto arguments = std::make_shared<ConvertArguments>();
  Command command = program.add_command("convert", "Convert traces between framings, and for Jaeger and Perfetto");
  command.add_option("-o,--output", arguments->output, "Output file, - for standard output").file().required();
  add_input_options(command, arguments->selection);
  command.add_option("--to", arguments->to, "Framing of the output, or a viewer")
      .value("FRAMING")
      .required()
      .one_of({"jsonl", "json", "proto-u32be", "proto-varint", "proto", "jaeger", "perfetto"});
  command.add_flag("--json", arguments->json, "Print the summary as one JSON object");
  command.set_examples(
      "  entail convert traces.jsonl -o traces.otlp --to proto-u32be\n"
      "  entail convert traces.otlp.zst -o - --to jsonl | jq .\n"
      "  entail convert kept.otlp -o kept.json --to jaeger\n"
      "\nFramings: jsonl has one request per line; proto-u32be and proto-varint have protobuf requests, each with\n"
      "its length in front. json writes one document and proto one bare message, however many inputs there are; the\n"
      "other framings write one message per request.\n"
      "jaeger writes what the Jaeger UI opens (\"JSON File\"), perfetto the trace events that ui.perfetto.dev opens.\n"
      "Both hold all spans in memory, at most 512 MiB of them.\n"
      "\nLogs, metrics and profiles are skipped and counted. Conversion from or to JSON drops fields that are not\n"
      "part of OTLP. Values that some OTLP readers reject are repaired: an ID of the wrong length becomes empty, text\n"
      "that is not UTF-8 is written with U+FFFD, a value of the wrong type is left out. All this is counted, and the\n"
      "first losses of each JSON input are reported with their place. Nothing else is lost.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces and nothing was\n"
      "written; 2 usage error; 3 the output could not be written; 130 interrupted.");
  command.on_chosen(action, [arguments] {
    arguments->output = output_name(arguments->output);
    return convert(*arguments);
  });
}

}  // namespace entail::cli
