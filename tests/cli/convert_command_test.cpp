// `entail convert` from outside: JSON to protobuf and back through every framing, compared field by field.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "command_run.hpp"
#include "otlp_form.hpp"

namespace entail::cli {
namespace {

using namespace test;
namespace fs = std::filesystem;

constexpr std::array kFramings = {"jsonl", "json", "proto-u32be", "proto-varint", "proto"};
const std::string kGolden = ENTAIL_SOURCE_DIR "/tests/golden/";

class ConvertCommand : public CommandTest {
 protected:
  // Returns the summary.
  simdjson::dom::element convert(const std::string& arguments, int exit_code = 0) {
    const Outcome outcome = run("convert --json " + arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << outcome.err;
    return parse(parser_, outcome.out.empty() ? "{}" : outcome.out);
  }
  simdjson::dom::parser parser_;
};

// Every JSON file with trace requests, except the one that is broken on purpose. Decision logs have none.
std::vector<std::string> json_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(kGolden)) {
    const std::string path = entry.path().string();
    const bool json = path.ends_with(".json") || path.ends_with(".jsonl");
    if (json && !path.ends_with(".expect.json") && !path.ends_with("malformed.jsonl") &&
        !path.ends_with("decisions.jsonl"))
      files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Losses that OTLP/JSON allows, by file; the other files have none.
const std::map<std::string, std::uint64_t> kValuesLost = {{"py_attributes.otlp.jsonl", 1}};  // an int beyond 64 bits

TEST_F(ConvertCommand, JsonToProtobufToJson_LosesNothing) {
  const std::vector<std::string> files = json_files();
  ASSERT_EQ(files.size(), 21u);
  FormDifferences total;
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const std::string name = fs::path(file).filename().string();
    const auto lost = kValuesLost.find(name);
    const std::uint64_t values_lost = lost == kValuesLost.end() ? 0 : lost->second;
    const std::vector<OtlpValue> before = resource_spans_of(read_file(file));
    ASSERT_FALSE(before.empty());
    for (const char* const framing : kFramings) {
      SCOPED_TRACE(framing);
      const auto there = convert("'" + file + "' -o there --to " + framing);
      EXPECT_EQ(number(there, "/values_lost"), values_lost);
      EXPECT_EQ(number(there, "/unknown_fields"), 0u);
      // The framing is detected again.
      const auto back = convert("there -o back --to jsonl");
      EXPECT_EQ(number(back, "/spans"), number(there, "/spans"));
      EXPECT_EQ(number(back, "/values_lost") + number(back, "/unknown_fields"), 0u);
      const FormDifferences differences = compare_forms(before, resource_spans_of(read_file(path("back"))));
      EXPECT_EQ(differences.other, std::vector<std::string>());
      EXPECT_EQ(differences.values_lost, values_lost);
      total.add(differences);
    }
  }
  // The allowed losses occur, so that the comparison is known to detect them.
  EXPECT_GT(total.same_values, 50'000u);
  EXPECT_GT(total.hex_case, 0u);
  EXPECT_GT(total.integer_spelling, 0u);
  EXPECT_GT(total.empties, 0u);
  EXPECT_EQ(total.values_lost, kFramings.size());
}

TEST_F(ConvertCommand, ProtobufToJsonToProtobuf_RoundTrips) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kGolden + "sdk")) {
    const std::string file = entry.path().string();
    if (!file.ends_with(".otlp.bin")) continue;
    ++files;
    SCOPED_TRACE(file);
    EXPECT_EQ(number(convert("'" + file + "' -o there --to jsonl"), "/values_lost"), 0u);
    EXPECT_EQ(number(convert("there -o back --to proto-u32be"), "/values_lost"), 0u);
    EXPECT_EQ(number(convert("back -o again --to jsonl"), "/values_lost"), 0u);
    EXPECT_TRUE(read_file(path("again")) == read_file(path("there")));
    // SDKs write some fields in another order, but not one byte more or less.
    EXPECT_EQ(fs::file_size(path("back")), fs::file_size(file));
  }
  EXPECT_EQ(files, 16);
}

