package entailreceiver

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"entail.dev/entail"
)

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"

	requestBytesDefault = 20 << 20 // of confighttp
)

// httpSender serves one OTLP/HTTP request.
type httpSender struct {
	receiver *tracesReceiver
	writer   http.ResponseWriter
	request  *http.Request
	kind     string // the content type of the request and of the response
}

// handleHTTP handles requests for the path of traces. The server has already authenticated the sender.
func (r *tracesReceiver) handleHTTP(writer http.ResponseWriter, request *http.Request) {
	s := httpSender{receiver: r, writer: writer, request: request, kind: contentType(request)}
	encoding := contentEncoding(request.Header.Get("Content-Encoding"))
	switch {
	case request.Method != http.MethodPost:
		writer.Header().Set("Allow", http.MethodPost)
		s.refuse(http.StatusMethodNotAllowed, codes.Unimplemented, "method not allowed; supported: POST")
	case s.kind != protobufType && s.kind != jsonType:
		s.refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument,
			fmt.Sprintf("unsupported media type; supported: %s, %s", jsonType, protobufType))
	case !r.decompression.accepts(encoding):
		s.refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument,
			fmt.Sprintf("unsupported content encoding; supported: %q", r.decompression.accepted))
	default:
		s.ingest(encoding)
	}
}

func (s *httpSender) ingest(encoding string) {
	var interrupted atomic.Bool
	control := http.NewResponseController(s.writer)
	reception, err := s.receiver.intake.begin(func() {
		interrupted.Store(true)
		_ = control.SetReadDeadline(time.Unix(1, 0))
	})
	if err != nil {
		s.refuseWith(err)
		return
	}
	defer reception.end()
	body, err := reception.read(s.request.Body, s.request.ContentLength, s.receiver.decompression.bytesMax)
	reception.received()
	if err == nil {
		body, err = s.receiver.decompression.run(s.request.Context(), encoding, body, reception)
	}
	if interrupted.Load() {
		err = errTooSlow
	}
	if err != nil {
		s.refuseBody(err)
		return
	}
	format, take, encode := formatProtobuf, (*entail.Engine).Ingest, acceptance.protobuf
	if s.kind == jsonType {
		format, take, encode = formatJSON, (*entail.Engine).IngestJSON, acceptance.json
	}
	receipt, err := s.receiver.ingest(s.request.Context(), s.receiver.reportHTTP, format, take, body)
	if err != nil {
		s.refuseWith(err)
		return
	}
	response, err := encode(accepted(receipt))
	if err != nil { // the spans are accepted nevertheless: a retry would duplicate them
		response = nil
	}
	answer(s.writer, s.kind, http.StatusOK, response)
}

// refuseBody answers a request whose body was not received.
func (s *httpSender) refuseBody(err error) {
	tooLarge := new(http.MaxBytesError)
	switch {
	case errors.Is(err, errBodyTooLarge), errors.As(err, &tooLarge):
		s.refuse(http.StatusRequestEntityTooLarge, codes.InvalidArgument,
			fmt.Sprintf("request body too large; max_request_body_size is %d bytes", s.receiver.decompression.bytesMax))
	case errors.Is(err, errTooSlow), errors.Is(err, errIntakeFull):
		s.refuseWith(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.refuse(http.StatusRequestTimeout, codes.DeadlineExceeded, "the body did not arrive within read_timeout")
	default:
		s.refuse(http.StatusBadRequest, codes.InvalidArgument, err.Error())
	}
}

func (s *httpSender) refuse(code int, grpcCode codes.Code, message string) {
	answerStatus(s.writer, statusType(s.kind), code, status.New(grpcCode, limited(message)))
}

func (s *httpSender) refuseWith(err error) {
	refusal := statusOf(err)
	answerStatus(s.writer, s.kind, httpCode(refusal.Code()), refusal)
}

func (r *tracesReceiver) answerNotFound(writer http.ResponseWriter, request *http.Request) {
	s := httpSender{writer: writer, request: request, kind: contentType(request)}
	message := "no such path; this receiver accepts traces only"
	if signal := signalOfPath(request.URL.Path); signal != "" && request.Method == http.MethodPost {
		r.sampler.CountOtherSignal(signal)
		message = otherSignalError{signal}.Error()
	}
	s.refuse(http.StatusNotFound, codes.NotFound, message)
}

// answerServerError handles errors before handleHTTP, such as a failed authentication.
func answerServerError(writer http.ResponseWriter, request *http.Request, message string, code int) {
	grpcCode := codes.Unknown
	switch code {
	case http.StatusBadRequest:
		grpcCode = codes.InvalidArgument
	case http.StatusUnauthorized:
		grpcCode = codes.Unauthenticated
	case http.StatusForbidden:
		grpcCode = codes.PermissionDenied
	}
	s := httpSender{writer: writer, request: request, kind: contentType(request)}
	s.refuse(code, grpcCode, message)
}

func contentType(request *http.Request) string {
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// statusType is the content type of a Status for a request of that type.
func statusType(kind string) string {
	if kind == protobufType {
		return protobufType
	}
	return jsonType
}
