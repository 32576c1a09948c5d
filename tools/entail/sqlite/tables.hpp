// The tables of an export (docs/formats.md "SQLite export") and how they are filled, as SQL. Thread rule: Immutable.
//
// Spans, decision records and the rows of two temporary tables are written as they are read. The rest follows from
// them with the whole input at hand: what a trace is, how long a link took, and where it led.
#pragma once

namespace entail::cli::sql {

constexpr const char* kCreateTables = R"sql(
CREATE TABLE traces (
  trace_id TEXT PRIMARY KEY, verdict TEXT, reason TEXT, policy TEXT, origin INTEGER, origin_trace_id TEXT,
  direction TEXT, hops INTEGER, revived INTEGER, loss TEXT, root_service TEXT, root_name TEXT, start_ns INTEGER,
  duration_ms REAL, spans INTEGER, errors INTEGER, bytes_received INTEGER, bytes_emitted INTEGER
) WITHOUT ROWID;
CREATE TABLE spans (
  trace_id TEXT, span_id TEXT, parent_span_id TEXT, service TEXT, name TEXT, span_name TEXT, kind TEXT,
  start_ns INTEGER, end_ns INTEGER, duration_ms REAL, status TEXT, status_message TEXT, attributes TEXT, resource TEXT,
  events TEXT, links TEXT
);
CREATE TABLE span_links (
  trace_id TEXT, span_id TEXT, source_span_id TEXT, position INTEGER, linked_trace_id TEXT, linked_span_id TEXT,
  type TEXT, attributes TEXT, trace_state TEXT, delay_ms REAL, linked_verdict TEXT
);
CREATE TABLE decisions (trace_id TEXT, revision INTEGER, decided_at TEXT, verdict TEXT, record TEXT);
CREATE TABLE paths (
  trace_id TEXT, position INTEGER, hop_trace_id TEXT, PRIMARY KEY (trace_id, position)
) WITHOUT ROWID;

-- What part of the input says about a trace; a trace may have several.
CREATE TEMP TABLE trace_parts (
  trace_id TEXT, spans INTEGER, errors INTEGER, start_ns INTEGER, end_ns INTEGER, bytes INTEGER
);
-- The first span without a parent of each part of a trace.
CREATE TEMP TABLE root_parts (trace_id TEXT, start_ns INTEGER, span_id TEXT, service TEXT, name TEXT);
-- The paths of all records; `decision` is the row of the record.
CREATE TEMP TABLE path_rows (decision INTEGER, position INTEGER, hop_trace_id TEXT);
-- Links, while the spans that they lead to may be still to come.
CREATE TEMP TABLE link_rows (
  trace_id TEXT, span_id TEXT, position INTEGER, linked_trace_id TEXT, linked_span_id TEXT, type TEXT, attributes TEXT,
  trace_state TEXT, start_ns INTEGER
);
)sql";

constexpr const char* kInsertSpan = "INSERT INTO spans VALUES (?1,?2,?3,?4,?5,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)";
constexpr const char* kInsertLink = "INSERT INTO link_rows VALUES (?,?,?,?,?,?,?,?,?)";
constexpr const char* kInsertPart = "INSERT INTO trace_parts VALUES (?,?,?,?,?,?)";
constexpr const char* kInsertRoot = "INSERT INTO root_parts VALUES (?,?,?,?,?)";
constexpr const char* kInsertHop = "INSERT INTO path_rows VALUES (?,?,?)";
constexpr const char* kInsertRecord = "INSERT INTO decisions VALUES (?,?,?,?,?)";
// Without the fields that a log with `detail: ids` does not have.
constexpr const char* kInsertRecordIds = R"sql(
INSERT INTO decisions VALUES (?,?,?,?,json_remove(?, '$.root_service', '$.root_name', '$.start', '$.duration_ms',
  '$.services', '$.errors', '$.error', '$.bytes', '$.nearest')))sql";

// The record of each trace that counts: the highest revision, and of equal ones the last.
constexpr const char* kFindNewest = R"sql(
CREATE INDEX decisions_by_trace ON decisions (trace_id, revision);
CREATE TEMP TABLE newest (trace_id TEXT PRIMARY KEY, decision INTEGER) WITHOUT ROWID;
INSERT OR REPLACE INTO newest SELECT trace_id, rowid FROM decisions ORDER BY trace_id, revision, rowid;
)sql";

constexpr const char* kIndexSpans = "CREATE INDEX spans_by_id ON spans (trace_id, span_id, start_ns, end_ns)";

