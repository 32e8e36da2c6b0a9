package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/getkin/kin-openapi/openapi3"
)

// fields are the members of a JSON object as they are written: a value may be anything, even no JSON.
type fields map[string]string

func parseFields(t *testing.T, object string) fields {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &raw); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	f := fields{}
	for name, value := range raw {
		f[name] = string(value)
	}
	return f
}

// String is the object. A name that ends in a star is there twice, without it.
func (f fields) String() string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		plain := strings.TrimSuffix(name, "*")
		member := fmt.Sprintf("%q:%s", plain, f[name])
		members = append(members, member)
		if plain != name {
			members = append(members, member)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// spoil spoils the object that a schema describes: a property of it, or by one that it hasn't.
func (f fields) spoil(r *rand.Rand, schema *openapi3.Schema) {
	names := slices.Sorted(maps.Keys(schema.Properties))
	name := pick(r, names)
	switch r.IntN(10) {
	case 0:
		delete(f, name)
	case 1:
		f[pick(r, []string{"", "id", "version", "class", "author", "role", "__proto__", "\u2028", strings.ToUpper(name), name + " "})] = "1"
	case 2:
		f[name+"*"] = `"x"`
		delete(f, name)
	default:
		f[name] = badValue(r, schema.Properties[name].Value)
	}
}

// badValue is a value of another type than a schema's, or one of its type that hardly fits.
func badValue(r *rand.Rand, schema *openapi3.Schema) string {
	if len(schema.OneOf) > 0 {
		return badValue(r, schema.OneOf[0].Value)
	}
	var values []string
	switch {
	case r.IntN(2) == 0: // of whatever type
		values = anyValues
	case schema.Type.Is(openapi3.TypeString):
		values = textValues
		if schema.Format == "date-time" {
			values = timeValues
		}
	case schema.Type.Is(openapi3.TypeInteger):
		values = numberValues
	case schema.Type.Is(openapi3.TypeArray):
		item := badValue(r, schema.Items.Value)
		return pick(r, []string{"[" + item + "]", "[" + strings.Repeat(item+",", 300) + item + "]", "[null]", "[[]]"})
	case schema.Type.Is(openapi3.TypeObject):
		inner := fields{}
		inner.spoil(r, schema)
		return inner.String()
	default:
		values = anyValues
	}
	return pick(r, values)
}

var (
	anyValues = []string{
		"null", "true", "false", "0", "-1", "1.5", "1e999", `""`, `"x"`, "[]", "{}", `[["x"]]`, `{"a":{}}`, "NaN", "undefined", "'x'", "", `"\ud800"`, `"\u0000"`,
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), strings.Repeat("9", 5000),
	}
	textValues = []string{
		`""`, `" "`, `"\n"`, `"\u0000"`, `"a\rb"`, `"\ud83e"`, `"\udd2a\ud83e"`, `"\uffff"`, `"\ufeff"`, "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"a\nb\"", `"\x41"`,
		`"` + strings.Repeat("a", 4001) + `"`, `"` + strings.Repeat("🧪", 4001) + `"`, `"` + strings.Repeat(`\ud83e\uddea`, 5000) + `"`, `"` + strings.Repeat("e"+strings.Repeat("\u0301", 99), 50) + `"`,
		`"01890a5d-ac96-774b-bcce-b302099a8057"`, `"' OR 1=1"`, `"../../etc/passwd"`, `"admin"`, `"Teacher"`, `"` + strings.Repeat("@a ", 1300) + `"`,
	}
	timeValues = []string{
		`"now"`, `"2026-11-22"`, `"2026-11-22T10:00:00"`, `"2026-13-40T99:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`,
		`"10000-01-01T00:00:00Z"`, `"1969-12-31T23:59:59.999Z"`, `"2026-11-22T10:00:00+99:99"`, `"2026-02-30T00:00:00Z"`, `"2999-11-22T10:00:00.123456789123456789Z"`, "1700000000",
	}
	numberValues = []string{
		"-1", "-0", "0.5", "1.0", "1e2", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e308", "1e999", "00", "+1", "0x1", `"1"`,
	}
)

// badBody replaces the body by bytes that are wrong as a whole.
func (v *vandal) badBody(r *request) {
	good := r.body.String()
	bodies := []func() any{
		func() any { return "" },
		func() any { return " \n\t " },
		func() any { return "null" },
		func() any { return "[" + good + "]" },
		func() any { return good + good },
		func() any { return good[:len(good)/2] },
		func() any { return good + "\x00" },
		func() any { return "\ufeff" + good },
		func() any { return strings.ReplaceAll(good, `"`, "'") },
		func() any { return "<?xml version='1.0'?><a/>" },
		func() any { return "text=hello&name=x" },
		func() any { return inUTF16(binary.LittleEndian, good) },
		func() any { return inUTF16(binary.BigEndian, good) },
		func() any { return zipped(good) },
		func() any { r.Header["Content-Encoding"] = "gzip"; return zipped(good) },
		func() any { return []byte("{\"text\":\"\xff\xfe\"}") },
		func() any { return `{"text":"` + strings.Repeat("🧪", 1<<20) + `"}` },
		func() any { return `{"text":"` + strings.Repeat("a", 60<<10) + `"}` },
		func() any { return good + strings.Repeat(" ", 64<<10) },
		func() any { return manyFields(10_000) },
		func() any { return manyFields(2000) },
		func() any { return strings.Repeat("[", 60_000) },
	}
	r.Body = pick(v.rand, bodies)()
}

func inUTF16(order binary.AppendByteOrder, text string) []byte {
	encoded := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = order.AppendUint16(encoded, unit)
	}
	return encoded
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

func manyFields(n int) string {
	f := fields{}
	for i := range n {
		f[fmt.Sprint("f", i)] = "1"
	}
	return f.String()
}
