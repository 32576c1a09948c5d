package entailreceiver

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"entail.dev/entail"
)

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"

	bodyBytesKeptMax = 4 << 20
)

// bodies is a pool of request buffers; large ones are not reused.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func takeBody() *bytes.Buffer {
	body := bodies.Get().(*bytes.Buffer)
	body.Reset()
	return body
}

func giveBack(body *bytes.Buffer) {
	if body.Cap() <= bodyBytesKeptMax {
		bodies.Put(body)
	}
}

func contentType(request *http.Request) string {
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// handleHTTP handles one OTLP/HTTP POST. The server has already decompressed, limited and authenticated it.
func (r *tracesReceiver) handleHTTP(writer http.ResponseWriter, request *http.Request) {
	kind := contentType(request)
	switch {
	case request.Method != http.MethodPost:
		answer(writer, "text/plain", http.StatusMethodNotAllowed, []byte("405 method not allowed, supported: [POST]"))
		return
	case kind != protobufType && kind != jsonType:
		answer(writer, "text/plain", http.StatusUnsupportedMediaType,
			fmt.Appendf(nil, "415 unsupported media type, supported: [%s, %s]", jsonType, protobufType))
		return
	}
	body := takeBody()
	defer giveBack(body)
	if size := request.ContentLength; size > 0 && size <= bodyBytesKeptMax {
		body.Grow(int(size) + bytes.MinRead) // room for the read that finds the end
	}
	if _, err := body.ReadFrom(request.Body); err != nil {
		answerStatus(writer, kind, http.StatusBadRequest, status.New(codes.InvalidArgument, err.Error()))
		return
	}
	format, take, encode := "protobuf", (*entail.Engine).Ingest, acceptance.protobuf
	if kind == jsonType {
		format, take, encode = "json", (*entail.Engine).IngestJSON, acceptance.json
	}
	receipt, err := r.ingest(request.Context(), r.reportHTTP, format, take, body.Bytes())
	if err != nil {
		refusal := statusOf(err)
		answerStatus(writer, kind, httpCode(refusal.Code()), refusal)
		return
	}
	response, err := encode(accepted(receipt))
	if err != nil { // the spans are in all the same: a second try would bring them twice
		response = nil
	}
	answer(writer, kind, http.StatusOK, response)
}

// answerServerError handles errors before handleHTTP, such as a body that does not decompress or is too large.
func answerServerError(writer http.ResponseWriter, request *http.Request, message string, code int) {
	kind := contentType(request)
	if kind != protobufType {
		kind = jsonType
	}
	grpcCode := codes.Unknown
	switch code {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		grpcCode = codes.InvalidArgument
	case http.StatusUnauthorized:
		grpcCode = codes.Unauthenticated
	case http.StatusForbidden:
		grpcCode = codes.PermissionDenied
	}
	answerStatus(writer, kind, code, status.New(grpcCode, message))
}

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
