// `entail export` from outside: what is in the tables, and what becomes of the output when something is wrong.
#ifdef ENTAIL_WITH_SQLITE
#include <sys/stat.h>

#include <set>

#include "command_run.hpp"
#include "sqlite_rows.hpp"

namespace entail::cli {
namespace {

using namespace test;
namespace fs = std::filesystem;

const std::string kA(32, 'a');
const std::string kB(32, 'b');
const std::string kC(32, 'c');

std::string quoted_pair(const std::string& key, const std::string& value) { return "\"" + key + "\":" + value; }

std::string span_json(const std::string& trace, char span, const std::string& more) {
  return "{\"traceId\":\"" + trace + "\",\"spanId\":\"" + std::string(16, span) + "\"," + more + "}";
}

std::string times(const std::string& start, const std::string& end) {
  return quoted_pair("startTimeUnixNano", "\"" + start + "\"") + "," +
         quoted_pair("endTimeUnixNano", "\"" + end + "\"");
}

std::string link_json(const std::string& trace, char span, const std::string& more = "") {
  return "{\"traceId\":\"" + trace + "\",\"spanId\":\"" + std::string(16, span) + "\"" + more + "}";
}

// One request of the service "shop".
std::string request(const std::vector<std::string>& spans) {
  std::string text = R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
                     R"({"stringValue":"shop"}}]},"scopeSpans":[{"spans":[)";
  for (std::size_t i = 0; i < spans.size(); ++i) text += (i > 0 ? "," : "") + spans[i];
  return text + "]}]}]}\n";
}

// A decision record with the fields that the export reads and some of `detail: full`.
std::string record(const std::string& trace, int revision, const std::string& verdict, const std::string& more = "") {
  return R"({"trace_id":")" + trace + R"(","revision":)" + std::to_string(revision) +
         R"(,"decided_at":"2024-05-01T00:00:00.000000000Z","verdict":")" + verdict +
         R"(","reason":"no_match","policy":null,"origin":false,"revived":false,"origin_trace_id":null,)"
         R"("direction":null,"hops":null,"path":null,"loss":null,"spans":3)" +
         more + "}\n";
}

class ExportCommand : public CommandTest {
 protected:
  void write(const std::string& name, const std::string& text) { write_file(path(name), buffer(text)); }

  Outcome export_to(const std::string& arguments) { return run("export --to sqlite " + arguments); }

  Rows ask(const std::string& query) { return rows_of(path("db"), query); }
};

TEST_F(ExportCommand, WritesTheDocumentedTables) {
  write("in", request({span_json(kA, '1', "\"name\":\"n\"")}));
  ASSERT_EQ(export_to("in -o db").exit_code, 0);
  const std::map<std::string, std::string> columns = {
      {"traces",
       "trace_id verdict reason policy origin origin_trace_id direction hops revived loss root_service "
       "root_name start_ns duration_ms spans errors bytes_received bytes_emitted"},
      {"spans",
       "trace_id span_id parent_span_id service name span_name kind start_ns end_ns duration_ms status "
       "status_message attributes resource events links"},
      {"span_links",
       "trace_id span_id source_span_id position linked_trace_id linked_span_id type attributes "
       "trace_state delay_ms linked_verdict"},
      {"decisions", "trace_id revision decided_at verdict record"},
      {"paths", "trace_id position hop_trace_id"}};
  std::map<std::string, std::string> found;
  for (const auto& row : ask("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")) {
    for (const auto& column : ask("SELECT name FROM pragma_table_info('" + row[0] + "')"))
      found[row[0]] += (found[row[0]].empty() ? "" : " ") + column[0];
  }
  EXPECT_EQ(found, columns);
  EXPECT_EQ(ask("PRAGMA integrity_check"), Rows({{"ok"}}));
  // Without a log nothing is decided, and an absent value is null.
  EXPECT_EQ(ask("SELECT verdict, origin, root_name, start_ns, spans, bytes_emitted FROM traces"),
            Rows({{"-", "-", "n", "-", "1", "-"}}));
  EXPECT_EQ(ask("SELECT attributes, events, links, status, kind FROM spans"),
            Rows({{"{}", "[]", "-", "UNSET", "UNSPECIFIED"}}));
}

