"""Sends one span with an exporter of the Python SDK, as an application does, and prints what became of it.

usage: send_spans.py grpc|http ENDPOINT SECONDS CA.pem TOKEN [CLIENT.pem CLIENT.key]
Prints SUCCESS or FAILURE, and on standard error what the SDK logs.
"""
import sys

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter


class Recorded(SpanExporter):
    """Records the results of an exporter."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.results = []

    def export(self, spans):
        self.results.append(self.exporter.export(spans))
        return self.results[-1]

    def shutdown(self):
        self.exporter.shutdown()


def exporter_of(protocol, endpoint, seconds, authority, token, client):
    headers = {"authorization": "Bearer " + token}
    if protocol == "http":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        files = {"client_certificate_file": client[0], "client_key_file": client[1]} if client else {}
        return OTLPSpanExporter(endpoint=f"https://{endpoint}/v1/traces", certificate_file=authority, headers=headers,
                                timeout=seconds, **files)
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    def content(path):
        with open(path, "rb") as file:
            return file.read()

    key, chain = (content(client[1]), content(client[0])) if client else (None, None)
    credentials = grpc.ssl_channel_credentials(content(authority), key, chain)
    return OTLPSpanExporter(endpoint=f"https://{endpoint}", credentials=credentials, headers=headers, timeout=seconds)


def main():
    protocol, endpoint, seconds, authority, token, *client = sys.argv[1:]
    recorded = Recorded(exporter_of(protocol, endpoint, float(seconds), authority, token, client))
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    with provider.get_tracer("send_spans").start_as_current_span("checkout"):
        pass
    provider.shutdown()
    print(",".join(result.name for result in recorded.results))


main()