TEST_F(ConvertCommand, FramingsDifferOnlyInTheirFrames) {
  const std::string file = kGolden + "sdk/node_queue.otlp.bin";
  const std::vector<OtlpValue> before = resource_spans_of(read_file(kGolden + "sdk/node_queue.otlp.jsonl"));
  for (const char* const from : kFramings) {
    ASSERT_EQ(run("convert '" + file + "' -o there --to " + from).exit_code, 0);
    for (const char* const to : kFramings) {
      ASSERT_EQ(run(std::string("convert there -o back --from ") + from + " --to " + to).exit_code, 0) << from << to;
      ASSERT_EQ(run("convert back -o other --to jsonl").exit_code, 0);
      const FormDifferences differences = compare_forms(before, resource_spans_of(read_file(path("other"))));
      EXPECT_EQ(differences.other, std::vector<std::string>()) << from << " " << to;
    }
  }
  // One message per request; json and proto join them.
  const auto lines_of = [&](const char* to) {
    EXPECT_EQ(run("convert '" + file + "' -o out --to " + to).exit_code, 0);
    return number(convert("out -o again --to jsonl"), "/input/requests");
  };
  const std::uint64_t requests = lines_of("jsonl");
  EXPECT_GT(requests, 1u);
  EXPECT_EQ(lines_of("proto-u32be"), requests);
  EXPECT_EQ(lines_of("proto-varint"), requests);
  EXPECT_EQ(lines_of("json"), 1u);
  EXPECT_EQ(lines_of("proto"), 1u);
}

TEST_F(ConvertCommand, CountsLosses) {
  write_file(path("in.jsonl"),
             buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5,"nom":"x","kind":2}]}]}]})"
                    "\n"));
  const auto from_json = convert("in.jsonl -o out --to proto");
  EXPECT_EQ(number(from_json, "/values_lost"), 1u);
  EXPECT_EQ(number(from_json, "/unknown_fields"), 1u);
  EXPECT_EQ(number(from_json, "/spans"), 1u);
  // resource_spans { scope_spans { spans { name: "\xff", field 99: "x" } } }
  const std::string span = std::string("\x2a\x01\xff\x9a\x06\x01x", 7);
  const std::string scope = "\x12\x07" + span, resource = "\x12\x09" + scope;
  write_file(path("in.proto"), buffer("\x0a\x0b" + resource));
  const auto to_json = convert("in.proto -o out --to jsonl");
  EXPECT_EQ(number(to_json, "/values_lost"), 1u);
  EXPECT_EQ(number(to_json, "/unknown_fields"), 1u);
  EXPECT_EQ(read_file(path("out")),
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"\xef\xbf\xbd\"}]}]}]}\n");
  // Strict readers of protobuf reject such a text, too; the unknown field stays.
  const auto to_frames = convert("in.proto -o out --to proto-u32be");
  EXPECT_EQ(number(to_frames, "/values_lost"), 1u);
  EXPECT_EQ(number(to_frames, "/unknown_fields"), 0u);
  EXPECT_EQ(read_file(path("out")),
            std::string("\0\0\0\x0f\x0a\x0d\x12\x0b\x12\x09\x2a\x03", 12) + "\xef\xbf\xbd" + span.substr(3));
  const Outcome table = run("convert in.proto -o out --to jsonl");
  EXPECT_TRUE(contains(table.out, "values lost") && contains(table.out, "unknown fields dropped")) << table.out;
}