TEST_F(ExportCommand, KeepsEveryAttributeValue) {
  write("in", request({span_json(kA, '1',
                                 R"("name":"n","kind":5,"status":{"code":2,"message":"m"},"attributes":[)"
                                 R"({"key":"s","value":{"stringValue":"a\"b\n"}},)"
                                 R"({"key":"i","value":{"intValue":"-9223372036854775808"}},)"
                                 R"({"key":"d","value":{"doubleValue":0.5}},)"
                                 R"({"key":"nan","value":{"doubleValue":"NaN"}},)"
                                 R"({"key":"b","value":{"boolValue":true}},)"
                                 R"({"key":"y","value":{"bytesValue":"AAE="}},)"
                                 R"({"key":"s","value":{"stringValue":"second"}},)"
                                 R"({"key":"l","value":{"arrayValue":{"values":[{"intValue":"1"},{}]}}},)"
                                 R"({"key":"m","value":{"kvlistValue":{"values":[{"key":"k"}]}}}],)"
                                 R"("events":[{"timeUnixNano":"7","name":"e"}],"links":[)" +
                                     link_json(kB, '2',
                                               R"(,"traceState":"a=1","attributes":[{"key":)"
                                               R"("link.relationship","value":{"stringValue":"r"}}])") +
                                     "]")}));
  ASSERT_EQ(export_to("in -o db").exit_code, 0);
  EXPECT_EQ(ask("SELECT attributes, resource, events, links, kind, status, status_message FROM spans"),
            Rows({{R"({"s":"a\"b\n","i":-9223372036854775808,"d":0.5,"nan":"NaN","b":true,"y":"AAE=","l":[1,null],)"
                   R"("m":{"k":null}})",
                   R"({"service.name":"shop"})", R"([{"time_ns":7,"name":"e","attributes":{}}])",
                   R"([{"trace_id":")" + kB + R"(","span_id":"2222222222222222","trace_state":"a=1","attributes":)" +
                       R"({"link.relationship":"r"}}])",
                   "CONSUMER", "ERROR", "m"}}));
  EXPECT_EQ(ask("SELECT position, linked_trace_id, type, trace_state, attributes, delay_ms FROM span_links"),
            Rows({{"0", kB, "r", "a=1", R"({"link.relationship":"r"})", "-"}}));
}

TEST_F(ExportCommand, MeasuresDelaysFromTheLinkedSpan) {
  const std::string begins_at_9 = "\"name\":\"n\"," + times("9000000", "9500000") + ",\"links\":[";
  write("in",
        request({span_json(kA, '1',
                           begins_at_9 + link_json(kB, '1') + "," + link_json(kB, '2') + "," + link_json(kB, '3') +
                               "," + link_json(kC, '1') + "]"),
                 span_json(kB, '1', times("1000000", "2000000")),
                 // Sent twice: what began first counts.
                 span_json(kB, '2', times("4000000", "12000000")), span_json(kB, '2', times("3000000", "5000000")),
                 // Without an end its start counts.
                 span_json(kB, '3', times("10000000", "0"))}));
  ASSERT_EQ(export_to("in -o db").exit_code, 0);
  EXPECT_EQ(ask("SELECT delay_ms FROM span_links ORDER BY position"), Rows({{"7.0"}, {"4.0"}, {"-1.0"}, {"-"}}));
  EXPECT_EQ(ask("SELECT start_ns, duration_ms, spans FROM traces ORDER BY trace_id"),
            Rows({{"9000000", "0.5", "1"}, {"1000000", "11.0", "4"}}));
}

