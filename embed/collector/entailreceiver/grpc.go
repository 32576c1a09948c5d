package entailreceiver

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec behind the one below
	"google.golang.org/grpc/mem"

	"entail.dev/entail"
)

const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// traceService is opentelemetry.proto.collector.trace.v1.TraceService; its only method gets raw bytes.
var traceService = grpc.ServiceDesc{
	ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService",
	HandlerType: (*exportServer)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Export", Handler: handleExport}},
	Metadata:    "opentelemetry/proto/collector/trace/v1/trace_service.proto",
}

type exportServer interface {
	export(ctx context.Context, request []byte) (rawResponse, error)
}

// rawRequest is the message of a call, as received. The bytes are valid until free().
type rawRequest struct {
	bytes []byte
	free  func()
}

// rawResponse is an ExportTraceServiceResponse in protobuf.
type rawResponse []byte

// handleExport reads the message after the interceptors have run, so that nothing is read from a sender that fails
// authentication; interceptors see an empty request.
func handleExport(server any, ctx context.Context, decode func(any) error,
	intercept grpc.UnaryServerInterceptor) (any, error) {
	handle := func(ctx context.Context, request any) (any, error) {
		raw := request.(*rawRequest)
		if err := decode(raw); err != nil {
			return nil, err
		}
		defer raw.free()
		return server.(exportServer).export(ctx, raw.bytes)
	}
	if intercept == nil {
		return handle(ctx, &rawRequest{})
	}
	return intercept(ctx, &rawRequest{}, &grpc.UnaryServerInfo{Server: server, FullMethod: exportMethod}, handle)
}

func (r *tracesReceiver) export(ctx context.Context, request []byte) (rawResponse, error) {
	receipt, err := r.ingest(ctx, r.reportGRPC, "protobuf", (*entail.Engine).Ingest, request)
	if err != nil {
		return nil, statusOf(err).Err()
	}
	return accepted(receipt).protobuf()
}

// rawCodec passes the bytes of Export through and leaves everything else to gRPC's own codec.
type rawCodec struct{ encoding.CodecV2 }

func newRawCodec() *rawCodec { return &rawCodec{encoding.GetCodecV2("proto")} }

func (c *rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	raw, ok := message.(*rawRequest)
	if !ok {
		return c.CodecV2.Unmarshal(data, message)
	}
	if len(data) == 1 {
		whole := data[0]
		whole.Ref()
		raw.bytes, raw.free = whole.ReadOnlyData(), whole.Free
		return nil
	}
	// Do not use a buffer of gRPC's pools: it clears up to 1 MiB before each use.
	body := takeBody()
	body.Grow(data.Len())
	for _, part := range data {
		body.Write(part.ReadOnlyData())
	}
	raw.bytes, raw.free = body.Bytes(), func() { giveBack(body) }
	return nil
}

func (c *rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	if raw, ok := message.(rawResponse); ok {
		if len(raw) == 0 {
			return nil, nil
		}
		return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
	}
	return c.CodecV2.Marshal(message)
}
