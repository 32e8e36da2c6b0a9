package contract

import (
	"fmt"
	"net/http"
	"strings"
)

// route is an operation, what it takes and what it may answer.
type route struct {
	Operation
	request   Request
	segments  []string         // of the path template
	responses map[int]response // by status
}

// match reports whether an escaped path is one of the route's. A parameter takes one whole segment that is not empty.
func (r route) match(segments []string) bool {
	if len(segments) != len(r.segments) {
		return false
	}
	for i, want := range r.segments {
		if strings.HasPrefix(want, "{") {
			if segments[i] == "" {
				return false
			}
		} else if segments[i] != want {
			return false
		}
	}
	return true
}

// documented is the response that the contract has for a request and a status. The path is
// compared as it was sent, escapes and all: a user id may contain a slash.
func (c *Contract) documented(req *http.Request, status int) (response, error) {
	segments := strings.Split(req.URL.EscapedPath(), "/")
	for _, route := range c.routes {
		if route.Method != req.Method || !route.match(segments) {
			continue
		}
		if r, ok := route.responses[status]; ok {
			return r, nil
		}
		return response{}, fmt.Errorf("status %d is not documented for %s", status, route.ID)
	}
	if r, ok := c.unrouted[status]; ok {
		return r, nil
	}
	return response{}, fmt.Errorf("status %d, but there is no such operation", status)
}
