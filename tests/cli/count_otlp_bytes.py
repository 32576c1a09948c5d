"""Counts what `entail diff` and `entail cost` count, from the input and from two outputs of `entail sample`.

usage: count_otlp_bytes.py INPUT OUTPUT_A OUTPUT_B    (tests/queries imports it for the spans of a file)
All files are u32 big-endian frames (--to proto-u32be). Prints one JSON object. It reads the wire format itself; where the
official Python classes are installed, they must find the same spans, and encode none of them in more bytes: they leave
out fields with default values, which a sender may have written.
"""
import collections
import json
import sys

try:
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
except ImportError:
    TracesData = None


def fields(data):
    """The length-delimited fields of a message, as (number, bytes)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 1:
            at += 8
        elif kind == 5:
            at += 4
        else:
            size = varint()
            yield tag >> 3, data[at : at + size]
            at += size


def one(message, number):
    found = [value for field, value in fields(message) if field == number]
    return found[-1] if found else b""


def service_of(resource_spans):
    for resource in (value for field, value in fields(resource_spans) if field == 1):
        for attribute in (value for field, value in fields(resource) if field == 1):
            if one(attribute, 1) == b"service.name":
                return one(one(attribute, 2), 1).decode()
    return "(none)"


def frames(data):
    while data:
        size = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + size]
        data = data[4 + size :]


def spans(path):
    """(trace ID, service, size) of every span of a file, and the size of its messages."""
    with open(path, "rb") as file:
        messages = list(frames(file.read()))
    found = []
    for _, resource_spans in (field for message in messages for field in fields(message)):
        service = service_of(resource_spans)
        for field, scope_spans in fields(resource_spans):
            if field == 2:
                found += [(one(span, 1).hex(), service, len(span)) for f, span in fields(scope_spans) if f == 2]
    if TracesData:
        official = [
            (span.trace_id.hex(), span.ByteSize())
            for message in messages
            for resource in TracesData.FromString(message).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        same = len(official) == len(found) and all(
            trace == other[0] and size <= other[2] for (trace, size), other in zip(official, found)
        )
        if not same:
            sys.exit(f"{path}: the official classes find other spans")
    return found, sum(map(len, messages))


def amount(rows):
    return {"traces": len({row[0] for row in rows}), "spans": len(rows), "bytes": sum(row[2] for row in rows)}


def by_service(rows):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row[1]].append(row)
    return {service: amount(group) for service, group in sorted(groups.items())}


def main(source, *outputs):
    received, message_bytes = spans(source)
    result = {"received": amount(received) | {"message_bytes": message_bytes}}
    kept = []
    for name, path in zip("ab", outputs):
        written, size = spans(path)
        traces = {row[0] for row in written}
        kept.append(traces)
        result[name] = {
            "written": {"spans": len(written), "bytes": sum(row[2] for row in written), "message_bytes": size},
            "written_by_service": by_service(written),
            "kept": amount([row for row in received if row[0] in traces]),
            "kept_by_service": by_service([row for row in received if row[0] in traces]),
            "dropped_by_service": by_service([row for row in received if row[0] not in traces]),
        }
    sides = {"both": (True, True), "only_a": (True, False), "only_b": (False, True), "neither": (False, False)}
    result["sides"] = {
        side: amount([row for row in received if (row[0] in kept[0], row[0] in kept[1]) == wanted])
        for side, wanted in sides.items()
    }
    result["official_classes"] = TracesData is not None
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
