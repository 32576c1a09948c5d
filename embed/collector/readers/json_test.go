package readers

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Values that are wrong in most places: of every type, and such as a reader could mistake for an ID or a number.
var wrongValues = []string{
	"5", "-1", "1.5", "1e400", "9223372036854775808", `"9223372036854775808"`, "true", "null", "{}", "[]", "[null]", `{"a":[{}]}`,
	`""`, `"NaN"`, `"Infinity"`, `"zz"`, `"8PHy8/T19vf4+fr7/P3+/w=="`, `"f0f1f2f3f4f5f6f"`, `"F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"`,
	`"f0f1f2f3f4f5f6f7"`, `"\u0000"`, `"\ud83d"`, `"\ud83d\ude00"`, `"STATUS_CODE_ERROR"`, `"SPAN_KIND_SERVER"`, `"***"`,
}

// mutateJSON returns the request with up to `count` changed values, in valid JSON. Some bytes are flipped blindly.
func mutateJSON(t *testing.T, random *rand.Rand, request []byte, count int) []byte {
	var tree any
	if err := json.Unmarshal(request, &tree); err != nil {
		t.Fatal(err)
	}
	var nodes []node
	collect(tree, &nodes)
	for range count {
		chosen := nodes[random.IntN(len(nodes))]
		chosen.set(mutated(random, chosen.value))
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	switch random.IntN(12) {
	case 0:
		text[random.IntN(len(text))] ^= byte(1 << random.IntN(8))
	case 1:
		text = text[:random.IntN(len(text))]
	}
	return text
}

// node is a value inside the tree, and how to replace it.
type node struct {
	value any
	set   func(any)
}

// collect appends all values inside the tree, in an order that does not vary.
func collect(tree any, to *[]node) {
	switch tree := tree.(type) {
	case []any:
		for i, value := range tree {
			*to = append(*to, node{value, func(other any) { tree[i] = other }})
			collect(value, to)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(tree)) {
			*to = append(*to, node{tree[key], func(other any) { tree[key] = other }})
			collect(tree[key], to)
		}
	}
}

func mutated(random *rand.Rand, value any) any {
	if text, isText := value.(string); isText && random.IntN(2) == 0 {
		return mutateText(random, text)
	}
	if object, isObject := value.(map[string]any); isObject && random.IntN(2) == 0 {
		object["unknown"] = wrongValues
		return object
	}
	return json.RawMessage(wrongValues[random.IntN(len(wrongValues))])
}

func mutateText(random *rand.Rand, text string) string {
	switch random.IntN(4) {
	case 0:
		return text[:random.IntN(len(text)+1)]
	case 1:
		return text + "0"
	case 2:
		return text + "\x00<z"
	default:
		bytes := []byte(text)
		if len(bytes) > 0 {
			bytes[random.IntN(len(bytes))] = byte('!' + random.IntN(90))
		}
		return string(bytes)
	}
}
