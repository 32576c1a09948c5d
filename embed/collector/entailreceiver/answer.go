package entailreceiver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

// What a sender that is refused for want of room is asked to wait: the next tick has passed by then.
const retryDelay = time.Second

var errOtherSignal = errors.New("the request holds no traces, but another signal")

// statusOf says what was wrong, and whether to try again, as the OTLP specification has it: a sender may after
// ResourceExhausted with RetryInfo and after Unavailable, and may not after InvalidArgument.
func statusOf(err error) *status.Status {
	code := codes.Unavailable
	switch {
	case sampler.IsForGood(err), errors.Is(err, errOtherSignal):
		return status.New(codes.InvalidArgument, err.Error())
	case errors.Is(err, entail.ErrNoRoom):
		code = codes.ResourceExhausted
	}
	answer := status.New(code, err.Error())
	detailed, failure := answer.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryDelay)})
	if failure != nil {
		return answer
	}
	return detailed
}

// httpCode is what statusOf answers, in HTTP.
func httpCode(code codes.Code) int {
	switch code {
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

// acceptance is an answer to a request that was taken in, but perhaps not all of it.
type acceptance struct {
	spansRejected uint64
	message       string // "" when nothing was left out
}

// accepted: spans are refused alone for their IDs, which the sender is told as a partial success; JSON values that
// protobuf cannot hold are a warning, for no span is missing.
func accepted(receipt entail.Receipt) acceptance {
	answer := acceptance{spansRejected: receipt.Rejected}
	if receipt.Rejected > 0 {
		answer.message = fmt.Sprintf("%d of %d spans have a trace or span ID that is none", receipt.Rejected, receipt.Spans)
	}
	if receipt.ValuesLost > 0 {
		if answer.message != "" {
			answer.message += "; "
		}
		answer.message += fmt.Sprintf("%d JSON values that protobuf cannot hold were left out", receipt.ValuesLost)
	}
	return answer
}

func (a acceptance) response() ptraceotlp.ExportResponse {
	response := ptraceotlp.NewExportResponse()
	response.PartialSuccess().SetRejectedSpans(int64(a.spansRejected))
	response.PartialSuccess().SetErrorMessage(a.message)
	return response
}

// protobuf is empty when all was taken in.
func (a acceptance) protobuf() ([]byte, error) {
	if a.message == "" {
		return nil, nil
	}
	return a.response().MarshalProto()
}

func (a acceptance) json() ([]byte, error) { return a.response().MarshalJSON() }
