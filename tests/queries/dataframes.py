#!/usr/bin/env python3
"""Runs the code for DuckDB and pandas of docs/queries.md on what the command writes, with and without links.

usage: dataframes.py ENTAIL DOCS_FOLDER
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb
import pandas

import plain_search


def blocks_of(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.S)


def write_captures(entail):
    """kept.jsonl and decisions.jsonl of one scenario in `with`, and the same spans without links in `without`."""
    def run(folder, *arguments):
        subprocess.run([entail, *arguments], cwd=folder, check=True, capture_output=True)

    for folder in ("with", "without"):
        os.mkdir(folder)
    run("with", "generate", "--scenario", "aggregation", "-o", "in.otlp", "--config", "in.yaml")
    run("with", "sample", "-c", "in.yaml", "in.otlp", "-o", "kept.jsonl", "--to", "jsonl", "--decisions", "decisions.jsonl")
    requests = [json.loads(line) for line in pathlib.Path("with/kept.jsonl").read_text().splitlines()]
    for request in requests:
        for resource in request["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    span.pop("links", None)
    pathlib.Path("without/in.jsonl").write_text("".join(json.dumps(request) + "\n" for request in requests))
    run("without", "sample", "in.jsonl", "-o", "kept.jsonl", "--to", "jsonl", "--decisions", "decisions.jsonl")


def check(page, has_links):
    capture = plain_search.Capture(pathlib.Path("kept.jsonl").read_text().splitlines(),
                                   pathlib.Path("decisions.jsonl").read_text().splitlines())
    assert capture.spans and bool(capture.links) == has_links
    expected = sorted((span.name, len(span.links)) for span in capture.spans)

    database = duckdb.connect()
    macro, question = blocks_of(page, "duckdb")
    database.execute(macro)
    assert sorted(database.execute(question).fetchall()) == expected
    linked = database.execute("SELECT link.traceId, link.spanId FROM (SELECT unnest(span.links) AS link "
                              "FROM otlp_spans('kept.jsonl'))").fetchall()
    assert sorted(linked) == sorted((link.linked_trace_id, link.linked_span_id) for link in capture.links)
    decided = database.execute("SELECT trace_id, verdict FROM read_json('decisions.jsonl')").fetchall()
    assert sorted(decided) == sorted((record["trace_id"], record["verdict"]) for record in capture.records)

    (code,) = blocks_of(page, "python")
    names = {}
    exec(code, names)
    frame = names["frame"]
    assert sorted(frame["name"]) == [name for name, _ in expected]
    assert len(names["links"]) == len(capture.links)
    log = pandas.read_json("decisions.jsonl", lines=True)
    assert sorted(log["trace_id"]) == sorted(record["trace_id"] for record in capture.records)


def main(entail, docs):
    page = pathlib.Path(docs, "queries.md").read_text()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_captures(entail)
        for name, has_links in (("with", True), ("without", False)):
            os.chdir(pathlib.Path(folder, name))
            check(page, has_links)
    print(f"DuckDB {duckdb.__version__} and pandas {pandas.__version__} read the JSON lines")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