TEST_F(ExportCommand, NamesATraceAfterItsRoot) {
  const auto named = [](const std::string& trace, char span, const std::string& name, const std::string& start,
                        char parent = 0) {
    const std::string of = parent == 0 ? "" : ",\"parentSpanId\":\"" + std::string(16, parent) + "\"";
    return span_json(trace, span, "\"name\":\"" + name + "\"," + times(start, "99") + of);
  };
  write("in", request({named(kA, '1', "child", "1", '2'), named(kA, '2', "late root", "9"), named(kA, '4', "root", "5"),
                       named(kB, '1', "child", "1", '2'), named(kB, '2', "orphan", "7", '9'),
                       named(kC, '1', "loop", "3", '2'), named(kC, '2', "other", "2", '1')}) +
                  request({named(kA, '3', "same start", "5")}));
  write("log", record(kC, 0, "drop", R"(,"root_service":"mail","root_name":"send","bytes":77)"));
  ASSERT_EQ(export_to("in --decisions log -o db").exit_code, 0);
  // Of equal starts the smaller ID counts. A record's name takes precedence.
  EXPECT_EQ(ask("SELECT root_service, root_name FROM traces ORDER BY trace_id"),
            Rows({{"shop", "same start"}, {"shop", "orphan"}, {"mail", "send"}}));
  EXPECT_EQ(ask("SELECT bytes_received, bytes_emitted FROM traces WHERE verdict = 'drop'"), Rows({{"77", "0"}}));
  ASSERT_EQ(export_to("in -o db").exit_code, 0);
  EXPECT_EQ(ask("SELECT root_name FROM traces ORDER BY trace_id"), Rows({{"same start"}, {"orphan"}, {"other"}}));
}

TEST_F(ExportCommand, TakesTheNewestDecision) {
  write("in", request({span_json(kA, '1', "\"links\":[" + link_json(kB, '1') + "]")}));
  const std::string path = R"(,"path":[")" + kC + R"(",")" + kB + R"("],"start":"2024-05-01T00:00:01.000000002Z",)" +
                           R"("duration_ms":2.5,"errors":4,"bytes":900)";
  std::string newest = record(kB, 2, "keep", path);
  newest.replace(newest.find("\"path\":null,"), 12, "");
  write("log", record(kA, 0, "drop") + newest + record(kB, 1, "drop") + "nonsense\n" + record(kC, 0, "keep") +
                   record(kC, 0, "drop"));
  const Outcome outcome = export_to("in --decisions log -o db --json");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(contains(outcome.err, "log: 1 line is not a decision record")) << outcome.err;
  simdjson::dom::parser parser;
  const auto summary = parse(parser, outcome.out);
  EXPECT_EQ(number(summary, "/traces"), 3u);
  EXPECT_EQ(number(summary, "/decisions"), 5u);
  EXPECT_EQ(number(summary, "/lines_rejected"), 1u);
  EXPECT_EQ(ask("SELECT verdict, start_ns, duration_ms, spans, errors, bytes_received FROM traces ORDER BY trace_id"),
            Rows({{"drop", "-", "-", "1", "0", ask("SELECT bytes_received FROM traces")[0][0]},
                  {"keep", "1714521601000000002", "2.5", "3", "4", "900"},
                  {"drop", "-", "-", "3", "-", "-"}}));
  EXPECT_EQ(ask("SELECT * FROM paths ORDER BY position"), Rows({{kB, "0", kC}, {kB, "1", kB}}));
  EXPECT_EQ(ask("SELECT linked_verdict FROM span_links"), Rows({{"keep"}}));
  EXPECT_EQ(ask("SELECT count(*), sum(json_valid(record)) FROM decisions"), Rows({{"5", "5"}}));
}

