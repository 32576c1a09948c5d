"""Sends traces to a Collector with the official SDK and its OTLP exporters, as sender/main.go does, and prints the IDs of
the two linked traces.
usage: sender.py grpc|http HOST:PORT CA TOKEN
"""
import sys
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, format_trace_id


def exporter(protocol, endpoint, ca, token):
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        return OTLPSpanExporter(endpoint=endpoint, headers={"authorization": f"Bearer {token}"},
                                credentials=grpc.ssl_channel_credentials(Path(ca).read_bytes()))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    return OTLPSpanExporter(endpoint=f"https://{endpoint}/v1/traces", certificate_file=ca,
                            headers={"authorization": f"Bearer {token}"})


def main():
    protocol, endpoint, ca, token = sys.argv[1:]
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter(protocol, endpoint, ca, token)))
    tracer = provider.get_tracer("sender")
    for _ in range(10):
        tracer.start_span("healthy").end()
    producer = tracer.start_span("produce", kind=SpanKind.PRODUCER)
    producer.end()
    consumer = tracer.start_span("consume", kind=SpanKind.CONSUMER, links=[Link(producer.get_span_context())])
    consumer.set_status(Status(StatusCode.ERROR, "out of stock"))
    consumer.end()
    provider.shutdown()
    print(*(format_trace_id(span.get_span_context().trace_id) for span in (producer, consumer)))


main()
