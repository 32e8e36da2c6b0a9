package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
)

// mutant is a JSON value with one thing wrong.
type mutant struct {
	name string
	data []byte
}

// mutants breaks a valid JSON value in every place and in every way that a schema must
// see: each field missing, each value of a wrong type, each object with an unknown
// field, each time in formats that are RFC 3339 but not ours.
func mutants(t *testing.T, valid string) []mutant {
	t.Helper()
	root, err := parseJSON([]byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	var all []mutant
	add := func(name string) {
		data, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, mutant{name, data})
	}
	var visit func(at string, value any, set func(any))
	visit = func(at string, value any, set func(any)) {
		with := func(name string, wrong any) {
			set(wrong)
			add(at + ": " + name)
			set(value)
		}
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				field := v[key]
				delete(v, key)
				add(at + "/" + key + ": missing")
				v[key] = field
				visit(at+"/"+key, field, func(x any) { v[key] = x })
			}
			v["unknown"] = true
			add(at + ": unknown field")
			delete(v, "unknown")
			with("an array", []any{})
		case []any:
			for i, item := range v {
				visit(fmt.Sprintf("%s/%d", at, i), item, func(x any) { v[i] = x })
			}
			with("an object", map[string]any{})
		case string:
			with("a number", 7)
			if isTime.MatchString(v) {
				with("a time without milliseconds", v[:19]+"Z")
				with("a time with microseconds", v[:23]+"456Z")
				with("a time with an offset", v[:23]+"+00:00")
				with("a time on a 32nd", v[:8]+"32"+v[10:])
			}
		case json.Number:
			with("a string", v.String())
			with("a fraction", 1.5)
			with("negative", -1)
		case bool:
			with("a string", "true")
		case nil:
			with("a boolean", true)
		default:
			t.Fatalf("%s: no mutation for %T", at, v)
		}
	}
	visit("", root, func(x any) { root = x })
	return all
}

var isTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`)
