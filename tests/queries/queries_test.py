#!/usr/bin/env python3
"""Runs every query of docs/queries.md on every scenario, and compares the rows with those of plain_search.

usage: queries_test.py ENTAIL DOCS_FOLDER GOLDEN_FOLDER
"""

import json
import math
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import count_otlp_bytes
import plain_search

# A query that takes parameters is run with about this many traces of a capture.
PARAMETER_SETS_MAX = 40


def queries_of(page):
    queries = {}
    for block in re.findall(r"```sql\n(.*?)```", page, re.S):
        queries[re.match(r"-- (\S+)\n", block).group(1)] = block
    return queries


class Test:
    def __init__(self, entail, folder, queries):
        self.entail, self.folder, self.queries = entail, folder, queries
        self.rows_seen = dict.fromkeys(queries, 0)
        self.failures = 0

    def run(self, *arguments):
        subprocess.run([self.entail, *map(str, arguments)], cwd=self.folder, check=True, capture_output=True)

    def capture(self, source, config, whole):
        """Samples and exports a file. The database has all spans, or only the kept ones."""
        self.run("sample", *(["-c", config] if config else []), source, "-o", "kept.otlp", "--to", "proto-u32be",
                 "--decisions", "decisions.jsonl")
        exported = source if whole else "kept.otlp"
        self.run("export", "--to", "sqlite", exported, "--decisions", "decisions.jsonl", "-o", "traces.sqlite")
        self.run("convert", exported, "-o", "spans.jsonl", "--to", "jsonl")
        if not str(exported).endswith(".otlp"):
            self.run("convert", exported, "-o", "spans.otlp", "--to", "proto-u32be")
            exported = "spans.otlp"
        read = lambda name: (self.folder / name).read_text().splitlines()
        capture = plain_search.Capture(read("spans.jsonl"), read("decisions.jsonl"))
        capture.bytes = {}
        for trace_id, _, size in count_otlp_bytes.spans(self.folder / exported)[0]:
            capture.bytes[trace_id] = capture.bytes.get(trace_id, 0) + size
        capture.bytes |= {trace_id: record["bytes"] for trace_id, record in capture.newest.items() if "bytes" in record}
        return capture

    def parameters(self, query, capture):
        linked = {(link.linked_trace_id, link.linked_span_id) for link in capture.links
                  if link.linked_trace_id and link.linked_span_id}
        ids = sorted(linked) + sorted((span.trace_id, span.span_id) for span in capture.spans)
        step = max(1, len(ids) // PARAMETER_SETS_MAX)
        if ":span_id" in query:
            return [{"trace_id": trace_id, "span_id": span_id} for trace_id, span_id in ids[::step]]
        if ":trace_id" in query:
            return [{"trace_id": trace_id} for trace_id in sorted({trace_id for trace_id, _ in ids[::step]})]
        return [{}]

    def compare(self, name, capture):
        database = sqlite3.connect(self.folder / "traces.sqlite")
        for label, query in self.queries.items():
            search = getattr(plain_search, label.replace("-", "_"))
            for parameters in self.parameters(query, capture):
                found = database.execute(query, parameters).fetchall()
                expected = search(capture, **parameters)
                self.rows_seen[label] += len(found)
                if not same_rows(found, expected):
                    self.failures += 1
                    print(f"{name}: {label} {parameters}\n  SQL:    {found[:5]}\n  search: {sorted(map(str, expected))[:5]}")
        database.close()


def same_value(one, other):
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
    return one == other


def same_rows(found, expected):
    key = lambda row: [(value is not None, f"{value:.4f}" if isinstance(value, float) else str(value)) for value in row]
    found, expected = sorted(found, key=key), sorted(expected, key=key)
    return len(found) == len(expected) and all(
        len(one) == len(other) and all(map(same_value, one, other)) for one, other in zip(found, expected))


def batches():
    """Requests, and batch spans that link some of them; one names its batch in capitals, as LIKE permits."""
    def span(trace, name, start, links=(), status=0):
        return {"traceId": f"{trace:032x}", "spanId": f"{trace:016x}", "name": name, "kind": 2,
                "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 5_000_000), "status": {"code": status},
                "links": [{"traceId": f"{linked:032x}", "spanId": f"{linked:016x}", "attributes": [
                    {"key": "link.queue.delay_ms", "value": {"doubleValue": linked + 0.5}}]} for linked in links]}

    begin = 1_700_000_000_000_000_000
    spans = [span(i, "POST /orders", begin + i * 1_000_000) for i in range(1, 9)]
    spans += [span(101, "batch.process", begin + 10**9, (1, 2, 3, 3)), span(102, "Batch.retry", begin + 2 * 10**9, (3, 4)),
              span(103, "rebatch.all", begin + 3 * 10**9, (1, 5), 2), span(104, "notify", begin + 4 * 10**9, (103,), 2)]
    return json.dumps({"resourceSpans": [{"resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "shop"}}]}, "scopeSpans": [{"spans": spans}]}]}) + "\n"


def main(entail, docs, golden):
    queries = queries_of(pathlib.Path(docs, "queries.md").read_text())
    assert len(queries) >= 18, len(queries)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        test = Test(entail, folder, queries)
        scenarios = json.loads(subprocess.run([entail, "generate", "--list", "--json"], check=True,
                                              capture_output=True).stdout)
        assert len(scenarios) >= 18, len(scenarios)
        for scenario in scenarios:
            sizes = ["--spans", "3000"] if any(flag["name"] == "spans" for flag in scenario["flags"]) else []
            test.run("generate", "--scenario", scenario["name"], *sizes, "-o", "in.otlp", "--config", "in.yaml")
            for whole in (True, False):
                test.compare(scenario["name"], test.capture("in.otlp", "in.yaml", whole))
        (folder / "batches.jsonl").write_text(batches())
        test.compare("batches", test.capture("batches.jsonl", None, True))
        for path in sorted(pathlib.Path(golden).glob("otel_demo_capture/*.jsonl")):
            test.compare(path.name, test.capture(path.resolve(), None, True))
    for label, rows in test.rows_seen.items():
        if rows == 0:
            test.failures += 1
            print(f"{label}: no rows in any capture")
    print(f"{len(queries)} queries, {sum(test.rows_seen.values())} rows, {test.failures} failures")
    return test.failures != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
