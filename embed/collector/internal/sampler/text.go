package sampler

import (
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

const replacement = "\ufffd"

// textRepair replaces bytes that are not UTF-8 in texts by U+FFFD. Protobuf readers of most languages reject a whole
// request for one such text, with the spans of every other sender in it.
type textRepair struct{ count uint64 } // repaired texts

// repairTexts repairs every text of the traces and returns how many were not UTF-8.
func repairTexts(traces ptrace.Traces) uint64 {
	var r textRepair
	for _, resourceSpans := range traces.ResourceSpans().All() {
		r.text(resourceSpans.SchemaUrl(), resourceSpans.SetSchemaUrl)
		r.attributes(resourceSpans.Resource().Attributes())
		for _, reference := range entity.ResourceEntityRefs(resourceSpans.Resource()).All() {
			r.text(reference.SchemaUrl(), reference.SetSchemaUrl)
			r.text(reference.Type(), reference.SetType)
			r.texts(reference.IdKeys())
			r.texts(reference.DescriptionKeys())
		}
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			r.text(scopeSpans.SchemaUrl(), scopeSpans.SetSchemaUrl)
			scope := scopeSpans.Scope()
			r.text(scope.Name(), scope.SetName)
			r.text(scope.Version(), scope.SetVersion)
			r.attributes(scope.Attributes())
			for _, span := range scopeSpans.Spans().All() {
				r.span(span)
			}
		}
	}
	return r.count
}

func (r *textRepair) span(span ptrace.Span) {
	r.text(span.Name(), span.SetName)
	r.text(span.TraceState().AsRaw(), span.TraceState().FromRaw)
	r.text(span.Status().Message(), span.Status().SetMessage)
	r.attributes(span.Attributes())
	for _, event := range span.Events().All() {
		r.text(event.Name(), event.SetName)
		r.attributes(event.Attributes())
	}
	for _, link := range span.Links().All() {
		r.text(link.TraceState().AsRaw(), link.TraceState().FromRaw)
		r.attributes(link.Attributes())
	}
}

func (r *textRepair) text(text string, set func(string)) {
	if utf8.ValidString(text) {
		return
	}
	r.count++
	set(strings.ToValidUTF8(text, replacement))
}

func (r *textRepair) texts(texts pcommon.StringSlice) {
	for i, text := range texts.All() {
		r.text(text, func(repaired string) { texts.SetAt(i, repaired) })
	}
}

func (r *textRepair) attributes(attributes pcommon.Map) {
	keysAreValid := true
	for key, value := range attributes.All() {
		keysAreValid = keysAreValid && utf8.ValidString(key)
		r.value(value)
	}
	if !keysAreValid {
		r.keys(attributes)
	}
}

// keys repairs the keys of a map. A key that equals another one when repaired replaces it.
func (r *textRepair) keys(attributes pcommon.Map) {
	repaired := pcommon.NewMap()
	for key, value := range attributes.All() {
		if !utf8.ValidString(key) {
			r.count++
			key = strings.ToValidUTF8(key, replacement)
		}
		value.MoveTo(repaired.PutEmpty(key))
	}
	repaired.MoveTo(attributes)
}

func (r *textRepair) value(value pcommon.Value) {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		r.text(value.Str(), value.SetStr)
	case pcommon.ValueTypeMap:
		r.attributes(value.Map())
	case pcommon.ValueTypeSlice:
		for _, item := range value.Slice().All() {
			r.value(item)
		}
	}
}
