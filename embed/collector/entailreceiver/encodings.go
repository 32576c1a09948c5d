package entailreceiver

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/golang/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The largest window that RFC 8878 asks decoders to support, and that zstd uses up to level 19.
const zstdWindowMax = 8 << 20

var snappyFraming = []byte("\xff\x06\x00\x00sNaPpY")

// encodings are the values of Content-Encoding that the HTTP server accepts, in the order of confighttp.
var encodings = []string{"", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"}

func checkEncodings(names []string) error {
	for _, name := range names {
		if !slices.Contains(encodings, name) {
			return fmt.Errorf("protocols.http.compression_algorithms: expected some of: %q; found %q", encodings[1:], name)
		}
	}
	return nil
}

// decompression decompresses bodies that have been received completely, so that its memory, which no account sees, is
// bounded by the number of decoders: a slow sender does not hold one.
//
// Thread rule: any goroutine.
type decompression struct {
	accepted []string
	bytesMax int64
	slots    chan struct{}
}

func newDecompression(accepted []string, bytesMax int64) *decompression {
	if accepted == nil {
		accepted = encodings
	}
	return &decompression{accepted: accepted, bytesMax: bytesMax, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

func (d *decompression) accepts(encoding string) bool { return slices.Contains(d.accepted, encoding) }

// run returns the decompressed body: errBodyTooLarge, errIntakeFull, or an error of the decoder.
func (d *decompression) run(ctx context.Context, encoding string, body []byte, r *reception) ([]byte, error) {
	if encoding == "" {
		return body, nil
	}
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-d.slots }()
	if encoding == "snappy" && !bytes.HasPrefix(body, snappyFraming) {
		return d.snappyBlock(body, r)
	}
	decoder, err := newDecoder(encoding, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if closer, ok := decoder.(io.Closer); ok {
		defer func() { _ = closer.Close() }()
	}
	return r.read(decoder, -1, d.bytesMax)
}

// newDecoder panics for an encoding that is not accepted.
func newDecoder(encoding string, body io.Reader) (io.Reader, error) {
	switch encoding {
	case "gzip":
		return gzip.NewReader(body)
	case "zlib", "deflate":
		return zlib.NewReader(body)
	case "zstd":
		decoder, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindowMax))
		if err != nil {
			return nil, err
		}
		return decoder.IOReadCloser(), nil
	case "snappy", "x-snappy-framed":
		return snappy.NewReader(body), nil
	case "lz4":
		return lz4.NewReader(body), nil
	}
	panic("no decoder for " + encoding)
}

// snappyBlock decodes the block format, which says its size first.
func (d *decompression) snappyBlock(body []byte, r *reception) ([]byte, error) {
	size, err := snappy.DecodedLen(body)
	if err != nil {
		return nil, err
	}
	if int64(size) > d.bytesMax {
		return nil, errBodyTooLarge
	}
	decoded, err := r.buffer(max(size, 1))
	if err != nil {
		return nil, err
	}
	return snappy.Decode(decoded[:size], body)
}

// contentEncoding returns the encoding of a request; "identity" is none.
func contentEncoding(header string) string {
	encoding := strings.ToLower(strings.TrimSpace(header))
	if encoding == "identity" {
		return ""
	}
	return encoding
}
