// The macro benchmark, through the public API: OTLP bytes in memory to kept OTLP bytes.
//   macro_bench PART [--policies FILE] [--spans N] [--repetitions N]      PART: a load's name, ingest, memory, keep,
//   pause macro_bench write LOAD --out FILE --expect FILE [--spans N]           the load as u32 big-endian frames, for
//   peers;
//                                                                         the traces that policies keep, one ID a line
// Prints JSON (measure/report.hpp). Exit code 1: wrong results, 2: wrong usage.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "macro/measures.hpp"

namespace entail::bench {

bool fail(const std::string& what) {
  std::fprintf(stderr, "macro_bench: %s\n", what.c_str());
  return false;
}

namespace {

bool write_load(const Load& load, const std::string& out_path, const std::string& expect_path) {
  std::ofstream out(out_path, std::ios::binary);
  for (const Buffer& request : load.requests) {
    const auto size = static_cast<std::uint32_t>(request.size());
    for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(size >> shift & 0xff));
    out.write(reinterpret_cast<const char*>(request.data()), static_cast<std::streamsize>(request.size()));
  }
  std::ofstream expect(expect_path);
  for (const TraceId id : load.own_kept) expect << to_hex(id) << '\n';
  return (out.flush() && expect.flush()) || fail("cannot write " + out_path + " or " + expect_path);
}

bool measure(const std::string& part, const Settings& settings, Report& report) {
  if (part == "ingest") return measure_ingest(settings, report);
  if (part == "memory") return measure_memory(settings, report);
  if (part == "keep") return measure_keep(settings, report);
  if (part == "pause") return measure_pause(settings, report);
  return measure_load(part, settings, report);
}

int run(int argc, char** argv) {
  std::vector<std::string> names;
  Settings settings;
  std::string policies = "bench/workload/policies.yaml";
  std::string out;
  std::string expect;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (!argument.starts_with("--")) {
      names.push_back(argument);
      continue;
    }
    if (argument == "--engine-only") {
      settings.engine_only = true;
      continue;
    }
    if (i + 1 == argc) return 2;
    const std::string value = argv[++i];
    if (argument == "--policies")
      policies = value;
    else if (argument == "--spans")
      settings.spans = std::strtoull(value.c_str(), nullptr, 10);
    else if (argument == "--repetitions")
      settings.repetitions = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    else if (argument == "--out")
      out = value;
    else if (argument == "--expect")
      expect = value;
    else
      return 2;
  }
  if (names.size() == 2 && names[0] == "write") {
    const Load load = make_load(names[1], settings.spans);
    return !load.requests.empty() && write_load(load, out, expect) ? 0 : 1;
  }
  if (names.size() != 1) return 2;
  std::ifstream file(policies);
  settings.policies_yaml.assign(std::istreambuf_iterator<char>(file), {});
  if (!parse_options(settings.policies_yaml).options) return fail("no policies in " + policies) ? 0 : 2;
  Report report;
  if (!measure(names[0], settings, report)) return 1;
  report.print(stdout);
  return 0;
}

}  // namespace
}  // namespace entail::bench

int main(int argc, char** argv) {
  const int code = entail::bench::run(argc, argv);
  if (code == 2) std::fputs("usage: macro_bench PART [--policies FILE] [--spans N] [--repetitions N]\n", stderr);
  return code;
}
