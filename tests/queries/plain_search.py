"""The answers to the queries of docs/queries.md, found by searching the JSON output: no SQL, and nothing of the command.

Each function has the name of its query with underscores, and takes the capture and the query's parameters. It returns
the rows in any order, or in the order of the query where a LIMIT makes it matter.
"""

import collections
import json


class Capture:
    """The spans and links of OTLP/JSON lines, and the decision log."""

    def __init__(self, lines, records):
        self.spans = [span for line in lines for span in spans_of(json.loads(line))]
        self.links = [link for span in self.spans for link in span.links]
        self.by_id = collections.defaultdict(list)
        for span in self.spans:
            self.by_id[span.trace_id, span.span_id].append(span)
        self.by_trace = collections.defaultdict(list)
        for span in self.spans:
            self.by_trace[span.trace_id].append(span)
        self.records = [json.loads(line) for line in records]
        self.newest = {}
        for record in self.records:
            known = self.newest.get(record["trace_id"])
            if known is None or record["revision"] >= known["revision"]:
                self.newest[record["trace_id"]] = record

    def linked_span(self, link):
        found = self.by_id.get((link.linked_trace_id, link.linked_span_id), [])
        return min(found, key=lambda span: span.start or 0) if found else None

    def delay_ms(self, link):
        linked = self.linked_span(link)
        if linked is None or not link.span.start or not (linked.end or linked.start):
            return None
        return (link.span.start - (linked.end or linked.start)) / 1e6

    def verdict(self, trace_id):
        return self.newest[trace_id]["verdict"] if trace_id in self.newest else None

    def root(self, trace_id):
        """Service and name of the span that the trace is named after."""
        record = self.newest.get(trace_id, {})
        if record.get("root_name") is not None:
            return record["root_service"], record["root_name"]
        spans = self.by_trace.get(trace_id)
        if not spans:
            return None, None
        ids = {span.span_id for span in spans}

        def rank(span):
            return 0 if not span.parent else 2 if span.parent in ids else 1

        root = min(spans, key=lambda span: (rank(span), span.start or 0, span.span_id))
        return root.service, root.name


Span = collections.namedtuple("Span", "trace_id span_id parent service name start end error message links")
Link = collections.namedtuple("Link", "span position linked_trace_id linked_span_id attributes")


def plain(value):
    for kind, content in value.items():
        return int(content) if kind == "intValue" else content
    return None


def attributes_of(holder):
    attributes = {}
    for entry in holder.get("attributes", []):
        attributes.setdefault(entry.get("key", ""), plain(entry.get("value", {})))
    return attributes


def is_id(text, digits):
    return len(text) == digits and set(text) - set("0") and not set(text) - set("0123456789abcdef")


def spans_of(request):
    for resource in request.get("resourceSpans", []):
        service = attributes_of(resource.get("resource", {})).get("service.name")
        for scope in resource.get("scopeSpans", []):
            for item in scope.get("spans", []):
                if not is_id(item.get("traceId", ""), 32) or not is_id(item.get("spanId", ""), 16):
                    continue
                status = item.get("status", {})
                span = Span(item["traceId"], item["spanId"], item.get("parentSpanId", "").strip("0") and
                            item["parentSpanId"], service, item.get("name", ""),
                            int(item.get("startTimeUnixNano", 0)), int(item.get("endTimeUnixNano", 0)),
                            status.get("code", 0) == 2, status.get("message"), [])
                for position, link in enumerate(item.get("links", [])):
                    span.links.append(Link(span, position, link.get("traceId") or None, link.get("spanId") or None,
                                           attributes_of(link)))
                yield span


def type_of(link):
    return link.attributes.get("link.type") or link.attributes.get("link.relationship")


def spans_linking_to_trace(capture, trace_id):
    return [(link.span.trace_id, link.span.span_id, link.span.service, link.span.name, type_of(link),
             capture.delay_ms(link)) for link in capture.links if link.linked_trace_id == trace_id]


def spans_linking_to_span(capture, trace_id, span_id):
    return [(link.span.trace_id, link.span.span_id, link.span.service, link.span.name, type_of(link),
             capture.delay_ms(link)) for link in capture.links
            if link.linked_trace_id == trace_id and link.linked_span_id == span_id]


def batches_of_request(capture, trace_id):
    return list({(link.span.trace_id, link.span.span_id, link.span.service, link.span.name, link.span.start)
                 for link in capture.links
                 if link.linked_trace_id == trace_id and link.span.name.lower().startswith("batch.")})


def spans_by_link_count(capture):
    return [(span.trace_id, span.span_id, span.service, span.name, len(span.links))
            for span in capture.spans if len(span.links) > 1]


def link_delay_by_name(capture):
    delays = collections.defaultdict(list)
    for link in capture.links:
        if capture.delay_ms(link) is not None:
            delays[link.span.name].append(capture.delay_ms(link))
    return [(name, len(found), sum(found) / len(found), max(found)) for name, found in delays.items()]


def link_attribute_by_name(capture):
    values = collections.defaultdict(list)
    for link in capture.links:
        if link.attributes.get("link.queue.delay_ms") is not None:
            values[link.span.name].append(link.attributes["link.queue.delay_ms"])
    return [(name, len(found), sum(found) / len(found)) for name, found in values.items()]


