package readers

import (
	"math/rand/v2"

	"google.golang.org/protobuf/encoding/protowire"
)

// messages are the fields of OTLP's trace messages that hold messages themselves, by message.
var messages = map[string]map[protowire.Number]string{
	"request":  {1: "resource"},
	"resource": {1: "attributes", 2: "scope"},
	"scope":    {1: "scopeInfo", 2: "span"},
	"span":     {9: "keyValue", 11: "event", 13: "link", 15: "status"},
	"event":    {3: "keyValue"},
	"link":     {4: "keyValue"},
	"keyValue": {2: "anyValue"},
	"anyValue": {5: "list", 6: "map"},
	"list":     {1: "anyValue"},
	"map":      {1: "keyValue"},

	"attributes": {1: "keyValue"},
	"scopeInfo":  {3: "keyValue"},
}

// mutateProtobuf returns the message with about `count` changed fields, all lengths around them right: what is wrong is
// inside the fields. Some bytes are flipped blindly.
func mutateProtobuf(random *rand.Rand, message []byte, count int) []byte {
	for range count {
		message = mutateMessage(random, "request", message)
	}
	if random.IntN(8) == 0 {
		message[random.IntN(len(message))] ^= byte(1 << random.IntN(8))
	}
	return message
}

// mutateMessage changes one field of the message, or of a message inside.
func mutateMessage(random *rand.Rand, kind string, message []byte) []byte {
	var fields [][]byte
	for rest := message; len(rest) > 0; {
		_, _, size := protowire.ConsumeField(rest)
		if size < 0 {
			return message
		}
		fields = append(fields, rest[:size])
		rest = rest[size:]
	}
	if len(fields) == 0 {
		return mutateBytes(random, message)
	}
	chosen := random.IntN(len(fields))
	number, wire, tag := protowire.ConsumeTag(fields[chosen])
	inner, isMessage := messages[kind][number]
	if isMessage && wire == protowire.BytesType && random.IntN(20) != 0 {
		content, _ := protowire.ConsumeBytes(fields[chosen][tag:])
		fields[chosen] = lengthField(number, mutateMessage(random, inner, content))
	} else {
		fields[chosen] = mutateField(random, number, wire, fields[chosen], tag)
	}
	var all []byte
	for _, field := range fields {
		all = append(all, field...)
	}
	return all
}

func lengthField(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func mutateField(random *rand.Rand, number protowire.Number, wire protowire.Type, field []byte, tag int) []byte {
	switch random.IntN(10) {
	case 0: // another wire type
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), random.Uint64())
	case 1:
		return lengthField(number, []byte("text"))
	case 2: // twice, the first time with something else
		return append(mutateField(random, number, wire, field, tag), field...)
	case 3: // unknown fields; a number that OTLP has retired
		numbers := []protowire.Number{17, 99, 1000, protowire.MaxValidNumber}
		return append(lengthField(numbers[random.IntN(len(numbers))], field), field...)
	case 4:
		group := protowire.AppendTag(nil, 99, protowire.StartGroupType)
		return append(protowire.AppendTag(append(group, field...), 99, protowire.EndGroupType), field...)
	case 5: // padded tags and lengths
		return padded(random, number, wire, field[tag:])
	case 6:
		if wire == protowire.BytesType {
			return lengthField(number, nested(1+random.IntN(70)))
		}
	}
	if wire != protowire.BytesType {
		return protowire.AppendVarint(protowire.AppendTag(nil, number, wire), random.Uint64()>>random.IntN(64))
	}
	content, _ := protowire.ConsumeBytes(field[tag:])
	return lengthField(number, mutateBytes(random, content))
}

// mutateBytes changes an ID, a text, or what is inside a message.
func mutateBytes(random *rand.Rand, content []byte) []byte {
	changed := append([]byte{}, content...)
	switch random.IntN(6) {
	case 0:
		return changed[:random.IntN(len(changed)+1)]
	case 1:
		return append(changed, make([]byte, 1+random.IntN(20))...)
	case 2:
		return []byte{}
	case 3:
		return append(changed, "\xff\xc3("...)
	default:
		if len(changed) > 0 {
			changed[random.IntN(len(changed))] = byte(random.Uint32())
		}
		return changed
	}
}

func padded(random *rand.Rand, number protowire.Number, wire protowire.Type, value []byte) []byte {
	pad := func(varint []byte) []byte {
		for last := len(varint) - 1; len(varint) < 10 && random.IntN(4) != 0; last++ {
			varint[last] |= 0x80
			varint = append(varint, 0)
		}
		return varint
	}
	field := pad(protowire.AppendTag(nil, number, wire))
	if wire != protowire.BytesType {
		return append(field, value...)
	}
	content, _ := protowire.ConsumeBytes(value)
	return append(append(field, pad(protowire.AppendVarint(nil, uint64(len(content))))...), content...)
}

// nested is an AnyValue of lists inside one another.
func nested(levels int) []byte {
	var value []byte
	for range levels {
		value = lengthField(5, lengthField(1, value))
	}
	return value
}