TEST_F(ExportCommand, DetailIds_WritesNoNames) {
  write("in", request({span_json(kA, '1',
                                 R"("name":"SECRET","traceState":"a=SECRET","status":{"code":2,"message":)"
                                 R"("SECRET"},"attributes":[{"key":"SECRET"}],"events":[{"name":"SECRET"}],)"
                                 R"("links":[)" +
                                     link_json(kB, '1',
                                               R"(,"traceState":"a=SECRET","attributes":[{"key":)"
                                               R"("link.type","value":{"stringValue":"SECRET"}}])") +
                                     "]")}));
  write("log", record(kA, 0, "keep",
                      R"(,"root_service":"SECRET","root_name":"SECRET","services":["SECRET"],)"
                      R"("start":"2024-05-01T00:00:00.000000000Z","error":{"message":"SECRET"},)"
                      R"("nearest":[{"why":"SECRET"}],"errors":1,"bytes":9,"duration_ms":1)"));
  ASSERT_EQ(export_to("in --decisions log -o db --detail ids").exit_code, 0);
  EXPECT_FALSE(contains(read_file(path("db")), "SECRET"));
  EXPECT_FALSE(contains(read_file(path("db")), "shop"));
  EXPECT_EQ(ask("SELECT trace_id, span_id, status FROM spans"), Rows({{kA, "1111111111111111", "ERROR"}}));
  EXPECT_EQ(ask("SELECT linked_trace_id, linked_span_id FROM span_links"), Rows({{kB, "1111111111111111"}}));
  EXPECT_EQ(ask("SELECT links FROM spans"), Rows({{R"([{"trace_id":")" + kB + R"(","span_id":"1111111111111111"}])"}}));
  EXPECT_EQ(ask("SELECT json_type(record, '$.errors'), record ->> 'reason' FROM decisions"), Rows({{"-", "no_match"}}));
  ASSERT_EQ(export_to("in --decisions log -o db --detail full").exit_code, 0);
  EXPECT_TRUE(contains(read_file(path("db")), "SECRET"));
}

TEST_F(ExportCommand, LeavesOutInvalidSpans) {
  write("in", request({span_json("zz", '1', "\"name\":\"n\""), span_json(kA, '0', "\"name\":\"n\""),
                       span_json(kA, '1', "\"links\":[" + link_json("zz", '1') + "]")}));
  const Outcome outcome = export_to("in -o db --json");
  simdjson::dom::parser parser;
  EXPECT_EQ(number(parse(parser, outcome.out), "/spans_rejected"), 2u);
  EXPECT_EQ(ask("SELECT span_id FROM spans"), Rows({{"1111111111111111"}}));
  EXPECT_EQ(ask("SELECT linked_trace_id, linked_span_id FROM span_links"), Rows({{"-", "1111111111111111"}}));
}

TEST_F(ExportCommand, RefusesWhatCannotBeADatabase) {
  write("in", request({span_json(kA, '1', "\"name\":\"n\"")}));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string arguments : {"in -o -", "in -o /dev/stdout", "in -o pipe", "in -o db.gz", "in -o db.zst",
                                      "in -o in", "in -o db --decisions missing", "in -o log --decisions log",
                                      "- -o db --decisions -", "in", "in -o db --detail none"}) {
    EXPECT_EQ(export_to(arguments + " </dev/null").exit_code, 2) << arguments;
    EXPECT_EQ(temporary_files(), std::vector<std::string>()) << arguments;
  }
  EXPECT_EQ(run("export in -o db").exit_code, 2);
  EXPECT_FALSE(fs::exists(path("db")));
}

// SQLite would replay them into the new database.
TEST_F(ExportCommand, RefusesANameWithFilesOfAnEarlierDatabase) {
  write("in", request({span_json(kA, '1', "\"name\":\"n\"")}));
  write("db", "what was there");
  fs::create_symlink("db", path("to_db"));
  for (const std::string ending : {"-wal", "-shm", "-journal"}) {
    write("db" + ending, "pages");
    for (const std::string name : {"db", "to_db"}) {
      const Outcome outcome = export_to("in -o " + name);
      EXPECT_EQ(outcome.exit_code, 2) << ending;
      EXPECT_TRUE(contains(outcome.err, "/db" + ending + " is left from an earlier")) << outcome.err;
    }
    EXPECT_EQ(read_file(path("db" + ending)), "pages");
    EXPECT_EQ(read_file(path("db")), "what was there");
    fs::remove(path("db" + ending));
  }
  EXPECT_EQ(temporary_files(), std::vector<std::string>());
  EXPECT_EQ(export_to("in -o to_db").exit_code, 0);
}