// Whatever the encodings: IDs that are not 16 or 8 bytes long, or not hex, become empty, and everything else stays.
TEST_F(ConvertCommand, EmptiesMalformedIds) {
  const auto request = [](const std::string& span, const std::string& parent, const std::string& link) {
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":")" + span + R"(","spanId":"0102030405060708",)" +
           R"("parentSpanId":")" + parent + R"(","name":"n","links":[{"traceId":")" + link +
           R"(","spanId":"1112131415161718","traceState":"a=1"}]}]}]}]})" + "\n";
  };
  const std::string good = "000102030405060708090a0b0c0d0e0f", parent = "2122232425262728";
  const std::string malformed[] = {"zz",           "00",        "414243444546474849", "AAECAwQFBgcICQoLDA0ODw==",
                                   good.substr(1), good + "00", "zzzzzzzzzzzzzzzz",   "\\u0000",
                                   "\\ud83d"};
  std::string before = request(good, parent, good), after = before;
  for (const std::string& id : malformed) {
    before += request(id, parent, good) + request(good, id, good) + request(good, parent, id);
    after += request("", parent, good) + request(good, "", good) + request(good, parent, "");
  }
  write_file(path("in.jsonl"), buffer(before));
  for (const char* const framing : kFramings) {
    const auto there = convert(std::string("in.jsonl -o there --to ") + framing);
    EXPECT_EQ(number(there, "/ids_emptied"), 3 * std::size(malformed)) << framing;
    EXPECT_EQ(number(there, "/spans"), 1 + 3 * std::size(malformed));
    EXPECT_EQ(number(there, "/values_lost"), 0u);
    const auto back = convert("there -o back --to jsonl");
    EXPECT_EQ(number(back, "/ids_emptied"), 0u) << framing;
    // The framings json and proto join the requests.
    const bool joined = std::string_view(framing) == "json" || std::string_view(framing) == "proto";
    if (joined) {
      EXPECT_EQ(resource_spans_of(read_file(path("back"))).size(), resource_spans_of(after).size()) << framing;
    } else {
      EXPECT_EQ(read_file(path("back")), after) << framing;
    }
  }
  // The same from protobuf, byte for byte. trace_id "t", span_id of 9 bytes, parent of 1, a link of 17 and 7 bytes.
  const std::string link = "\x6a\x1c\x0a\x11" + std::string(17, 'T') + "\x12\x07" + std::string(7, 'S');
  const std::string span = "\x0a\x01t\x12\x09" + std::string(9, 's') + "\x22\x01p\x2a\x01n" + link;
  const auto framed = [](const std::string& inner) {
    std::string message = inner;
    for (const char tag : {'\x12', '\x12', '\x0a'}) message = tag + std::string(1, char(message.size())) + message;
    return message;
  };
  write_file(path("in.proto"), buffer(framed(span)));
  const auto repaired = convert("in.proto -o out --to proto");
  EXPECT_EQ(number(repaired, "/ids_emptied"), 5u);
  EXPECT_EQ(read_file(path("out")),
            framed(std::string("\x0a\x00\x12\x00\x22\x00\x2a\x01n\x6a\x04\x0a\x00\x12\x00", 15)));
  const Outcome table = run("convert in.proto -o out --to jsonl");
  EXPECT_TRUE(contains(table.out, "IDs emptied")) << table.out;
}

