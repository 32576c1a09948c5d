// Program sender sends traces to a Collector with the official SDK and its OTLP exporters, as an instrumented service
// does: a producer's trace, a failed consumer's trace that links to it, and ten healthy traces without links.
// It prints the IDs of the two linked traces.
// usage: sender grpc|http HOST:PORT CA TOKEN
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/credentials"
)

func exporter(ctx context.Context, protocol, endpoint, ca, token string) (*otlptrace.Exporter, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(ca + " has no certificate")
	}
	security := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	headers := map[string]string{"authorization": "Bearer " + token}
	if protocol == "grpc" {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithHeaders(headers),
			otlptracegrpc.WithTLSCredentials(credentials.NewTLS(security)))
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(endpoint), otlptracehttp.WithHeaders(headers),
		otlptracehttp.WithTLSClientConfig(security))
}

func send(protocol, endpoint, ca, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	to, err := exporter(ctx, protocol, endpoint, ca, token)
	if err != nil {
		return err
	}
	var refused error // the SDK gives errors of the exporter to this handler only
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { refused = err }))
	provider := sdk.NewTracerProvider(sdk.WithSyncer(to))
	tracer := provider.Tracer("sender")
	for range 10 {
		_, healthy := tracer.Start(ctx, "healthy", trace.WithNewRoot())
		healthy.End()
	}
	_, producer := tracer.Start(ctx, "produce", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindProducer))
	producer.End()
	_, consumer := tracer.Start(ctx, "consume", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(trace.Link{SpanContext: producer.SpanContext()}))
	consumer.SetStatus(codes.Error, "out of stock")
	consumer.End()
	fmt.Println(producer.SpanContext().TraceID(), consumer.SpanContext().TraceID())
	return errors.Join(refused, provider.Shutdown(ctx))
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: sender grpc|http HOST:PORT CA TOKEN")
		os.Exit(2)
	}
	if err := send(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