// The log opens the output; the input comes when the file is there.
TEST_F(ExportCommand, LooksForThemAgainBeforeItRenames) {
  write("in", request({span_json(kA, '1', "\"name\":\"n\"")}));
  write("log", record(kA, 0, "keep"));
  ASSERT_EQ(::mkfifo(path("late").c_str(), 0600), 0);
  const std::string command = "cd '" + folder_ +
                              "' && ( i=0; until ls .db.entail-* >/dev/null 2>&1 || [ $i -ge 1000 ]; do i=$((i+1)); "
                              "sleep 0.01; done; "
                              "echo pages >db-wal; "
                              "cat in >late ) & cd '" +
                              folder_ +
                              "' && '" ENTAIL_COMMAND
                              "' export --to sqlite late --decisions log -o db >out 2>err; "
                              "echo $? >code; kill $! 2>/dev/null; true";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(path("code")), "2\n");
  EXPECT_TRUE(contains(read_file(path("err")), "db-wal is left from an earlier")) << read_file(path("err"));
  EXPECT_TRUE(contains(read_file(path("err")), "; the output is in ")) << read_file(path("err"));
  EXPECT_EQ(read_file(path("db-wal")), "pages\n");
  EXPECT_FALSE(fs::exists(path("db")));
  EXPECT_FALSE(temporary_files().empty());
}

TEST_F(ExportCommand, HasNoTimeThatIsZero_AndDurationsAsTheyAre) {
  write("in", request({span_json(kA, '1', times("0", "5000000")), span_json(kB, '1', times("9000000", "4000000"))}));
  const std::string times_of_record = R"(,"start":"1970-01-01T00:00:00.000000000Z","duration_ms":5)";
  write("log",
        record(kA, 0, "keep", times_of_record) + record(kC, 0, "keep", times_of_record) +
            record(std::string(32, 'd'), 0, "keep", R"(,"start":"2024-05-01T00:00:01.000000002Z","duration_ms":-2.5)"));
  ASSERT_EQ(export_to("in --decisions log -o db").exit_code, 0);
  EXPECT_EQ(ask("SELECT start_ns, duration_ms FROM traces ORDER BY trace_id"),
            Rows({{"-", "-"}, {"9000000", "-5.0"}, {"-", "-"}, {"1714521601000000002", "-2.5"}}));
  EXPECT_EQ(ask("SELECT start_ns, duration_ms FROM spans ORDER BY trace_id"), Rows({{"-", "-"}, {"9000000", "-5.0"}}));
}

TEST_F(ExportCommand, LeavesTheOutputUntilTheNewOneIsWhole) {
  write("in", request({span_json(kA, '1', "\"name\":\"n\"")}));
  write("db", "what was there");
  write("empty", "");
  const Outcome nothing = export_to("empty -o db");
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_TRUE(contains(nothing.err, "the input has no traces, so db was not written")) << nothing.err;
  EXPECT_EQ(read_file(path("db")), "what was there");
  const Outcome nowhere = export_to("in -o missing/db");
  EXPECT_EQ(nowhere.exit_code, 3);
  EXPECT_TRUE(contains(nowhere.err, "missing/db: cannot be written")) << nowhere.err;
  // A limit on file sizes stands for a full disk.
  const Outcome full = run("export --help >/dev/null; ulimit -f 8; '" ENTAIL_COMMAND "' export --to sqlite in -o db");
  EXPECT_EQ(full.exit_code, 3);
  EXPECT_TRUE(contains(full.err, "db: cannot be written")) << full.err;
  EXPECT_EQ(read_file(path("db")), "what was there");
  EXPECT_EQ(temporary_files(), std::vector<std::string>());
  // A log alone is worth a database: everything may have been dropped.
  write("log", record(kA, 0, "drop"));
  ASSERT_EQ(export_to("empty --decisions log -o db").exit_code, 0);
  EXPECT_EQ(ask("SELECT trace_id, verdict, spans FROM traces"), Rows({{kA, "drop", "3"}}));
}

}  // namespace
}  // namespace entail::cli
#endif