def slowest_links(capture):
    rows = []
    for link in capture.links:
        linked = capture.linked_span(link)
        if linked is not None:
            rows.append((capture.delay_ms(link), link.span.service, link.span.name, linked.service, linked.name,
                         link.span.trace_id, link.span.span_id, link.position))
    return sorted(rows, key=lambda row: (-row[0],) + row[5:])[:10]


def links_by_type(capture):
    groups = collections.defaultdict(list)
    for link in capture.links:
        groups[type_of(link)].append(link)
    return [(kind, len(links), sum(capture.verdict(link.linked_trace_id) == "keep" for link in links),
             sum(capture.delay_ms(link) is None for link in links)) for kind, links in groups.items()]


def most_linked_traces(capture):
    linking = collections.defaultdict(list)
    for link in capture.links:
        if link.linked_trace_id and link.linked_trace_id != link.span.trace_id:
            linking[link.linked_trace_id].append(link.span.trace_id)
    rows = [(linked, len(set(traces)), len(traces)) for linked, traces in linking.items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))[:10]


def dangling_links(capture):
    counts = collections.Counter((link.span.service, link.span.name) for link in capture.links
                                 if link.linked_trace_id and link.linked_trace_id not in capture.by_trace)
    return [key + (count,) for key, count in counts.items()]


def services_linked(capture):
    groups = collections.defaultdict(list)
    for link in capture.links:
        linked = capture.linked_span(link)
        if linked is not None:
            groups[link.span.service, linked.service].append(linked.error)
    return [key + (len(errors), sum(errors)) for key, errors in groups.items()]


def error_rows(capture, traces, without):
    return [(span.trace_id, span.span_id, span.service, span.name, span.message)
            for span in capture.spans if span.error and span.trace_id in traces and span.trace_id != without]


def errors_triggered_by_trace(capture, trace_id):
    return error_rows(capture, {link.span.trace_id for link in capture.links if link.linked_trace_id == trace_id},
                      trace_id)


def errors_downstream(capture, trace_id):
    reached, waiting = {trace_id}, [trace_id]
    while waiting:
        here = waiting.pop()
        for link in capture.links:
            if link.linked_trace_id == here and link.span.trace_id not in reached:
                reached.add(link.span.trace_id)
                waiting.append(link.span.trace_id)
    return error_rows(capture, reached, trace_id)


def causes_of_trace(capture, trace_id):
    hops, edge = {trace_id: 0}, [trace_id]
    for distance in range(1, 5):
        edge = {link.linked_trace_id for here in edge for span in capture.by_trace.get(here, []) for link in span.links
                if link.linked_trace_id not in hops}
        hops.update((linked, distance) for linked in edge)
    return [(linked, distance) + capture.root(linked) + (capture.verdict(linked),)
            for linked, distance in hops.items() if linked not in (trace_id, None)]


def path_of_keep(capture, trace_id):
    path = capture.newest.get(trace_id, {}).get("path") or []
    return [(position, hop, capture.verdict(hop), capture.newest[hop]["reason"] if hop in capture.newest else None)
            + capture.root(hop) for position, hop in enumerate(path)]


def total(sizes):
    """As in SQL: what is unknown does not count, and of nothing but unknown sizes the total is unknown."""
    known = [size for size in sizes if size is not None]
    return sum(known) if known else None


def kept_by_origin(capture):
    chains = collections.defaultdict(list)
    for trace_id, record in capture.newest.items():
        if record["verdict"] == "keep" and (record["origin"] or record["origin_trace_id"]):
            chains[record["origin_trace_id"] or trace_id].append(record)
    rows = []
    for origin, records in chains.items():
        spans = [span for record in records for span in capture.by_trace.get(record["trace_id"], [])]
        seconds = (max(span.end for span in spans) - min(span.start for span in spans)) / 1e9
        rows.append((origin, len(records), max(record["hops"] or 0 for record in records),
                     total(capture.bytes.get(record["trace_id"]) for record in records), round(seconds, 3)))
    return rows


def errors_by_service(capture):
    groups = collections.defaultdict(list)
    for span in capture.spans:
        if span.error:
            groups[span.service, span.name].append(span.trace_id)
    return [key + (len(traces), len(set(traces))) for key, traces in groups.items()]


def traces_by_decision(capture):
    groups = collections.defaultdict(list)
    for trace_id in set(capture.newest) | set(capture.by_trace):
        record = capture.newest.get(trace_id, {})
        groups[record.get("verdict"), record.get("reason"), record.get("policy")].append(trace_id)
    return [key + (len(traces), sum(len(capture.by_trace.get(trace, ())) or capture.newest[trace]["spans"]
                                    for trace in traces),
                   total(capture.bytes.get(trace) for trace in traces)) for key, traces in groups.items()]


def dropped_neighbours(capture):
    kept = collections.defaultdict(set)
    for link in capture.links:
        if capture.verdict(link.span.trace_id) == "keep" and capture.verdict(link.linked_trace_id) == "drop":
            kept[link.linked_trace_id].add(link.span.trace_id)
    return [(linked, capture.newest[linked]["reason"], capture.newest[linked]["loss"], len(traces))
            for linked, traces in kept.items()]


def changed_decisions(capture):
    changed = {record["trace_id"] for record in capture.records if record["revision"] > 0}
    return [(record["trace_id"], record["revision"], record["decided_at"], record["verdict"], record["reason"])
            for record in capture.records if record["trace_id"] in changed]
