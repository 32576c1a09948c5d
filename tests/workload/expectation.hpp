// The `expect` files beside the SDK captures (tests/golden/README.md), read into plain data.
// Thread rule: Confined (values).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/workload/otlp_plain.hpp"

namespace entail::workload {

struct ReachedBy {
  std::string origin;
  std::string direction;  // empty: unspecified
  unsigned hops = 0;
};
struct KeptGroup {
  std::vector<std::string> labels;
  std::string by;  // own or link
  std::string policy;
  std::vector<ReachedBy> reached;
  std::vector<std::vector<std::string>> paths;  // from the trace back to the origin

  unsigned fewest_hops() const;
};
struct LinkSampleExpectation {
  std::string trace;
  std::map<std::string, std::int64_t> counts;
  std::vector<std::string> must_print_links_to;
};
struct ReplayStep {
  std::optional<std::int64_t> tick_until_s;
  std::int64_t at_s = 0;
  std::vector<std::size_t> ingest;  // indices of requests
};
struct Expectation {
  std::string name;
  std::string config;  // as written in the file, JSON
  std::vector<KeptGroup> kept;
  std::vector<std::string> dropped;
  std::vector<std::string> unspecified;
  std::int64_t kept_of_unspecified = 0;
  std::vector<LinkSampleExpectation> link_samples;
  std::vector<ReplayStep> steps;  // empty: all requests at once, then past the wait
  // keep_after_seal: unspecified, or these traces by this origin.
  bool names_losses = false;
  std::string loss_origin;
  std::vector<std::string> loss_traces;
};
struct ExpectFile {
  std::string name;
  std::vector<std::string> files;
  std::map<std::string, std::map<std::string, std::int64_t>> counts;  // by file
  std::map<std::string, std::string> cases;
  std::vector<Expectation> expectations;
  std::vector<Expectation> replays;
};

// Throws simdjson's exceptions if the file has another shape.
ExpectFile read_expect_file(const std::string& path);
// All *.expect.json files of a folder, by name.
std::vector<ExpectFile> read_expect_folder(const std::string& folder);

// Requests of a capture file: protobuf with u32 big-endian lengths.
std::vector<Request> read_capture(const std::string& path);

// label -> trace ID (16 bytes), from the attribute test.trace_label.
std::map<std::string, ByteString> trace_labels(const std::vector<Request>& requests);

}  // namespace entail::workload
