package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// response is what the contract says of one status.
type response struct {
	headers []header
	bodies  map[string]body // by media type; none if there is no body
}

type header struct {
	name     string
	required bool
	integer  bool // the value is a number in decimal
	schema   *jsonschema.Schema
}

// body has one of the two.
type body struct {
	whole *jsonschema.Schema
	items *jsonschema.Schema // of a body that is a sequence without an end
}

// CheckResponse reports how a response breaks the contract: an operation or a status that is not
// documented, a header that is missing or malformed, another media type, a body that does
// not match its schema. body is the whole body, decoded if it was compressed. The body of a
// stream is not looked at; its frames are for [Contract.CheckFrame].
//
// Where no operation applies, the answers are those of x-unrouted-responses.
func (c *Contract) CheckResponse(req *http.Request, resp *http.Response, body []byte) error {
	r, err := c.documented(req, resp.StatusCode)
	if err == nil {
		err = errors.Join(r.checkHeaders(resp.Header), r.checkBody(resp.Header.Get("Content-Type"), body))
	}
	if err != nil {
		return fmt.Errorf("%s %s: %d: %w\nbody: %.1000s", req.Method, req.URL.EscapedPath(), resp.StatusCode, err, body)
	}
	return nil
}

func (r response) checkHeaders(got http.Header) error {
	var errs []error
	for _, h := range r.headers {
		values := got.Values(h.name)
		if len(values) == 0 && h.required {
			errs = append(errs, fmt.Errorf("header %s is missing", h.name))
		}
		for _, value := range values {
			if err := h.check(value); err != nil {
				errs = append(errs, fmt.Errorf("header %s: %q: %w", h.name, value, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (h header) check(value string) error {
	if h.integer {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		return h.schema.Validate(n)
	}
	return h.schema.Validate(value)
}

func (r response) checkBody(contentType string, got []byte) error {
	if len(r.bodies) == 0 {
		if len(got) > 0 {
			return errors.New("there must be no body")
		}
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type %q: %w", contentType, err)
	}
	b, ok := r.bodies[mediaType]
	switch {
	case !ok:
		return fmt.Errorf("content type %q is not documented", contentType)
	case b.items != nil:
		return nil
	case mediaType == "application/problem+json":
		return b.checkProblem(got)
	case mediaType == "application/json":
		return b.checkJSON(got)
	default:
		return b.whole.Validate(string(got))
	}
}

func (b body) checkJSON(got []byte) error {
	value, err := parseJSON(got)
	if err != nil {
		return err
	}
	return b.whole.Validate(value)
}

// checkProblem also sees what a schema can't say: that the type is made from the code.
func (b body) checkProblem(got []byte) error {
	if err := b.checkJSON(got); err != nil {
		return err
	}
	var problem struct{ Type, Code string }
	if err := json.Unmarshal(got, &problem); err != nil {
		return err
	}
	if problem.Code != strings.TrimPrefix(problem.Type, "urn:homeroom:problem:") {
		return fmt.Errorf("type %q is not of code %q", problem.Type, problem.Code)
	}
	return nil
}

// parseJSON decodes one JSON value with nothing after it. encoding/json alone would
// silently replace invalid UTF-8.
func parseJSON(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return value, nil
}
