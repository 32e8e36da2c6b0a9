package contract

import (
	"cmp"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Request is what an operation takes.
type Request struct {
	Operation
	Schemes    []string // the security schemes of which one is enough; none if no token is needed
	Parameters []Parameter
	Body       *openapi3.Schema // of JSON; nil if there is no body
	Examples   []any            // bodies, as decoded from JSON; the first is as good as any
}

// Parameter is a parameter of an operation.
type Parameter struct {
	Name string
	In   string // path, query or header
}

// Public reports whether the operation is for everybody.
func (r Request) Public() bool { return len(r.Schemes) == 0 }

// In are the names of the parameters of one kind.
func (r Request) In(kind string) []string {
	var names []string
	for _, p := range r.Parameters {
		if p.In == kind {
			names = append(names, p.Name)
		}
	}
	return names
}

// Requests lists what every operation takes, in the order of [Contract.Operations]. Callers must not change the schemas.
func (c *Contract) Requests() []Request {
	requests := make([]Request, len(c.routes))
	for i, r := range c.routes {
		requests[i] = r.request
	}
	slices.SortFunc(requests, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return requests
}

// request is what an operation takes. Where it doesn't say, security is the document's.
func (d *document) request(of Operation, op *openapi3.Operation, shared openapi3.Parameters) Request {
	r := Request{Operation: of}
	security := d.typed.Security
	if op.Security != nil {
		security = *op.Security
	}
	for _, requirement := range security {
		r.Schemes = append(r.Schemes, slices.Sorted(maps.Keys(requirement))...)
	}
	for _, list := range []openapi3.Parameters{shared, op.Parameters} {
		for _, ref := range list {
			r.Parameters = append(r.Parameters, Parameter{Name: ref.Value.Name, In: ref.Value.In})
		}
	}
	if op.RequestBody == nil {
		return r
	}
	if content := op.RequestBody.Value.Content["application/json"]; content != nil {
		r.Body = content.Schema.Value
		if content.Example != nil {
			r.Examples = append(r.Examples, content.Example)
		}
		for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
			r.Examples = append(r.Examples, content.Examples[name].Value.Value)
		}
	}
	return r
}
