#include "tests/workload/expectation.hpp"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>

#include "tests/workload/otlp_reader.hpp"

namespace entail::workload {
namespace {

using simdjson::dom::element;

std::string text(element value) { return std::string(std::string_view(value)); }
std::string text_or_empty(element object, std::string_view key) {
  element value;
  return object[key].get(value) == simdjson::SUCCESS ? text(value) : std::string();
}
std::vector<std::string> texts(element object, std::string_view key) {
  std::vector<std::string> out;
  element list;
  if (object[key].get(list) != simdjson::SUCCESS) return out;
  for (const element value : list.get_array()) out.push_back(text(value));
  return out;
}

KeptGroup read_group(element json) {
  KeptGroup group;
  group.labels = texts(json, "labels");
  group.by = text(json["by"]);
  group.policy = text_or_empty(json, "policy");
  element list;
  if (json["reached"].get(list) == simdjson::SUCCESS)
    for (const element by : list.get_array())
      group.reached.push_back(
          {text(by["origin"]), text_or_empty(by, "direction"), static_cast<unsigned>(std::uint64_t(by["hops"]))});
  if (json["paths"].get(list) == simdjson::SUCCESS) {
    for (const element path : list.get_array()) {
      std::vector<std::string>& labels = group.paths.emplace_back();
      for (const element label : path.get_array()) labels.push_back(text(label));
    }
  }
  return group;
}

LinkSampleExpectation read_link_sample(element json) {
  LinkSampleExpectation sample;
  for (const auto [key, value] : json.get_object()) {
    if (key == "trace")
      sample.trace = text(value);
    else if (key == "must_print_links_to")
      sample.must_print_links_to = texts(json, key);
    else if (value.is_int64())
      sample.counts[std::string(key)] = std::int64_t(value);
  }
  return sample;
}

void read_losses(element json, Expectation& out) {
  element loss;
  if (json["losses"]["keep_after_seal"].get(loss) != simdjson::SUCCESS) return;
  out.names_losses = true;
  if (!loss.is_object()) return;
  out.loss_origin = text(loss["origin"]);
  out.loss_traces = texts(loss, "traces");
}

ReplayStep read_step(element json) {
  ReplayStep step;
  element value;
  if (json["tick_until_s"].get(value) == simdjson::SUCCESS) {
    step.tick_until_s = std::int64_t(value);
    return step;
  }
  step.at_s = std::int64_t(json["at_s"]);
  for (const element index : json["ingest"].get_array()) step.ingest.push_back(std::uint64_t(index));
  return step;
}

Expectation read_expectation(element json) {
  Expectation out;
  out.name = text(json["name"]);
  out.config = simdjson::minify(element(json["config"]));
  for (const element group : json["kept"].get_array()) out.kept.push_back(read_group(group));
  out.dropped = texts(json, "dropped");
  out.unspecified = texts(json, "unspecified");
  element value;
  if (json["bounds"]["kept_of_unspecified"].get(value) == simdjson::SUCCESS)
    out.kept_of_unspecified = std::int64_t(value);
  if (json["link_samples"].get(value) == simdjson::SUCCESS)
    for (const element sample : value.get_array()) out.link_samples.push_back(read_link_sample(sample));
  if (json["steps"].get(value) == simdjson::SUCCESS)
    for (const element step : value.get_array()) out.steps.push_back(read_step(step));
  read_losses(json, out);
  return out;
}

}  // namespace

unsigned KeptGroup::fewest_hops() const {
  unsigned fewest = reached.empty() ? 0 : reached.front().hops;
  for (const ReachedBy& answer : reached) fewest = std::min(fewest, answer.hops);
  return fewest;
}

ExpectFile read_expect_file(const std::string& path) {
  simdjson::dom::parser parser;
  const element json = parser.load(path);
  ExpectFile out;
  out.name = text(json["name"]);
  out.files = texts(json, "files");
  for (const auto [file, counts] : json["counts"].get_object())
    for (const auto [key, value] : counts.get_object())
      out.counts[std::string(file)][std::string(key)] = std::int64_t(value);
  element value;
  if (json["cases"].get(value) == simdjson::SUCCESS)
    for (const auto [key, what] : value.get_object()) out.cases[std::string(key)] = text(what);
  for (const element expectation : json["expectations"].get_array())
    out.expectations.push_back(read_expectation(expectation));
  if (json["replays"].get(value) == simdjson::SUCCESS)
    for (const element replay : value.get_array()) out.replays.push_back(read_expectation(replay));
  return out;
}

std::vector<ExpectFile> read_expect_folder(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().string().ends_with(".expect.json")) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<ExpectFile> out;
  for (const std::string& path : paths) out.push_back(read_expect_file(path));
  return out;
}

std::vector<Request> read_capture(const std::string& path) {
  std::vector<Request> requests;
  for (const std::string& frame : split_frames(read_file(path)))
    if (!decode(frame, requests.emplace_back())) return {};
  return requests;
}

std::map<std::string, ByteString> trace_labels(const std::vector<Request>& requests) {
  std::map<std::string, ByteString> labels;
  for (const Request& request : requests)
    for (const SpanGroup& group : request.groups)
      for (const Span& span : group.spans)
        if (const std::string label = text_of(span.attributes, "test.trace_label"); !label.empty())
          labels[label] = span.trace_id;
  return labels;
}

}  // namespace entail::workload
