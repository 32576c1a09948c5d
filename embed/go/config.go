package entail

/*
#include <entail/entail.h>

extern void entailGoConfigMessage(void* user, uint32_t is_error, uint32_t line, uint32_t column, char* text);
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// ConfigMessage is one error or warning about a configuration.
type ConfigMessage struct {
	IsError bool
	Line    uint32 // from 1
	Column  uint32 // from 1
	Text    string // names the key and what was expected
}

// ConfigCheck reads a configuration and returns every error, then every warning, each in the order of the text. The
// error result is the first error, or nil; warnings are not errors.
func ConfigCheck(yaml []byte) ([]ConfigMessage, error) {
	var messages []ConfigMessage
	handle := cgo.NewHandle(&messages)
	defer handle.Delete()
	var fail failure
	status := C.entail_config_check((*C.char)(pointer(yaml)), C.size_t(len(yaml)),
		C.entail_on_config_message_t(C.entailGoConfigMessage), unsafe.Pointer(&handle), fail.out())
	return messages, fail.of(status)
}

//export entailGoConfigMessage
func entailGoConfigMessage(user unsafe.Pointer, isError, line, column C.uint32_t, text *C.char) {
	messages := (*cgo.Handle)(user).Value().(*[]ConfigMessage)
	*messages = append(*messages, ConfigMessage{
		IsError: isError != 0,
		Line:    uint32(line),
		Column:  uint32(column),
		Text:    C.GoString(text),
	})
}

// ConfigDefaults returns every option with its default, bounds and help, as commented YAML.
func ConfigDefaults() string { return C.GoString(C.entail_config_defaults()) }
