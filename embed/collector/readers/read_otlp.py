"""Reads files of OTLP traces with the official Python classes; the first unreadable message is an error.

usage: read_otlp.py FILE...
The end of a file's name is its framing, as entail names them: jsonl, json, proto-u32be, proto-varint or proto.
"""
import sys

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData


def varint_frames(data):
    while data:
        size = shift = at = 0
        while True:
            byte = data[at]
            size |= (byte & 0x7F) << shift
            shift += 7
            at += 1
            if byte < 0x80:
                break
        yield data[at : at + size]
        data = data[at + size :]


def u32be_frames(data):
    while data:
        size = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + size]
        data = data[4 + size :]


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    framing = path.rsplit(".", 1)[1]
    spans = 0
    if framing in ("jsonl", "json"):
        texts = data.splitlines() if framing == "jsonl" else [data]
        messages = [json_format.Parse(text, TracesData()) for text in texts]
    else:
        frames = {"proto": lambda all: [all], "proto-varint": varint_frames, "proto-u32be": u32be_frames}[framing](data)
        messages = [TracesData.FromString(bytes(frame)) for frame in frames]
    for message in messages:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                spans += len(scope.spans)
    return spans


for path in sys.argv[1:]:
    try:
        print(read(path), path)
    except Exception as error:
        sys.exit(f"{path}: {type(error).__name__}: {error}")
