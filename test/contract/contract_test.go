package contract

import (
	"os"
	"slices"
	"testing"
)

func TestOperations(t *testing.T) {
	ops := Load(t).Operations()
	for _, want := range []Operation{
		{"getPage", "GET", "/", ""},
		{"getAsset", "GET", "/assets/{file}", ""},
		{"createClass", "POST", "/v1/classes", "post"},
		{"putMember", "PUT", "/v1/classes/{class}/members/{user}", "edit"},
		{"streamClass", "GET", "/v1/classes/{class}/stream", "connect"},
	} {
		if !slices.Contains(ops, want) {
			t.Errorf("no %v", want)
		}
	}
	if want := 70; len(ops) != want {
		t.Errorf("%d operations, want %d", len(ops), want)
	}
	if !slices.IsSortedFunc(ops, func(a, b Operation) int {
		return slices.Compare([]string{a.Path, a.Method}, []string{b.Path, b.Method})
	}) {
		t.Errorf("not sorted: %v", ops)
	}
}

func TestLoadReadsTheFileOnce(t *testing.T) {
	if first, second := Load(t), Load(t); first != second {
		t.Error("two contracts")
	}
}

func TestReadDocumentRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no YAML":             "\t",
		"no version":          "info: {title: x, version: '1'}\npaths: {}\n",
		"a dangling ref":      "openapi: 3.2.0\ninfo: {title: x, version: '1'}\npaths:\n  /:\n    get:\n      responses:\n        '200':\n          $ref: '#/components/responses/None'\n",
		"an unknown field":    "openapi: 3.2.0\ninfo: {title: x, version: '1'}\npaths: {}\nroutes: {}\n",
		"a false example":     "openapi: 3.2.0\ninfo: {title: x, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    A: {type: string, example: 1}\n",
		"a template unfilled": "openapi: 3.2.0\ninfo: {title: x, version: '1'}\npaths:\n  /{a}:\n    get:\n      responses:\n        '200': {description: x}\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := t.TempDir() + "/openapi.yaml"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readDocument(file); err == nil {
				t.Error("accepted")
			}
		})
	}
}
