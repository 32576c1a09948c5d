package sampler

import (
	"encoding/hex"
	"errors"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of OTLP.
const (
	fieldResourceSpans      = 1 // of TracesData
	fieldResource           = 1 // of ResourceSpans
	fieldScopeSpans         = 2 // of ResourceSpans
	fieldSpans              = 2 // of ScopeSpans
	fieldTraceID            = 1 // of Span
	fieldResourceAttributes = 1 // of Resource
	fieldKey                = 1 // of KeyValue
	fieldValue              = 2 // of KeyValue
	fieldStringValue        = 1 // of AnyValue
)

// unreadableSpan is a kept span that pdata cannot decode.
type unreadableSpan struct {
	traceID string // hex; "" if the span has none
	reason  error
}

// decodeBatch decodes a TracesData message. pdata rejects a whole message for one field that it cannot read, such as one of
// another wire type; in that case each span is decoded by itself, so that only unreadable spans are left out.
func decodeBatch(batch []byte) (ptrace.Traces, []unreadableSpan, error) {
	unmarshaler := ptrace.ProtoUnmarshaler{}
	whole, err := unmarshaler.UnmarshalTraces(batch)
	if err == nil {
		return whole, nil, nil
	}
	readable := ptrace.NewTraces()
	var unreadable []unreadableSpan
	framing := eachField(batch, fieldResourceSpans, func(resourceSpans []byte) error {
		piece, err := unmarshaler.UnmarshalTraces(message(fieldResourceSpans, resourceSpans))
		if err == nil {
			piece.ResourceSpans().MoveAndAppendTo(readable.ResourceSpans())
			return nil
		}
		bad, err := decodeSpanBySpan(resourceSpans, readable)
		unreadable = append(unreadable, bad...)
		return err
	})
	if framing != nil {
		return ptrace.Traces{}, nil, errors.Join(err, framing)
	}
	return readable, unreadable, nil
}

// decodeSpanBySpan appends the readable spans of a ResourceSpans message to `to`, and returns the others.
func decodeSpanBySpan(resourceSpans []byte, to ptrace.Traces) ([]unreadableSpan, error) {
	var unreadable []unreadableSpan
	resource, err := withoutField(resourceSpans, fieldScopeSpans)
	if err != nil {
		return nil, err
	}
	err = eachField(resourceSpans, fieldScopeSpans, func(scopeSpans []byte) error {
		scope, err := withoutField(scopeSpans, fieldSpans)
		if err != nil {
			return err
		}
		return eachField(scopeSpans, fieldSpans, func(span []byte) error {
			inScope := append(message(fieldSpans, span), scope...)
			inResource := append(message(fieldScopeSpans, inScope), resource...)
			piece, reason := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message(fieldResourceSpans, inResource))
			if reason != nil {
				unreadable = append(unreadable, unreadableSpan{traceIDOf(span), reason})
				return nil
			}
			piece.ResourceSpans().MoveAndAppendTo(to.ResourceSpans())
			return nil
		})
	})
	return unreadable, err
}

// eachField calls visit with the content of each length-delimited field of that number.
func eachField(bytes []byte, number protowire.Number, visit func(content []byte) error) error {
	for len(bytes) > 0 {
		found, kind, tag := protowire.ConsumeTag(bytes)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		size := protowire.ConsumeFieldValue(found, kind, bytes[tag:])
		if size < 0 {
			return protowire.ParseError(size)
		}
		if found == number && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(bytes[tag:])
			if err := visit(content); err != nil {
				return err
			}
		}
		bytes = bytes[tag+size:]
	}
	return nil
}

// withoutField returns all other fields of a message, in their order.
func withoutField(bytes []byte, number protowire.Number) ([]byte, error) {
	var others []byte
	for len(bytes) > 0 {
		found, kind, size := protowire.ConsumeField(bytes)
		if size < 0 {
			return nil, protowire.ParseError(size)
		}
		if found != number || kind != protowire.BytesType {
			others = append(others, bytes[:size]...)
		}
		bytes = bytes[size:]
	}
	return others, nil
}

func message(number protowire.Number, content []byte) []byte {
	tagged := protowire.AppendTag(make([]byte, 0, len(content)+2*protowire.SizeVarint(uint64(len(content)))+1), number,
		protowire.BytesType)
	return protowire.AppendBytes(tagged, content)
}

// lastField returns the content of the last field of that number, the one that counts in protobuf; nil if there is none.
func lastField(bytes []byte, number protowire.Number) []byte {
	var last []byte
	_ = eachField(bytes, number, func(content []byte) error { // what precedes an error is still an answer
		last = content
		return nil
	})
	return last
}

func traceIDOf(span []byte) string { return hex.EncodeToString(lastField(span, fieldTraceID)) }
