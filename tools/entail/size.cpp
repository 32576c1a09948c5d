// `entail size`: how much memory a load needs, and which limits to set.
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

#include "commands.hpp"
#include "config_source.hpp"
#include "console.hpp"
#include "engine_run.hpp"
#include "size/size_plan.hpp"
#include "size_text.hpp"

namespace entail::cli {
namespace {

struct SizeArguments {
  ConfigSource config;
  std::string rate, spans, bytes, links, absent, kept, services;
  std::string memory_limit, request;
  std::string wait, window, records;
  std::string detail;
  unsigned requests = 2;
  bool json = false;
};

struct Amount {
  const char* option;
  const std::string& text;
  double& value;
  double least, most;
};

// False: not a number between the bounds, which was reported.
bool read_amount(const Amount& amount, Console& console) {
  if (amount.text.empty()) return true;
  double value = 0;
  const char* const end = amount.text.data() + amount.text.size();
  const auto [stop, problem] = std::from_chars(amount.text.data(), end, value, std::chars_format::fixed);
  if (problem == std::errc() && stop == end && value >= amount.least && value <= amount.most) {
    amount.value = value;
    return true;
  }
  std::string most = std::to_string(static_cast<std::uint64_t>(amount.most));
  console.message(std::string(amount.option) + ": expected a number from " + (amount.least == 0 ? "0" : "1") + " to " +
                  most + ", found '" + amount.text + "'");
  return false;
}

struct Size {
  const char* option;
  const std::string& text;
  std::optional<std::uint64_t>& value;
  std::uint64_t least, most;
  const char* bounds;
};

// False: not a size between the bounds, which was reported.
bool read_size(const Size& size, Console& console) {
  if (size.text.empty()) return true;
  size.value = parse_size(size.text);
  if (size.value && *size.value >= size.least && *size.value <= size.most) return true;
  console.message(std::string(size.option) + ": expected a size from " + size.bounds + ", such as 512MiB, found '" +
                  size.text + "'");
  return false;
}

bool read_load(const SizeArguments& arguments, SizeQuestion& question, Console& console) {
  ExpectedLoad& load = question.load;
  constexpr double kMost = 1e9;
  double kept_percent = 100 * load.kept_share;
  const Amount amounts[] = {{"--spans-per-second", arguments.rate, load.spans_per_second, 1, kMost},
                            {"--spans-per-trace", arguments.spans, load.spans_per_trace, 1, kMost},
                            {"--bytes-per-span", arguments.bytes, load.bytes_per_span, 1, kMost},
                            {"--links-per-trace", arguments.links, load.links_per_trace, 0, kMost},
                            {"--absent-per-trace", arguments.absent, load.absent_per_trace, 0, kMost},
                            {"--kept", arguments.kept, kept_percent, 0, 100},
                            {"--services-per-trace", arguments.services, load.services_per_trace, 1, kMost}};
  for (const Amount& amount : amounts)
    if (!read_amount(amount, console)) return false;
  load.kept_share = kept_percent / 100;
  load.requests_at_once = arguments.requests;
  question.has_rate = !arguments.rate.empty();
  if (load.absent_per_trace > load.links_per_trace) {
    console.message("--absent-per-trace: expected no more than --links-per-trace (" +
                    (arguments.links.empty() ? "0" : arguments.links) + "), found '" + arguments.absent + "'");
    return false;
  }
  std::optional<std::uint64_t> request;
  const Size sizes[] = {
      {"--memory-limit", arguments.memory_limit, question.memory_limit, 16ull << 20, 16ull << 40, "16MiB to 16TiB"},
      {"--max-request", arguments.request, request, 1, kRequestBytesMost, "1 to 1TiB"}};
  for (const Size& each : sizes)
    if (!read_size(each, console)) return false;
  question.request_bytes_max = request.value_or(question.request_bytes_max);
  if (!question.has_rate && !question.memory_limit) {
    console.message("give --spans-per-second to learn the memory, or --memory-limit to learn the rate");
    return false;
  }
  return true;
}

// Durations of the command line are read as retain.records of a configuration, which has the bounds of the others as
// well. Nothing: it is none, which was reported.
std::optional<std::int64_t> parse_duration(const char* option, const std::string& text, Console& console) {
  std::string problem = ": expected a duration such as 30s, found '" + text + "'";
  if (text.find_first_not_of("0123456789.hmsun") == std::string::npos) {
    const ConfigResult read = parse_options(
        "tail_sampling: {policies: [{name: all, type: always_sample}]}\nretain: {window: 0s, records: " + text + "}");
    if (read.options) return read.options->retain.records_ns;
    constexpr std::string_view kKey = "retain.records";
    for (const ConfigMessage& error : read.errors)
      if (error.text.starts_with(kKey)) problem = error.text.substr(kKey.size());
  }
  console.message(option + problem);
  return std::nullopt;
}

// Options of the command line in place of the configuration's.
bool override_options(const SizeArguments& arguments, Options& options, Console& console) {
  const std::tuple<const char*, const std::string&, std::int64_t&> settings[] = {
      {"--decision-wait", arguments.wait, options.tail_sampling.decision_wait_ns},
      {"--retain-window", arguments.window, options.retain.window_ns},
      {"--retain-records", arguments.records, options.retain.records_ns}};
  for (const auto& [option, text, value] : settings) {
    if (text.empty()) continue;
    const std::optional<std::int64_t> duration = parse_duration(option, text, console);
    if (!duration) return false;
    value = *duration;
  }
  return true;
}

Exit size(const SizeArguments& arguments) {
  Console console;
  SizeQuestion question;
  if (!check_source(arguments.config, console) || !read_load(arguments, question, console)) return Exit::usage;
  if (arguments.config.path.empty()) {
    question.options = options_without_config({});
  } else {
    LoadedConfig config = load_config(arguments.config);
    if (!config.options) return Exit::usage;
    question.options = std::move(*config.options);
  }
  if (!override_options(arguments, question.options, console)) return Exit::usage;
  question.load.has_decision_log = arguments.detail != "none";
  if (arguments.detail == "full") question.options.decisions.detail = DecisionDetail::full;
  if (arguments.detail == "ids") question.options.decisions.detail = DecisionDetail::ids;
  std::string why;
  const Result<SizePlan> plan = plan_size(std::move(question), &why);
  if (!plan.ok()) {
    console.message(why.empty() ? describe(plan.error()) : why);
    return Exit::usage;
  }
  if (!print(arguments.json ? size_json(*plan) : size_table(*plan, paint_for(STDOUT_FILENO))))
    return Exit::output_unwritable;
  return Exit::done;
}

}  // namespace

void add_size(Command program, Action& action) {
  auto arguments = std::make_shared<SizeArguments>();
  Command command = program.add_command("size", "Compute how much memory a load needs, and which limits to set");
  const auto number = [&](const char* name, std::string& text, const char* help) {
    command.add_option(name, text, help).value("N");
  };
  number("--spans-per-second", arguments->rate, "Spans per second at the busiest time");
  command
      .add_option("--memory-limit", arguments->memory_limit,
                  "Such as 512MiB: without a rate, compute the rate that fits; with one, whether it fits")
      .value("SIZE");
  number("--spans-per-trace", arguments->spans, "Spans of an average trace [10]");
  number("--bytes-per-span", arguments->bytes, "Bytes of an average span, without its resource [500]");
  number("--links-per-trace", arguments->links, "Links of an average trace [0]");
  number("--absent-per-trace", arguments->absent,
         "Traces that an average trace links to and that are sent elsewhere, or nowhere [0]");
  command.add_option("--kept", arguments->kept, "Percentage of the traces that is kept [5]").value("PERCENT");
  number("--services-per-trace", arguments->services, "Services of an average trace [4]");
  command.add_option("--requests-at-once", arguments->requests, "Requests that are ingested at the same time [2]")
      .between(1, kIngestLanesMax);
  command.add_option("--max-request", arguments->request, "Largest request that the receiver accepts [20MiB]")
      .value("SIZE");
  command.add_option("-c,--config", arguments->config.path, "Configuration, - for standard input").file();
  add_source_options(command, arguments->config);
  const auto duration = [&](const char* name, std::string& text, const char* help) {
    command.add_option(name, text, help).value("DURATION");
  };
  duration("--decision-wait", arguments->wait, "In place of the configuration's decision_wait");
  duration("--retain-window", arguments->window, "In place of the configuration's retain.window");
  duration("--retain-records", arguments->records, "In place of the configuration's retain.records");
  command
      .add_option("--decisions-detail", arguments->detail,
                  "In place of the configuration's decisions.detail; none: no decision log is written")
      .one_of({"full", "ids", "none"});
  command.add_flag("--json", arguments->json, "Print one JSON object");
  command.set_examples(
      "  entail size --spans-per-second 20000 --spans-per-trace 8\n"
      "  entail size --memory-limit 2GiB -c entail.yaml\n"
      "  entail size --spans-per-second 5000 --retain-records 6h --json | jq .memory_limit_bytes\n"
      "\nExit codes: 0 done; 2 usage or configuration error; 3 the result could not be written.");
  command.on_chosen(action, [arguments] { return size(*arguments); });
}

}  // namespace entail::cli
