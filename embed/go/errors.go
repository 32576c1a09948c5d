package entail

/*
#include <entail/entail.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Status is a number of the C interface (ENTAIL_E_*). The numbers are frozen.
type Status int32

// The statuses that an Error can have.
const (
	StatusArgument     Status = C.ENTAIL_E_ARGUMENT
	StatusABI          Status = C.ENTAIL_E_ABI
	StatusConfig       Status = C.ENTAIL_E_CONFIG
	StatusMemory       Status = C.ENTAIL_E_MEMORY
	StatusMalformed    Status = C.ENTAIL_E_MALFORMED
	StatusNoRoom       Status = C.ENTAIL_E_NO_ROOM
	StatusBusy         Status = C.ENTAIL_E_BUSY
	StatusTimeReversed Status = C.ENTAIL_E_TIME_REVERSED
	StatusClosed       Status = C.ENTAIL_E_CLOSED
	StatusNotFound     Status = C.ENTAIL_E_NOT_FOUND
	StatusBuffer       Status = C.ENTAIL_E_BUFFER
	StatusTooLarge     Status = C.ENTAIL_E_TOO_LARGE
	StatusInternal     Status = C.ENTAIL_E_INTERNAL
)

// String returns a short description of the status.
func (s Status) String() string { return C.GoString(C.entail_status_text(C.entail_status_t(s))) }

// Error is the error of every failed call. Compare it by status:
//
//	if errors.Is(err, entail.ErrNoRoom) { ... }
type Error struct {
	Status  Status
	Message string // at most 239 bytes; "" where the status says it all
	Offset  uint64 // byte of the input; 0 where that means nothing
	Line    uint32 // of the configuration, from 1; 0 = none
	Column  uint32 // from 1; 0 = none
}

// Errors to compare with by errors.Is.
var (
	ErrConfig    = &Error{Status: StatusConfig}    // the configuration; Line, Column and Message say where and what
	ErrMalformed = &Error{Status: StatusMalformed} // the bytes are no OTLP; Offset says where
	ErrNoRoom    = &Error{Status: StatusNoRoom}    // memory_limit is spent: Tick with the same now, then again
	ErrClosed    = &Error{Status: StatusClosed}    // after Close, or after Drain for what takes in
	ErrNotFound  = &Error{Status: StatusNotFound}  // never seen, or forgotten
	ErrTooLarge  = &Error{Status: StatusTooLarge}  // can never fit into memory_limit
)

// Error returns the message, with its place.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Status.String()
	}
	switch {
	case e.Line != 0:
		return fmt.Sprintf("entail: line %d, column %d: %s", e.Line, e.Column, text)
	case e.Status == StatusMalformed:
		return fmt.Sprintf("entail: byte %d: %s", e.Offset, text)
	}
	return "entail: " + text
}

// Is reports whether target is an Error with the same status.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Status == e.Status
}

// failure holds the error details of one call.
type failure struct{ detail C.entail_error_t }

func (f *failure) out() *C.entail_error_t {
	f.detail.struct_size = C.sizeof_entail_error_t
	return &f.detail
}

// of returns the error for the status of a call; nil for ENTAIL_OK and ENTAIL_NOTHING.
func (f *failure) of(status C.entail_status_t) error {
	if status == C.ENTAIL_OK || status == C.ENTAIL_NOTHING {
		return nil
	}
	return &Error{
		Status:  Status(status),
		Message: C.GoString((*C.char)(unsafe.Pointer(&f.detail.message[0]))),
		Offset:  uint64(f.detail.offset),
		Line:    uint32(f.detail.line),
		Column:  uint32(f.detail.column),
	}
}

func errClosed() error { return &Error{Status: StatusClosed} }
