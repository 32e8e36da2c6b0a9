package contract

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is openapi.yaml, ready to check against. It is immutable and safe for
// concurrent use.
type Contract struct {
	routes   []route
	unrouted map[int]response              // by status, where no operation applies
	frame    *jsonschema.Schema            // of a Server-Sent Event, its data aside
	payloads map[string]*jsonschema.Schema // of the data, by event type
}

// Operation is a method and a path template, such as GET /v1/classes/{class}.
type Operation struct {
	ID     string // operationId
	Method string
	Path   string
	Limit  string // x-limit: the kind of calls that it is counted with
}

func (o Operation) String() string { return o.Method + " " + o.Path }

// The file is read and compiled once for all tests of a process.
var loaded = sync.OnceValues(func() (*Contract, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	doc, err := readDocument(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	return doc.contract()
})

// Load returns the contract of the module that the test is in. It fails the test
// if openapi.yaml is missing or is not a valid OpenAPI document.
func Load(tb testing.TB) *Contract {
	tb.Helper()
	c, err := loaded()
	if err != nil {
		tb.Fatalf("load contract: %v", err)
	}
	return c
}

// Operations lists every documented operation, sorted by path and method.
func (c *Contract) Operations() []Operation {
	ops := make([]Operation, len(c.routes))
	for i, r := range c.routes {
		ops[i] = r.Operation
	}
	slices.SortFunc(ops, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return ops
}

// moduleRoot is the nearest folder with a go.mod, from the one that the test runs in upwards.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = parent
	}
}
