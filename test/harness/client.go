package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
)

// Client calls the API as one user. It is safe for concurrent use, except
// that only the test's own goroutine may use the methods that fail the test:
// those without a context.
type Client struct {
	User User

	server *Server
	tb     testing.TB
	token  string
	base   *http.Transport
	cookie string
	http   *http.Client
}

// As is a client with a token for the user that outlives any test. Whatever
// the server answers is checked against the contract.
func (s *Server) As(tb testing.TB, user User) *Client {
	tb.Helper()
	claims := user.Claims(time.Hour)
	maps.Copy(claims, s.opts.Claims)
	c := s.With(tb, Sign(tb, jwa.HS256, []byte(Secret), claims))
	c.User = user
	return c
}

// With is a client with this token; with an empty one it sends none.
func (s *Server) With(tb testing.TB, token string) *Client {
	tb.Helper()
	c := &Client{server: s, tb: tb, token: token, base: s.transport}
	return c.over(theContract(tb).Transport(tb, c.base))
}

// over has the client send its calls over a transport.
func (c *Client) over(transport http.RoundTripper) *Client {
	c.http = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Holding is the same client with a cookie in place of its token.
func (c *Client) Holding(cookie *http.Cookie) *Client {
	twin := *c
	twin.token, twin.cookie = "", cookie.Name+"="+cookie.Value
	return &twin
}

// Unchecked is the same client without the contract: for traffic in masses,
// whose kind other calls show to be right, and for requests that no contract has.
func (c *Client) Unchecked() *Client {
	twin := *c
	return twin.over(c.base)
}

// From is the same client at another address of this machine, such as 127.0.0.2: it has a connection of its own.
func (c *Client) From(address string) *Client {
	c.tb.Helper()
	twin := *c
	twin.base = newTransport()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	twin.base.DialContext = dialer.DialContext
	c.tb.Cleanup(twin.base.CloseIdleConnections)
	return twin.over(theContract(c.tb).Transport(c.tb, twin.base))
}

// CloseIdle hangs up: it ends the connections that wait for another call.
func (c *Client) CloseIdle() { c.base.CloseIdleConnections() }

// Call is one request. Body may be nil, a string or []byte that is sent as it
// is, or anything else, which is sent as JSON.
type Call struct {
	Method string
	Path   string
	Header map[string]string
	Body   any
}

// Response is a complete answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	tb      testing.TB
	request string
}

// Send sends a call and reads the whole answer.
func (c *Client) Send(ctx context.Context, call Call) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	req, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", call.Method, call.Path, err)
	}
	return &Response{
		Status: resp.StatusCode, Header: resp.Header, Body: body,
		tb: c.tb, request: call.Method + " " + call.Path,
	}, nil
}

// Dial opens a request whose answer the caller reads, and closes.
func (c *Client) Dial(ctx context.Context, call Call) (*http.Response, error) {
	req, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	return c.http.Do(req)
}

func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	body, isJSON, err := encodeBody(call.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, c.server.URL+call.Path, body)
	if err != nil {
		return nil, err
	}
	if isJSON {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
	}
	for name, value := range call.Header {
		if name == "Host" {
			req.Host = value
		} else if value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	return req, nil
}

func encodeBody(body any) (io.Reader, bool, error) {
	switch b := body.(type) {
	case nil:
		return nil, false, nil
	case string:
		return bytes.NewReader([]byte(b)), true, nil
	case []byte:
		return bytes.NewReader(b), true, nil
	default:
		encoded, err := json.Marshal(b)
		return bytes.NewReader(encoded), true, err
	}
}

// Do sends a call that must be answered, with whatever status. Headers are
// pairs of a name and a value; an empty value removes the header.
func (c *Client) Do(method, path string, body any, headers ...string) *Response {
	c.tb.Helper()
	call := Call{Method: method, Path: path, Body: body, Header: map[string]string{}}
	for i := 0; i+1 < len(headers); i += 2 {
		call.Header[headers[i]] = headers[i+1]
	}
	resp, err := c.Send(c.tb.Context(), call)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// Get is Do with GET.
func (c *Client) Get(path string, headers ...string) *Response {
	c.tb.Helper()
	return c.Do(http.MethodGet, path, nil, headers...)
}

// Want fails the test unless the status is this one.
func (r *Response) Want(status int) *Response {
	r.tb.Helper()
	if r.Status != status {
		r.tb.Fatalf("%s: status %d, want %d; body: %.600s", r.request, r.Status, status, r.Body)
	}
	return r
}

// Into decodes the body, which must be JSON.
func (r *Response) Into(v any) *Response {
	r.tb.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.tb.Fatalf("%s: %v; body: %.600s", r.request, err, r.Body)
	}
	return r
}

// WantProblem fails the test unless the answer is a problem with this status
// and code.
func (r *Response) WantProblem(status int, code string) Problem {
	r.tb.Helper()
	r.Want(status)
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		r.tb.Errorf("%s: Content-Type %q of a problem", r.request, got)
	}
	var p Problem
	r.Into(&p)
	if p.Code != code {
		r.tb.Errorf("%s: problem %q, want %q; detail: %s", r.request, p.Code, code, p.Detail)
	}
	if p.Type != "urn:homeroom:problem:"+p.Code || p.Status != status || p.Title == "" || p.Detail == "" {
		r.tb.Errorf("%s: incomplete problem: %s", r.request, r.Body)
	}
	return p
}

// Refused is an answer with another status than the one hoped for.
type Refused struct {
	Response *Response
}

// Error names the call and its answer.
func (e *Refused) Error() string {
	return fmt.Sprintf("%s: status %d: %.300s", e.Response.request, e.Response.Status, e.Response.Body)
}

// expect decodes the answer if it has the status, and is a Refused otherwise.
func (r *Response) expect(status int, v any) error {
	if r.Status != status {
		return &Refused{r}
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(r.Body, v)
}