// Every command that reads traces reports what it drops of a JSON request, with its place, and counts all of it.
TEST_F(ConvertCommand, ReportsDroppedValuesWithTheirPlace) {
  std::string text = R"({"resourceSpans":[{"scopeSpans":{}}]})"
                     "\n"
                     R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5,"attributes":5,"startTimeUnixNano":[],)"
                     R"("kind":"SPAN_KIND_MAIN","links":[{"traceId":"zz"}],"no\u001b[1mm":1}]}]}]})"
                     "\n";
  write_file(path("in.jsonl"), buffer(text));
  const std::string span = "in.jsonl:2: resourceSpans[0].scopeSpans[0].spans[0]";
  const std::string messages[] = {"in.jsonl:1: resourceSpans[0].scopeSpans: wrong type, dropped\n",
                                  span + ".name: wrong type, dropped\n",
                                  span + ".attributes: wrong type, dropped\n",
                                  span + ".startTimeUnixNano: wrong type, dropped\n",
                                  span + ".kind: not representable in protobuf, dropped\n",
                                  span + ".links[0].traceId: not an ID of the right length\n",
                                  ": not part of OTLP, ignored\n"};
  for (const char* const command : {"convert in.jsonl -o out --to proto", "sample in.jsonl -o out", "links in.jsonl"}) {
    const Outcome outcome = run(std::string(command) + " --json");
    EXPECT_EQ(outcome.exit_code, 0) << command;
    for (const std::string& message : messages) EXPECT_TRUE(contains(outcome.err, message)) << outcome.err << message;
    EXPECT_FALSE(contains(outcome.err, "\x1b")) << command;
    EXPECT_FALSE(contains(outcome.err, "more JSON values")) << outcome.err;
    const auto summary = parse(parser_, outcome.out);
    const bool sampled = std::string_view(command).starts_with("sample");
    const bool converted = std::string_view(command).starts_with("convert");
    EXPECT_EQ(number(summary, sampled ? "/losses/json_value" : converted ? "/values_lost" : "/input/values_lost"), 5u);
    EXPECT_EQ(number(summary, sampled     ? "/losses/unknown_field"
                              : converted ? "/unknown_fields"
                                          : "/input/unknown_fields"),
              1u);
  }
  EXPECT_TRUE(contains(run("links in.jsonl").out, "JSON values dropped"));
  // Of many the first ten are reported, and the rest is counted.
  for (int i = 0; i < 7; ++i) text += text.substr(0, text.find('\n') + 1);
  write_file(path("in.jsonl"), buffer(text));
  const Outcome many = run("convert in.jsonl -o out --to proto");
  EXPECT_TRUE(contains(many.err, "in.jsonl:5: resourceSpans[0].scopeSpans: wrong type, dropped\n")) << many.err;
  EXPECT_FALSE(contains(many.err, "in.jsonl:6: ")) << many.err;
  EXPECT_TRUE(contains(many.err, "in.jsonl: 4 more JSON values like these")) << many.err;
}

TEST_F(ConvertCommand, UsesStandardInputAndOutput) {
  const std::string file = kGolden + "sdk/py_cycle.otlp.bin";
  ASSERT_EQ(run("convert '" + file + "' -o lines --to jsonl").exit_code, 0);
  const Outcome piped = run("convert - -o - --to jsonl --json <'" + file + "'");
  EXPECT_EQ(piped.exit_code, 0);
  EXPECT_EQ(piped.out, read_file(path("lines")));
  EXPECT_EQ(number(parse(parser_, piped.err), "/input/files"), 1u);
  const Outcome table = run("convert lines -o - --to proto");
  EXPECT_TRUE(contains(table.err, "Converted")) << table.err;
  EXPECT_FALSE(contains(table.err, "\x1b"));
  const Outcome nothing = run("convert - -o - --to json </dev/null");
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_EQ(nothing.out, "");
  EXPECT_TRUE(contains(nothing.err, "the input has no traces")) << nothing.err;
  // Several inputs of several framings become one output.
  ASSERT_EQ(run("convert lines '" + file + "' -o both --to json").exit_code, 0);
  EXPECT_EQ(resource_spans_of(read_file(path("both"))).size(), 2 * resource_spans_of(read_file(path("lines"))).size());
}

