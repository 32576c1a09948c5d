package entailreceiver

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// What the engine's parser allocates at most, for each byte of a request and for each of its spans.
	parserBytesPerByteProtobuf = 6
	parserBytesPerByteJSON     = 8
	parserBytesPerSpan         = 112
	// A span with its two IDs has no fewer bytes; a request with more spans than fit is an attack.
	spanBytesMinProtobuf = 24
	spanBytesMinJSON     = 12 // per object: an attribute, for example, is two
	spansAlwaysAllowed   = 1024

	// The bytes that the parser may allocate for all requests that it parses at once, for each byte of the largest request.
	parsingBytesPerByte = 16
	parsingPatience     = 10 * time.Second
)

var (
	errTooManySpans = errors.New("the request has more spans than bytes for their IDs")
	errParserFull   = errors.New("too many bytes are being parsed at once; try again")
)

// parserMemory returns the bytes that the engine allocates at most while it parses a request.
func parserMemory(request []byte, isJSON bool) (int64, error) {
	size := len(request)
	if isJSON {
		objects := countObjects(request)
		if objects*spanBytesMinJSON > size && objects > spansAlwaysAllowed {
			return 0, errTooManySpans
		}
		return int64(size)*parserBytesPerByteJSON + int64(objects)*parserBytesPerSpan, nil
	}
	spans := countSpans(request)
	if spans*spanBytesMinProtobuf > size && spans > spansAlwaysAllowed {
		return 0, errTooManySpans
	}
	return int64(size)*parserBytesPerByteProtobuf + int64(spans)*parserBytesPerSpan, nil
}

// countSpans counts the spans of an ExportTraceServiceRequest. The engine reports malformed messages.
func countSpans(request []byte) int {
	const resourceSpans, scopeSpans, span = 1, 2, 2
	count := 0
	eachMessage(request, resourceSpans, func(content []byte) bool {
		return eachMessage(content, scopeSpans, func(content []byte) bool {
			return eachMessage(content, span, func([]byte) bool { count++; return true })
		})
	})
	return count
}

// eachMessage visits the length-delimited fields of that number until visit returns false, or a field is malformed. It
// returns false if visit did.
func eachMessage(message []byte, number protowire.Number, visit func(content []byte) bool) bool {
	goesOn := true
	eachField(message, func(found protowire.Number, kind protowire.Type, value []byte) bool {
		if found == number && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(value)
			goesOn = visit(content)
		}
		return goesOn
	})
	return goesOn
}

// eachField visits the fields of a message until visit returns false; a value includes its length. It returns false if a
// field is malformed.
func eachField(message []byte, visit func(number protowire.Number, kind protowire.Type, value []byte) bool) bool {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if size < 0 {
			return false
		}
		if !visit(number, kind, message[tag:tag+size]) {
			return true
		}
		message = message[tag+size:]
	}
	return true
}

// countObjects counts the objects of a JSON text; each span is one.
func countObjects(text []byte) int {
	braces := bytes.Count(text, []byte{'{'})
	if braces*spanBytesMinJSON <= len(text) {
		return braces
	}
	// Look again, without the braces inside strings.
	objects, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString:
			i++
		case c == '{' && !inString:
			objects++
		}
	}
	return objects
}

// parsing bounds the memory of the requests that are parsed at once. Requests wait in order of arrival. One that alone
// needs more than the limit waits until no other is being parsed.
//
// Thread rule: any goroutine.
type parsing struct {
	limit int64

	mutex   sync.Mutex // Guarded by mutex: used, waiters
	used    int64
	waiters list.List // of *parsingWaiter
}

type parsingWaiter struct {
	bytes   int64
	granted chan struct{}
}

func newParsing(largestRequest int64) *parsing {
	return &parsing{limit: parsingBytesPerByte * largestRequest}
}

// acquire waits until there is room, and returns how to release it. After parsingPatience it returns errParserFull.
func (p *parsing) acquire(ctx context.Context, bytes int64) (func(), error) {
	bytes = min(bytes, p.limit)
	release := func() { p.release(bytes) }
	p.mutex.Lock()
	if p.waiters.Len() == 0 && p.used+bytes <= p.limit {
		p.used += bytes
		p.mutex.Unlock()
		return release, nil
	}
	waiter := &parsingWaiter{bytes: bytes, granted: make(chan struct{})}
	place := p.waiters.PushBack(waiter)
	p.mutex.Unlock()

	timer := time.NewTimer(parsingPatience)
	defer timer.Stop()
	select {
	case <-waiter.granted:
		return release, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	select {
	case <-waiter.granted: // meanwhile
		return release, nil
	default:
	}
	p.waiters.Remove(place)
	p.grant() // the next one may need less
	return nil, errParserFull
}

func (p *parsing) release(bytes int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.used -= bytes
	p.grant()
}

// grant lets waiters proceed. The caller holds mutex.
func (p *parsing) grant() {
	for {
		first := p.waiters.Front()
		if first == nil {
			return
		}
		waiter := first.Value.(*parsingWaiter)
		if p.used+waiter.bytes > p.limit {
			return
		}
		p.used += waiter.bytes
		p.waiters.Remove(first)
		close(waiter.granted)
	}
}
