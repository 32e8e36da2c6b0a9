package contract

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documentURL names the document in the messages of the validator.
const documentURL = "urn:homeroom:openapi"

// streamOperation is the one whose 200 is a stream of frames.
const streamOperation = "streamClass"

// document is openapi.yaml as read: typed to walk it, raw to compile its schemas.
type document struct {
	typed    *openapi3.T
	raw      any
	compiler *jsonschema.Compiler
}

// readDocument reads and validates an OpenAPI document.
func readDocument(path string) (*document, error) {
	typed, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := typed.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate %s: %w", path, err)
	}
	encoded, err := typed.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", path, err)
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}

	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat() // 2020-12 leaves it to the application whether formats count
	if err := compiler.AddResource(documentURL, raw); err != nil {
		return nil, fmt.Errorf("add %s: %w", path, err)
	}
	return &document{typed: typed, raw: raw, compiler: compiler}, nil
}

// contract compiles everything that a check may need.
func (d *document) contract() (*Contract, error) {
	c := &Contract{unrouted: make(map[int]response)}
	for path, item := range d.typed.Paths.Map() {
		for method, op := range item.Operations() {
			at := pointer("paths", path, strings.ToLower(method), "responses")
			responses, err := d.responses(at, op.Responses.Map())
			if err != nil {
				return nil, err
			}
			limit, _ := op.Extensions["x-limit"].(string)
			of := Operation{ID: op.OperationID, Method: method, Path: path, Limit: limit}
			c.routes = append(c.routes, route{
				Operation: of,
				request:   d.request(of, op, item.Parameters),
				segments:  strings.Split(path, "/"),
				responses: responses,
			})
			if op.OperationID == streamOperation {
				c.frame = responses[http.StatusOK].bodies["text/event-stream"].items
			}
		}
	}
	if c.frame == nil {
		return nil, fmt.Errorf("operation %s has no frames", streamOperation)
	}
	var err error
	if c.payloads, err = d.union("StreamEvent"); err != nil {
		return nil, err
	}
	return c, d.unrouted(c.unrouted)
}

// responses compiles the responses of an operation. The server documents exact statuses only.
func (d *document) responses(at string, refs map[string]*openapi3.ResponseRef) (map[int]response, error) {
	compiled := make(map[int]response, len(refs))
	for status, ref := range refs {
		code, err := strconv.Atoi(status)
		if err != nil {
			return nil, fmt.Errorf("%s: status %q is not exact", at, status)
		}
		if compiled[code], err = d.response(target(ref.Ref, at+pointer(status)), ref.Value); err != nil {
			return nil, err
		}
	}
	return compiled, nil
}

func (d *document) response(at string, r *openapi3.Response) (response, error) {
	compiled := response{bodies: make(map[string]body, len(r.Content))}
	for name, ref := range r.Headers {
		schema, err := d.schema(target(ref.Ref, at+pointer("headers", name)) + pointer("schema"))
		if err != nil {
			return response{}, err
		}
		compiled.headers = append(compiled.headers, header{
			name:     name,
			required: ref.Value.Required,
			integer:  ref.Value.Schema.Value.Type.Is(openapi3.TypeInteger),
			schema:   schema,
		})
	}
	for mediaType, content := range r.Content {
		var b body
		var err error
		at := at + pointer("content", mediaType)
		if content.ItemSchema != nil {
			b.items, err = d.schema(at + pointer("itemSchema"))
		} else {
			b.whole, err = d.schema(at + pointer("schema"))
		}
		if err != nil {
			return response{}, err
		}
		compiled.bodies[mediaType] = b
	}
	return compiled, nil
}

// union compiles the members of a discriminated union, by the value that names them.
func (d *document) union(name string) (map[string]*jsonschema.Schema, error) {
	union := d.typed.Components.Schemas[name]
	if union == nil || union.Value.Discriminator == nil {
		return nil, fmt.Errorf("no discriminated union %s", name)
	}
	members := make(map[string]*jsonschema.Schema)
	for value, ref := range union.Value.Discriminator.Mapping {
		var err error
		if members[value], err = d.schema(strings.TrimPrefix(ref.Ref, "#")); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// unrouted compiles what is answered where no operation applies. OpenAPI has no
// place for it, so the document keeps it in an extension.
func (d *document) unrouted(into map[int]response) error {
	const extension = "x-unrouted-responses"
	refs, _ := d.typed.Extensions[extension].(map[string]any)
	for status, ref := range refs {
		code, err := strconv.Atoi(status)
		if err != nil {
			return fmt.Errorf("%s: status %q is not exact", extension, status)
		}
		object, _ := ref.(map[string]any)
		to, _ := object["$ref"].(string)
		name := strings.TrimPrefix(to, "#/components/responses/")
		component := d.typed.Components.Responses[name]
		if component == nil {
			return fmt.Errorf("%s: %s: no response %q", extension, status, to)
		}
		if into[code], err = d.response(pointer("components", "responses", name), component.Value); err != nil {
			return err
		}
	}
	return nil
}

// schema compiles the schema at a JSON pointer.
func (d *document) schema(at string) (*jsonschema.Schema, error) {
	schema, err := d.compiler.Compile(documentURL + "#" + at)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", at, err)
	}
	return schema, nil
}

// target is the JSON pointer that a reference leads to; at, if there is no reference.
func target(ref, at string) string {
	if ref == "" {
		return at
	}
	return strings.TrimPrefix(ref, "#")
}

// pointer joins tokens to a JSON pointer (RFC 6901).
func pointer(tokens ...string) string {
	var sb strings.Builder
	for _, token := range tokens {
		sb.WriteByte('/')
		sb.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return sb.String()
}
