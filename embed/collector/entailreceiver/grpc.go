package entailreceiver

import (
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec behind the one below
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"entail.dev/entail"
)

const (
	exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

	messageBytesDefault = 4 << 20 // of gRPC
	// How long a message may take to arrive once its call has begun, as HTTP's read_timeout.
	messageTimeout = 30 * time.Second
)

// traceService is opentelemetry.proto.collector.trace.v1.TraceService. Its only method is served as a stream of one
// message each way, which is the same on the wire: gRPC would otherwise read the message before the interceptors run, and
// without a limit on the number, the time or the memory of messages that are being read.
var traceService = grpc.ServiceDesc{
	ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService",
	HandlerType: (*exportServer)(nil),
	// gRPC runs no stream interceptor, and so no authentication, for a method that streams in neither direction.
	Streams:  []grpc.StreamDesc{{StreamName: "Export", Handler: handleExport, ServerStreams: true}},
	Metadata: "opentelemetry/proto/collector/trace/v1/trace_service.proto",
}

type exportServer interface {
	export(stream grpc.ServerStream) error
}

func handleExport(server any, stream grpc.ServerStream) error {
	return server.(exportServer).export(stream)
}

// rawRequest is the message of a call, as received.
type rawRequest struct{ parts mem.BufferSlice }

func (r *rawRequest) free() {
	r.parts.Free()
	r.parts = nil
}

// rawResponse is an ExportTraceServiceResponse in protobuf.
type rawResponse []byte

func (r *tracesReceiver) export(stream grpc.ServerStream) error {
	interrupted := make(chan struct{})
	reception, err := r.intake.begin(func() { close(interrupted) })
	if err != nil {
		return statusOf(err).Err()
	}
	defer reception.end()
	request, err := receiveMessage(stream, interrupted)
	reception.received()
	if err != nil {
		return err
	}
	defer request.free()
	body, err := request.contiguous(reception)
	if err != nil {
		return statusOf(err).Err()
	}
	receipt, err := r.ingest(stream.Context(), r.reportGRPC, formatProtobuf, (*entail.Engine).Ingest, body)
	if err != nil {
		return statusOf(err).Err()
	}
	response, err := accepted(receipt).protobuf()
	if err != nil { // the spans are accepted nevertheless: a retry would duplicate them
		response = nil
	}
	return stream.SendMsg(rawResponse(response))
}

// receiveMessage reads the message on a goroutine of its own, because only the end of the call interrupts gRPC's reading.
func receiveMessage(stream grpc.ServerStream, interrupted <-chan struct{}) (*rawRequest, error) {
	const reading, complete, abandoned = 0, 1, 2
	var state atomic.Int32
	request := new(rawRequest)
	done := make(chan error, 1)
	go func() {
		err := stream.RecvMsg(request)
		if !state.CompareAndSwap(reading, complete) || err != nil {
			request.free()
		}
		done <- err
	}()
	timer := time.NewTimer(messageTimeout)
	defer timer.Stop()
	var refusal error
	select {
	case err := <-done:
		return request, err
	case <-interrupted:
		refusal = statusOf(errTooSlow).Err()
	case <-timer.C:
		refusal = status.Errorf(codes.DeadlineExceeded, "the message did not arrive within %v", messageTimeout)
	}
	if state.CompareAndSwap(reading, abandoned) {
		return nil, refusal
	}
	return request, <-done // it arrived just now
}

// contiguous returns the message in one piece, valid until free() and the end of the reception.
func (r *rawRequest) contiguous(reception *reception) ([]byte, error) {
	switch len(r.parts) {
	case 0:
		return nil, nil
	case 1:
		return r.parts[0].ReadOnlyData(), nil
	}
	body, err := reception.buffer(r.parts.Len())
	if err != nil {
		return nil, err
	}
	for _, part := range r.parts {
		body = append(body, part.ReadOnlyData()...)
	}
	r.free()
	return body, nil
}

// rawCodec passes the bytes of Export through and leaves everything else to gRPC's own codec.
type rawCodec struct{ encoding.CodecV2 }

func newRawCodec() *rawCodec { return &rawCodec{encoding.GetCodecV2("proto")} }

func (c *rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	raw, ok := message.(*rawRequest)
	if !ok {
		return c.CodecV2.Unmarshal(data, message)
	}
	raw.free() // of a sender that sends a second message, which gRPC then refuses
	data.Ref()
	raw.parts = data
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