constexpr const char* kJoinParts = R"sql(
CREATE TEMP TABLE seen (
  trace_id TEXT PRIMARY KEY, spans INTEGER, errors INTEGER, start_ns INTEGER, end_ns INTEGER, bytes INTEGER
) WITHOUT ROWID;
INSERT INTO seen SELECT trace_id, sum(spans), sum(errors), min(start_ns), max(end_ns), sum(bytes)
  FROM trace_parts GROUP BY trace_id;
DROP TABLE trace_parts;
CREATE TEMP TABLE roots (trace_id TEXT PRIMARY KEY, service TEXT, name TEXT) WITHOUT ROWID;
)sql";

// The span without a parent, else one whose parent is missing, else any: the earliest, then the smallest ID.
constexpr const char* kFindRoots = R"sql(
INSERT OR REPLACE INTO roots SELECT trace_id, service, name FROM root_parts
  ORDER BY trace_id, start_ns DESC, span_id DESC;
DROP TABLE root_parts;
CREATE TEMP TABLE rootless AS SELECT trace_id FROM seen WHERE trace_id NOT IN (SELECT trace_id FROM roots);
INSERT INTO roots SELECT trace_id, service, name FROM (
  SELECT trace_id, service, name, row_number() OVER (PARTITION BY trace_id ORDER BY has_parent, start_ns, span_id) AS n
  FROM (
    SELECT trace_id, span_id, service, name, start_ns, EXISTS (
      SELECT 1 FROM spans AS parent
      WHERE parent.trace_id = spans.trace_id AND parent.span_id = spans.parent_span_id) AS has_parent
    FROM rootless CROSS JOIN spans USING (trace_id)))
WHERE n = 1;
)sql";

// Times and counts come from the spans where there are any: a record has those of its moment.
constexpr const char* kFillTraces = R"sql(
INSERT INTO traces SELECT trace_id, verdict, record ->> 'reason', record ->> 'policy', record ->> 'origin',
  record ->> 'origin_trace_id', record ->> 'direction', record ->> 'hops', record ->> 'revived', record ->> 'loss',
  coalesce(record ->> 'root_service', roots.service), coalesce(record ->> 'root_name', roots.name),
  coalesce(seen.start_ns, record_start_ns),
  CASE WHEN seen.trace_id IS NOT NULL THEN (seen.end_ns - seen.start_ns) / 1e6
       WHEN record_start_ns IS NOT NULL THEN record ->> 'duration_ms' END,
  coalesce(seen.spans, record ->> 'spans'), coalesce(seen.errors, record ->> 'errors'),
  coalesce(record ->> 'bytes', seen.bytes),
  CASE verdict WHEN 'keep' THEN coalesce(seen.bytes, 0) WHEN 'drop' THEN 0 END
FROM (SELECT trace_id FROM seen UNION SELECT trace_id FROM newest)
LEFT JOIN seen USING (trace_id) LEFT JOIN roots USING (trace_id)
LEFT JOIN (
  SELECT newest.trace_id, verdict, record,
    nullif(strftime('%s', substr(record ->> 'start', 1, 19)) * 1000000000 + substr(record ->> 'start', 21, 9), 0)
      AS record_start_ns
  FROM newest JOIN decisions ON decisions.rowid = newest.decision)
  USING (trace_id);
)sql";

// Of a linked span that was sent twice, the one that began first counts.
constexpr const char* kFillLinks = R"sql(
INSERT INTO span_links SELECT trace_id, span_id, span_id, position, linked_trace_id, linked_span_id, type, attributes,
  trace_state,
  (start_ns - (SELECT coalesce(spans.end_ns, spans.start_ns) FROM spans
               WHERE spans.trace_id = linked_trace_id AND spans.span_id = linked_span_id
               ORDER BY spans.start_ns LIMIT 1)) / 1e6,
  (SELECT verdict FROM traces WHERE traces.trace_id = linked_trace_id)
FROM link_rows;
DROP TABLE link_rows;
)sql";

constexpr const char* kFillPaths = R"sql(
INSERT INTO paths SELECT trace_id, position, hop_trace_id
  FROM path_rows JOIN decisions ON decisions.rowid = path_rows.decision JOIN newest USING (trace_id, decision);
DROP TABLE path_rows;
)sql";

constexpr const char* kIndexAll = R"sql(
CREATE INDEX spans_by_name ON spans (name);
CREATE INDEX spans_with_errors ON spans (trace_id) WHERE status = 'ERROR';
CREATE INDEX span_links_by_span ON span_links (trace_id, span_id);
CREATE INDEX span_links_by_linked ON span_links (linked_trace_id, linked_span_id);
CREATE INDEX traces_by_origin ON traces (origin_trace_id);
CREATE INDEX paths_by_hop ON paths (hop_trace_id);
PRAGMA analysis_limit = 1000;
ANALYZE;
PRAGMA user_version = 1;
)sql";

}  // namespace entail::cli::sql
