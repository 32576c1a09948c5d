package entailreceiver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

const (
	// How long a sender should wait before it retries a request that found no room: by then the next tick has run.
	retryDelay = time.Second
	// Longer messages are cut. Senders log them, and proxies limit headers, in which gRPC sends them.
	messageBytesMax = 1024
)

// statusOf returns the error and whether to retry, as the OTLP specification defines: a sender may retry after
// ResourceExhausted with RetryInfo and after Unavailable, but not after InvalidArgument.
func statusOf(err error) *status.Status {
	code := codes.Unavailable
	otherSignal := otherSignalError{}
	switch {
	case sampler.IsForGood(err), errors.As(err, &otherSignal), errors.Is(err, errTooManySpans):
		return status.New(codes.InvalidArgument, limited(err.Error()))
	case errors.Is(err, entail.ErrNoRoom), errors.Is(err, errIntakeFull), errors.Is(err, errTooSlow),
		errors.Is(err, errParserFull):
		code = codes.ResourceExhausted
	}
	answer := status.New(code, limited(err.Error()))
	detailed, failure := answer.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryDelay)})
	if failure != nil {
		return answer
	}
	return detailed
}

// limited cuts a message to messageBytesMax and makes it valid UTF-8.
func limited(message string) string {
	if len(message) > messageBytesMax {
		message = message[:messageBytesMax]
	}
	return strings.ToValidUTF8(message, "")
}

// httpCode is the HTTP equivalent of statusOf.
func httpCode(code codes.Code) int {
	switch code {
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

// acceptance is the response to a request that was accepted, completely or in part.
type acceptance struct {
	spansRejected uint64
	message       string // "" when nothing was left out
}

// accepted builds the response. Spans rejected for their IDs are reported as a partial success; JSON values that protobuf
// cannot represent are a warning, since no span is missing.
func accepted(receipt entail.Receipt) acceptance {
	answer := acceptance{spansRejected: receipt.Rejected}
	if receipt.Rejected > 0 {
		answer.message = fmt.Sprintf("%d of %d spans have an invalid trace or span ID", receipt.Rejected, receipt.Spans)
	}
	if receipt.ValuesLost > 0 {
		if answer.message != "" {
			answer.message += "; "
		}
		answer.message += fmt.Sprintf("%d JSON values that protobuf cannot represent were dropped", receipt.ValuesLost)
	}
	return answer
}

func (a acceptance) response() ptraceotlp.ExportResponse {
	response := ptraceotlp.NewExportResponse()
	response.PartialSuccess().SetRejectedSpans(int64(a.spansRejected))
	response.PartialSuccess().SetErrorMessage(a.message)
	return response
}

// protobuf is empty if everything was accepted.
func (a acceptance) protobuf() ([]byte, error) {
	if a.message == "" {
		return nil, nil
	}
	return a.response().MarshalProto()
}

func (a acceptance) json() ([]byte, error) { return a.response().MarshalJSON() }

func answerStatus(writer http.ResponseWriter, kind string, code int, refusal *status.Status) {
	for _, detail := range refusal.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := int(retry.GetRetryDelay().AsDuration().Seconds())
			writer.Header().Set("Retry-After", strconv.Itoa(seconds))
		}
	}
	marshal := proto.Marshal
	if kind == jsonType {
		marshal = protojson.Marshal
	}
	message, err := marshal(refusal.Proto())
	if err != nil {
		kind, message = jsonType, []byte(`{"code": 13, "message": "failed to marshal error message"}`)
	}
	answer(writer, kind, code, message)
}

func answer(writer http.ResponseWriter, kind string, code int, message []byte) {
	writer.Header().Set("Content-Type", kind)
	writer.WriteHeader(code)
	_, _ = writer.Write(message) // the sender is gone when this fails
}