TEST_F(ConvertCommand, ReportsDamagedInputs_AndWritesTheRest) {
  const std::string line = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"n"}]}]}]})";
  write_file(path("lines"), buffer("nonsense\n" + line + "\n{\"resourceLogs\":[]}\n" + line.substr(0, 30)));
  const Outcome lines = run("convert lines missing -o out --to json --json");
  EXPECT_EQ(lines.exit_code, 1);
  EXPECT_TRUE(contains(lines.err, "lines:1: ") && contains(lines.err, "lines:4: ") && contains(lines.err, "missing: "))
      << lines.err;
  const auto summary = parse(parser_, lines.out);
  EXPECT_EQ(number(summary, "/spans"), 1u);
  EXPECT_EQ(number(summary, "/input/skipped/malformed"), 1u);
  EXPECT_EQ(number(summary, "/input/skipped/truncated"), 1u);
  EXPECT_EQ(number(summary, "/input/skipped/logs"), 1u);
  EXPECT_EQ(read_file(path("out")), line + "\n");
  const std::string frames = read_file(kGolden + "sdk/py_cycle.otlp.bin");
  for (std::size_t size = 1; size < frames.size(); size += 501) {
    write_file(path("truncated"), buffer(frames.substr(0, size)));
    const int code = run("convert truncated -o out --to jsonl").exit_code;
    EXPECT_TRUE(code == 0 || code == 1) << size;
    EXPECT_EQ(run("convert out -o again --to proto").exit_code, 0) << size;
  }
  // A document without its end would not be JSON: the end is always written.
  write_file(path("truncated"), buffer(frames.substr(0, frames.size() - 3)));
  EXPECT_EQ(run("convert truncated -o out --to json").exit_code, 1);
  EXPECT_FALSE(resource_spans_of(read_file(path("out"))).empty());
}

TEST_F(ConvertCommand, WritesNothing_OnWrongUsage) {
  write_file(path("in"), buffer("{\"resourceSpans\":[]}\n"));
  for (const char* const arguments :
       {"convert", "convert in", "convert in -o out", "convert in --to json", "convert in -o out --to xml",
        "convert in -o out --to json --from xml", "convert - - -o out --to json", "convert in -o in --to proto",
        "convert in -o ./in --to proto"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_FALSE(outcome.err.empty()) << arguments;
    EXPECT_FALSE(fs::exists(path("out"))) << arguments;
  }
  // Standard output may be the input file, too.
  const std::string onto_itself = "cd '" + folder_ + "' && '" ENTAIL_COMMAND "' convert in -o - --to jsonl >>in 2>.err";
  const int status = std::system(onto_itself.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_TRUE(contains(read_file(path(".err")), "in is both read and written"));
  EXPECT_EQ(read_file(path("in")), "{\"resourceSpans\":[]}\n");
}

TEST_F(ConvertCommand, UnwritableOutputHasItsOwnExitCode) {
  const std::string file = "convert '" + kGolden + "sdk/py_cycle.otlp.bin' --to jsonl -o ";
  const Outcome missing_folder = run(file + "no/such/folder/out");
  EXPECT_EQ(missing_folder.exit_code, 3);
  EXPECT_TRUE(contains(missing_folder.err, "no/such/folder/out")) << missing_folder.err;
  EXPECT_EQ(run(file + "/dev/full").exit_code, 3);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// The parser needs several times the size of a message: no fault of the input, and no reason to write a part of it.
TEST_F(ConvertCommand, MemoryThatRunsOutInTheParser_LeavesTheOutputAsItWas) {
  write_file(path("in"), buffer("{\"resourceSpans\":[]}\n"));
  write_file(path("out"), buffer("old"));
  write_file(path("large"), {});
  fs::resize_file(path("large"), 50u << 20);  // one line of NULs
  const std::string command = "cd '" + folder_ +
                              "' && ulimit -v 250000 && '" ENTAIL_COMMAND
                              "' convert in large -o out --to json --from jsonl 2>.err";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(contains(read_file(path(".err")), "entail: out of memory, so the output is")) << read_file(path(".err"));
  EXPECT_EQ(read_file(path("out")), "old");
  EXPECT_EQ(temporary_files(), std::vector<std::string>{});
}
#endif

}  // namespace
}  // namespace entail::cli
